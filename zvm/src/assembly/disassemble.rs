//! Programs to text.

use super::token::{ESCAPES, is_plain};
use crate::operand::{Flow, OperandKind, Slot};
use crate::{
    Access, Again, Constant, DecodeOrder, DefaultValue, Docs, Instruction, Item, Multiplicity,
    Param, ParamType, Program, Protocol, Returns, RunWhere, Signature,
};
use std::fmt::Write;

/// A program's textual form, which [`assemble`](super::assemble) reads back.
///
/// Operands that do not exist, which the verifier refuses, are written as `?`.
#[must_use]
pub fn disassemble(program: &Program) -> String {
    let mut text = String::new();
    let mut line = |words: String| {
        text.push_str(&words);
        text.push('\n');
    };
    line(format!("program {}", quote(program.name.as_bytes())));
    line(format!("protocol {}", name_of(&Protocol::NAMES, program.protocol)));
    let rights = Access::NAMES.iter().filter(|(_, right)| program.access.contains(*right));
    let rights: String = rights.map(|(name, _)| format!(" {name}")).collect();
    if !rights.is_empty() {
        line(format!("access{rights}"));
    }
    line(format!("run_where {}", name_of(&RunWhere::NAMES, program.run_where)));
    line(format!("returns {}", name_of(&Returns::NAMES, program.returns)));
    signature(&program.signature, &program.constants, &mut line);
    docs(&program.docs, &mut line);
    if !program.source.file.is_empty() || program.source.line > 0 {
        let file = quote(program.source.file.as_bytes());
        line(format!("source {file} {}", program.source.line));
    }
    line(format!("registers {}", program.registers));
    if let Some(entry) = program.plain_entry {
        line(format!("plain_entry L{entry}"));
    }
    let entry = program.plain_entry.map(u32::cast_signed);
    let targets: Vec<i32> = program.code.iter().filter_map(jump_target).chain(entry).collect();
    for (at, one) in program.code.iter().enumerate() {
        let label = targets.iter().any(|target| usize::try_from(*target) == Ok(at));
        let label = if label { format!("L{at}:") } else { String::new() };
        line(format!("{label:<6} {}", instruction(program, *one)).trim_end().to_owned());
    }
    text
}

/// One instruction as a line of that text; empty where there is none at `index`.
#[must_use]
pub fn disassemble_instruction(program: &Program, index: usize) -> String {
    program.code.get(index).map_or_else(String::new, |one| instruction(program, *one))
}

fn signature(signature: &Signature, constants: &[Constant], line: &mut impl FnMut(String)) {
    for param in &signature.params {
        line(self::param(param, constants));
    }
    for group in &signature.groups {
        let options: Vec<String> = group
            .options
            .iter()
            .map(|option| {
                let mut text = name(&option.name);
                for word in &option.words {
                    let _ = write!(text, " {}", name(word));
                }
                if !option.operands.is_empty() {
                    let _ = write!(text, " ({})", items(&option.operands));
                }
                if let Some(by) = option.counted_by {
                    let _ = write!(text, " counted {by}");
                }
                text
            })
            .collect();
        let word = name_of(&Again::NAMES, group.again);
        line(format!("{word} {}", options.join(" | ")));
    }
    if let Some(before) = signature.options_before {
        line(format!("options_before {before}"));
    }
    for conflict in &signature.conflicts {
        let [left, right] = conflict
            .sides
            .each_ref()
            .map(|side| side.iter().map(|number| format!("{number} ")).collect::<String>());
        let error = quote(conflict.error.as_bytes());
        line(format!("conflict {left}with {right}error {error}"));
    }
    if signature.order != DecodeOrder::default() {
        line(format!("order {}", name_of(&DecodeOrder::NAMES, signature.order)));
    }
    if let Some(prefix) = &signature.unknown_option {
        line(format!("unknown_option {}", quote(prefix.as_bytes())));
    }
}

