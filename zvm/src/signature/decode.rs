//! The prologue of every run: arguments into registers.

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use super::number::{parse_cursor, parse_float, parse_unsigned};
use super::{
    DecodeOrder, DefaultValue, Item, Multiplicity, OptionSpec, ParamType, Shape, Signature,
};
use crate::registers::{Registers, Value};
use crate::{Args, Frame};
use databox::decimal::parse as parse_integer;
use std::borrow::Cow;
use std::fmt;

/// Why the arguments of a request do not fit its command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeError {
    /// The number of arguments is wrong. The caller has checked it, as a rule, before routing.
    Count,
    /// An option is unknown, lacks an operand, or excludes another.
    Syntax,
    /// An option is unknown: the argument's index. Only where
    /// [`Signature::unknown_option`] is given.
    UnknownOption(usize),
    /// An argument that fills a positional parameter is not of its type: the argument's index.
    Param(usize),
    /// An operand is not of its type: the option's number and the operand's.
    Operand(usize, usize),
}

impl DecodeError {
    /// What the client is told.
    #[must_use]
    pub fn reply<'s>(self, signature: &'s Signature, args: Args<'_>) -> Cow<'s, [u8]> {
        let item = match self {
            Self::Count => return Cow::Borrowed(b"ERR wrong number of arguments"),
            Self::Syntax => None,
            Self::UnknownOption(index) => {
                let text = signature.unknown_option.as_deref().unwrap_or_default();
                let (before, behind) = text.split_once("{}").unwrap_or((text, ""));
                let parts = [before.as_bytes(), args.get(index), behind.as_bytes()];
                return Cow::Owned(parts.concat());
            }
            Self::Param(index) => signature.item_at(index, args.len()),
            Self::Operand(option, operand) => {
                signature.options().nth(option).and_then(|option| option.operands.get(operand))
            }
        };
        let text = item.map_or("ERR syntax error", |item| {
            item.error.as_deref().unwrap_or_else(|| item.ty.error())
        });
        Cow::Borrowed(text.as_bytes())
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count => write!(f, "wrong number of arguments"),
            Self::Syntax => write!(f, "an option is unknown, lacks an operand or excludes another"),
            Self::UnknownOption(index) => write!(f, "argument {index}: unknown option"),
            Self::Param(index) => write!(f, "argument {index}: not of its parameter's type"),
            Self::Operand(option, operand) => {
                write!(f, "option {option}: operand {operand} is not of its type")
            }
        }
    }
}

impl std::error::Error for DecodeError {}

impl Signature {
    /// Fills the [parameter registers](Self::registers) from a request's arguments.
    /// `hash` hashes the keys, except the first where the frame knows its hash.
    ///
    /// Allocates nothing. O(arguments).
    ///
    /// # Errors
    ///
    /// The first mistake, in the order of [`Signature::order`].
    pub fn decode(
        &self,
        frame: &Frame<'_>,
        hash: impl Fn(&[u8]) -> u64,
        registers: &mut Registers,
    ) -> Result<(), DecodeError> {
        self.fill(self.shape(), frame, hash, registers)
    }

    /// [`decode`](Self::decode) with the shape computed before.
    #[inline]
    pub(crate) fn fill(
        &self,
        shape: Shape,
        frame: &Frame<'_>,
        hash: impl Fn(&[u8]) -> u64,
        registers: &mut Registers,
    ) -> Result<(), DecodeError> {
        if !shape.accepts(frame.args.len()) {
            return Err(DecodeError::Count);
        }
        let first_key_hash = frame.first_key_hash;
        let mut decoder =
            Decoder { signature: self, shape, frame, hash, first_key_hash, registers };
        if self.groups.is_empty() {
            return decoder.params().map(|_| ());
        }
        let options = self.params.len().min(frame.args.len());
        if self.order == DecodeOrder::OptionsFirst {
            decoder.check_options(options)?;
        }
        let register = decoder.params()?;
        decoder.options(options, register)
    }
}

