//! Requests of any dialect, however their bytes are cut.

use alloc::vec::Vec;

use super::{cuts, limits, pieces};
use crate::verb::{Store, Verb};
use crate::{
    ArgRange, BinaryRequest, Form, Limits, Mode, Opcode, Request, RequestError, RequestErrorKind,
    RequestParser, Status, compose,
};

/// Requests and refusals come out the same however the bytes are cut, ranges lie within their
/// bytes, limits hold, and a request composed again parses to itself.
///
/// The first byte chooses between small and default limits; the rest is what the client sends.
pub fn check_requests(data: &[u8]) {
    let Some((&choice, input)) = data.split_first() else { return };
    let limits = limits(choice);
    let whole = feed(limits, input, [input.len()]);
    assert_eq!(feed(limits, input, 1..=input.len()), whole, "cut at every byte");
    for cut in cuts(input.len()) {
        assert_eq!(feed(limits, input, [cut, input.len()]), whole, "cut at {cut}");
    }
    for ends in pieces(input.len()) {
        assert_eq!(feed(limits, input, ends), whole, "cut several times");
    }
    let requests = whole.events.into_iter().filter_map(Result::ok);
    let requests: Vec<_> = requests.inspect(|request| request.check(&limits)).collect();
    let mut again = Vec::new();
    for request in &requests {
        request.compose(&mut again);
    }
    // A line may have grown by its carriage return, or by a number that stood for another.
    let line_len_max = limits.line_len_max.max(4096);
    let get_line_len_max = limits.get_line_len_max + 1;
    let parsed = feed(Limits { line_len_max, get_line_len_max, ..limits }, &again, [again.len()]);
    let expected = Requests { events: requests.into_iter().map(Ok).collect(), rest: again.len() };
    assert_eq!(parsed, expected, "composed again");
}

/// The same, of lines that are meta commands: the first byte of each says which.
pub fn check_meta(data: &[u8]) {
    let Some((&choice, input)) = data.split_first() else { return };
    let mut lines = alloc::vec![choice];
    for line in input.split_inclusive(|byte| *byte == b'\n') {
        if let Some((&verb, rest)) = line.split_first() {
            let verbs = [&b"mg "[..], b"ms ", b"md ", b"ma ", b"me ", b"mn ", b"ms k 2 "];
            lines.extend_from_slice(verbs.get(usize::from(verb % 8)).unwrap_or(&&b""[..]));
            lines.extend_from_slice(rest);
        }
    }
    check_requests(&lines);
}

/// A request with its bytes; what tells where these stood is blank.
#[derive(Debug, PartialEq)]
struct Owned {
    request: Request,
    args: Vec<Vec<u8>>,
    data: Vec<u8>,
    tokens: Vec<u8>,
}

impl Owned {
    fn new(mut request: Request, args: &[ArgRange], bytes: &[u8]) -> Self {
        let take = |range: &mut ArgRange| core::mem::take(range).of(bytes).to_vec();
        let data = match &mut request.verb {
            Verb::Store(store) => {
                for number in core::mem::take(&mut store.numbers) {
                    let digits = number.of(bytes);
                    assert!(number.len == 0 || digits.trim_ascii() == digits);
                }
                take(&mut store.data)
            }
            Verb::Sasl { data, .. } => take(data),
            _ => Vec::new(),
        };
        let tokens = match &mut request.form {
            Form::Meta { tokens, .. } => take(tokens),
            _ => Vec::new(),
        };
        Self {
            request,
            args: args.iter().map(|arg| arg.of(bytes).to_vec()).collect(),
            data,
            tokens,
        }
    }

    fn check(&self, limits: &Limits) {
        assert!(self.data.len() <= limits.item_len_max);
        let has_keys = !matches!(self.request.verb, Verb::Stats | Verb::Admin(_));
        assert!(!has_keys || self.args.iter().all(|key| key.len() <= limits.key_len_max));
        match self.request.verb {
            Verb::Get => assert!(!self.args.is_empty()),
            Verb::GetAndTouch { .. } => {}
            Verb::Stats => assert!(self.args.len() <= 3),
            Verb::Admin(_) => assert!(self.args.len() <= 12),
            Verb::FlushAll { .. }
            | Verb::Version
            | Verb::Verbosity { .. }
            | Verb::Noop
            | Verb::SaslMechanisms
            | Verb::Quit => assert!(self.args.is_empty()),
            _ => assert_eq!(self.args.len(), 1),
        }
    }

    fn key(&self) -> &[u8] {
        self.args.first().map_or(&[], Vec::as_slice)
    }

    fn compose(&self, out: &mut Vec<u8>) {
        match self.request.form {
            Form::Text => self.compose_text(out),
            Form::Meta { .. } => self.compose_meta(out),
            Form::Binary { opcode, opaque } => self.compose_binary(out, opcode, opaque),
        }
    }

