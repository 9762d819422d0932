//! The text protocol: a command line, and behind some of them an item.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

use alloc::vec::Vec;

use crate::plain::{self, Plain};
use crate::request::{Request, Status};
use crate::verb::{self, Line, Mode, Refusal, Verb};
use crate::words::trim_line_end;
use crate::{ArgRange, Form, Limits, RequestError, RequestErrorKind};

/// A resumable parser of lines and items.
#[derive(Debug)]
pub(crate) struct TextParser {
    limits: Limits,
    /// Bytes of the current line that are known not to end it.
    scanned: usize,
    /// The request whose line is read and whose item is not all there, and its key.
    item: Option<(Request, ArgRange)>,
    /// Bytes still to come of an item that was refused.
    unwanted: usize,
}

impl TextParser {
    pub(crate) const fn new(limits: Limits) -> Self {
        Self { limits, scanned: 0, item: None, unwanted: 0 }
    }

    #[inline]
    pub(crate) fn parse(
        &mut self,
        input: &[u8],
        args: &mut Vec<ArgRange>,
    ) -> Result<Status, RequestError> {
        if self.is_mid_request() {
            return self.go_on(input, args);
        }
        match plain::parse(input, &self.limits) {
            Some(Plain::Get { key, consumed }) => {
                args.push(key);
                Ok(Status::Complete { consumed, request: Request::new(Verb::Get) })
            }
            Some(Plain::Set { request, key, data_len, consumed })
                if data_len <= self.limits.item_len_max =>
            {
                let request = with_data(request, ArgRange::new(consumed, data_len));
                self.item(request, key, input, args)
            }
            _ => self.line(input, args),
        }
    }

    /// Goes on with a request of which a part was seen.
    fn go_on(&mut self, input: &[u8], args: &mut Vec<ArgRange>) -> Result<Status, RequestError> {
        if let Some((request, key)) = self.item {
            return self.item(request, key, input, args);
        }
        if self.unwanted > 0 {
            return Ok(swallow(&mut self.unwanted, input));
        }
        self.line(input, args)
    }

    /// Takes any line.
    fn line(&mut self, input: &[u8], args: &mut Vec<ArgRange>) -> Result<Status, RequestError> {
        let Some(len) = self.line_len(input)? else {
            return Ok(Status::Incomplete { needed: 1 });
        };
        self.scanned = 0;
        let line = trim_line_end(input.get(..len).unwrap_or_default());
        let before = args.len();
        match verb::parse(line, &self.limits, args) {
            Ok(Line::Request(request)) => Ok(Status::Complete { consumed: len, request }),
            Ok(Line::Item { request, key, data_len }) if data_len > self.limits.item_len_max => {
                self.unwanted = data_len.saturating_add(TERMINATOR.len());
                let is_meta = matches!(request.form, Form::Meta { .. });
                // A meta command's errors are told, however quiet it is.
                let noreply = request.noreply && !is_meta;
                let error = RequestError::new(RequestErrorKind::TooLarge, len, noreply);
                Err(if is_meta || is_set(&request) { error.with_key(key) } else { error })
            }
            Ok(Line::Item { request, key, data_len }) => {
                let request = with_data(request, ArgRange::new(len, data_len));
                self.item(request, key, input, args)
            }
            Err(Refusal { kind, noreply, item_len }) => {
                args.truncate(before);
                self.unwanted = item_len.map_or(0, |len| len.saturating_add(TERMINATOR.len()));
                Err(RequestError::new(kind, len, noreply))
            }
        }
    }

    /// Whether the parser has understood a part of a request that is not complete.
    #[inline]
    pub(crate) const fn is_mid_request(&self) -> bool {
        self.scanned > 0 || self.item.is_some() || self.unwanted > 0
    }

    /// The length of the line that `input` begins with, line feed included, if that is there.
    fn line_len(&mut self, input: &[u8]) -> Result<Option<usize>, RequestError> {
        let mut limit = self.limits.line_len_max;
        let mut len = self.find_line_feed(input, limit);
        if len.is_none() && input.len() > limit {
            if is_long_get(input) {
                limit = limit.max(self.limits.get_line_len_max);
                len = self.find_line_feed(input, limit);
            }
            if len.is_none() && input.len() > limit {
                self.scanned = 0;
                return Err(RequestError::new(RequestErrorKind::LineTooLong, limit, false));
            }
        }
        Ok(len)
    }

    /// The length of a line with at most `limit` bytes before its line feed.
    fn find_line_feed(&mut self, input: &[u8], limit: usize) -> Option<usize> {
        let window = input.get(..=limit).unwrap_or(input);
        let unseen = window.get(self.scanned..).unwrap_or_default();
        let Some(offset) = memchr::memchr(b'\n', unseen) else {
            self.scanned = self.scanned.max(window.len());
            return None;
        };
        Some(self.scanned.saturating_add(offset).saturating_add(1))
    }

    /// Completes `request` if its item is there.
    #[inline]
    fn item(
        &mut self,
        request: Request,
        key: ArgRange,
        input: &[u8],
        args: &mut Vec<ArgRange>,
    ) -> Result<Status, RequestError> {
        let Verb::Store(verb::Store { data, .. }) = request.verb else {
            return Ok(Status::Complete { consumed: input.len(), request });
        };
        let end = (data.start as usize).saturating_add(data.len as usize);
        let consumed = end.saturating_add(TERMINATOR.len());
        let Some(terminator) = input.get(end..consumed) else {
            self.item = Some((request, key));
            return Ok(Status::Incomplete { needed: consumed.saturating_sub(input.len()) });
        };
        self.item = None;
        if terminator != TERMINATOR {
            let noreply = request.noreply && request.form == Form::Text;
            return Err(RequestError::new(RequestErrorKind::BadDataChunk, consumed, noreply));
        }
        args.push(key);
        Ok(Status::Complete { consumed, request })
    }
}

/// Takes what is there of `unwanted` bytes.
pub(crate) fn swallow(unwanted: &mut usize, input: &[u8]) -> Status {
    let consumed = (*unwanted).min(input.len());
    if consumed == 0 {
        return Status::Incomplete { needed: 1 };
    }
    *unwanted = unwanted.saturating_sub(consumed);
    Status::Swallowed { consumed }
}

/// Whether a line that is long for a command, or its beginning, is one that may be: a `get`
/// behind not too many spaces.
#[must_use]
pub fn is_long_get(line: &[u8]) -> bool {
    let spaces = line.iter().take(SPACES_MAX.saturating_add(1)).take_while(|b| **b == b' ').count();
    let rest = line.get(spaces..).unwrap_or_default();
    spaces <= SPACES_MAX && (rest.starts_with(b"get ") || rest.starts_with(b"gets "))
}

const fn is_set(request: &Request) -> bool {
    matches!(request.verb, Verb::Store(verb::Store { mode: Mode::Set, .. }))
}

const fn with_data(mut request: Request, data: ArgRange) -> Request {
    if let Verb::Store(store) = &mut request.verb {
        store.data = data;
    }
    request
}

/// What stands behind an item.
const TERMINATOR: &[u8] = b"\r\n";
/// Spaces in front of a `get` longer than other lines, as in memcached.
const SPACES_MAX: usize = 100;
