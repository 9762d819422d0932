//! The Rust files of `zvm/src/generated`.

use super::model::{Choice, Family, Op, Operand, Table};
use std::fmt::Write;

/// File names and unformatted texts.
pub(super) fn files(table: &Table) -> Vec<(&'static str, String)> {
    vec![
        ("mod.rs", module()),
        ("opcode.rs", opcode(table)),
        ("operands.rs", operands(table)),
        ("choices.rs", choices(table)),
        ("signatures.rs", signatures(table)),
        ("dispatch.rs", dispatch(table)),
        ("fusions.rs", fusions(table)),
    ]
}

fn module() -> String {
    let mut out = head("What `cargo xtask codegen` makes of `ops/*.toml`.");
    out.push_str(
        "mod choices;\npub(crate) mod dispatch;\nmod fusions;\nmod opcode;\nmod operands;\n\
         mod signatures;\n\n\
         pub use choices::*;\npub use fusions::FUSIONS;\npub use opcode::Opcode;\n\
         pub use signatures::PRIMITIVES;\n",
    );
    out
}

fn opcode(table: &Table) -> String {
    let mut out = head("The opcodes.");
    out.push_str(
        "use super::operands::INFO;\nuse crate::OpcodeInfo;\n\n\
         /// What an instruction does.\n\
         #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]\n\
         #[repr(u16)]\n#[non_exhaustive]\npub enum Opcode {\n",
    );
    for (code, (_, op)) in table.ops().enumerate() {
        let _ = write!(out, "/// `{}`. {}\n{} = {code},\n", op.effect, op.doc, camel(&op.name));
    }
    let _ = write!(
        out,
        "}}\n\nimpl Opcode {{\n/// Every opcode, by number.\npub const ALL: [Self; {}] = [",
        table.ops().count()
    );
    for (_, op) in table.ops() {
        let _ = write!(out, "Self::{},", camel(&op.name));
    }
    out.push_str(
        "];\n\n\
         /// The opcode with this number, where there is one.\n#[must_use]\n\
         pub fn from_number(number: u16) -> Option<Self> {\n\
         Self::ALL.get(usize::from(number)).copied()\n}\n\n\
         /// The opcode with this name.\n#[must_use]\n\
         pub fn from_name(name: &str) -> Option<Self> {\nmatch name {\n",
    );
    for (_, op) in table.ops() {
        let _ = writeln!(out, "\"{}\" => Some(Self::{}),", op.name, camel(&op.name));
    }
    out.push_str(
        "_ => None,\n}\n}\n\n\
         /// What the opcode table says of it.\n#[must_use]\n\
         pub const fn info(self) -> &'static OpcodeInfo {\n&INFO[self as usize]\n}\n}\n",
    );
    out.replacen(
        "pub fn from_name",
        "#[expect(clippy::too_many_lines, reason = \"one line an opcode\")]\npub fn from_name",
        1,
    )
}

fn operands(table: &Table) -> String {
    let mut out = head("The opcode table: what verifier, assembler and disassembler go by.");
    let _ = write!(
        out,
        "use super::choices::ChoiceSet;\n\
         use crate::operand::{{Branch, ConstantKind, OperandInfo, OperandKind, Pattern}};\n\
         use crate::{{Cost, Domain, Emit, Flow, OpcodeInfo, Over, Type}};\n\n\
         /// By number of the opcode.\npub(super) static INFO: [OpcodeInfo; {}] = [",
        table.ops().count()
    );
    for (family, op) in table.ops() {
        info(&mut out, family, op);
    }
    out.push_str("];\n");
    out
}

fn info(out: &mut String, family: &Family, op: &Op) {
    let _ = write!(
        out,
        "OpcodeInfo {{ name: {:?}, family: {:?}, doc: {:?}, effect: {:?}, operands: [",
        op.name, family.name, op.doc, op.effect
    );
    for operand in op.operands() {
        let (name, kind) = operand.map_or_else(
            || ("", "OperandKind::Unused".to_owned()),
            |operand| (operand.name.as_str(), kind(operand)),
        );
        let _ = write!(out, "OperandInfo {{ name: {name:?}, kind: {kind} }},");
    }
    let _ = write!(
        out,
        "], cost: Cost::{:?}, domain: Domain::{:?}, flow: Flow::{:?}, over: Over::{:?}, \
         emit: Emit::{:?}, writes: {}, primitive: {} }},",
        op.cost, op.domain, op.flow, op.over, op.emit, op.writes, op.primitive
    );
}

