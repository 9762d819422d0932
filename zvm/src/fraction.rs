//! Decimal fractions with the precision that Redis computes them with on x86: 64 bits, written
//! with 17 places behind the point.
//!
//! `0.1 + 0.2` is `0.3` with that, where doubles would show `0.30000000000000004`. What a text
//! may look like is what C's `strtold` reads, but for blanks before it.

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use core::ops::{Add as _, Neg as _};
use rustc_apfloat::Float as _;
use rustc_apfloat::ieee::X87DoubleExtended;

/// A number of 64 bits of precision, perhaps infinite, never NaN.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fraction(X87DoubleExtended);

impl Fraction {
    /// Reads a text; `None` where it is no number, or one too large or too small to be told from
    /// infinity or zero.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        if text.is_empty() || text.len() > TEXT_MAX_BYTES {
            return None;
        }
        let text = std::str::from_utf8(text).ok()?;
        let (negative, magnitude) = match text.as_bytes().first()? {
            b'-' => (true, text.get(1..)?),
            b'+' => (false, text.get(1..)?),
            _ => (false, text),
        };
        let value = if ["inf", "infinity"].iter().any(|word| word.eq_ignore_ascii_case(magnitude)) {
            X87DoubleExtended::INFINITY
        } else {
            let hexadecimal = magnitude.strip_prefix("0x").or_else(|| magnitude.strip_prefix("0X"));
            finite(match hexadecimal {
                Some(digits) => spelled(digits, &HEXADECIMAL)?,
                None => spelled(magnitude, &DECIMAL)?,
            })?
        };
        Some(Self(if negative { value.neg() } else { value }))
    }

    /// The sum, rounded to the nearest; `None` where it is not finite.
    pub(crate) fn add(self, other: Self) -> Option<Self> {
        let sum = self.0.add(other.0).value;
        sum.is_finite().then_some(Self(sum))
    }

    /// The number with at most 17 places behind the point, and no zeros at their end.
    pub(crate) fn to_text(self) -> String {
        let bits = self.0.to_bits();
        let mantissa = bits as u64;
        let exponent = ((bits >> 64) & 0x7fff) as i32;
        // The lowest bit of the mantissa counts 2^place; denormals count as exponent 1 does.
        let place = exponent.max(1).saturating_sub(16_383 + 63);
        let (whole, places) = if place >= 0 {
            (whole_digits(mantissa, place.unsigned_abs()), 0)
        } else {
            let scaled = scaled(mantissa, place.unsigned_abs());
            ((scaled / PLACES_SCALE).to_string(), scaled % PLACES_SCALE)
        };
        let text = match format!("{places:017}").trim_end_matches('0') {
            "" => whole,
            places => format!("{whole}.{places}"),
        };
        if self.0.is_negative() && text != "0" { format!("-{text}") } else { text }
    }
}

/// A magnitude in the one spelling that is handed on.
struct Spelled {
    text: String,
    is_zero: bool,
}

/// How numbers of a base are spelled.
struct Base {
    prefix: &'static str,
    is_digit: fn(&u8) -> bool,
    mark: [char; 2],
    exponent: &'static str,
}

const DECIMAL: Base =
    Base { prefix: "", is_digit: u8::is_ascii_digit, mark: ['e', 'E'], exponent: "e" };
const HEXADECIMAL: Base =
    Base { prefix: "0x", is_digit: u8::is_ascii_hexdigit, mark: ['p', 'P'], exponent: "p" };

/// A magnitude spelled anew, its exponent no larger than what is zero
/// or infinite whatever the digits; `None` where it is misspelled.
fn spelled(text: &str, base: &Base) -> Option<Spelled> {
    let (digits, exponent) = text.split_once(base.mark).map_or((text, None), |(d, e)| (d, Some(e)));
    let (whole, places) = digits.split_once('.').unwrap_or((digits, ""));
    let well = |part: &str| part.bytes().all(|byte| (base.is_digit)(&byte));
    if (whole.is_empty() && places.is_empty()) || !well(whole) || !well(places) {
        return None;
    }
    let exponent = match exponent {
        None => 0,
        Some(text) => {
            let (negative, digits) = match text.as_bytes().first()? {
                b'-' => (true, text.get(1..)?),
                b'+' => (false, text.get(1..)?),
                _ => (false, text),
            };
            if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            let size = digits.parse::<i32>().unwrap_or(EXPONENT_MAX).min(EXPONENT_MAX);
            if negative { size.saturating_neg() } else { size }
        }
    };
    let Base { prefix, exponent: mark, .. } = base;
    let text = format!("{prefix}0{whole}.{places}0{mark}{exponent}");
    Some(Spelled { text, is_zero: digits.bytes().all(|byte| matches!(byte, b'0' | b'.')) })
}

/// The number of a magnitude, where it is neither infinite nor rounded to zero.
fn finite(Spelled { text, is_zero }: Spelled) -> Option<X87DoubleExtended> {
    let value: X87DoubleExtended = text.parse().ok()?;
    (value.is_finite() && value.is_zero() == is_zero).then_some(value)
}

/// `mantissa × 10^17 / 2^shift`, rounded to the nearest, to the even one of two as near.
fn scaled(mantissa: u64, shift: u32) -> u128 {
    // At most 64 + 57 bits.
    let scaled = u128::from(mantissa).saturating_mul(PLACES_SCALE);
    let Some(quotient) = scaled.checked_shr(shift) else { return 0 };
    let rest = scaled ^ (quotient << shift);
    let half = 1u128 << shift.saturating_sub(1);
    let up = rest > half || (rest == half && quotient & 1 == 1);
    quotient.saturating_add(u128::from(up))
}

/// The digits of `mantissa × 2^shift`.
fn whole_digits(mantissa: u64, shift: u32) -> String {
    // In base 10^9, the lowest first.
    let mut limbs: Vec<u64> = Vec::new();
    let mut rest = mantissa;
    while rest > 0 {
        limbs.push(rest % LIMB);
        rest /= LIMB;
    }
    let mut left = shift;
    while left > 0 {
        let step = left.min(29);
        left = left.saturating_sub(step);
        let mut carry = 0_u64;
        for limb in &mut limbs {
            // Below 10^9 × 2^29 + 2^30.
            let wide = (*limb << step).saturating_add(carry);
            *limb = wide % LIMB;
            carry = wide / LIMB;
        }
        if carry > 0 {
            limbs.push(carry);
        }
    }
    let Some((first, behind)) = limbs.split_last() else { return "0".to_owned() };
    let mut text = first.to_string();
    behind.iter().rev().for_each(|limb| text.push_str(&format!("{limb:09}")));
    text
}

/// 10^17.
const PLACES_SCALE: u128 = 100_000_000_000_000_000;
/// The base of long sums of digits.
const LIMB: u64 = 1_000_000_000;
/// Redis' limit on what it reads as a number.
const TEXT_MAX_BYTES: usize = 5 * 1024 - 1;
/// An exponent at which no 5,119 digits are finite, or not zero.
const EXPONENT_MAX: i32 = 30_000;

#[cfg(test)]
mod tests;
