//! The prologue of every run: arguments into registers.

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use super::number::{parse_cursor, parse_float, parse_unsigned};
use super::{
    Again, Conflict, Counted, DecodeOrder, DefaultValue, Item, Layout, Multiplicity, OptionSpec,
    ParamType, Shape, Signature, VariadicSpan,
};
use crate::registers::{Registers, Value};
use crate::{Args, Frame};
use databox::decimal::parse as parse_integer;
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

/// Why the arguments of a request do not fit its command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeError {
    /// The number of arguments is wrong. The caller has checked it, as a rule, before routing.
    Count,
    /// An option is unknown, lacks an operand, excludes another, or stands twice where it stands
    /// once; or a group lacks a part.
    Syntax,
    /// An option is unknown: the argument's index. Only where
    /// [`Signature::unknown_option`] is given.
    UnknownOption(usize),
    /// An argument is not of its parameter's type: the parameter's number and the item's.
    Param(usize, usize),
    /// An operand is not of its type: the option's number and the operand's.
    Operand(usize, usize),
    /// The number that counts the groups of a list is below 1.
    NoGroups,
    /// There are fewer arguments than the number that counts them says.
    TooFewArguments,
    /// Options do not go together: the number of the [conflict](super::Conflict).
    Conflict(usize),
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
            Self::Param(param, item) => signature.params.get(param).and_then(|p| p.items.get(item)),
            Self::Operand(option, operand) => {
                signature.options().nth(option).and_then(|option| option.operands.get(operand))
            }
            Self::NoGroups => match counted(signature) {
                Some(Counted { none: Some(text), .. }) => return Cow::Borrowed(text.as_bytes()),
                counted => counted
                    .and_then(|counted| signature.params.get(usize::from(counted.by)))
                    .and_then(|param| param.items.first()),
            },
            Self::TooFewArguments => match counted(signature) {
                Some(Counted { beyond: Some(text), .. }) => return Cow::Borrowed(text.as_bytes()),
                _ => None,
            },
            Self::Conflict(number) => {
                let error = signature.conflicts.get(number).map(|conflict| &*conflict.error);
                return Cow::Borrowed(error.unwrap_or("ERR syntax error").as_bytes());
            }
        };
        let text = item.map_or("ERR syntax error", |item| {
            item.error.as_deref().unwrap_or_else(|| item.ty.error())
        });
        Cow::Borrowed(text.as_bytes())
    }
}

fn counted(signature: &Signature) -> Option<&Counted> {
    signature.list().and_then(|list| match &list.multiplicity {
        Multiplicity::Counted(counted) => Some(counted),
        _ => None,
    })
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count => write!(f, "wrong number of arguments"),
            Self::Syntax => write!(f, "an option is unknown, lacks an operand or excludes another"),
            Self::UnknownOption(index) => write!(f, "argument {index}: unknown option"),
            Self::Param(param, item) => {
                write!(f, "parameter {param}: item {item} is not of its type")
            }
            Self::Operand(option, operand) => {
                write!(f, "option {option}: operand {operand} is not of its type")
            }
            Self::NoGroups => write!(f, "a list is counted by a number below 1"),
            Self::TooFewArguments => write!(f, "there are fewer arguments than are counted"),
            Self::Conflict(number) => write!(f, "options do not go together: conflict {number}"),
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
        let args = frame.args;
        let layout = if shape.moves() {
            self.layout(args)
        } else {
            let options = self.params.len().min(args.len());
            Ok(Layout { options: options..args.len(), list: shape.list_span(args.len()) })
        };
        let mut decoder = Decoder { signature: self, frame, hash, first_key_hash, registers };
        let layout = match layout {
            Ok(layout) => layout,
            Err(error) if self.order == DecodeOrder::OptionsFirst => return Err(error),
            // What stands before the mistake may be wrong, too.
            Err(error) => return Err(decoder.leading_params().err().unwrap_or(error)),
        };
        if self.groups.is_empty() {
            decoder.params(&layout)?;
            // What stands behind a counted list could be an option only.
            let is_whole = !shape.moves() || layout.options.is_empty();
            return if is_whole { Ok(()) } else { Err(DecodeError::Syntax) };
        }
        if self.order == DecodeOrder::OptionsFirst {
            decoder.check_options(layout.options.clone())?;
        }
        let register = decoder.params(&layout)?;
        decoder.options(layout.options, register)
    }
}

struct Decoder<'d, 'a, H> {
    signature: &'d Signature,
    frame: &'d Frame<'a>,
    hash: H,
    /// The hash of the first key, until that is met.
    first_key_hash: Option<u64>,
    registers: &'d mut Registers,
}