fn choices(table: &Table) -> String {
    let mut out = head("Operands that choose by name among a few things.");
    out.push_str("use crate::Type;\n\n");
    out.push_str(
        "/// The sets of names that operands choose from.\n\
         #[derive(Debug, Clone, Copy, PartialEq, Eq)]\n#[non_exhaustive]\npub enum ChoiceSet {\n",
    );
    for choice in table.choices() {
        let _ = write!(out, "/// {}.\n{},\n", choice.values.join(", "), camel(&choice.name));
    }
    out.push_str(
        "}\n\nimpl ChoiceSet {\n/// The names, by their number.\n#[must_use]\n\
         pub const fn names(self) -> &'static [&'static str] {\nmatch self {\n",
    );
    for choice in table.choices() {
        let _ = writeln!(out, "Self::{} => &{:?},", camel(&choice.name), choice.values);
    }
    out.push_str(
        "}\n}\n\n/// What an element of each consists of, where loops go over such containers.\n\
         #[must_use]\npub const fn yields(self) -> &'static [&'static [Type]] {\nmatch self {\n",
    );
    for choice in table.choices().filter(|choice| !choice.yields.is_empty()) {
        let types = |types: &Vec<String>| {
            let types: Vec<String> =
                types.iter().map(|ty| format!("Type::{}", camel(ty))).collect();
            format!("&[{}]", types.join(", "))
        };
        let yields: Vec<String> = choice.yields.iter().map(types).collect();
        let _ = writeln!(out, "Self::{} => &[{}],", camel(&choice.name), yields.join(", "));
    }
    out.push_str("_ => &[],\n}\n}\n}\n");
    for choice in table.choices() {
        one_choice(&mut out, choice);
    }
    out
}

fn one_choice(out: &mut String, choice: &Choice) {
    let camel_name = camel(&choice.name);
    let path = choice.path.clone().unwrap_or_else(|| camel_name.clone());
    if choice.path.is_none() {
        let _ = write!(
            out,
            "\n/// A choice of an operand.\n#[derive(Debug, Clone, Copy, PartialEq, Eq)]\n\
             #[repr(u8)]\npub enum {camel_name} {{\n"
        );
        for (code, value) in choice.values.iter().enumerate() {
            let _ = write!(out, "/// `{value}`.\n{} = {code},\n", camel(value));
        }
        out.push_str("}\n");
    }
    let _ = write!(
        out,
        "\n/// Number `code` of `{name}`; numbers that do not exist, which the verifier refuses,\n\
         /// mean the last.\npub(crate) const fn {name}(code: u8) -> {path} {{\nmatch code {{\n",
        name = choice.name
    );
    for (code, value) in choice.values.iter().enumerate() {
        let pattern =
            if code + 1 == choice.values.len() { "_".to_owned() } else { code.to_string() };
        let _ = writeln!(out, "{pattern} => {path}::{},", camel(value));
    }
    out.push_str("}\n}\n");
}

fn signatures(table: &Table) -> String {
    let primitives: Vec<&Op> = table.ops().map(|(_, op)| op).filter(|op| op.primitive).collect();
    let mut out = head("The primitives that the language calls by name.");
    let _ = write!(
        out,
        "use super::choices::ChoiceSet;\nuse super::opcode::Opcode;\n\
         use crate::operand::{{Branch, OperandKind, Pattern, Slot}};\n\
         use crate::{{Primitive, PrimitiveParam, PrimitiveResult, Type}};\n\n\
         /// Every primitive, by name.\npub static PRIMITIVES: [Primitive; {}] = [",
        primitives.len()
    );
    let mut sorted = primitives;
    sorted.sort_by(|left, right| left.name.cmp(&right.name));
    for op in sorted {
        primitive(&mut out, op);
    }
    out.push_str("];\n");
    out
}

fn primitive(out: &mut String, op: &Op) {
    let _ = write!(
        out,
        "Primitive {{ name: {:?}, op: Opcode::{}, params: &[",
        op.name,
        camel(&op.name)
    );
    let slots = ["A", "B", "C", "Imm"];
    let placed = || slots.iter().zip(op.operands()).filter_map(|(slot, o)| Some((slot, o?)));
    let given = |o: &Operand| o.output.is_none() && o.jump.is_none() && !o.start;
    for (slot, operand) in placed().filter(|(_, o)| given(o)) {
        let _ = write!(
            out,
            "PrimitiveParam {{ name: {:?}, slot: Slot::{slot}, kind: {} }},",
            operand.name,
            // The caller gives a value; that the opcode changes it is between the two.
            kind(operand).replace("Change", "In")
        );
    }
    out.push_str("], result: ");
    let result = placed().find_map(|(slot, operand)| Some((slot, operand.output.as_ref()?)));
    match result {
        None => out.push_str("None"),
        Some((slot, name)) => {
            let base = name.trim_start_matches('?');
            let _ = write!(
                out,
                "Some(PrimitiveResult {{ slot: Slot::{slot}, ty: Type::{}, optional: {} }})",
                camel(base),
                name.starts_with('?')
            );
        }
    }
    match placed().find(|(_, operand)| operand.start) {
        None => out.push_str(", cursor: None"),
        Some((slot, _)) => {
            let _ = write!(out, ", cursor: Some(Slot::{slot})");
        }
    }
    let otherwise = op.imm.as_ref().and_then(|imm| imm.jump.as_ref());
    match otherwise {
        None => out.push_str(", otherwise: None },"),
        Some(when) => {
            let _ = write!(out, ", otherwise: Some(Branch::{}) }},", camel(when));
        }
    }
}

