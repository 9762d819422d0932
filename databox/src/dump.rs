//! Serialised values as `DUMP` gives and `RESTORE` takes them.
//!
//! ```text
//!  value            version          checksum
//! +----------------+----------------+-------------------------------+
//! | as it says     | 2 bytes, low   | CRC-64 of all before it,      |
//! |                | one first      | 8 bytes, low one first        |
//! +----------------+----------------+-------------------------------+
//! ```
//!
//! Redis counts its versions from 1; one with the top bit set is ours, and the value is in the
//! [portable form](crate::Databox::encode). No server takes the other's for its own: Redis refuses
//! a version that is higher than it knows. What Redis 7 wrote is read in `redis`.

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod containers;
mod listpack;
mod lzf;
mod redis;
mod ziplist;

use crate::{Databox, DecodeOptions};
use alloc::vec::Vec;
use core::fmt;
use crc::{CRC_64_REDIS, Crc, Table};

/// Why a payload is not a serialised value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DumpError {
    /// It is too short, of a version that is not read, or its checksum is another's.
    Damaged,
    /// What it holds is no value, or one of a kind that is not read.
    Malformed,
}

impl fmt::Display for DumpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Damaged => "version or checksum of a serialised value are wrong",
            Self::Malformed => "a serialised value has a form that is not read",
        })
    }
}

impl core::error::Error for DumpError {}

/// The payload of a value, which `encode` appends in its portable form.
///
/// # Examples
///
/// ```
/// use databox::{Databox, DecodeOptions, dump};
///
/// let value = Databox::from("a value");
/// let payload = dump::write(|out| value.encode(out));
/// assert!(dump::is_whole(&payload));
/// let options = DecodeOptions { bytes_max: 1024, members_max: 1024, seed: 7 };
/// assert_eq!(dump::read(&payload, &options), Ok(value));
/// ```
pub fn write(encode: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut payload = Vec::new();
    encode(&mut payload);
    payload.extend_from_slice(&VERSION.to_le_bytes());
    payload.extend_from_slice(&CRC.checksum(&payload).to_le_bytes());
    payload
}

/// Whether a payload has a version that is read and the checksum of its bytes.
#[must_use]
pub fn is_whole(payload: &[u8]) -> bool {
    split(payload).is_some()
}

/// The value of a payload: one of ours, or one that Redis wrote, up to 7.2.
///
/// # Errors
///
/// [`DumpError`]. Memory is taken for what the payload holds, not for what it announces, but for
/// compressed strings, which may be 264 times as long as they stand there.
pub fn read(payload: &[u8], options: &DecodeOptions) -> Result<Databox, DumpError> {
    let (value, version) = split(payload).ok_or(DumpError::Damaged)?;
    let value = match version {
        VERSION => Databox::decode(value, options).ok(),
        _ => redis::value(value, options),
    };
    value.ok_or(DumpError::Malformed)
}

/// The serialised value and its version, where that is read and the checksum is right.
fn split(payload: &[u8]) -> Option<(&[u8], u16)> {
    let (summed, checksum) = payload.split_last_chunk::<8>()?;
    let (value, version) = summed.split_last_chunk::<2>()?;
    let version = u16::from_le_bytes(*version);
    let known = version == VERSION || version <= REDIS_VERSION_MAX;
    (known && CRC.checksum(summed) == u64::from_le_bytes(*checksum)).then_some((value, version))
}

/// The payload of a value that Redis' newest version has serialised.
#[cfg(any(test, fuzzing, feature = "fuzzing"))]
pub(crate) fn sealed(value: &[u8]) -> Vec<u8> {
    let mut payload = [value, &REDIS_VERSION_MAX.to_le_bytes()].concat();
    payload.extend_from_slice(&CRC.checksum(&payload).to_le_bytes());
    payload
}

/// The version of our payloads: 1, and the top bit.
const VERSION: u16 = 0x8001;
/// The last version of Redis' that is read: 7.2's.
const REDIS_VERSION_MAX: u16 = 11;

static CRC: Crc<u64, Table<16>> = Crc::<u64, Table<16>>::new(&CRC_64_REDIS);

#[cfg(test)]
mod tests;
