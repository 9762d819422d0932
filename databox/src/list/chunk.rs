//! A piece of a large list: some short elements, or one that is too long for a packed sequence.

use crate::packed::{Element, Rows, Sort};
use crate::{Text, packed};
use alloc::boxed::Box;
use alloc::vec::Vec;

/// Neighbouring elements of a list; at least one.
#[derive(Debug, Clone)]
pub(super) enum Chunk {
    /// The bytes of a packed sequence.
    Rows(Vec<u8>),
    Long(Box<[u8]>),
}

impl Chunk {
    /// A chunk of one element.
    pub(super) fn of(text: &[u8]) -> Self {
        match Element::new(Text::Bytes(text)) {
            Some(element) => Self::of_rows(&[[element]]),
            None => Self::Long(text.into()),
        }
    }

    fn of_rows(rows: &[[Element<'_>; 1]]) -> Self {
        let mut bytes = Vec::new();
        Rows::EMPTY.splice(Sort::List, 0, 0, rows, &mut bytes);
        Self::Rows(bytes)
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Rows(bytes) => Rows::<1>::read(bytes).len(),
            Self::Long(_) => 1,
        }
    }

    pub(super) fn heap_bytes(&self) -> usize {
        match self {
            Self::Rows(bytes) => bytes.capacity(),
            Self::Long(text) => text.len(),
        }
    }

    pub(super) fn get(&self, index: usize) -> Text<'_> {
        match self {
            Self::Rows(bytes) => {
                Rows::<1>::read(bytes).get(index).map_or(Text::Bytes(b""), |[text]| text)
            }
            Self::Long(text) => Text::Bytes(text),
        }
    }

    /// Visits the elements from `index` on.
    pub(super) fn walk<'a>(&'a self, index: usize, count: usize, visit: &mut impl FnMut(Text<'a>)) {
        match self {
            Self::Rows(bytes) => {
                let rows = Rows::<1>::read(bytes).iter_from(index).take(count);
                rows.for_each(|[text]| visit(text));
            }
            Self::Long(text) if index == 0 && count > 0 => visit(Text::Bytes(text)),
            Self::Long(_) => {}
        }
    }

    /// Visits the elements before the one with the number `index`, backwards.
    pub(super) fn walk_back<'a>(
        &'a self,
        index: usize,
        count: usize,
        visit: &mut impl FnMut(Text<'a>),
    ) {
        match self {
            Self::Rows(bytes) => {
                let rows = Rows::<1>::read(bytes).iter_to(index).rev().take(count);
                rows.for_each(|[text]| visit(text));
            }
            Self::Long(text) if index > 0 && count > 0 => visit(Text::Bytes(text)),
            Self::Long(_) => {}
        }
    }

    /// Puts an element where the one with the number `at` is, or behind all, if there is room.
    pub(super) fn insert(&mut self, at: usize, text: &[u8]) -> bool {
        let Self::Rows(bytes) = self else { return false };
        let Some(element) = Element::new(Text::Bytes(text)) else { return false };
        // In the worst case every element gets a code.
        let rows = Rows::<1>::read(bytes);
        if bytes.len() + element.size() + 1 > BYTES_MAX
            || (bytes.len() + element.size() + rows.len() > BYTES_MAX && !rows.fits(&element))
        {
            return false;
        }
        if packed::insert_in_place(bytes, at, &element) {
            return true;
        }
        let mut out = Vec::with_capacity(bytes.len() + element.size() + 1);
        if !Rows::read(bytes).splice(Sort::List, at, 0, &[[element]], &mut out) {
            return false;
        }
        *bytes = out;
        true
    }

    /// Removes some elements and tells whether any are left.
    pub(super) fn remove(&mut self, at: usize, count: usize) -> bool {
        let Self::Rows(bytes) = self else { return count == 0 };
        let mut out = Vec::new();
        Rows::<1>::read(bytes).splice(Sort::List, at, count, &[], &mut out);
        out.shrink_to_fit();
        *bytes = out;
        !bytes.is_empty()
    }

    /// Takes the elements from `at` on away, which makes another chunk.
    pub(super) fn split_off(&mut self, at: usize) -> Self {
        let Self::Rows(bytes) = self else { unreachable!("a chunk of one element is not split") };
        let rows = Rows::<1>::read(bytes);
        let mut rest = Vec::new();
        rows.splice(Sort::List, 0, at, &[], &mut rest);
        let len = rows.len();
        self.remove(at, len - at);
        Self::Rows(rest)
    }

    /// Takes the elements of the chunk behind in, if that leaves room for more.
    pub(super) fn join(&mut self, behind: &Self) -> bool {
        let (Self::Rows(bytes), Self::Rows(others)) = (&*self, behind) else { return false };
        let (rows, other) = (Rows::<1>::read(bytes), Rows::<1>::read(others));
        if bytes.len() + others.len() + rows.len() + other.len() > BYTES_MAX / 2 {
            return false;
        }
        let elements: Vec<_> = other.iter().flatten().filter_map(Element::new).collect();
        let elements: Vec<_> = elements.into_iter().map(|element| [element]).collect();
        let mut out = Vec::new();
        rows.splice(Sort::List, rows.len(), 0, &elements, &mut out);
        out.shrink_to_fit();
        *self = Self::Rows(out);
        true
    }

    /// Gives back what was kept for more elements.
    pub(super) fn fit(&mut self) {
        if let Self::Rows(bytes) = self {
            bytes.shrink_to_fit();
        }
    }

    #[cfg(any(test, fuzzing, feature = "fuzzing"))]
    pub(super) fn check(&self) {
        if let Self::Rows(bytes) = self {
            assert!(bytes.len() <= BYTES_MAX);
            Rows::<1>::read(bytes).check();
        }
        assert!(self.len() > 0, "an empty chunk");
    }
}

/// The most bytes of a chunk of several elements.
pub(super) const BYTES_MAX: usize = 2048;
