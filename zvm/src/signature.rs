//! The parameters of a command: one declaration from which arity, key positions, option errors
//! and the registers at a program's start all follow.
//!
//! Registers: the parameters come first, in order, one register each, the variadic one none;
//! then, for each option in order, one boolean if it has no operands, else one optional register
//! for each operand. Options of which [each](Again::Each) counts have none; a loop loads them.

mod decode;
mod layout;
mod number;
mod prologue;
mod shape;

pub use decode::DecodeError;
pub(crate) use decode::{GROUPS_MAX, read_number};
pub(crate) use layout::Layout;
pub(crate) use number::parse_bound;
pub(crate) use prologue::Prologue;
pub(crate) use shape::Shape;

use crate::{Args, Type};

/// What a command takes after its name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Signature {
    /// The positional parameters. At most one is a list, variadic or counted; optional ones stand
    /// last, and not beside a list.
    pub params: Vec<Param>,
    /// The options. Beside a variadic parameter they stand before it.
    pub groups: Vec<OptionGroup>,
    /// The parameter that the options stand before, by number; `None`: behind all of them.
    pub options_before: Option<u8>,
    /// Which options do not go together, beside those of one group.
    pub conflicts: Vec<Conflict>,
    /// In which order mistakes are found.
    pub order: DecodeOrder,
    /// The error about an unknown option, in which `{}` (or else its end) stands for the word;
    /// `None` replies `ERR syntax error`.
    pub unknown_option: Option<Box<str>>,
}

/// In which order the mistakes of a request are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DecodeOrder {
    /// From left to right.
    #[default]
    InOrder,
    /// The words of the options before the value of any parameter, as `SET` and `EXPIRE` do.
    OptionsFirst,
}

impl DecodeOrder {
    /// Every order and its name in textual forms.
    pub const NAMES: [(&'static str, Self); 2] =
        [("in_order", Self::InOrder), ("options_first", Self::OptionsFirst)];
}

/// A positional parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Param {
    /// How often it occurs.
    pub multiplicity: Multiplicity,
    /// What one occurrence consists of: one item, or of a list or an optional parameter several,
    /// which stand together.
    pub items: Vec<Item>,
}

impl Param {
    /// A parameter of one item.
    #[must_use]
    pub fn new(name: &str, ty: ParamType, multiplicity: Multiplicity) -> Self {
        Self { multiplicity, items: vec![Item::new(name, ty)] }
    }

    /// A parameter that comes in groups, such as key and value.
    #[must_use]
    pub const fn grouped(items: Vec<Item>, multiplicity: Multiplicity) -> Self {
        Self { multiplicity, items }
    }
}

/// How often a parameter occurs.
#[derive(Debug, Clone, PartialEq)]
pub enum Multiplicity {
    /// Once.
    Once,
    /// Once or not at all.
    Optional,
    /// Once, or not at all with this value; only integers, cursors, flags and bytes have one.
    Default(DefaultValue),
    /// At least once.
    Variadic,
    /// Any number of times.
    VariadicOptional,
    /// As often as an argument before it says, at least once.
    Counted(Counted),
}

impl Multiplicity {
    /// Whether the loop opcodes go over it: variadic or counted.
    #[must_use]
    pub const fn is_list(&self) -> bool {
        matches!(self, Self::Variadic | Self::VariadicOptional | Self::Counted(_))
    }

    /// Whether how often it stands follows from the number of arguments.
    #[must_use]
    pub const fn is_variadic(&self) -> bool {
        matches!(self, Self::Variadic | Self::VariadicOptional)
    }
}

/// What counts the groups of a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counted {
    /// The number of the parameter that counts: an integer that stands once, before the list.
    pub by: u8,
    /// The error where it is below 1; `None` takes that of the number where it is none.
    pub none: Option<Box<str>>,
    /// The error where there are fewer arguments; `None` replies `ERR syntax error`.
    pub beyond: Option<Box<str>>,
}

/// The value of a parameter that was not given.
#[derive(Debug, Clone, PartialEq)]
pub enum DefaultValue {
    /// Of an integer, cursor or flags.
    Integer(i64),
    /// Of bytes: the index of a constant of the program.
    Constant(u16),
}

/// A typed argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What it is called.
    pub name: Box<str>,
    /// How it is read.
    pub ty: ParamType,
    /// The error where it cannot be read; `None` takes the [type's](ParamType::error).
    pub error: Option<Box<str>>,
}

impl Item {
    /// An item with its type's error.
    #[must_use]
    pub fn new(name: &str, ty: ParamType) -> Self {
        Self { name: name.into(), ty, error: None }
    }

    /// The same with an error of its own.
    #[must_use]
    pub fn with_error(mut self, error: &str) -> Self {
        self.error = Some(error.into());
        self
    }
}

