//! The parameters of a command: one declaration from which arity, key positions, option errors
//! and the registers at a program's start all follow.
//!
//! Registers: the parameters come first, in order, one register each, the variadic one none;
//! then, for each option in order, one boolean if it has no operands, else one optional register
//! for each operand.

mod decode;
mod number;
mod prologue;

pub use decode::DecodeError;
pub(crate) use decode::{GROUPS_MAX, read_number};
pub(crate) use prologue::Prologue;

use crate::Type;

/// What a command takes after its name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Signature {
    /// The positional parameters. At most one is variadic; optional ones stand last, and not
    /// beside a variadic one.
    pub params: Vec<Param>,
    /// The options, after all positional parameters; none beside a variadic one.
    pub groups: Vec<OptionGroup>,
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
    /// What one occurrence consists of: one item, or for a variadic parameter any number.
    pub items: Vec<Item>,
}

impl Param {
    /// A parameter of one item.
    #[must_use]
    pub fn new(name: &str, ty: ParamType, multiplicity: Multiplicity) -> Self {
        Self { multiplicity, items: vec![Item::new(name, ty)] }
    }

    /// A variadic parameter that comes in groups, such as key and value.
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
}

impl Multiplicity {
    /// Whether it is one of the variadic ones.
    #[must_use]
    pub const fn is_variadic(&self) -> bool {
        matches!(self, Self::Variadic | Self::VariadicOptional)
    }
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

/// Where the groups of the variadic parameter stand among the arguments of a request.
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

/// How arguments are counted: what [`Signature`] says of it, computed once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    /// The least number of arguments.
    minimum: usize,
    /// The greatest.
    maximum: usize,
    /// How many parameters stand for one argument each, given or not.
    fixed: usize,
    /// Where the variadic parameter's groups begin.
    start: usize,
    /// Arguments in a group; 0 without a variadic parameter.
    stride: usize,
    /// The item of the first group that is the first key of a request.
    first_key_in_group: Option<usize>,
}

impl Shape {
    #[inline]
    pub(crate) const fn first_key_in_group(self) -> Option<usize> {
        self.first_key_in_group
    }

    #[inline]
    pub(crate) const fn accepts(self, argc: usize) -> bool {
        let counts = argc >= self.minimum && argc <= self.maximum;
        // Most strides are 0 or 1, which spares a division.
        counts && (self.stride < 2 || argc.saturating_sub(self.fixed).is_multiple_of(self.stride))
    }

    #[inline]
    pub(crate) const fn variadic_span(self, argc: usize) -> Option<VariadicSpan> {
        if self.stride == 0 {
            return None;
        }
        let in_groups = argc.saturating_sub(self.fixed);
        let count = if self.stride == 1 { in_groups } else { in_groups / self.stride };
        Some(VariadicSpan { start: self.start, stride: self.stride, count })
    }
}

impl Signature {
    /// The registers that decoding fills, in order.
    pub fn registers(&self) -> impl Iterator<Item = ParamRegister<'_>> {
        let params = self.params.iter().filter(|param| !param.multiplicity.is_variadic()).flat_map(
            |param| {
                let optional = param.multiplicity == Multiplicity::Optional;
                param.items.iter().map(move |item| (&*item.name, item.ty.register_type(), optional))
            },
        );
        let options = self.options().flat_map(|option| {
            let flag = option.operands.is_empty().then_some((&*option.name, Type::Bool, false));
            let operands = option.operands.iter();
            flag.into_iter()
                .chain(operands.map(|item| (&*item.name, item.ty.register_type(), true)))
        });
        params
            .chain(options)
            .zip(0..=u8::MAX)
            .map(|((name, ty, optional), register)| ParamRegister { name, register, ty, optional })
    }

    /// Every option, group by group.
    pub fn options(&self) -> impl Iterator<Item = &OptionSpec> {
        self.groups.iter().flat_map(|group| &group.options)
    }

    /// The variadic parameter, where there is one.
    #[must_use]
    pub fn variadic(&self) -> Option<&Param> {
        self.params.iter().find(|param| param.multiplicity.is_variadic())
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

    /// Where the keys are, for a name of `name_words` words.
    #[must_use]
    pub fn key_positions(&self, name_words: usize) -> KeyPositions {
        let number = |index: usize| i64::try_from(index).unwrap_or(i64::MAX);
        let is_key = |param: &&Param| param.items.iter().any(|item| item.ty == ParamType::Key);
        let Some(first) = self.params.iter().position(|param| is_key(&param)) else {
            return KeyPositions::default();
        };
        let run = self.params.iter().skip(first).take_while(is_key);
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

    /// The indexes, among `argc` arguments, of those that are keys.
    pub fn keys(&self, argc: usize) -> impl Iterator<Item = usize> {
        let span = self.variadic_span(argc);
        (0..argc).filter(move |index| {
            self.item_in(*index, span).is_some_and(|item| item.ty == ParamType::Key)
        })
    }

    /// The item that the argument at `index` of `argc` arguments fills; `None` for those that
    /// belong to options.
    #[must_use]
    pub fn item_at(&self, index: usize, argc: usize) -> Option<&Item> {
        self.item_in(index, self.variadic_span(argc))
    }

    fn item_in(&self, index: usize, span: Option<VariadicSpan>) -> Option<&Item> {
        let Some(span) = span else {
            return self.params.get(index)?.items.first();
        };
        let Some(beyond) = index.checked_sub(span.start) else {
            return self.params.get(index)?.items.first();
        };
        match beyond.checked_sub(span.count * span.stride) {
            None => self.params.get(span.start)?.items.get(beyond % span.stride),
            Some(after) => self.params.get(span.start + 1 + after)?.items.first(),
        }
    }

    /// Where the variadic parameter's groups are among `argc` arguments; `None` without one.
    #[must_use]
    pub fn variadic_span(&self, argc: usize) -> Option<VariadicSpan> {
        self.shape().variadic_span(argc)
    }

    /// What of it counts arguments.
    pub(crate) fn shape(&self) -> Shape {
        let start = self.params.iter().position(|param| param.multiplicity.is_variadic());
        let stride = |start: &usize| self.params.get(*start).map_or(1, |p| p.items.len().max(1));
        let stride = start.as_ref().map_or(0, stride);
        let fixed = self.params.len() - usize::from(start.is_some());
        let exact = stride == 0 && self.groups.is_empty();
        Shape {
            minimum: self.minimum(),
            maximum: if exact { fixed } else { usize::MAX },
            fixed,
            start: start.unwrap_or(0),
            stride,
            first_key_in_group: self.first_key_in_group(),
        }
    }

    fn first_key_in_group(&self) -> Option<usize> {
        let key = |param: &Param| param.items.iter().position(|item| item.ty == ParamType::Key);
        let (param, item) = self.params.iter().find_map(|param| Some((param, key(param)?)))?;
        param.multiplicity.is_variadic().then_some(item)
    }

    fn minimum(&self) -> usize {
        let needed = self.params.iter().map(|param| match param.multiplicity {
            Multiplicity::Once => 1,
            Multiplicity::Variadic => param.items.len(),
            _ => 0,
        });
        needed.sum()
    }
}

#[cfg(test)]
mod tests;
