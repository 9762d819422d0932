//! A reply sink that encodes nothing.

use crate::{ItemView, Mark, ReplySink, Text};

/// Keeps the last number or length that was replied, so that what is measured is the program.
#[derive(Debug, Clone, Copy, Default)]
pub struct LastReply {
    /// The last integer or boolean.
    pub integer: i64,
    /// The last length: of a string, status or error in bytes, of an aggregate in elements.
    pub len: usize,
}

impl ReplySink for LastReply {
    fn status(&mut self, text: &[u8]) {
        self.len = text.len();
    }
    fn error(&mut self, text: &[u8]) {
        self.len = text.len();
    }
    fn nil(&mut self) {}
    fn nil_array(&mut self) {}
    fn integer(&mut self, value: i64) {
        self.integer = value;
    }
    fn double(&mut self, _: f64) {}
    fn double_text(&mut self, _: f64) {}
    fn boolean(&mut self, value: bool) {
        self.integer = i64::from(value);
    }
    fn bytes(&mut self, value: Text<'_>) {
        match value {
            Text::Bytes(bytes) => self.len = bytes.len(),
            Text::Integer(value) => self.integer = value,
        }
    }
    fn verbatim(&mut self, text: &[u8]) {
        self.len = text.len();
    }
    fn item(&mut self, _: &[u8], item: &ItemView<'_>) {
        self.bytes(item.text);
    }
    fn array(&mut self, len: usize) {
        self.len = len;
    }
    fn map(&mut self, len: usize) {
        self.len = len;
    }
    fn set(&mut self, len: usize) {
        self.len = len;
    }
    fn push(&mut self, len: usize) {
        self.len = len;
    }
    fn open_array(&mut self, hint: usize) -> Mark {
        Mark { offset: 0, hint }
    }
    fn close_array(&mut self, _: Mark, len: usize) {
        self.len = len;
    }
    fn restart(&mut self) {}
}
