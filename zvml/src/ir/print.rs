//! The intermediate form as text.

use super::{Function, Operand, Operation, ValueId};
use std::fmt::Write as _;
use zvm::{Constant, OperandKind, Pattern};

/// Prints a function: its parameters, then its blocks in order.
pub(crate) fn print(function: &Function) -> String {
    let mut out = String::new();
    for (index, value) in function.values.iter().enumerate() {
        if let Some(register) = value.fixed {
            let _ = writeln!(out, "%{index}: {} = r{register}", value.ty.describe());
        }
    }
    for id in &function.order {
        let _ = writeln!(out, "b{}:", id.0);
        for operation in function.block(*id) {
            let _ = writeln!(out, "    {}", print_operation(function, operation));
        }
    }
    out
}

fn print_operation(function: &Function, operation: &Operation) -> String {
    let info = operation.op.info();
    let mut results = String::new();
    let mut text = info.name.to_owned();
    for (operand, wanted) in operation.operands.iter().zip(&info.operands) {
        let printed = match (operand, wanted.kind) {
            (Operand::None, _) => continue,
            (Operand::Value(value), OperandKind::Out(Pattern::Group)) => {
                let last = value.0.saturating_add(function.group_len.saturating_sub(1));
                if last == value.0 { format!("%{last}") } else { format!("%{}..{last}", value.0) }
            }
            (Operand::Value(ValueId(index)), _) => format!("%{index}"),
            (Operand::Number(number), OperandKind::Choice(set)) => {
                let index = usize::try_from(*number).unwrap_or(usize::MAX);
                set.names().get(index).map_or_else(|| number.to_string(), |it| (*it).to_owned())
            }
            (Operand::Number(number), _) => number.to_string(),
            (Operand::Constant(id), _) => match function.constants.get(id.0 as usize) {
                Some(Constant::Integer(value)) => value.to_string(),
                Some(Constant::Bytes(bytes)) => format!("\"{}\"", bytes.escape_ascii()),
                _ => String::from("?"),
            },
            (Operand::Block(block), _) => format!("b{}", block.0),
        };
        if matches!(wanted.kind, OperandKind::Out(_)) {
            let comma = if results.is_empty() { "" } else { ", " };
            let _ = write!(results, "{comma}{printed}");
        } else {
            let _ = write!(text, " {printed}");
        }
    }
    if results.is_empty() { text } else { format!("{results} = {text}") }
}
