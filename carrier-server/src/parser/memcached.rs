//! Requests in memcached's text protocol.

use super::{Parser, Stop, Turn};
use crate::connection::Connection;
use crate::request::ConnectionKey;
impl Parser {
    pub(super) fn poll_memcached(&mut self, _turn: &mut Turn<'_>, _c: &mut Connection, _key: ConnectionKey) -> Option<Stop> { None }
}