/// How an argument is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParamType {
    /// A key: routes the request.
    Key,
    /// Any bytes.
    Bytes,
    /// A signed 64-bit integer in canonical decimal form: no sign but `-`, no leading zeros, no
    /// spaces.
    Integer,
    /// A finite or infinite double.
    Float,
    /// The cursor of a scan: an unsigned 64-bit decimal, signs allowed as by C's `strtoul`.
    Cursor,
    /// memcached's flags: an unsigned 32-bit decimal, in a register an integer.
    Flags,
}

impl ParamType {
    /// Every type and its name in textual forms.
    pub const NAMES: [(&'static str, Self); 6] = [
        ("key", Self::Key),
        ("bytes", Self::Bytes),
        ("integer", Self::Integer),
        ("float", Self::Float),
        ("cursor", Self::Cursor),
        ("flags", Self::Flags),
    ];

    /// The type of the register it fills.
    #[must_use]
    pub const fn register_type(self) -> Type {
        match self {
            Self::Key => Type::Key,
            Self::Bytes => Type::Bytes,
            Self::Integer | Self::Flags => Type::Int,
            Self::Float => Type::Float,
            Self::Cursor => Type::Cursor,
        }
    }

    /// The error where an argument cannot be read so.
    #[must_use]
    pub const fn error(self) -> &'static str {
        match self {
            Self::Integer => "ERR value is not an integer or out of range",
            Self::Float => "ERR value is not a valid float",
            Self::Cursor => "ERR invalid cursor",
            Self::Flags => "CLIENT_ERROR bad command line format",
            Self::Key | Self::Bytes => "ERR syntax error",
        }
    }
}

/// Options that exclude each other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OptionGroup {
    /// The alternatives.
    pub options: Vec<OptionSpec>,
    /// What a request that names one of them again means.
    pub again: Again,
}

/// What it means that a request gives an option of a group again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Again {
    /// The same option counts as it stands last; another one is an error.
    #[default]
    Last,
    /// An error.
    Wrong,
    /// Each counts, in the order in which they stand: a loop goes over them. None has a register.
    Each,
}

impl Again {
    /// Every meaning and the word that begins such a group in textual forms.
    pub const NAMES: [(&'static str, Self); 3] =
        [("options", Self::Last), ("options_once", Self::Wrong), ("options_each", Self::Each)];
}

/// Options of which those of one side do not go with those of the other, with an error of their
/// own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// Numbers of options, counted over all groups.
    pub sides: [Vec<u8>; 2],
    /// What a request that gives one of each is told.
    pub error: Box<str>,
}

/// One option: words, in any case, and operands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionSpec {
    /// What it is called in the program.
    pub name: Box<str>,
    /// The words that announce it, upper case: mostly one, two as in `FILTERBY MODULE`.
    pub words: Vec<Box<str>>,
    /// What follows the words.
    pub operands: Vec<Item>,
    /// The number of the parameter that says how often its one operand stands, an integer before
    /// all options; `None`: each operand stands once.
    pub counted_by: Option<u8>,
}

impl OptionSpec {
    /// What of it has a register, and of which type: the option itself where it has no operands,
    /// which is never absent, else its operands, which may be.
    pub fn registers(&self) -> impl Iterator<Item = (&str, Type, bool)> {
        let flag = self.operands.is_empty().then_some((&*self.name, Type::Bool, false));
        let list = self.counted_by.is_some();
        let ty = move |item: &Item| if list { Type::List } else { item.ty.register_type() };
        let operands = self.operands.iter().map(move |item| (&*item.name, ty(item), true));
        flag.into_iter().chain(operands)
    }

    /// How many registers it takes.
    #[must_use]
    pub fn register_count(&self) -> usize {
        self.operands.len().max(1)
    }
}

/// A register that decoding fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParamRegister<'s> {
    /// The parameter, option or operand.
    pub name: &'s str,
    /// Its register.
    pub register: u8,
    /// Its type.
    pub ty: Type,
    /// Whether it may be absent.
    pub optional: bool,
}

/// Where the groups of the list stand among the arguments of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VariadicSpan {
    /// The first argument.
    pub start: usize,
    /// Arguments in a group.
    pub stride: usize,
    /// How many groups.
    pub count: usize,
}

/// Where a command's keys are, as `COMMAND INFO` tells it: 1 is the word after the name's first;
/// all 0 without keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KeyPositions {
    /// The first key.
    pub first: i64,
    /// The last key; negative counts from the end.
    pub last: i64,
    /// From one key to the next.
    pub step: i64,
}

