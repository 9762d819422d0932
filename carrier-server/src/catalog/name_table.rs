//! A table of short names, looked up once per request.

use std::collections::HashMap;

/// Names of up to 16 bytes as two words each, in any case; longer ones beside them.
///
/// Complexity: a look-up is one multiplication and, with the table at most a quarter full, little
/// more than one comparison.
#[derive(Debug)]
pub(super) struct NameTable<T> {
    /// Places of `items`, by hash of the name; a power of two of them.
    slots: Vec<Option<(ShortName, usize)>>,
    long: HashMap<Vec<u8>, usize>,
    items: Vec<T>,
}

impl<T> NameTable<T> {
    /// An empty table.
    pub(super) fn new() -> Self {
        Self { slots: vec![None; SLOTS_MIN], long: HashMap::new(), items: Vec::new() }
    }

    /// What stands under a name.
    #[inline]
    pub(super) fn get(&self, name: &[u8]) -> Option<&T> {
        self.items.get(self.find(name)?)
    }

    /// Puts something under a name; false, and no change, where something stands there.
    pub(super) fn insert(&mut self, name: &[u8], item: T) -> bool {
        let is_new = self.find(name).is_none();
        if is_new {
            self.add(name, item);
        }
        is_new
    }

    /// What stands under a name, which is put there first where nothing does.
    pub(super) fn entry(&mut self, name: &[u8]) -> &mut T
    where
        T: Default,
    {
        let index = self.find(name).unwrap_or_else(|| self.add(name, T::default()));
        &mut self.items[index]
    }

    /// Everything in the table, in the order in which it came.
    pub(super) fn items(&self) -> impl Iterator<Item = &T> {
        self.items.iter()
    }

    #[inline]
    fn find(&self, name: &[u8]) -> Option<usize> {
        let Some(short) = ShortName::new(name) else {
            return self.long.get(&name.to_ascii_uppercase()).copied();
        };
        let mask = self.slots.len() - 1;
        let mut at = short.hash() & mask;
        while let Some((other, index)) = self.slots[at] {
            if other == short {
                return Some(index);
            }
            at = (at + 1) & mask;
        }
        None
    }

    fn add(&mut self, name: &[u8], item: T) -> usize {
        let index = self.items.len();
        self.items.push(item);
        match ShortName::new(name) {
            None => {
                self.long.insert(name.to_ascii_uppercase(), index);
            }
            Some(short) => {
                if self.items.len() * 4 > self.slots.len() {
                    let grown = vec![None; self.slots.len() * 2];
                    for (short, index) in
                        std::mem::replace(&mut self.slots, grown).into_iter().flatten()
                    {
                        self.place(short, index);
                    }
                }
                self.place(short, index);
            }
        }
        index
    }

    fn place(&mut self, short: ShortName, index: usize) {
        let mask = self.slots.len() - 1;
        let mut at = short.hash() & mask;
        while self.slots[at].is_some() {
            at = (at + 1) & mask;
        }
        self.slots[at] = Some((short, index));
    }
}

/// A name of at most 16 bytes in upper case. Names of one length have the same words only where
/// they have the same bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ShortName {
    /// Its first bytes, and its last ones; where they overlap, both have them.
    words: [u64; 2],
    len: usize,
}

impl ShortName {
    #[inline]
    fn new(name: &[u8]) -> Option<Self> {
        let words = if let (Some(first), Some(last)) = (name.first_chunk(), name.last_chunk()) {
            [u64::from_le_bytes(*first), u64::from_le_bytes(*last)]
        } else if let (Some(first), Some(last)) = (name.first_chunk(), name.last_chunk()) {
            [first, last].map(|word| u64::from(u32::from_le_bytes(*word)))
        } else {
            let middle = name.get(name.len() / 2).copied().unwrap_or(0);
            let ends = [name.first(), name.last()].map(|end| u64::from(end.copied().unwrap_or(0)));
            [ends[0] << 8 | u64::from(middle), ends[1]]
        };
        (name.len() <= 16).then(|| Self { words: words.map(uppercase), len: name.len() })
    }

    #[inline]
    const fn hash(self) -> usize {
        let folded = self.words[0] ^ self.words[1].rotate_left(32) ^ self.len as u64;
        (folded.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as usize
    }
}

/// Eight bytes with the letters among them in upper case.
#[inline]
const fn uppercase(word: u64) -> u64 {
    const EACH: u64 = u64::MAX / 255;
    let low = word & (EACH * 0x7f);
    // The top bit of each byte: whether it is ASCII, reaches 'a', is beyond 'z'.
    let from_a = low + EACH * (0x80 - b'a' as u64);
    let beyond_z = low + EACH * (0x7f - b'z' as u64);
    let small = !word & from_a & !beyond_z & (EACH * 0x80);
    word - (small >> 2)
}

const SLOTS_MIN: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_names_in_any_case_and_of_any_length() {
        let mut table = NameTable::new();
        let names: Vec<String> = (0..500).map(|n| format!("{}{n}", "X".repeat(n % 20))).collect();
        for (index, name) in names.iter().enumerate() {
            assert!(table.insert(name.as_bytes(), index), "{name}");
            assert!(!table.insert(name.to_lowercase().as_bytes(), 0), "{name}");
        }
        for (index, name) in names.iter().enumerate() {
            assert_eq!(table.get(name.to_lowercase().as_bytes()), Some(&index));
        }
        for unknown in [&b""[..], b"Y", b"0\0", b"X12345678901234567890"] {
            assert_eq!(table.get(unknown), None);
        }
    }

    #[test]
    fn any_byte_in_any_place_makes_another_name() {
        for len in 0..=16 {
            let name: Vec<u8> = (0..len).map(|at| b"A\0z@`{[\xe1"[at % 8]).collect();
            let short = ShortName::new(&name);
            for at in 0..len {
                for byte in 0..=u8::MAX {
                    let mut other = name.clone();
                    other[at] = byte;
                    let is_same = name.eq_ignore_ascii_case(&other);
                    assert_eq!(ShortName::new(&other) == short, is_same, "{name:?}, {other:?}");
                }
            }
        }
        assert_eq!(ShortName::new(&[b'x'; 17]), None);
    }
}
