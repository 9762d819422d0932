//! What a value holds: bytes that follow from its key, so that every reply can be checked.
//!
//! A value is eight printable characters for each 64-bit number of a stream that the seed, the
//! key's number and the version of the value determine: a word of another key's value is the same
//! with a chance of 2^-48; of 2^-32 for hexadecimal digits, which come by eight too. No character
//! but `0` to `o` occurs, and neither making nor checking a value allocates.

use std::ops::Range;

use crate::digits::{decimal, decimal_len};
use crate::error::UsageError;
use crate::random::{GOLDEN, mix, scale, unit};

/// How long values are, as the command line names it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Sizes {
    /// All of one length.
    Fixed(usize),
    /// Each length from the first to the second as often as any other.
    Uniform(usize, usize),
    /// The logarithm is normally distributed: the median, its deviation, and a limit.
    Lognormal(f64, f64, usize),
    /// Decimal integers below this instead of text.
    Integers(u64),
    /// Hexadecimal digits, so many.
    Hex(usize),
}

impl Sizes {
    /// Reads `32`, `uniform:1-100`, `lognormal:MEDIAN,SIGMA[,MAX]`, `int:BOUND` or `hex:32`.
    pub(crate) fn parse(text: &str) -> Result<Self, UsageError> {
        Self::parse_one(text).ok_or_else(|| UsageError::new("--value", text, SIZE_SYNTAX))
    }

    fn parse_one(text: &str) -> Option<Self> {
        let len = |text: &str| text.parse().ok().filter(|len| *len <= VALUE_LEN_MAX);
        if let Some(range) = text.strip_prefix("uniform:") {
            let (low, high) = range.split_once('-')?;
            let (low, high) = (len(low)?, len(high)?);
            return (low <= high).then_some(Self::Uniform(low, high));
        }
        if let Some(numbers) = text.strip_prefix("lognormal:") {
            let mut numbers = numbers.split(',');
            let median: f64 = numbers.next()?.parse().ok()?;
            let sigma: f64 = numbers.next()?.parse().ok()?;
            let max = numbers.next().map_or(Some(1 << 20), len)?;
            let sound = median >= 1.0 && (0.0..=10.0).contains(&sigma) && numbers.next().is_none();
            return sound.then_some(Self::Lognormal(median, sigma, max));
        }
        if let Some(bound) = text.strip_prefix("int:") {
            return Some(Self::Integers(bound.parse().ok().filter(|bound| *bound > 0)?));
        }
        if let Some(text) = text.strip_prefix("hex:") {
            return len(text).map(Self::Hex);
        }
        len(text.strip_prefix("fixed:").unwrap_or(text)).map(Self::Fixed)
    }
}

/// The values of all keys.
#[derive(Debug, Clone)]
pub(crate) struct Values {
    sizes: Sizes,
    seed: u64,
}

impl Values {
    /// The values of these sizes and this seed.
    pub(crate) fn new(sizes: Sizes, seed: u64) -> Self {
        Self { sizes, seed: mix(seed ^ GOLDEN) }
    }

    /// The length of all values, if they have one.
    pub(crate) fn fixed_len(&self) -> Option<usize> {
        match self.sizes {
            Sizes::Fixed(len) | Sizes::Hex(len) => Some(len),
            _ => None,
        }
    }

    /// The length of the value of a key.
    pub(crate) fn len_of(&self, key: u64, version: u32) -> usize {
        let integer = || decimal_len(self.integer(self.base(key, version)));
        self.text_len(key).unwrap_or_else(integer)
    }

    /// Appends the value of a key.
    pub(crate) fn write(&self, out: &mut Vec<u8>, key: u64, version: u32) {
        self.write_range(out, key, version, 0..self.len_of(key, version));
    }

    /// Appends a part of the value of a key, which must lie within it.
    pub(crate) fn write_range(
        &self,
        out: &mut Vec<u8>,
        key: u64,
        version: u32,
        range: Range<usize>,
    ) {
        let start = out.len();
        out.resize(start + range.len(), 0);
        self.fill(&mut out[start..], key, version, range.start);
    }

    /// Fills a slice with the value of a key. All of it is in the caller's loop.
    #[inline(always)]
    pub(crate) fn fill_whole(&self, out: &mut [u8], key: u64, version: u32) {
        match self.sizes {
            Sizes::Fixed(_) => {
                let base = self.base(key, version);
                fill(out, 0, |word| text(number(base, word)));
            }
            _ => self.fill(out, key, version, 0),
        }
    }

    /// Fills a slice with what the value of a key holds from byte `from` on.
    pub(crate) fn fill(&self, out: &mut [u8], key: u64, version: u32, from: usize) {
        let base = self.base(key, version);
        match self.sizes {
            Sizes::Integers(_) => {
                let (digits, start) = decimal(self.integer(base));
                out.copy_from_slice(&digits[start + from..][..out.len()]);
            }
            Sizes::Hex(_) => fill(out, from, |word| hex(number(base, word))),
            _ => fill(out, from, |word| text(number(base, word))),
        }
    }

