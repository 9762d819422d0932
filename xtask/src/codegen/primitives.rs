//! `zvml/PRIMITIVES.md`: the opcode table as those who write commands see it.

use super::model::{Cost, Domain, Emit, Family, Op, Operand, Table};
use std::fmt::Write;

/// The whole document.
pub(super) fn document(table: &Table) -> String {
    let mut out = String::from(HEAD);
    for family in &table.families {
        let primitives: Vec<&Op> = family.ops.iter().filter(|op| op.primitive).collect();
        if primitives.is_empty() {
            continue;
        }
        let _ = write!(out, "\n## {}\n\n{}\n\n", family.name, family.doc);
        out.push_str("| primitive | effect | cost | touches | |\n|---|---|---|---|---|\n");
        for op in primitives {
            let _ = writeln!(
                out,
                "| `{}` | `{}` | {} | {} | {} |",
                signature(op),
                effect(op).replace('|', "\\|"),
                cost(op.cost),
                touches(op),
                doc(op)
            );
        }
        choices(family, &mut out);
    }
    elements(table, &mut out);
    out
}

/// What loops go over, beside lists among the parameters and integers.
fn elements(table: &Table, out: &mut String) {
    out.push_str(
        "\n## loops over containers\n\nWhat `for` goes over, in units of 64 elements.\n\n\
         | container | meets | |\n|---|---|---|\n",
    );
    for choice in table.choices() {
        for (name, (types, doc)) in choice.values.iter().zip(choice.yields.iter().zip(&choice.docs))
        {
            let types: Vec<String> = types.iter().map(|ty| type_name(ty)).collect();
            let _ = writeln!(out, "| `@{name}(key: Key)` | `{}` | {doc} |", types.join(", "));
        }
    }
}

/// `@string_get(key: Key) -> Bytes?`
fn signature(op: &Op) -> String {
    let given = op.operands().into_iter().flatten();
    let params: Vec<String> = given.filter_map(param).collect();
    let mut text = format!("@{}({})", op.name, params.join(", "));
    let mut outputs = op.operands().into_iter().flatten().filter_map(|it| it.output.as_ref());
    match op.emit {
        Emit::None => {
            if let Some(ty) = outputs.next() {
                let _ = write!(text, " -> {}", type_name(ty));
            }
        }
        Emit::Pair => text.push_str(" -> pair"),
        _ => text.push_str(" -> reply"),
    }
    text
}

fn param(operand: &Operand) -> Option<String> {
    let name = &operand.name;
    if let Some(ty) = &operand.input {
        Some(format!("{name}: {}", type_name(ty)))
    } else if let Some(choice) = &operand.choice {
        Some(format!("{name}: {}", choice.to_uppercase()))
    } else {
        operand.number.then(|| format!("{name}: Integer"))
    }
}

/// What the language calls a type of registers.
fn type_name(ty: &str) -> String {
    let (name, maybe) = ty.strip_prefix('?').map_or((ty, ""), |name| (name, "?"));
    let name = match name {
        "int" => "Integer",
        "bool" => "Boolean",
        "bytes" => "Bytes",
        "key" => "Key",
        "float" => "Float",
        "cursor" => "Cursor",
        "list" => "List",
        other => other,
    };
    format!("{name}{maybe}")
}

/// The formula with operands by their names.
fn effect(op: &Op) -> String {
    let mut text = op.effect.clone();
    for (slot, operand) in ["a", "b", "c", "imm"].iter().zip(op.operands()) {
        let Some(operand) = operand else { continue };
        text = text.replace(&format!("r[{slot}]"), &operand.name);
        if operand.choice.is_some() {
            text = text.replace(&format!(".{slot}"), &format!(".{}", operand.name));
            text = replace_word(&text, slot, &operand.name);
        }
        if operand.jump.is_some() {
            text = text.replace("goto imm", "fail");
        }
    }
    // An operand is often called as the formula calls it: "command command".
    let mut words: Vec<&str> = text.split(' ').collect();
    words.dedup_by(|next, word| next.strip_suffix(',').unwrap_or(next) == *word);
    words.join(" ")
}

fn replace_word(text: &str, word: &str, by: &str) -> String {
    let words = text.split(' ').map(|it| {
        let (bare, comma) = it.strip_suffix(',').map_or((it, ""), |bare| (bare, ","));
        if bare == word { format!("{by}{comma}") } else { it.to_owned() }
    });
    words.collect::<Vec<_>>().join(" ")
}

const fn cost(cost: Cost) -> &'static str {
    match cost {
        Cost::Const => "constant",
        Cost::Log => "logarithmic",
        Cost::Linear => "linear",
        Cost::Server => "with what the server is made of",
    }
}

fn touches(op: &Op) -> &'static str {
    match (op.domain, op.writes) {
        (Domain::Pure, _) => "nothing",
        (Domain::Store, false) => "the store",
        (Domain::Store, true) => "the store, writes",
        (Domain::Session, _) => "the connection",
    }
}

/// What it does, and when `or` behind it is about.
fn doc(op: &Op) -> String {
    let jump = op.operands().into_iter().flatten().find_map(|operand| operand.jump.as_ref());
    let mut text = op.doc.clone();
    for (slot, operand) in ["a", "b", "c", "imm"].iter().zip(op.operands()) {
        let name = operand.map_or("", |operand| operand.name.as_str());
        text = text.replace(&format!("`r[{slot}]`"), &format!("`{name}`"));
    }
    if let Some(when) = jump {
        let handler = match when.as_str() {
            "overflow" | "not_finite" | "not_integer" | "not_float" => {
                "has a usual error; `or` says otherwise."
            }
            _ => "needs an `or`.",
        };
        let _ = write!(text, " It can fail ({}), which {handler}", when.replace('_', " "));
    }
    if let Some(one) = &op.serves {
        let _ = write!(text, " Serves {one} alone.");
    }
    text
}

/// The names that operands of a family choose from.
fn choices(family: &Family, out: &mut String) {
    let used = |name: &str| {
        family.ops.iter().filter(|op| op.primitive).any(|op| {
            op.operands().into_iter().flatten().any(|it| it.choice.as_deref() == Some(name))
        })
    };
    let mut first = true;
    for choice in family.choices.iter().filter(|choice| used(&choice.name)) {
        let values: Vec<String> =
            choice.values.iter().map(|value| format!("`{}`", value.to_uppercase())).collect();
        let lead = if std::mem::take(&mut first) { "\n" } else { "" };
        let _ = writeln!(
            out,
            "{lead}- `{}` is one of {}.",
            choice.name.to_uppercase(),
            values.join(", ")
        );
    }
}

const HEAD: &str =
    "<!-- @generated by `cargo xtask codegen` from `zvm/ops/*.toml`; do not edit. -->

# Primitives

What a body may call. `?` behind a type: the value may be absent. A primitive with `-> reply`
replies by itself and stands behind `return` or `emit`; one with `-> pair` stands behind `emit` in
a map. What a call may touch follows from where the command runs: `CONNECTION` has the connection,
every other place the store, and writing takes the right `WRITE`.
";