fn fusions(table: &Table) -> String {
    let mut out = head("The sequences that fused opcodes stand for.");
    let fused: Vec<&Op> = table.ops().map(|(_, op)| op).filter(|op| !op.fuses.is_empty()).collect();
    let _ = write!(
        out,
        "use super::opcode::Opcode;\nuse crate::operand::Slot;\n\
         use crate::{{Fusion, FusionOperand, FusionStep}};\n\n\
         /// Every fused opcode, in the order of the table.\n\
         pub static FUSIONS: [Fusion; {}] = [",
        fused.len()
    );
    for op in fused {
        let _ = write!(out, "Fusion {{ op: Opcode::{}, steps: &[", camel(&op.name));
        for (name, words) in op.steps() {
            let _ = write!(out, "FusionStep {{ op: Opcode::{}, operands: [", camel(name));
            let step = table.ops().find(|(_, known)| known.name == name);
            let mut words = words.into_iter();
            for operand in step.map(|(_, step)| step.operands()).into_iter().flatten() {
                let text = match operand.and_then(|operand| Some((operand, words.next()?))) {
                    Some((operand, word)) => fusion_operand(table, operand, word),
                    None => "FusionOperand::None".to_owned(),
                };
                let _ = write!(out, "{text},");
            }
            out.push_str("] },");
        }
        out.push_str("] },");
    }
    out.push_str("];\n");
    out
}

fn fusion_operand(table: &Table, operand: &Operand, word: &str) -> String {
    let slot = [("a", "A"), ("b", "B"), ("c", "C"), ("imm", "Imm")];
    if let Some((_, slot)) = slot.iter().find(|(name, _)| *name == word) {
        return format!("FusionOperand::Slot(Slot::{slot})");
    }
    if let Some(number) = word.strip_prefix('t') {
        return format!("FusionOperand::Temporary({number})");
    }
    let choice = operand.choice.as_ref();
    let set = choice.and_then(|name| table.choices().find(|known| known.name == *name));
    let index = set.and_then(|set| set.values.iter().position(|value| value == word));
    let number = index.map_or_else(|| word.to_owned(), |index| index.to_string());
    format!("FusionOperand::Number({number})")
}

fn dispatch(table: &Table) -> String {
    let mut out = head("The one `match` over opcodes.");
    out.push_str("use super::opcode::Opcode;\nuse crate::handlers::{");
    for family in &table.families {
        let _ = write!(out, "{},", family.name);
    }
    out.push_str(
        "};\nuse crate::interpret::{Machine, Step, apart};\n\
         use crate::{Instruction, ReplySink, Session, Store};\n\n\
         /// Runs one instruction.\n#[inline(always)]\n\
         #[expect(clippy::too_many_lines, reason = \"one line an opcode\")]\n\
         pub(crate) fn dispatch<S: Store, N: Session, R: ReplySink>(\n\
         vm: &mut Machine<'_, S, N, R>,\ni: &Instruction,\n) -> Step {\nmatch i.op {\n",
    );
    for (family, op) in table.ops() {
        let (code, handler) = (camel(&op.name), format!("{}::{}", family.name, op.name));
        let call =
            if op.hot { format!("{handler}(vm, i)") } else { format!("apart(vm, *i, {handler})") };
        let _ = writeln!(out, "Opcode::{code} => {call},");
    }
    out.push_str("}\n}\n");
    out
}

/// The constructor of an operand's kind.
fn kind(operand: &Operand) -> String {
    if let Some(pattern_name) = &operand.input {
        format!("OperandKind::In({})", pattern(pattern_name))
    } else if let Some(pattern_name) = &operand.output {
        format!("OperandKind::Out({})", pattern(pattern_name))
    } else if let Some(pattern_name) = &operand.change {
        format!("OperandKind::Change({})", pattern(pattern_name))
    } else if let Some(choice) = &operand.choice {
        format!("OperandKind::Choice(ChoiceSet::{})", camel(choice))
    } else if let Some(constant) = &operand.constant {
        format!("OperandKind::Constant(ConstantKind::{})", camel(constant))
    } else if let Some(when) = &operand.jump {
        format!("OperandKind::Jump(Branch::{})", camel(when))
    } else if operand.small {
        "OperandKind::Small".to_owned()
    } else {
        "OperandKind::Number".to_owned()
    }
}

fn pattern(name: &str) -> String {
    match name {
        "any" | "same" | "loop" => format!("Pattern::{}", camel(name)),
        "?any" => "Pattern::MaybeAny".to_owned(),
        _ => name.strip_prefix('?').map_or_else(
            || format!("Pattern::Is(Type::{})", camel(name)),
            |base| format!("Pattern::Maybe(Type::{})", camel(base)),
        ),
    }
}

fn camel(name: &str) -> String {
    name.split('_')
        .map(|word| {
            let (first, rest) = word.split_at(word.len().min(1));
            first.to_uppercase() + rest
        })
        .collect()
}

fn head(doc: &str) -> String {
    format!(
        "//! {doc}\n//!\n\
         //! @generated by `cargo xtask codegen` from `zvm/ops/*.toml`; do not edit.\n\n"
    )
}
