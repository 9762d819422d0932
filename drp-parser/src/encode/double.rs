//! Doubles as C's `%.17g` prints them, which is how Redis 7.0 replies them: 17 significant digits,
//! trailing zeros dropped, scientific where the exponent is below -4 or above 16.
//!
//! The shortest digits that read back the same value (what Redis 7.2 sends) would be fewer bytes,
//! but other bytes than the server this one stands in for.

use core::fmt::{self, Write};

/// A double's text.
#[derive(Debug)]
pub(super) struct Text {
    bytes: [u8; TEXT_LEN_MAX],
    len: usize,
}

impl Text {
    pub(super) fn new(value: f64) -> Self {
        let mut text = Self { bytes: [0; TEXT_LEN_MAX], len: 0 };
        if value.is_nan() {
            text.extend(b"nan");
        } else if value.is_infinite() {
            text.extend(if value > 0.0 { b"inf" } else { b"-inf" });
        } else {
            text.finite(value);
        }
        text
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    fn finite(&mut self, value: f64) {
        if value.is_sign_negative() {
            self.extend(b"-");
        }
        // Exact for whole numbers below 10^17; others differ from it and take the long way.
        let whole = value.abs() as u64;
        if whole < INTEGER_MAX && whole as f64 == value.abs() {
            self.extend(itoa::Buffer::new().format(whole).as_bytes());
            return;
        }
        let Scientific { digits, exponent } = Scientific::new(value.abs());
        let significant = digits.iter().rposition(|&digit| digit != b'0').map_or(1, |at| at + 1);
        let digits = &digits[..significant];
        match exponent {
            -4..=-1 => {
                self.extend(b"0.");
                self.extend(&ZEROS[..exponent.unsigned_abs() - 1]);
                self.extend(digits);
            }
            0..=16 => {
                let whole = exponent.unsigned_abs() + 1;
                let (head, tail) = digits.split_at(whole.min(significant));
                self.extend(head);
                self.extend(&ZEROS[..whole - head.len()]);
                if !tail.is_empty() {
                    self.extend(b".");
                    self.extend(tail);
                }
            }
            _ => {
                self.extend(&digits[..1]);
                if significant > 1 {
                    self.extend(b".");
                    self.extend(&digits[1..]);
                }
                let sign = if exponent < 0 { '-' } else { '+' };
                let written = write!(self, "e{sign}{:02}", exponent.unsigned_abs());
                debug_assert!(written.is_ok());
            }
        }
    }

    fn extend(&mut self, bytes: &[u8]) {
        self.bytes[self.len..][..bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
    }
}

impl Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.extend(text.as_bytes());
        Ok(())
    }
}

/// `d1.d2..d17 * 10^exponent`.
struct Scientific {
    digits: [u8; SIGNIFICANT],
    exponent: isize,
}

impl Scientific {
    /// Rounds a positive finite number to 17 digits.
    fn new(value: f64) -> Self {
        let mut text = Text { bytes: [0; TEXT_LEN_MAX], len: 0 };
        let written = write!(text, "{value:.*e}", SIGNIFICANT - 1);
        debug_assert!(written.is_ok());
        let bytes = text.as_bytes();
        let mut digits = [b'0'; SIGNIFICANT];
        digits[0] = bytes[0];
        digits[1..].copy_from_slice(&bytes[2..SIGNIFICANT + 1]);
        let (negative, magnitude) = match &bytes[SIGNIFICANT + 2..] {
            [b'-', rest @ ..] => (true, rest),
            rest => (false, rest),
        };
        let exponent = magnitude.iter().fold(0, |sum, byte| sum * 10 + isize::from(byte - b'0'));
        Self { digits, exponent: if negative { -exponent } else { exponent } }
    }
}

/// Digits that tell every double from every other.
const SIGNIFICANT: usize = 17;
/// A sign, the digits, a point, `e`, and a signed exponent of three digits.
const TEXT_LEN_MAX: usize = 1 + SIGNIFICANT + 1 + 5;
/// Below this a whole number has at most 17 digits, so it prints as itself.
const INTEGER_MAX: u64 = 10u64.pow(17);
const ZEROS: &[u8; SIGNIFICANT] = b"00000000000000000";
