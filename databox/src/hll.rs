//! HyperLogLogs, byte for byte as Redis keeps them in its strings.
//!
//! ```text
//! byte  0        4          5 .. 8     8 .. 16                      16 ..
//!       HYLL     encoding   nothing    the count as it was last     registers
//!                                      computed; the top bit says
//!                                      that it is not any more
//! ```
//!
//! There are 16,384 registers. Dense, each takes six bits. Sparse, runs of them are opcodes:
//!
//! ```text
//! 00xxxxxx            x + 1 registers are 0
//! 01xxxxxx yyyyyyyy   xy + 1 registers are 0
//! 1vvvvvxx            x + 1 registers are v + 1
//! ```
//!
//! What an edit makes of a sparse one follows Redis' steps, so that both servers have the same
//! bytes. A string that says it is one may hold anything: what contradicts itself is [`Corrupted`].
//!
//! The estimate is Otmar Ertl's ("New cardinality estimation algorithms for HyperLogLog sketches",
//! 2017).

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod sparse;

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

/// What its own form says of a HyperLogLog cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Corrupted;

impl fmt::Display for Corrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the registers of a HyperLogLog are not whole")
    }
}

impl core::error::Error for Corrupted {}

/// A HyperLogLog: an estimate of how many different elements were added.
///
/// # Examples
///
/// ```
/// use databox::hll::Hll;
///
/// let mut hll = Hll::new();
/// for number in 0..1000u32 {
///     hll.add(&number.to_le_bytes())?;
/// }
/// assert!((970..1030).contains(&hll.count()?));
/// # Ok::<(), databox::hll::Corrupted>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hll {
    bytes: Vec<u8>,
}

/// The greatest of the registers of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registers {
    values: Box<[u8]>,
    /// Whether one of them was dense.
    is_dense: bool,
}

impl Hll {
    /// An empty one, which is sparse.
    #[must_use]
    pub fn new() -> Self {
        let mut bytes = MAGIC.to_vec();
        bytes.push(SPARSE);
        bytes.resize(HEAD_BYTES, 0);
        bytes.extend_from_slice(&sparse::EMPTY);
        Self { bytes }
    }

    /// The one that a string is; `None` where it does not look like one.
    #[must_use]
    pub fn read(string: &[u8]) -> Option<Self> {
        let encoding = *string.get(4)?;
        let is_sound = string.len() >= HEAD_BYTES
            && string.starts_with(MAGIC)
            && (encoding == SPARSE || (encoding == DENSE && string.len() == DENSE_BYTES));
        is_sound.then(|| Self { bytes: string.to_vec() })
    }

    /// The string that it is.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether it is dense.
    #[must_use]
    pub fn is_dense(&self) -> bool {
        self.bytes.get(4) == Some(&DENSE)
    }

    /// Adds an element and tells whether that changed anything.
    ///
    /// # Errors
    ///
    /// [`Corrupted`]; nothing has changed then.
    pub fn add(&mut self, element: &[u8]) -> Result<bool, Corrupted> {
        let (index, value) = place(element);
        let changed = self.raise(index, value)?;
        if changed {
            self.invalidate();
        }
        Ok(changed)
    }

    /// Notes that the count is to be computed anew.
    pub fn invalidate(&mut self) {
        if let Some(last) = self.bytes.get_mut(15) {
            *last |= STALE;
        }
    }

    /// The count as it was computed last, if it still is that.
    #[must_use]
    pub fn cached(&self) -> Option<u64> {
        let count = u64::from_le_bytes(*self.bytes.get(8..)?.first_chunk()?);
        (count >> 63 == 0).then_some(count)
    }

    /// Computes the count, and keeps it.
    ///
    /// # Errors
    ///
    /// [`Corrupted`].
    pub fn count(&mut self) -> Result<u64, Corrupted> {
        let mut histogram = [0_u32; 64];
        self.visit(|_, len, value| {
            if let Some(bin) = histogram.get_mut(usize::from(value)) {
                *bin += len as u32;
            }
        })?;
        let count = estimate(&histogram);
        if let Some(cache) = self.bytes.get_mut(8..HEAD_BYTES) {
            cache.copy_from_slice(&count.to_le_bytes());
        }
        Ok(count)
    }

