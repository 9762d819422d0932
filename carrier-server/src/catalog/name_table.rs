//! A table of short names, looked up once per request.

use std::collections::HashMap;

/// Names of up to 16 bytes as one 128-bit word each, in any case; longer ones beside them.
///
/// Complexity: a look-up is one multiplication and, with the table at most a quarter full, little
/// more than one comparison.
#[derive(Debug)]
pub(super) struct NameTable<T> {
    /// Places of `items`, by hash of the name; a power of two of them.
    slots: Vec<Option<(u128, usize)>>,
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
        let Some(word) = pack(name) else {
            return self.long.get(&name.to_ascii_uppercase()).copied();
        };
        let mask = self.slots.len() - 1;
        let mut at = hash(word) & mask;
        while let Some((other, index)) = self.slots[at] {
            if other == word {
                return Some(index);
            }
            at = (at + 1) & mask;
        }
        None
    }

    fn add(&mut self, name: &[u8], item: T) -> usize {
        let index = self.items.len();
        self.items.push(item);
        match pack(name) {
            None => {
                self.long.insert(name.to_ascii_uppercase(), index);
            }
            Some(word) => {
                if self.items.len() * 4 > self.slots.len() {
                    let grown = vec![None; self.slots.len() * 2];
                    for (word, index) in std::mem::replace(&mut self.slots, grown).iter().flatten()
                    {
                        self.place(*word, *index);
                    }
                }
                self.place(word, index);
            }
        }
        index
    }

    fn place(&mut self, word: u128, index: usize) {
        let mask = self.slots.len() - 1;
        let mut at = hash(word) & mask;
        while self.slots[at].is_some() {
            at = (at + 1) & mask;
        }
        self.slots[at] = Some((word, index));
    }
}

/// A name as one word: its bytes in upper case, then zeros. `None`: too long, or with a zero
/// that could not be told from the padding.
#[inline]
fn pack(name: &[u8]) -> Option<u128> {
    let mut bytes = [0; 16];
    bytes.get_mut(..name.len())?.copy_from_slice(name);
    if name.contains(&0) {
        return None;
    }
    bytes.make_ascii_uppercase();
    Some(u128::from_le_bytes(bytes))
}

#[inline]
fn hash(word: u128) -> usize {
    let folded = (word as u64) ^ ((word >> 64) as u64).rotate_left(32);
    (folded.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as usize
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
}