struct Decoder<'d, 'a, H> {
    signature: &'d Signature,
    shape: Shape,
    frame: &'d Frame<'a>,
    hash: H,
    /// The hash of the first key, until that is met.
    first_key_hash: Option<u64>,
    registers: &'d mut Registers,
}

impl<'d, H: Fn(&[u8]) -> u64> Decoder<'d, '_, H> {
    /// Reads the positional parameters; returns the register behind them.
    fn params(&mut self) -> Result<u8, DecodeError> {
        let args = self.frame.args;
        let mut register = 0_u8;
        let mut index = 0_usize;
        for param in &self.signature.params {
            if param.multiplicity.is_variadic() {
                self.first_key_hash = None;
                index = self.check_groups(&param.items)?;
                continue;
            }
            let Some(item) = param.items.first() else { continue };
            let value = if index < args.len() {
                self.read(item.ty, index).ok_or(DecodeError::Param(index))?
            } else {
                self.missing(&param.multiplicity, item.ty)
            };
            self.registers.set(register, value);
            register = register.wrapping_add(1);
            index = index.saturating_add(1);
        }
        Ok(register)
    }

    /// Checks the groups of the variadic parameter, which the loop opcodes read once more, and
    /// returns the argument behind them.
    fn check_groups(&self, items: &[Item]) -> Result<usize, DecodeError> {
        let argc = self.frame.args.len();
        let Some(span) = self.shape.variadic_span(argc) else { return Ok(argc) };
        let end = span.start.saturating_add(span.count.saturating_mul(span.stride));
        if items.iter().any(|item| !matches!(item.ty, ParamType::Key | ParamType::Bytes)) {
            for (index, item) in (span.start..end).zip(items.iter().cycle()) {
                if !readable(item.ty, self.frame.args.get(index)) {
                    return Err(DecodeError::Param(index));
                }
            }
        }
        Ok(end)
    }

    fn missing(&self, multiplicity: &Multiplicity, ty: ParamType) -> Value {
        match multiplicity {
            Multiplicity::Default(DefaultValue::Integer(value)) => match ty {
                ParamType::Cursor => Value::Cursor(value.cast_unsigned()),
                _ => Value::Int(*value),
            },
            Multiplicity::Default(DefaultValue::Constant(index)) => {
                Value::Constant(u32::from(*index))
            }
            _ => Value::Absent,
        }
    }

    /// Checks words and operand counts of all options without reading an operand.
    fn check_options(&self, mut index: usize) -> Result<(), DecodeError> {
        let mut chosen = Chosen::default();
        while index < self.frame.args.len() {
            index = self.option_at(index, &mut chosen)?.next;
        }
        Ok(())
    }

    /// Reads the options from argument `index` on into the registers from `register` on.
    fn options(&mut self, mut index: usize, register: u8) -> Result<(), DecodeError> {
        let mut at = register;
        for option in self.signature.options() {
            if option.operands.is_empty() {
                self.registers.set(at, Value::Bool(false));
                at = at.wrapping_add(1);
            }
            for _ in &option.operands {
                self.registers.set(at, Value::Absent);
                at = at.wrapping_add(1);
            }
        }
        self.first_key_hash = None;
        let mut chosen = Chosen::default();
        // An option that is repeated counts as it stands last, so its mistakes do too.
        let mut mistake: Option<(usize, DecodeError)> = None;
        while index < self.frame.args.len() {
            let found = self.option_at(index, &mut chosen)?;
            if mistake.is_some_and(|(number, _)| number == found.number) {
                mistake = None;
            }
            if let Err(error) = self.operands(&found, register.wrapping_add(found.register)) {
                if self.signature.order == DecodeOrder::InOrder {
                    return Err(error);
                }
                mistake = mistake.or(Some((found.number, error)));
            }
            index = found.next;
        }
        mistake.map_or(Ok(()), |(_, error)| Err(error))
    }

    /// Reads what follows the words of one option into the registers from `at` on.
    fn operands(&mut self, found: &FoundOption<'_>, mut at: u8) -> Result<(), DecodeError> {
        if found.option.operands.is_empty() {
            self.registers.set(at, Value::Bool(true));
        }
        for (operand, item) in found.option.operands.iter().enumerate() {
            let value = self
                .read(item.ty, found.operands.saturating_add(operand))
                .ok_or(DecodeError::Operand(found.number, operand))?;
            self.registers.set(at, value);
            at = at.wrapping_add(1);
        }
        Ok(())
    }

    /// The option whose words stand at argument `index`.
    fn option_at(&self, index: usize, chosen: &mut Chosen) -> Result<FoundOption<'d>, DecodeError> {
        let args = self.frame.args;
        let mut register = 0_u8;
        let mut number = 0_usize;
        for (group_number, group) in self.signature.groups.iter().enumerate() {
            for option in &group.options {
                let words = option.words.len();
                let left = args.len().saturating_sub(index);
                if left >= words.saturating_add(option.operands.len())
                    && words_match(option, args, index)
                {
                    if !chosen.choose(group_number, number) {
                        return Err(DecodeError::Syntax);
                    }
                    let operands = index.saturating_add(words);
                    let next = operands.saturating_add(option.operands.len());
                    return Ok(FoundOption { option, number, register, operands, next });
                }
                let taken = u8::try_from(option.operands.len().max(1)).unwrap_or(u8::MAX);
                register = register.wrapping_add(taken);
                number = number.saturating_add(1);
            }
        }
        Err(if self.signature.unknown_option.is_some() {
            DecodeError::UnknownOption(index)
        } else {
            DecodeError::Syntax
        })
    }

    fn read(&mut self, ty: ParamType, index: usize) -> Option<Value> {
        let bytes = self.frame.args.get(index);
        let argument = u32::try_from(index).ok()?;
        Some(match ty {
            ParamType::Key => {
                let known = self.first_key_hash.take();
                Value::Key { argument, hash: known.unwrap_or_else(|| (self.hash)(bytes)) }
            }
            ParamType::Bytes => Value::Argument(argument),
            _ => read_number(ty, bytes)?,
        })
    }
}

