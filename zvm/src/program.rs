//! A program: the bytecode of one command and everything that follows from its declaration.

use crate::{Instruction, Signature};
use std::fmt;

/// One command, compiled. Built by a [`ProgramBuilder`](crate::ProgramBuilder) or
/// [assembled](crate::assemble); runs once [verified](crate::verify).
#[derive(Debug, Clone, PartialEq)]
pub struct Program {
    /// The name in the case it was declared in; a subcommand's is two words, `CLIENT ID`.
    pub name: Box<str>,
    /// Whose command it is.
    pub protocol: Protocol,
    /// The rights it takes to call it.
    pub access: Access,
    /// Where it runs.
    pub run_where: RunWhere,
    /// What it replies.
    pub returns: Returns,
    /// The parameters.
    pub signature: Signature,
    /// What it does.
    pub code: Vec<Instruction>,
    /// The instruction at which a request begins that gives every parameter and no option, where
    /// that is not the first one. The registers of the options are not set there.
    pub plain_entry: Option<u32>,
    /// What the code refers to.
    pub constants: Vec<Constant>,
    /// How many registers it uses, from 0 on, parameters included.
    pub registers: u8,
    /// What people should know.
    pub docs: Docs,
    /// Where it was declared.
    pub source: SourceSpan,
}

impl Program {
    /// The name as error texts and listings write it: lower case, `client|id` for a subcommand.
    #[must_use]
    pub fn full_name(&self) -> String {
        self.name.to_ascii_lowercase().replace(' ', "|")
    }

    /// How many words the name has.
    #[must_use]
    pub fn name_words(&self) -> usize {
        self.name.split(' ').count()
    }

    /// The arity that `COMMAND INFO` tells: the number of words of a request, negative where it
    /// is a minimum.
    #[must_use]
    pub fn arity(&self) -> i64 {
        self.signature.arity(self.name_words())
    }
}

/// Whose command a program is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Protocol {
    /// Redis'.
    #[default]
    Resp,
    /// memcached's.
    Memcached,
}

impl Protocol {
    /// Every protocol and its name in textual forms.
    pub const NAMES: [(&'static str, Self); 2] =
        [("resp", Self::Resp), ("memcached", Self::Memcached)];
}

/// The rights that a command takes: a set of bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Access(u8);

impl Access {
    /// None at all.
    pub const NONE: Self = Self(0);
    /// Reading data.
    pub const READ: Self = Self(1);
    /// Changing data.
    pub const WRITE: Self = Self(2);
    /// Looking at the server and one's own connection.
    pub const STATS: Self = Self(4);
    /// Changing the server.
    pub const ADMIN: Self = Self(8);
    /// All of them.
    pub const ALL: Self = Self(15);
    /// Each right and its name in textual forms.
    pub const NAMES: [(&'static str, Self); 4] = [
        ("read", Self::READ),
        ("write", Self::WRITE),
        ("stats", Self::STATS),
        ("admin", Self::ADMIN),
    ];

    /// The rights of both.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all rights of `other` are among these.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The set as bits.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// The set of these bits; `None` where a bit means nothing.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Option<Self> {
        if bits < 16 { Some(Self(bits)) } else { None }
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = Self::NAMES.iter().filter(|(_, right)| self.contains(*right));
        f.debug_set().entries(names.map(|(name, _)| name)).finish()
    }
}

/// Where a program runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RunWhere {
    /// Once: where its keys are, with the keys of several shards as one transaction, or on the
    /// shard that its cursor is in.
    One,
    /// Once on each shard of its keys, as one transaction; replies are combined by [`Returns`].
    Keys,
    /// On the shards of its keys, at no common moment; replies are combined by [`Returns`].
    Each,
    /// Once on every shard; replies are combined by [`Returns`].
    All,
    /// Where the connection is; it touches the session and no data.
    Connection,
}

impl RunWhere {
    /// Every place and its name in textual forms.
    pub const NAMES: [(&'static str, Self); 5] = [
        ("one", Self::One),
        ("keys", Self::Keys),
        ("each", Self::Each),
        ("all", Self::All),
        ("connection", Self::Connection),
    ];
}

/// What a program replies where it does not fault; for [`RunWhere::Keys`], [`RunWhere::Each`]
/// and [`RunWhere::All`] also how the replies of several shards make one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Returns {
    /// A status. Combined: any of them, they are the same.
    Status,
    /// An integer. Combined: the sum.
    Integer,
    /// A boolean.
    Boolean,
    /// A string or nil.
    Bytes,
    /// An array. Combined: the elements in the order of the keys.
    Array,
    /// A map.
    Map,
    /// A set.
    Set,
    /// memcached items. Combined: one after the other.
    Items,
    /// One of several.
    Any,
}

impl Returns {
    /// Every form and its name in textual forms.
    pub const NAMES: [(&'static str, Self); 9] = [
        ("status", Self::Status),
        ("integer", Self::Integer),
        ("boolean", Self::Boolean),
        ("bytes", Self::Bytes),
        ("array", Self::Array),
        ("map", Self::Map),
        ("set", Self::Set),
        ("items", Self::Items),
        ("any", Self::Any),
    ];
}

/// Something that code refers to by number.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Constant {
    /// A byte string.
    Bytes(Box<[u8]>),
    /// An integer.
    Integer(i64),
}

/// What people should know of a command.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Docs {
    /// One sentence.
    pub summary: Box<str>,
    /// The version it appeared in.
    pub since: Box<str>,
    /// The group it is listed in.
    pub group: Box<str>,
    /// Its complexity, as `O(1)`.
    pub complexity: Box<str>,
    /// Requests and their replies.
    pub examples: Vec<Example>,
}

/// A request and its reply, as people write them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The request.
    pub request: Box<str>,
    /// The reply.
    pub reply: Box<str>,
}

/// Where a program was declared.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SourceSpan {
    /// The file's name.
    pub file: Box<str>,
    /// The line, counted from 1; 0 where there is none.
    pub line: u32,
}