    /// Whether `bytes` is the value of a key.
    #[inline]
    pub(crate) fn matches(&self, bytes: &[u8], key: u64, version: u32) -> bool {
        let is_long = bytes.len() == self.len_of(key, version);
        is_long && self.matches_range(bytes, key, version, 0)
    }

    /// Whether `bytes`, whose length is right, is the value of a key. All of it is in the caller's
    /// loop.
    #[inline(always)]
    pub(crate) fn matches_whole(&self, bytes: &[u8], key: u64, version: u32) -> bool {
        match self.sizes {
            Sizes::Fixed(_) => {
                let base = self.base(key, version);
                matches(bytes, 0, |word| text(number(base, word)))
            }
            _ => self.matches_range(bytes, key, version, 0),
        }
    }

    /// Whether `bytes` is what the value of a key holds from byte `from` on. That they do not end
    /// behind the value is for the caller to know.
    pub(crate) fn matches_range(&self, bytes: &[u8], key: u64, version: u32, from: usize) -> bool {
        let base = self.base(key, version);
        match self.sizes {
            Sizes::Integers(_) => {
                let (digits, start) = decimal(self.integer(base));
                digits[start..].get(from..from + bytes.len()) == Some(bytes)
            }
            Sizes::Hex(_) => matches(bytes, from, |word| hex(number(base, word))),
            _ => matches(bytes, from, |word| text(number(base, word))),
        }
    }

    #[inline(always)]
    fn base(&self, key: u64, version: u32) -> u64 {
        let number = key.wrapping_mul(GOLDEN).wrapping_add(u64::from(version).wrapping_mul(ODD));
        mix(self.seed ^ number)
    }

    fn integer(&self, base: u64) -> u64 {
        match self.sizes {
            Sizes::Integers(bound) => scale(base, bound),
            _ => base,
        }
    }

    /// A key keeps the length of its value in all versions. `None` for integers.
    #[inline]
    fn text_len(&self, key: u64) -> Option<usize> {
        let random = || mix(self.seed.wrapping_add(key.wrapping_mul(GOLDEN)));
        match self.sizes {
            Sizes::Fixed(len) | Sizes::Hex(len) => Some(len),
            Sizes::Uniform(low, high) => {
                Some(low + scale(random(), (high - low + 1) as u64) as usize)
            }
            Sizes::Lognormal(median, sigma, max) => {
                let len = median * (sigma * normal(random())).exp();
                Some((len as usize).clamp(1, max.max(1)))
            }
            Sizes::Integers(_) => None,
        }
    }
}

/// Fills a slice with random hexadecimal digits that a number determines.
pub(crate) fn fill_hex(out: &mut [u8], base: u64) {
    fill(out, 0, |word| hex(number(base, word)));
}

/// Fills a slice with a stream of words, from byte `from` of it on.
#[inline(always)]
fn fill(out: &mut [u8], from: usize, word_at: impl Fn(u64) -> [u8; 8]) {
    let (mut index, skipped) = (from as u64 / 8, from % 8);
    let head = if skipped == 0 { 0 } else { out.len().min(8 - skipped) };
    let (head, rest) = out.split_at_mut(head);
    if !head.is_empty() {
        head.copy_from_slice(&word_at(index)[skipped..][..head.len()]);
        index += 1;
    }
    // Four words at a time, which is what the loop over one would be made into at a higher price.
    let (blocks, rest) = rest.as_chunks_mut::<32>();
    for block in blocks {
        for (word, next) in block.as_chunks_mut::<8>().0.iter_mut().zip(index..) {
            *word = word_at(next);
        }
        index += 4;
    }
    let (words, tail) = rest.as_chunks_mut::<8>();
    for word in words {
        *word = word_at(index);
        index += 1;
    }
    if !tail.is_empty() {
        tail.copy_from_slice(&word_at(index)[..tail.len()]);
    }
}

/// Whether `bytes` is a stream of words from byte `from` of it on.
#[inline(always)]
fn matches(bytes: &[u8], from: usize, word_at: impl Fn(u64) -> [u8; 8]) -> bool {
    let (mut index, skipped) = (from as u64 / 8, from % 8);
    let head = if skipped == 0 { 0 } else { bytes.len().min(8 - skipped) };
    let (head, rest) = bytes.split_at(head);
    if !head.is_empty() {
        if *head != word_at(index)[skipped..][..head.len()] {
            return false;
        }
        index += 1;
    }
    // Wrong values are rare: to look at all words costs less than to ask after each.
    let mut difference = 0;
    let (blocks, rest) = rest.as_chunks::<32>();
    for block in blocks {
        for (word, next) in block.as_chunks::<8>().0.iter().zip(index..) {
            difference |= u64::from_le_bytes(*word) ^ u64::from_le_bytes(word_at(next));
        }
        index += 4;
    }
    let (words, tail) = rest.as_chunks::<8>();
    for word in words {
        difference |= u64::from_le_bytes(*word) ^ u64::from_le_bytes(word_at(index));
        index += 1;
    }
    difference == 0 && (tail.is_empty() || *tail == word_at(index)[..tail.len()])
}