    /// Makes it dense, if it is not.
    ///
    /// # Errors
    ///
    /// [`Corrupted`]; nothing has changed then.
    pub fn make_dense(&mut self) -> Result<(), Corrupted> {
        if self.is_dense() {
            return Ok(());
        }
        let mut dense = self.bytes.get(..HEAD_BYTES).unwrap_or_default().to_vec();
        dense.resize(DENSE_BYTES, 0);
        if let Some(encoding) = dense.get_mut(4) {
            *encoding = DENSE;
        }
        self.visit(|first, len, value| {
            if value > 0 {
                (first..first + len).for_each(|index| set(&mut dense, index, value));
            }
        })?;
        self.bytes = dense;
        Ok(())
    }

    /// The opcodes of a sparse one, as Redis' `PFDEBUG DECODE` shows them; `None` of a dense one.
    #[must_use]
    pub fn opcodes(&self) -> Option<String> {
        let registers = self.bytes.get(HEAD_BYTES..).unwrap_or_default();
        (!self.is_dense()).then(|| sparse::text(registers))
    }

    /// Makes its registers at least as great as these, and it dense where one of those was.
    ///
    /// # Errors
    ///
    /// [`Corrupted`].
    pub fn merge(&mut self, registers: &Registers) -> Result<(), Corrupted> {
        if registers.is_dense {
            self.make_dense()?;
        }
        for (index, &value) in registers.values.iter().enumerate() {
            if value > 0 {
                self.raise(index, value)?;
            }
        }
        self.invalidate();
        Ok(())
    }

    /// Makes a register at least this great and tells whether it was less.
    fn raise(&mut self, index: usize, value: u8) -> Result<bool, Corrupted> {
        if !self.is_dense() {
            match sparse::raise(&mut self.bytes, index, value)? {
                sparse::Raised::Kept => return Ok(false),
                sparse::Raised::Changed => return Ok(true),
                sparse::Raised::TooLarge => self.make_dense()?,
            }
        }
        if get(&self.bytes, index) >= value {
            return Ok(false);
        }
        set(&mut self.bytes, index, value);
        Ok(true)
    }

    /// Visits runs of registers: the first, how many, and what they are.
    fn visit(&self, mut visit: impl FnMut(usize, usize, u8)) -> Result<(), Corrupted> {
        if self.is_dense() {
            (0..REGISTERS).for_each(|index| visit(index, 1, get(&self.bytes, index)));
            return Ok(());
        }
        sparse::visit(self.bytes.get(HEAD_BYTES..).unwrap_or_default(), visit)
    }
}

impl Default for Hll {
    fn default() -> Self {
        Self::new()
    }
}

impl Registers {
    /// Registers that are all 0.
    #[must_use]
    pub fn new() -> Self {
        Self { values: vec![0; REGISTERS].into_boxed_slice(), is_dense: false }
    }

    /// Takes those of a HyperLogLog that are greater.
    ///
    /// # Errors
    ///
    /// [`Corrupted`]; what was whole of it has been taken.
    pub fn take(&mut self, hll: &Hll) -> Result<(), Corrupted> {
        self.is_dense |= hll.is_dense();
        let values = &mut self.values;
        hll.visit(|first, len, value| {
            let own = values.iter_mut().skip(first).take(len);
            own.for_each(|own| *own = value.max(*own));
        })
    }

    /// The count of what has these registers.
    #[must_use]
    pub fn count(&self) -> u64 {
        let mut histogram = [0_u32; 64];
        for &value in &self.values {
            if let Some(bin) = histogram.get_mut(usize::from(value)) {
                *bin += 1;
            }
        }
        estimate(&histogram)
    }

    /// What the registers are.
    #[must_use]
    pub fn values(&self) -> &[u8] {
        &self.values
    }
}

impl Default for Registers {
    fn default() -> Self {
        Self::new()
    }
}

/// The register that an element may raise, and to what.
fn place(element: &[u8]) -> (usize, u8) {
    let hash = murmur(element);
    let rest = hash >> INDEX_BITS | 1 << RANK_BITS;
    (hash as usize & (REGISTERS - 1), rest.trailing_zeros() as u8 + 1)
}

