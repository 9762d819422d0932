//! The protocol dialect in which one request is to be answered.

use drp_parser::Version;

/// What a reply is written in, captured per request when the request is parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// The Redis protocol, in one of its versions.
    Resp(Version),
    /// The memcached text protocol.
    Memcached,
}
