//! The intermediate form as text.
//!
//! ```text
//! %0: Key = r0                      # the values of parameters and options, with their registers
//! plain b7                          # the entry of plain requests, where there is one
//! b0:
//!     %1 = int_const 0
//!     %2..3 = args_first b1         # a loop's position, and the group behind it
//!     jump b2
//! b2:
//!     int_count &%1 %4              # `&` marks what is changed in place
//!     args_next &%2..3 b2
//! ```

use super::{BlockId, Function, Operand, Operation, ValueId};
use std::fmt::Write as _;
use zvm::{Constant, OperandKind, Pattern};

/// Prints a function: its parameters, then its blocks in order.
pub(crate) fn print(function: &Function) -> String {
    let mut out = String::new();
    for (index, value) in function.values.iter().enumerate() {
        if let Some(register) = value.fixed {
            let option = if register < function.params { "" } else { "option " };
            let _ = writeln!(out, "%{index}: {} = {option}r{register}", value.ty.describe());
        }
    }
    if let Some(BlockId(plain)) = function.plain {
        let _ = writeln!(out, "plain b{plain}");
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
            (
                Operand::Value(value),
                OperandKind::Out(Pattern::Loop) | OperandKind::Change(Pattern::Loop),
            ) => {
                let change = if matches!(wanted.kind, OperandKind::Change(_)) { "&" } else { "" };
                format!(
                    "{change}%{}..{}",
                    value.0,
                    value.0.saturating_add(function.loop_len(operation))
                )
            }
            (Operand::Value(ValueId(index)), OperandKind::Change(_)) => format!("&%{index}"),
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
