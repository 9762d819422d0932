//! The protocol dialect in which one request is to be answered.

use drp_parser::Version;

/// What a reply is written in, captured per request when the request is parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// The Redis protocol, in one of its versions.
    Resp(Version),
    /// The memcached text protocol.
    Memcached,
    /// A meta command of the memcached text protocol. What its flags want to know stands behind
    /// the request's arguments.
    Meta {
        /// Whether the usual reply is left out.
        quiet: bool,
        /// Whether it changes a number, of which less is told than of an item.
        is_arithmetic: bool,
    },
    /// The memcached binary protocol.
    Binary {
        /// The operation's number, which says too whether the usual reply is left out.
        opcode: u8,
        /// What the reply repeats.
        opaque: u32,
    },
}

impl Dialect {
    /// How many argument ranges of a request stand behind its arguments, for the reply's encoder.
    #[inline]
    pub(crate) const fn ranges_behind(self) -> usize {
        match self {
            Self::Meta { .. } => 1,
            _ => 0,
        }
    }
}
