//! The binary protocol: packets of a header of 24 bytes, extras, a key and a value.
//!
//! ```text
//!  0      1        2        4       5         6                 8         12       16    24
//!  magic  opcode   key len  extras  datatype  reserved, status  body len  opaque   cas   body
//! ```
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

mod compose;
mod encode;
mod header;
mod opcode;
mod operation;
mod reply;
mod status;

use alloc::vec::Vec;

use crate::request::{REQUEST_MAGIC, Request, Status};
use crate::text::swallow;
use crate::{ArgRange, Form, Limits, RequestError, RequestErrorKind};
pub use compose::BinaryRequest;
pub use encode::BinaryEncoder;
use header::{HEADER_LEN, Header};
pub use opcode::Opcode;
use operation::Operation;
pub use reply::{BinaryReply, BinaryReplyError, BinaryReplyParser, BinaryReplyStatus};
pub use status::BinaryStatus;

/// A resumable parser of packets. Its only state is what is to be swallowed: a header tells all
/// lengths.
#[derive(Debug)]
pub(crate) struct BinaryParser {
    limits: Limits,
    /// Bytes still to come of a body that was refused.
    unwanted: usize,
    /// Whether a part of a packet was seen.
    is_partial: bool,
}

impl BinaryParser {
    pub(crate) const fn new(limits: Limits) -> Self {
        Self { limits, unwanted: 0, is_partial: false }
    }

    pub(crate) fn parse(
        &mut self,
        input: &[u8],
        args: &mut Vec<ArgRange>,
    ) -> Result<Status, RequestError> {
        if self.unwanted > 0 {
            return Ok(swallow(&mut self.unwanted, input));
        }
        self.is_partial = !input.is_empty();
        if input.first().is_some_and(|magic| *magic != REQUEST_MAGIC) {
            return Err(self.refuse(RequestErrorKind::BadMagic, 1, Form::Text));
        }
        let Some(header) = Header::read(input) else {
            return Ok(Status::Incomplete { needed: HEADER_LEN.saturating_sub(input.len()) });
        };
        let form = Form::Binary { opcode: header.opcode, opaque: header.opaque };
        let Some(value_len) = header.value_len() else {
            return Err(self.refuse(RequestErrorKind::InconsistentPacket, HEADER_LEN, form));
        };
        if header.key_len > self.limits.key_len_max {
            return Err(self.refuse(RequestErrorKind::InvalidPacket, HEADER_LEN, form));
        }
        let Some(operation) = Operation::of(header.opcode) else {
            self.unwanted = header.body_len;
            return Err(self.refuse(RequestErrorKind::UnknownOpcode, HEADER_LEN, form));
        };
        if !operation.takes(&header, value_len) {
            return Err(self.refuse(RequestErrorKind::InvalidPacket, HEADER_LEN, form));
        }
        let is_too_large = value_len > self.limits.item_len_max;
        let key_start = HEADER_LEN.saturating_add(header.extras_len);
        let value_start = key_start.saturating_add(header.key_len);
        let consumed = value_start.saturating_add(if is_too_large { 0 } else { value_len });
        if input.len() < consumed {
            return Ok(Status::Incomplete { needed: consumed.saturating_sub(input.len()) });
        }
        let key = ArgRange::new(key_start, header.key_len);
        if is_too_large {
            self.unwanted = value_len;
            let error = self.refuse(RequestErrorKind::TooLarge, consumed, form);
            return Err(if operation.is_set() { error.with_key(key) } else { error });
        }
        let extras = input.get(HEADER_LEN..key_start).unwrap_or_default();
        let request = operation.request(&header, extras, ArgRange::new(value_start, value_len));
        self.is_partial = false;
        if header.key_len > 0 {
            args.push(key);
        }
        Ok(Status::Complete { consumed, request: Request { form, ..request } })
    }

    /// Whether a part of a packet was seen that is not complete.
    pub(crate) const fn is_mid_request(&self) -> bool {
        self.is_partial || self.unwanted > 0
    }

    const fn refuse(
        &mut self,
        kind: RequestErrorKind,
        consumed: usize,
        form: Form,
    ) -> RequestError {
        self.is_partial = false;
        RequestError::new(kind, consumed, false).with_form(form)
    }
}