impl<'d, H: Fn(&[u8]) -> u64> Decoder<'d, '_, H> {
    /// Reads the parameters before the first of which the place depends on what arguments say.
    fn leading_params(&mut self) -> Result<(), DecodeError> {
        let before = self.signature.options_before.map_or(usize::MAX, usize::from);
        for (number, param) in self.signature.params.iter().take(before).enumerate() {
            let [item] = param.items.as_slice() else { break };
            if param.multiplicity.is_list() || number >= self.frame.args.len() {
                break;
            }
            self.read(item.ty, number).ok_or(DecodeError::Param(number, 0))?;
        }
        Ok(())
    }

    /// Reads the positional parameters; returns the register behind them.
    fn params(&mut self, layout: &Layout) -> Result<u8, DecodeError> {
        let before = self.signature.options_before.map(usize::from);
        let mut register = 0_u8;
        let mut index = 0_usize;
        for (number, param) in self.signature.params.iter().enumerate() {
            if before == Some(number) {
                index = layout.options.end;
            }
            if let (true, Some(list)) = (param.multiplicity.is_list(), layout.list) {
                self.first_key_hash = None;
                self.check_groups(number, &param.items, list)?;
                index = list.start.saturating_add(list.count.saturating_mul(list.stride));
                continue;
            }
            for (member, item) in param.items.iter().enumerate() {
                let value = if index < self.frame.args.len() {
                    self.read(item.ty, index).ok_or(DecodeError::Param(number, member))?
                } else {
                    self.missing(&param.multiplicity, item.ty)
                };
                self.registers.set(register, value);
                register = register.wrapping_add(1);
                index = index.saturating_add(1);
            }
        }
        Ok(register)
    }

    /// Checks the groups of the list, which the loop opcodes read once more.
    fn check_groups(
        &self,
        number: usize,
        items: &[Item],
        list: VariadicSpan,
    ) -> Result<(), DecodeError> {
        if items.iter().all(|item| matches!(item.ty, ParamType::Key | ParamType::Bytes)) {
            return Ok(());
        }
        let end = list.start.saturating_add(list.count.saturating_mul(list.stride));
        for (index, (member, item)) in (list.start..end).zip(items.iter().enumerate().cycle()) {
            if !readable(item.ty, self.frame.args.get(index)) {
                return Err(DecodeError::Param(number, member));
            }
        }
        Ok(())
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
    fn check_options(&self, options: Range<usize>) -> Result<(), DecodeError> {
        let mut chosen = Chosen::default();
        let mut index = options.start;
        while index < options.end {
            index = self.signature.option_at(self.frame.args, index, &mut chosen)?.next;
        }
        self.signature.check_conflicts(&chosen)
    }

    /// Reads the options into the registers from `register` on.
    fn options(&mut self, options: Range<usize>, register: u8) -> Result<(), DecodeError> {
        let groups = self.signature.groups.iter().filter(|group| group.again != Again::Each);
        let values = groups.flat_map(|group| &group.options).flat_map(OptionSpec::not_given);
        for (at, value) in (register..).zip(values) {
            self.registers.set(at, value);
        }
        self.first_key_hash = None;
        let mut chosen = Chosen::default();
        // An option that is repeated counts as it stands last, so its mistakes do too.
        let mut mistake: Option<(usize, DecodeError)> = None;
        let mut index = options.start;
        while index < options.end {
            let found = self.signature.option_at(self.frame.args, index, &mut chosen)?;
            let read = if found.again == Again::Each {
                self.check_operands(&found)
            } else {
                if mistake.is_some_and(|(number, _)| number == found.number) {
                    mistake = None;
                }
                self.operands(&found, register.wrapping_add(found.register))
            };
            if let Err(error) = read {
                if self.signature.order == DecodeOrder::InOrder {
                    return Err(error);
                }
                mistake = mistake.or(Some((found.number, error)));
            }
            index = found.next;
        }
        self.signature.check_conflicts(&chosen)?;
        mistake.map_or(Ok(()), |(_, error)| Err(error))
    }

    /// Checks what follows the words of one option, each time its operands are read once more.
    fn check_operands(&self, found: &FoundOption<'_>) -> Result<(), DecodeError> {
        let items = found.option.operands.iter().enumerate().cycle();
        for (index, (operand, item)) in (found.operands..found.next).zip(items) {
            if !readable(item.ty, self.frame.args.get(index)) {
                return Err(DecodeError::Operand(found.number, operand));
            }
        }
        Ok(())
    }

    /// Reads what follows the words of one option into the registers from `at` on.
    fn operands(&mut self, found: &FoundOption<'_>, mut at: u8) -> Result<(), DecodeError> {
        if found.option.counted_by.is_some() {
            self.check_operands(found)?;
            let first = u32::try_from(found.operands).unwrap_or(u32::MAX);
            self.registers.set(at, Value::Argument(first));
            return Ok(());
        }
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

impl Signature {
    /// The option whose words stand at argument `index`, all of whose operands are there.
    pub(super) fn option_at(
        &self,
        args: Args<'_>,
        index: usize,
        chosen: &mut Chosen,
    ) -> Result<FoundOption<'_>, DecodeError> {
        let mut register = 0_u8;
        let mut number = 0_usize;
        for (group_number, group) in self.groups.iter().enumerate() {
            let again = group.again;
            for option in &group.options {
                if words_match(option, args, index)
                    && let operands = index.saturating_add(option.words.len())
                    && let Some(next) = option.operands_end(args, operands)
                {
                    if !chosen.choose(group_number, number, again) {
                        return Err(DecodeError::Syntax);
                    }
                    return Ok(FoundOption { option, number, again, register, operands, next });
                }
                if again != Again::Each {
                    let taken = u8::try_from(option.register_count()).unwrap_or(u8::MAX);
                    register = register.wrapping_add(taken);
                }
                number = number.saturating_add(1);
            }
        }
        Err(if self.unknown_option.is_some() {
            DecodeError::UnknownOption(index)
        } else {
            DecodeError::Syntax
        })
    }

    /// The first option of those with these numbers from argument `index` on.
    pub(crate) fn next_option(
        &self,
        args: Args<'_>,
        mut index: usize,
        numbers: &Range<usize>,
    ) -> Option<FoundOption<'_>> {
        while index < args.len() {
            let found = self.option_at(args, index, &mut Chosen::default()).ok()?;
            if numbers.contains(&found.number) {
                return Some(found);
            }
            index = found.next;
        }
        None
    }

    fn check_conflicts(&self, chosen: &Chosen) -> Result<(), DecodeError> {
        let given = |side: &[u8]| side.iter().any(|number| chosen.has(*number));
        let broken = |conflict: &Conflict| conflict.sides.iter().all(|side| given(side));
        self.conflicts
            .iter()
            .position(broken)
            .map_or(Ok(()), |number| Err(DecodeError::Conflict(number)))
    }
}

