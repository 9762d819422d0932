//! The intermediate form from text, as [`print`](super::print) writes it; for tests of passes.

use super::{BlockId, Function, Operand, Operation, ValueId};
use crate::typed::{ValueType, type_name};
use zvm::{Constant, ConstantKind, Opcode, OperandKind, Slot, Type};

/// Reads a function: `%0: Key = r0` and the like, then its blocks.
///
/// # Errors
///
/// The line that is none.
pub(super) fn read(text: &str) -> Result<Function, String> {
    let mut reader = Reader::default();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        reader.line(line.trim()).ok_or_else(|| format!("cannot read `{line}`"))?;
    }
    let function = &mut reader.function;
    let registers = function.values.iter().filter_map(|value| value.fixed);
    function.params =
        registers.clone().filter(|register| !reader.options.contains(register)).count() as u8;
    Ok(reader.function)
}

#[derive(Default)]
struct Reader {
    function: Function,
    /// The registers of options.
    options: Vec<u8>,
}

impl Reader {
    fn line(&mut self, line: &str) -> Option<()> {
        if let Some(label) = line.strip_suffix(':') {
            let id = self.block_id(label)?;
            self.function.order.push(id);
            return Some(());
        }
        if let Some(label) = line.strip_prefix("plain ") {
            self.function.plain = Some(self.block_id(label)?);
            return Some(());
        }
        if let Some((value, declared)) = line.split_once(": ") {
            return self.declaration(value, declared);
        }
        let id = *self.function.order.last()?;
        let operation = self.operation(line)?;
        self.function.block_mut(id).push(operation);
        Some(())
    }

    /// `%0: Key = r0`, and `option r1` for the register of an option.
    fn declaration(&mut self, value: &str, declared: &str) -> Option<()> {
        let id = self.value_id(value)?;
        let (ty, register) = declared.split_once(" = ")?;
        let name = ty.trim_end_matches('?');
        let ty_of = Type::ALL.into_iter().find(|ty| type_name(*ty) == name)?;
        let option = register.strip_prefix("option ");
        let register = option.unwrap_or(register).strip_prefix('r')?.parse().ok()?;
        if option.is_some() {
            self.options.push(register);
        }
        let info = &mut self.function.values[id.0 as usize];
        info.ty = ValueType { ty: ty_of, optional: ty.ends_with('?') };
        info.fixed = Some(register);
        Some(())
    }

    fn operation(&mut self, line: &str) -> Option<Operation> {
        let (results, rest) = match line.split_once(" = ") {
            Some((results, rest)) if results.starts_with('%') => (results, rest),
            _ => ("", line),
        };
        let mut words = split(rest).into_iter();
        let op = Opcode::from_name(&words.next()?)?;
        let mut results = results.split(", ").filter(|text| !text.is_empty());
        let mut operation = Operation::new(op);
        for (slot, info) in Slot::ALL.into_iter().zip(op.info().operands) {
            let operand = match info.kind {
                OperandKind::Unused => continue,
                OperandKind::Out(_) => Operand::Value(self.value_id(results.next()?)?),
                kind => self.operand(kind, &words.next()?)?,
            };
            operation = operation.with(slot, operand);
        }
        (words.next().is_none() && results.next().is_none()).then_some(operation)
    }

    fn operand(&mut self, kind: OperandKind, word: &str) -> Option<Operand> {
        Some(match kind {
            OperandKind::In(_) => Operand::Value(self.value_id(word)?),
            OperandKind::Change(_) => Operand::Value(self.value_id(word.strip_prefix('&')?)?),
            OperandKind::Choice(set) => {
                let index = set.names().iter().position(|name| *name == word)?;
                Operand::Number(i32::try_from(index).ok()?)
            }
            OperandKind::Number | OperandKind::Small => Operand::Number(word.parse().ok()?),
            OperandKind::Jump(_) => Operand::Block(self.block_id(word)?),
            OperandKind::Constant(ConstantKind::Int) => {
                let constant = Constant::Integer(word.parse().ok()?);
                Operand::Constant(self.function.constant(constant))
            }
            OperandKind::Constant(ConstantKind::Bytes) => {
                let text = word.strip_prefix('"')?.strip_suffix('"')?;
                let constant = Constant::Bytes(text.as_bytes().into());
                Operand::Constant(self.function.constant(constant))
            }
            _ => return None,
        })
    }

    /// `%3`, or `%3..4` for a loop's position and group.
    fn value_id(&mut self, text: &str) -> Option<ValueId> {
        let text = text.strip_prefix('%')?;
        let (first, last) = text.split_once("..").unwrap_or((text, text));
        let (first, last): (u32, u32) = (first.parse().ok()?, last.parse().ok()?);
        if last > first {
            self.function.group_len = last - first;
        }
        while self.function.values.len() <= last as usize {
            self.function.add_value(ValueType::INT);
        }
        Some(ValueId(first))
    }

    fn block_id(&mut self, text: &str) -> Option<BlockId> {
        let id = text.strip_prefix('b')?.parse().ok()?;
        while self.function.blocks.len() <= id as usize {
            self.function.add_block(Vec::new());
        }
        Some(BlockId(id))
    }
}

/// Splits at blanks, except within double quotes.
fn split(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for letter in text.chars() {
        quoted ^= letter == '"';
        match words.last_mut() {
            Some(word) if letter != ' ' || quoted => word.push(letter),
            _ => words.push(String::new()),
        }
    }
    words
}
