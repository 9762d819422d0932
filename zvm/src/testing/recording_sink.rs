//! A reply sink that writes replies down as text.

use super::quote;
use crate::{ItemView, Lease, Mark, ReplySink, Text};

/// Writes a reply down and checks that it is exactly one, and whole.
///
/// `+status`, `-error`, `nil`, `nil_array`, `:integer`, `double 1.5`, `true`, `"bytes"`,
/// `text "verbatim"`, `item "key" ^flags "value"`, `details "key"`, each with ` for ms` where it
/// expires, ` stamp` where its stamp is told and `stale claimed won` as its lease is,
/// `[array, elements]`, `{map: pair, ...}`,
/// `set(elements)`, `push(elements)`. Integers that are sent as bytes are quoted as bytes.
#[derive(Debug, Default)]
pub struct RecordingSink {
    top: Vec<String>,
    incomplete: Vec<Aggregate>,
    complaint: Option<&'static str>,
    is_resp2: bool,
    /// What was said to go with the next reply.
    suffix: String,
}

#[derive(Debug)]
struct Aggregate {
    kind: Kind,
    elements: Vec<String>,
    /// How many elements are to come; `None` until it is closed.
    len: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Array,
    Map,
    Set,
    Push,
}

impl RecordingSink {
    /// A sink that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same for a client that speaks RESP2, as far as programs ask; what is written down
    /// differs in nothing else.
    #[must_use]
    pub fn resp2() -> Self {
        Self { is_resp2: true, ..Self::default() }
    }

    /// The one reply.
    ///
    /// # Errors
    ///
    /// There was none, or several, or an aggregate lacks elements or was closed wrongly.
    pub fn reply(&self) -> Result<&str, &'static str> {
        match (self.complaint, self.incomplete.is_empty(), self.top.as_slice()) {
            (Some(complaint), ..) => Err(complaint),
            (_, false, _) => Err("an aggregate is not complete"),
            (_, _, []) => Err("there is no reply"),
            (_, _, [reply]) => Ok(reply),
            _ => Err("there is more than one reply"),
        }
    }

    fn element(&mut self, mut text: String) {
        text.push_str(&std::mem::take(&mut self.suffix));
        loop {
            let Some(aggregate) = self.incomplete.last_mut() else {
                self.top.push(text);
                return;
            };
            aggregate.elements.push(text);
            if aggregate.len != Some(aggregate.elements.len()) {
                return;
            }
            let Some(complete) = self.incomplete.pop() else { return };
            text = complete.text();
        }
    }

    fn begin(&mut self, kind: Kind, len: Option<usize>) {
        let aggregate = Aggregate { kind, elements: Vec::new(), len };
        if len == Some(0) {
            self.element(aggregate.text());
        } else {
            self.incomplete.push(aggregate);
        }
    }

    fn open(&mut self, kind: Kind, hint: usize) -> Mark {
        self.begin(kind, None);
        Mark { offset: self.incomplete.len(), hint }
    }

    fn close(&mut self, kind: Kind, mark: Mark, elements: usize) {
        let depth = self.incomplete.len();
        match self.incomplete.pop() {
            Some(open) if open.len.is_none() && open.kind == kind && mark.offset == depth => {
                if open.elements.len() != elements {
                    self.complaint = Some("an aggregate is closed with a wrong length");
                }
                self.element(open.text());
            }
            _ => self.complaint = Some("something else is closed than was opened last"),
        }
    }
}

impl ReplySink for RecordingSink {
    fn status(&mut self, text: &[u8]) {
        self.element(format!("+{}", String::from_utf8_lossy(text)));
    }

    fn error(&mut self, text: &[u8]) {
        self.element(format!("-{}", String::from_utf8_lossy(text)));
    }

    fn nil(&mut self) {
        self.element("nil".to_owned());
    }

    fn nil_array(&mut self) {
        self.element("nil_array".to_owned());
    }

    fn integer(&mut self, value: i64) {
        self.element(format!(":{value}"));
    }

    fn double(&mut self, value: f64) {
        self.element(format!("double {value}"));
    }

    fn double_text(&mut self, value: f64) {
        self.element(format!("\"{value}\""));
    }

    fn boolean(&mut self, value: bool) {
        self.element(value.to_string());
    }

    fn bytes(&mut self, value: Text<'_>) {
        self.element(quote(&value.to_vec()));
    }

    fn verbatim(&mut self, text: &[u8]) {
        self.element(format!("text {}", quote(text)));
    }

    fn item(&mut self, key: &[u8], item: &ItemView<'_>) {
        let (key, value) = (quote(key), quote(&item.text.to_vec()));
        let ttl = item.ttl_ms.map_or_else(String::new, |ttl_ms| format!(" for {ttl_ms}"));
        self.element(format!("item {key} ^{} {value}{ttl}", item.flags));
    }

    fn item_details(&mut self, key: &[u8], _: &ItemView<'_>) {
        self.element(format!("details {}", quote(key)));
    }

    fn stamp(&mut self, _: u64) {
        // Which it is says nothing.
        self.suffix.push_str(" stamp");
    }

    fn lease(&mut self, lease: Lease) {
        for (is_so, word) in
            [(lease.is_stale, " stale"), (lease.is_claimed, " claimed"), (lease.is_won, " won")]
        {
            self.suffix.push_str(if is_so { word } else { "" });
        }
    }

    fn array(&mut self, len: usize) {
        self.begin(Kind::Array, Some(len));
    }

    fn map(&mut self, len: usize) {
        self.begin(Kind::Map, Some(len * 2));
    }

    fn set(&mut self, len: usize) {
        self.begin(Kind::Set, Some(len));
    }

    fn push(&mut self, len: usize) {
        self.begin(Kind::Push, Some(len));
    }

    fn open_array(&mut self, hint: usize) -> Mark {
        self.open(Kind::Array, hint)
    }

    fn close_array(&mut self, mark: Mark, len: usize) {
        self.close(Kind::Array, mark, len);
    }

    fn open_map(&mut self, hint: usize) -> Mark {
        self.open(Kind::Map, hint)
    }

    fn close_map(&mut self, mark: Mark, len: usize) {
        self.close(Kind::Map, mark, len * 2);
    }

    fn is_resp3(&self) -> bool {
        !self.is_resp2
    }

    fn restart(&mut self) {
        *self = Self { is_resp2: self.is_resp2, ..Self::default() };
    }
}

impl Aggregate {
    fn text(&self) -> String {
        let joined = self.elements.join(", ");
        match self.kind {
            Kind::Array => format!("[{joined}]"),
            Kind::Set => format!("set({joined})"),
            Kind::Push => format!("push({joined})"),
            Kind::Map => {
                let pairs: Vec<String> =
                    self.elements.chunks(2).map(|pair| pair.join(": ")).collect();
                format!("{{{}}}", pairs.join(", "))
            }
        }
    }
}