impl OptionSpec {
    /// What its registers hold where it is not given.
    fn not_given(&self) -> impl Iterator<Item = Value> {
        self.registers().map(
            |(_, _, optional)| {
                if optional { Value::Absent } else { Value::Bool(false) }
            },
        )
    }

    /// The argument behind its operands, which begin at `start`; `None` where there are too few.
    fn operands_end(&self, args: Args<'_>, start: usize) -> Option<usize> {
        let count = match self.counted_by {
            None => self.operands.len(),
            Some(by) => usize::try_from(parse_integer(args.get(usize::from(by)))?).ok()?,
        };
        start.checked_add(count).filter(|end| *end <= args.len())
    }
}

/// An option that a request gives.
pub(crate) struct FoundOption<'s> {
    option: &'s OptionSpec,
    /// Its number among all options.
    pub(crate) number: usize,
    /// What its group says.
    again: Again,
    /// Its first register, counted from the first option's.
    register: u8,
    /// Its first operand's argument.
    pub(crate) operands: usize,
    /// The argument behind it.
    pub(crate) next: usize,
}

/// Which options a request has given so far.
#[derive(Default)]
pub(super) struct Chosen {
    /// The one of each group.
    groups: [Option<u8>; GROUPS_MAX],
    /// A bit for each option; the registers that options need are fewer than bits.
    given: u128,
}

impl Chosen {
    /// Notes a choice; false where the group's choice is another already. Giving the same option
    /// again is allowed, as Redis mostly allows it, and the last one counts, unless the group says
    /// something else.
    fn choose(&mut self, group: usize, number: usize, meaning: Again) -> bool {
        let Some(choice) = self.groups.get_mut(group) else { return false };
        let number = u8::try_from(number).unwrap_or(u8::MAX);
        let again = choice.is_some();
        self.given |= 1_u128.checked_shl(u32::from(number)).unwrap_or(0);
        let first = *choice.get_or_insert(number);
        match meaning {
            Again::Last => first == number,
            Again::Wrong => !again,
            Again::Each => true,
        }
    }

    fn has(&self, number: u8) -> bool {
        self.given & 1_u128.checked_shl(u32::from(number)).unwrap_or(0) != 0
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

pub(super) fn readable(ty: ParamType, bytes: &[u8]) -> bool {
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
