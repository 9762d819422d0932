//! Bitmaps in the portable form.

use super::{DecodeError, DecodeOptions, Reader, put_length};
use crate::Bitmap;
use crate::bitmap::{Bits, CHUNK_BITS, CHUNK_BYTES, ChunkView, Form, Run};
use alloc::vec::Vec;

/// Appends what stands behind the tag.
pub(super) fn put(out: &mut Vec<u8>, bitmap: &Bitmap) {
    put_length(out, usize::try_from(bitmap.len_bytes()).unwrap_or(usize::MAX));
    put_length(out, bitmap.filled_chunks().count());
    let mut next = 0;
    for (number, view) in bitmap.filled_chunks() {
        put_length(out, usize::try_from(number.abs_diff(next)).unwrap_or(usize::MAX));
        next = number.saturating_add(1);
        put_chunk(out, view);
    }
}

fn put_chunk(out: &mut Vec<u8>, view: ChunkView<'_>) {
    let mut runs: Vec<Run> = Vec::new();
    view.for_each_run(|run| runs.push(run));
    let ones = runs.iter().map(|run| run.len()).sum();
    let form = Form::of(ones, u32::try_from(runs.len()).unwrap_or(u32::MAX));
    let last = |count: u32| u16::try_from(count.saturating_sub(1)).unwrap_or(u16::MAX);
    match form {
        Form::Empty | Form::Places => {
            out.push(PLACES);
            out.extend(last(ones).to_le_bytes());
            let places = runs.iter().flat_map(|run| run.first..=run.last);
            out.extend(places.flat_map(u16::to_le_bytes));
        }
        Form::Runs => {
            out.push(RUNS);
            out.extend(last(u32::try_from(runs.len()).unwrap_or(u32::MAX)).to_le_bytes());
            let ends = runs.iter().flat_map(|run| [run.first, run.last]);
            out.extend(ends.flat_map(u16::to_le_bytes));
        }
        Form::Bytes => {
            out.push(BYTES);
            out.extend_from_slice(&view.to_bits());
        }
    }
}

impl Reader<'_> {
    /// What stands behind the tag.
    pub(super) fn bitmap(&mut self, options: &DecodeOptions) -> Result<Bitmap, DecodeError> {
        let len_bytes = self.length(options.bytes_max)? as u64;
        let chunks_max = usize::try_from(len_bytes.div_ceil(CHUNK_BYTES as u64));
        let chunks_max = chunks_max.unwrap_or(usize::MAX);
        let count = self.length(chunks_max)?;
        let mut bitmap = Bitmap::new();
        bitmap.grow(len_bytes);
        let mut next = 0_usize;
        for _ in 0..count {
            let start = self.offset;
            let number = next.saturating_add(self.length(chunks_max)?);
            if number >= chunks_max {
                return Err(DecodeError::TooLong { offset: start, max: chunks_max });
            }
            let bits = self.chunk()?;
            let last = kept_bits(len_bytes, number as u64);
            let is_within = ChunkView::Bytes(&bits).find_last_place().is_none_or(|at| at < last);
            if !is_within {
                return Err(DecodeError::TooLong { offset: start, max: chunks_max });
            }
            bitmap.put_chunk(number as u64, &bits);
            next = number.saturating_add(1);
        }
        Ok(bitmap)
    }

    /// The bits of a chunk, in the one form that it may have.
    fn chunk(&mut self) -> Result<Bits, DecodeError> {
        let start = self.offset;
        let not_canonical = DecodeError::NotCanonical { offset: start };
        let tag = self.byte()?;
        let (bits, form) = match tag {
            PLACES => (self.places()?, Form::Places),
            RUNS => (self.runs()?, Form::Runs),
            BYTES => {
                let bits = self.take(CHUNK_BYTES)?.first_chunk().copied();
                (bits, Form::Bytes)
            }
            tag => return Err(DecodeError::UnknownTag { offset: start, tag }),
        };
        let bits = bits.ok_or(not_canonical)?;
        if ChunkView::Bytes(&bits).smallest_form() != form {
            return Err(not_canonical);
        }
        Ok(bits)
    }

    /// The bits with certain places; `None` where these do not ascend.
    fn places(&mut self) -> Result<Option<Bits>, DecodeError> {
        let places = self.numbers(1)?;
        let ascend = places.is_sorted_by(|one, two| one < two);
        Ok(ascend.then(|| ChunkView::Places(&places).to_bits()))
    }

    fn runs(&mut self) -> Result<Option<Bits>, DecodeError> {
        let ends = self.numbers(2)?;
        let (pairs, _) = ends.as_chunks::<2>();
        let runs: Vec<Run> = pairs.iter().map(|&[first, last]| Run { first, last }).collect();
        let apart =
            |one: &Run, two: &Run| one.last.checked_add(1).is_some_and(|behind| behind < two.first);
        let whole = runs.iter().all(|run| run.first <= run.last) && runs.is_sorted_by(apart);
        Ok(whole.then(|| ChunkView::Runs(&runs).to_bits()))
    }

    /// The numbers that a count less one announces, so many of them each.
    fn numbers(&mut self, each: usize) -> Result<Vec<u16>, DecodeError> {
        let count = usize::from(u16::from_le_bytes(self.array()?)).saturating_add(1);
        let bytes = self.take(count.saturating_mul(each).saturating_mul(2))?;
        let (numbers, _) = bytes.as_chunks::<2>();
        Ok(numbers.iter().map(|number| u16::from_le_bytes(*number)).collect())
    }
}

/// How many bits of a chunk a string of so many bytes has.
fn kept_bits(len_bytes: u64, chunk: u64) -> u64 {
    let bits = len_bytes.saturating_mul(8);
    bits.saturating_sub(chunk.saturating_mul(CHUNK_BITS.into())).min(CHUNK_BITS.into())
}

const PLACES: u8 = 1;
const RUNS: u8 = 2;
const BYTES: u8 = 3;