/// A number of the stream that a base determines: for each word another bijection of the base,
/// which is random enough already.
#[inline(always)]
fn number(base: u64, word: u64) -> u64 {
    base.wrapping_add(word.wrapping_mul(GOLDEN))
}

/// Eight printable characters of 48 bits of a number.
#[inline(always)]
fn text(number: u64) -> [u8; 8] {
    ((number & 0x3f3f_3f3f_3f3f_3f3f) + 0x3030_3030_3030_3030).to_le_bytes()
}

/// Eight hexadecimal digits of the lower half of a number, all at once in the bytes of a word.
#[inline(always)]
fn hex(number: u64) -> [u8; 8] {
    let mut nibbles = number & 0xffff_ffff;
    nibbles = (nibbles | (nibbles << 16)) & 0x0000_ffff_0000_ffff;
    nibbles = (nibbles | (nibbles << 8)) & 0x00ff_00ff_00ff_00ff;
    nibbles = (nibbles | (nibbles << 4)) & 0x0f0f_0f0f_0f0f_0f0f;
    let letters = ((nibbles + 0x0606_0606_0606_0606) >> 4) & 0x0101_0101_0101_0101;
    let past_nine = u64::from(b'a' - b'9' - 1);
    (nibbles + 0x3030_3030_3030_3030 + letters * past_nine).to_le_bytes()
}

/// A normally distributed number from a uniform one (Box, Muller 1958).
fn normal(random: u64) -> f64 {
    let (radius, angle) = (1.0 - unit(random), unit(mix(random ^ GOLDEN)));
    (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
}

const SIZE_SYNTAX: &str = "a length up to 512 MiB, uniform:LOW-HIGH, lognormal:MEDIAN,SIGMA[,MAX], \
    int:BOUND or hex:LENGTH";
/// Any odd number with about as many ones as zeros.
const ODD: u64 = 0xd6e8_feb8_6659_fd93;
/// What Redis allows a string.
const VALUE_LEN_MAX: usize = 512 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    fn values(sizes: &str) -> Values {
        Values::new(Sizes::parse(sizes).expect("sizes"), 1)
    }

    fn value(values: &Values, key: u64, version: u32) -> Vec<u8> {
        let mut out = Vec::new();
        values.write(&mut out, key, version);
        out
    }

    #[test]
    fn a_value_matches_its_key_and_version_alone() {
        for sizes in
            ["0", "1", "8", "13", "32", "uniform:9-40", "lognormal:50,1", "int:99999", "hex:21"]
        {
            let values = values(sizes);
            for key in 0..50 {
                let bytes = value(&values, key, 3);
                assert!(values.matches(&bytes, key, 3), "{sizes} {key}");
                assert!(!bytes.iter().any(u8::is_ascii_control));
                for at in 0..bytes.len() {
                    let mut wrong = bytes.clone();
                    wrong[at] = wrong[at].wrapping_add(1);
                    assert!(!values.matches(&wrong, key, 3), "{sizes} {key} byte {at}");
                }
                assert!(!values.matches(&[&bytes[..], b"x"].concat(), key, 3));
                if bytes.len() >= 8 {
                    assert!(!values.matches(&bytes, key + 1, 3), "{sizes} {key}");
                    assert!(!values.matches(&bytes, key, 4), "{sizes} {key}");
                }
            }
        }
    }

    #[test]
    fn lengths_follow_their_distribution() {
        let uniform = values("uniform:10-19");
        let mut counts = [0_u32; 10];
        (0..50_000).for_each(|key| counts[value(&uniform, key, 0).len() - 10] += 1);
        assert!(counts.iter().all(|count| count.abs_diff(5_000) < 350), "{counts:?}");

        let lognormal = values("lognormal:100,0.5");
        let mut lens: Vec<_> = (0..20_001).map(|key| value(&lognormal, key, 0).len()).collect();
        lens.sort_unstable();
        assert!(lens[10_000].abs_diff(100) <= 3, "median {}", lens[10_000]);
        // One deviation up: e^0.5 times the median.
        assert!(lens[16_827].abs_diff(164) <= 6, "84.1 % {}", lens[16_827]);

        let integers = values("int:1000");
        assert!((0..1000).all(|key| value(&integers, key, 0).len() <= 3));
        assert_eq!(values("fixed:7").fixed_len(), Some(7));
    }

    #[test]
    fn sizes_that_make_no_sense_are_refused() {
        for text in ["", "x", "uniform:9-8", "uniform:9", "lognormal:0,1", "int:0", "999999999"] {
            assert!(Sizes::parse(text).is_err(), "{text}");
        }
    }
}