/// An option that a request gives.
struct FoundOption<'s> {
    option: &'s OptionSpec,
    /// Its number among all options.
    number: usize,
    /// Its first register, counted from the first option's.
    register: u8,
    /// Its first operand's argument.
    operands: usize,
    /// The argument behind it.
    next: usize,
}

/// Which option of each group a request has given so far.
#[derive(Default)]
struct Chosen([Option<u8>; GROUPS_MAX]);

impl Chosen {
    /// Notes a choice; false where the group's choice is another already. Giving the same option
    /// again is allowed, as Redis allows it, and the last one counts.
    fn choose(&mut self, group: usize, number: usize) -> bool {
        let Some(choice) = self.0.get_mut(group) else { return false };
        let number = u8::try_from(number).unwrap_or(u8::MAX);
        *choice.get_or_insert(number) == number
    }
}

/// Reads a number of any type.
pub(crate) fn read_number(ty: ParamType, bytes: &[u8]) -> Option<Value> {
    Some(match ty {
        ParamType::Integer => Value::Int(parse_integer(bytes)?),
        ParamType::Float => Value::Float(parse_float(bytes)?),
        ParamType::Cursor => Value::Cursor(parse_cursor(bytes)?),
        ParamType::Flags => Value::Int(i64::from(u32::try_from(parse_unsigned(bytes)?).ok()?)),
        ParamType::Key | ParamType::Bytes => return None,
    })
}

fn readable(ty: ParamType, bytes: &[u8]) -> bool {
    matches!(ty, ParamType::Key | ParamType::Bytes) || read_number(ty, bytes).is_some()
}

fn words_match(option: &OptionSpec, args: Args<'_>, index: usize) -> bool {
    let words = option.words.iter().enumerate();
    words.into_iter().all(|(offset, word)| {
        args.get(index.saturating_add(offset)).eq_ignore_ascii_case(word.as_bytes())
    })
}

/// How many groups of options a command may have.
pub(crate) const GROUPS_MAX: usize = 16;
