//! A request with its places empty: a copy of it and a few bytes written over are a request.

use crate::digits::put_digits;
use crate::random::{GOLDEN, mix, scale};
use crate::template::{Fill, Part, World};
use crate::values::fill_hex;

/// The bytes that all requests of a template share, and where they differ.
#[derive(Debug, Clone)]
pub(crate) struct Image {
    /// Zeros, as characters, stand in the places.
    bytes: Vec<u8>,
    places: Vec<Empty>,
}

/// A place to fill.
#[derive(Debug, Clone, Copy)]
struct Empty {
    start: usize,
    end: usize,
    what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Id,
    Value,
    Member,
    Hex,
}

impl Image {
    /// The image of these parts, if they have one length in all requests and are not long.
    pub(crate) fn new(parts: &[Part], world: &World) -> Option<Self> {
        let mut image = Self { bytes: Vec::new(), places: Vec::new() };
        for part in parts {
            let start = image.bytes.len();
            let end = start + part.fixed_len(world)?;
            if end > IMAGE_LEN_MAX {
                return None;
            }
            image.bytes.resize(end, b'0');
            let what = match part {
                Part::Literal(bytes) => {
                    image.bytes[start..].copy_from_slice(bytes);
                    continue;
                }
                Part::Id(_) => What::Id,
                Part::Value => What::Value,
                Part::Member => What::Member,
                Part::Hex(_) => What::Hex,
                Part::Int(_) | Part::Counted { .. } => return None,
            };
            image.places.push(Empty { start, end, what });
        }
        Some(image)
    }

    /// Bytes of a request.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Appends a request for each of these fills.
    #[inline]
    pub(crate) fn compose<'k>(
        &self,
        out: &mut Vec<u8>,
        world: &World,
        fills: impl ExactSizeIterator<Item = Fill<'k>>,
    ) {
        let start = out.len();
        out.extend_from_slice(&self.bytes);
        let end = start + fills.len() * self.bytes.len();
        // What has been laid out is laid out again: few copies, and long ones.
        while out.len() < end {
            let more = (out.len() - start).min(end - out.len());
            out.extend_from_within(start..start + more);
        }
        let requests = out[start..].chunks_exact_mut(self.bytes.len());
        // What most requests are, before the loop over what they may be.
        match self.places[..] {
            [id] if id.what == What::Id => {
                for (request, fill) in requests.zip(fills) {
                    put_digits(id.of(request), fill.keys[0]);
                }
            }
            [id, value] if id.what == What::Id && value.what == What::Value => {
                for (request, fill) in requests.zip(fills) {
                    put_digits(id.of(request), fill.keys[0]);
                    world.values.fill_whole(value.of(request), fill.keys[0], fill.version);
                }
            }
            _ => requests.zip(fills).for_each(|(request, fill)| self.fill(request, world, fill)),
        }
    }

    /// Fills the places of one request.
    fn fill(&self, request: &mut [u8], world: &World, fill: Fill<'_>) {
        let (mut keys, mut key, mut salted) = (fill.keys.iter(), 0, 0_u64);
        let mut salt = || {
            salted += 1;
            mix(fill.salt.wrapping_add(salted.wrapping_mul(GOLDEN)))
        };
        for place in &self.places {
            let bytes = place.of(request);
            match place.what {
                What::Id => {
                    key = keys.next().copied().unwrap_or_default();
                    put_digits(bytes, key);
                }
                What::Value => world.values.fill(bytes, key, fill.version, 0),
                What::Member => put_digits(bytes, scale(salt(), world.members)),
                What::Hex => fill_hex(bytes, salt()),
            }
        }
    }
}

impl Empty {
    #[inline(always)]
    fn of<'a>(&self, request: &'a mut [u8]) -> &'a mut [u8] {
        &mut request[self.start..self.end]
    }
}

/// Longer requests are composed in pieces.
const IMAGE_LEN_MAX: usize = 16 << 10;