    fn compose_text(&self, out: &mut Vec<u8>) {
        let Request { noreply, stamp, .. } = self.request;
        match self.request.verb {
            Verb::Get if stamp => compose::gets(out, &self.args),
            Verb::Get => compose::get(out, &self.args),
            Verb::GetAndTouch { exptime } if stamp => compose::gats(out, exptime, &self.args),
            Verb::GetAndTouch { exptime } => compose::gat(out, exptime, &self.args),
            Verb::Store(store) => compose::store(out, self.key(), &store, &self.data, noreply),
            Verb::Delete(_) => compose::delete(out, self.key(), noreply),
            Verb::Arithmetic(change) if change.decrement => {
                compose::decr(out, self.key(), change.delta, noreply);
            }
            Verb::Arithmetic(change) => compose::incr(out, self.key(), change.delta, noreply),
            Verb::Touch { exptime } => compose::touch(out, self.key(), exptime, noreply),
            Verb::FlushAll { delay } => compose::flush_all(out, Some(delay), noreply),
            Verb::Version => compose::version(out),
            Verb::Verbosity { level } => compose::verbosity(out, level, noreply),
            Verb::Stats => compose::stats(out, &self.args.join(&b' ')),
            Verb::Quit => compose::quit(out),
            Verb::Admin(admin) => compose::admin(out, admin, &self.args, noreply),
            other => panic!("{other:?} has no line"),
        }
    }

    fn compose_meta(&self, out: &mut Vec<u8>) {
        let flags: Vec<_> = self.tokens.split(|byte| *byte == b' ').collect();
        let (verb, data) = match self.request.verb {
            Verb::MetaGet(_) => ("mg", None),
            Verb::Store(_) => ("ms", Some(self.data.as_slice())),
            Verb::Delete(_) => ("md", None),
            Verb::Arithmetic(_) => ("ma", None),
            Verb::MetaDebug => ("me", None),
            _ => ("mn", None),
        };
        compose::meta(out, verb, self.key(), data, &flags);
    }

    fn compose_binary(&self, out: &mut Vec<u8>, opcode: u8, opaque: u32) {
        let opcode = Opcode::of(opcode).expect("it was parsed");
        let time = |seconds: i64| u32::try_from(seconds).expect("it was parsed");
        let mut extras = Vec::new();
        let mut cas = 0;
        match self.request.verb {
            Verb::Store(Store { flags, exptime, mode, cas: expected, .. }) => {
                cas = expected;
                if !matches!(mode, Mode::Append | Mode::Prepend) {
                    extras.extend(BinaryRequest::store_extras(flags, time(exptime)));
                }
            }
            Verb::Delete(delete) => cas = delete.cas,
            Verb::Arithmetic(change) => {
                cas = change.cas;
                let (initial, exptime) = change.initial.unzip();
                let exptime = exptime.map(time);
                let initial = initial.unwrap_or(0);
                extras.extend(BinaryRequest::arithmetic_extras(change.delta, initial, exptime));
            }
            Verb::Touch { exptime } | Verb::GetAndTouch { exptime } => {
                extras.extend(BinaryRequest::time_extras(time(exptime)));
            }
            Verb::FlushAll { delay } => extras.extend(BinaryRequest::time_extras(time(delay))),
            _ => {}
        }
        let (key, value, extras) = (self.key(), self.data.as_slice(), extras.as_slice());
        BinaryRequest { opcode, opaque, cas, extras, key, value }.compose(out);
    }
}

/// What a parser made of some bytes.
#[derive(Debug, PartialEq)]
struct Requests {
    /// Requests, and refusals with where their request began.
    events: Vec<Result<Owned, (usize, RequestError)>>,
    /// How many bytes were done with.
    rest: usize,
}

/// Shows `input` to a parser up to each of `ends` in turn.
fn feed(limits: Limits, input: &[u8], ends: impl IntoIterator<Item = usize>) -> Requests {
    let mut parser = RequestParser::new(limits);
    let mut out = Requests { events: Vec::new(), rest: 0 };
    let canary = ArgRange { start: 1, len: 2 };
    let mut enough_at = 0;
    for end in ends {
        loop {
            let at = out.rest;
            let shown = &input[at..end];
            let mut args = alloc::vec![canary];
            let status = parser.parse(shown, &mut args);
            if !matches!(status, Ok(Status::Complete { .. })) {
                assert_eq!(args, [canary], "the arguments are left alone");
            }
            let consumed = match status {
                Ok(Status::Incomplete { needed }) => {
                    assert!(needed > 0);
                    enough_at = end + needed;
                    break;
                }
                Ok(Status::Swallowed { consumed }) => {
                    assert!(!out.events.is_empty());
                    consumed
                }
                Ok(Status::Complete { consumed, request }) => {
                    let bytes = &shown[..consumed];
                    out.events.push(Ok(Owned::new(request, &args[1..], bytes)));
                    assert!(!parser.is_mid_request());
                    consumed
                }
                Err(error) => {
                    assert!(error.key().is_none_or(|key| !key.of(shown).is_empty()));
                    out.events.push(Err((at, error)));
                    if error.is_fatal() {
                        return out;
                    }
                    let may_swallow = error.kind() != RequestErrorKind::Unknown;
                    assert!(may_swallow || !parser.is_mid_request());
                    error.consumed()
                }
            };
            assert!(end >= enough_at, "fewer bytes than `needed` were enough");
            assert!(consumed > 0 && consumed <= shown.len());
            out.rest += consumed;
        }
    }
    out
}