/// The dense register with this number.
fn get(bytes: &[u8], index: usize) -> u8 {
    let (at, shift) = (HEAD_BYTES + index * 6 / 8, index * 6 % 8);
    let byte = |at: usize| u16::from(bytes.get(at).copied().unwrap_or(0));
    ((byte(at) | byte(at + 1) << 8) >> shift) as u8 & 63
}

fn set(bytes: &mut [u8], index: usize, value: u8) {
    let (at, shift) = (HEAD_BYTES + index * 6 / 8, index * 6 % 8);
    let (mask, value) = (63_u16 << shift, u16::from(value & 63) << shift);
    for (at, shift) in [(at, 0), (at + 1, 8)] {
        if let Some(byte) = bytes.get_mut(at) {
            *byte = *byte & !((mask >> shift) as u8) | (value >> shift) as u8;
        }
    }
}

/// How many different elements registers tell of, given how many there are of each value.
fn estimate(histogram: &[u32; 64]) -> u64 {
    let m = REGISTERS as f64;
    let bin = |value: usize| f64::from(histogram.get(value).copied().unwrap_or(0));
    let mut z = m * tau((m - bin(RANK_BITS as usize + 1)) / m);
    for value in (1..=RANK_BITS as usize).rev() {
        z += bin(value);
        z *= 0.5;
    }
    z += m * sigma(bin(0) / m);
    round(ALPHA * m * m / z)
}

fn sigma(mut x: f64) -> f64 {
    if x >= 1.0 {
        return f64::INFINITY;
    }
    let (mut y, mut z) = (1.0, x);
    loop {
        x *= x;
        let before = z;
        z += x * y;
        y += y;
        if z <= before {
            return z;
        }
    }
}

fn tau(mut x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return 0.0;
    }
    let (mut y, mut z) = (1.0, 1.0 - x);
    loop {
        x = root(x);
        let before = z;
        y *= 0.5;
        z -= (1.0 - x) * (1.0 - x) * y;
        if z >= before {
            return z / 3.0;
        }
    }
}

/// The square root of a number from 0 to 1, which the standard library alone has.
fn root(x: f64) -> f64 {
    // Newton's steps from above, until they do not come down any more.
    let mut guess = f64::midpoint(x, 1.0);
    loop {
        let next = f64::midpoint(guess, x / guess);
        if next >= guess {
            return guess;
        }
        guess = next;
    }
}

/// Rounds a number that is not negative, halves up.
fn round(value: f64) -> u64 {
    let whole = value as u64;
    if value - whole as f64 >= 0.5 { whole + 1 } else { whole }
}

/// Austin Appleby's MurmurHash64A with Redis' seed.
fn murmur(bytes: &[u8]) -> u64 {
    const M: u64 = 0xc6a4_a793_5bd1_e995;
    let mut hash = SEED ^ (bytes.len() as u64).wrapping_mul(M);
    let (chunks, rest) = bytes.as_chunks::<8>();
    for chunk in chunks {
        let mut k = u64::from_le_bytes(*chunk).wrapping_mul(M);
        k ^= k >> 47;
        hash = (hash ^ k.wrapping_mul(M)).wrapping_mul(M);
    }
    if !rest.is_empty() {
        let tail = rest.iter().rev().fold(0_u64, |tail, &byte| tail << 8 | u64::from(byte));
        hash = (hash ^ tail).wrapping_mul(M);
    }
    hash ^= hash >> 47;
    hash = hash.wrapping_mul(M);
    hash ^ hash >> 47
}

const MAGIC: &[u8; 4] = b"HYLL";
const DENSE: u8 = 0;
const SPARSE: u8 = 1;
const HEAD_BYTES: usize = 16;

/// How many registers there are.
pub const REGISTERS: usize = 1 << INDEX_BITS;

const INDEX_BITS: u32 = 14;

/// The bits of a hash that its register tells of.
const RANK_BITS: u32 = 64 - INDEX_BITS;

const DENSE_BYTES: usize = HEAD_BYTES + REGISTERS * 6 / 8;

/// The bit of the last byte of the count that says that it is out of date.
const STALE: u8 = 0x80;

const ALPHA: f64 = 0.721_347_520_444_481_7;

const SEED: u64 = 0xadc8_3b19;

#[cfg(test)]
mod tests;