fn param(param: &Param, constants: &[Constant]) -> String {
    let (word, behind) = match &param.multiplicity {
        Multiplicity::Once => ("param", String::new()),
        Multiplicity::Optional => ("param", " optional".to_owned()),
        Multiplicity::Default(DefaultValue::Integer(value)) => {
            ("param", format!(" default {value}"))
        }
        Multiplicity::Default(DefaultValue::Constant(index)) => {
            ("param", format!(" default {}", constant(constants, i32::from(*index))))
        }
        Multiplicity::Variadic => ("variadic", String::new()),
        Multiplicity::VariadicOptional => ("variadic_optional", String::new()),
        Multiplicity::Counted(counted) => {
            let texts = [("none", &counted.none), ("beyond", &counted.beyond)];
            let behind = texts.into_iter().filter_map(|(word, text)| {
                text.as_ref().map(|text| format!(" {word} {}", quote(text.as_bytes())))
            });
            let (by, behind) = (counted.by, behind.collect::<String>());
            return format!("counted {by} {}{behind}", items(&param.items));
        }
    };
    format!("{word} {}{behind}", items(&param.items))
}

fn items(items: &[Item]) -> String {
    let texts: Vec<String> = items
        .iter()
        .map(|item| {
            let error = item.error.as_deref();
            let error =
                error.map_or_else(String::new, |e| format!(" error {}", quote(e.as_bytes())));
            format!("{}: {}{error}", name(&item.name), name_of(&ParamType::NAMES, item.ty))
        })
        .collect();
    texts.join(", ")
}

fn docs(docs: &Docs, line: &mut impl FnMut(String)) {
    let texts = [
        ("summary", &docs.summary),
        ("since", &docs.since),
        ("group", &docs.group),
        ("complexity", &docs.complexity),
    ];
    for (word, text) in texts {
        if !text.is_empty() {
            line(format!("{word} {}", quote(text.as_bytes())));
        }
    }
    for example in &docs.examples {
        let (request, reply) = (quote(example.request.as_bytes()), quote(example.reply.as_bytes()));
        line(format!("example {request} -> {reply}"));
    }
}

fn instruction(program: &Program, instruction: Instruction) -> String {
    let info = instruction.op.info();
    let mut text = info.name.to_owned();
    for (slot, operand) in Slot::ALL.into_iter().zip(info.operands) {
        let value = instruction.operand(slot);
        let _ = match operand.kind {
            OperandKind::Unused => Ok(()),
            OperandKind::In(_) | OperandKind::Out(_) | OperandKind::Change(_) => {
                write!(text, " r{value}")
            }
            OperandKind::Choice(set) => {
                let index = usize::try_from(value).ok();
                let name = index.and_then(|index| set.names().get(index));
                write!(text, " {}", name.unwrap_or(&"?"))
            }
            OperandKind::Constant(_) => {
                write!(text, " {}", constant(&program.constants, value))
            }
            OperandKind::Number | OperandKind::Small => write!(text, " {value}"),
            OperandKind::Jump(_) => write!(text, " L{value}"),
        };
    }
    text
}

fn constant(constants: &[Constant], index: i32) -> String {
    match usize::try_from(index).ok().and_then(|index| constants.get(index)) {
        Some(Constant::Bytes(bytes)) => quote(bytes),
        Some(Constant::Integer(value)) => value.to_string(),
        None => "?".to_owned(),
    }
}

fn jump_target(instruction: &Instruction) -> Option<i32> {
    let info = instruction.op.info();
    let [.., imm] = info.operands;
    debug_assert!(info.flow != Flow::Jump || matches!(imm.kind, OperandKind::Jump(_)));
    matches!(imm.kind, OperandKind::Jump(_)).then_some(instruction.imm)
}

/// The name of a choice of the declaration.
fn name_of<T: PartialEq>(names: &[(&'static str, T)], value: T) -> &'static str {
    names.iter().find(|(_, known)| *known == value).map_or("?", |(name, _)| name)
}

/// A name, quoted where it is not plain.
fn name(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { quote(text.as_bytes()) }
}

fn quote(bytes: &[u8]) -> String {
    let mut text = String::from("\"");
    for byte in bytes {
        if let Some((letter, _)) = ESCAPES.iter().find(|(_, escaped)| escaped == byte) {
            text.push('\\');
            text.push(char::from(*letter));
        } else if (b' '..=b'~').contains(byte) {
            text.push(char::from(*byte));
        } else {
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text.push('"');
    text
}