impl Signature {
    /// The registers that decoding fills, in order.
    pub fn registers(&self) -> impl Iterator<Item = ParamRegister<'_>> {
        let params =
            self.params.iter().filter(|param| !param.multiplicity.is_list()).flat_map(|param| {
                let optional = param.multiplicity == Multiplicity::Optional;
                param.items.iter().map(move |item| (&*item.name, item.ty.register_type(), optional))
            });
        let groups = self.groups.iter().filter(|group| group.again != Again::Each);
        let options = groups.flat_map(|group| &group.options).flat_map(OptionSpec::registers);
        params
            .chain(options)
            .zip(0..=u8::MAX)
            .map(|((name, ty, optional), register)| ParamRegister { name, register, ty, optional })
    }

    /// Every option, group by group.
    pub fn options(&self) -> impl Iterator<Item = &OptionSpec> {
        self.groups.iter().flat_map(|group| &group.options)
    }

    /// A group of options, and the number of its first one.
    pub(crate) fn group_of(&self, number: usize) -> Option<(usize, &OptionGroup)> {
        let before = self.groups.get(..number)?;
        let first = before.iter().map(|group| group.options.len()).sum();
        Some((first, self.groups.get(number)?))
    }

    /// The list, where there is one.
    #[must_use]
    pub fn list(&self) -> Option<&Param> {
        self.params.iter().find(|param| param.multiplicity.is_list())
    }

    /// How many registers the parameters take, those of options not counted.
    #[must_use]
    pub fn param_registers(&self) -> usize {
        let singles = self.params.iter().filter(|param| !param.multiplicity.is_list());
        singles.map(|param| param.items.len()).sum()
    }

    /// Whether a request of `argc` arguments, name not counted, has the right number of them.
    #[must_use]
    pub fn accepts(&self, argc: usize) -> bool {
        self.shape().accepts(argc)
    }

    /// The arity that `COMMAND INFO` tells, for a name of `name_words` words.
    #[must_use]
    pub fn arity(&self, name_words: usize) -> i64 {
        let words = i64::try_from(name_words + self.minimum()).unwrap_or(i64::MAX);
        let exact = self.groups.is_empty()
            && self.params.iter().all(|param| param.multiplicity == Multiplicity::Once);
        if exact { words } else { -words }
    }

    /// Where the keys are, for a name of `name_words` words. Those whose places depend on what
    /// the arguments say are left out, see [`has_movable_keys`](Self::has_movable_keys).
    #[must_use]
    pub fn key_positions(&self, name_words: usize) -> KeyPositions {
        let number = |index: usize| i64::try_from(index).unwrap_or(i64::MAX);
        let placed = self.options_before.map_or(self.params.len(), usize::from);
        let placed = self.params.get(..placed).unwrap_or(&self.params);
        let is_key = |param: &&Param| {
            !matches!(param.multiplicity, Multiplicity::Counted(_)) && has_key(param)
        };
        let Some(first) = placed.iter().position(|param| is_key(&param)) else {
            return KeyPositions::default();
        };
        let run = placed.iter().skip(first).take_while(is_key);
        let mut positions = KeyPositions { first: number(first + name_words), last: 0, step: 1 };
        positions.last = positions.first - 1;
        for (offset, param) in run.enumerate() {
            if param.multiplicity.is_variadic() {
                let key = param.items.iter().position(|item| item.ty == ParamType::Key);
                if offset == 0 {
                    positions.first += number(key.unwrap_or(0));
                    positions.step = number(param.items.len());
                }
                let behind = self.params.len() - first - offset - 1;
                positions.last = -1 - number(behind);
                break;
            }
            positions.last += 1;
        }
        positions
    }

    /// Whether some key's place depends on what the arguments before it say.
    #[must_use]
    pub fn has_movable_keys(&self) -> bool {
        let before = self.options_before.map_or(usize::MAX, usize::from);
        self.params.iter().enumerate().any(|(number, param)| {
            let moves = number >= before || matches!(param.multiplicity, Multiplicity::Counted(_));
            moves && has_key(param)
        })
    }

    /// The indexes, among a request's arguments, of those that are keys; none where the request is
    /// wrong.
    pub fn keys(&self, args: Args<'_>) -> impl Iterator<Item = usize> {
        let layout = self.layout(args).ok();
        (0..args.len()).filter(move |index| {
            let item = layout.as_ref().and_then(|layout| self.item_in(*index, layout));
            item.is_some_and(|item| item.ty == ParamType::Key)
        })
    }

    /// Where the list's groups are among a request's arguments; `None` without a list, and where
    /// the request is wrong.
    #[must_use]
    pub fn list_span(&self, args: Args<'_>) -> Option<VariadicSpan> {
        self.layout(args).ok()?.list
    }

    fn first_key_in_group(&self) -> Option<usize> {
        let key = |param: &Param| param.items.iter().position(|item| item.ty == ParamType::Key);
        let (param, item) = self.params.iter().find_map(|param| Some((param, key(param)?)))?;
        param.multiplicity.is_list().then_some(item)
    }

    fn minimum(&self) -> usize {
        let needed = self.params.iter().map(|param| match param.multiplicity {
            Multiplicity::Once => 1,
            Multiplicity::Variadic | Multiplicity::Counted(_) => param.items.len(),
            _ => 0,
        });
        needed.sum()
    }
}

fn has_key(param: &Param) -> bool {
    param.items.iter().any(|item| item.ty == ParamType::Key)
}

#[cfg(test)]
mod tests;
