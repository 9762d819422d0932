//! Pages against a list of entries.

use super::*;
use proptest::prelude::*;

/// An entry as a page holds it: tag, codes, meta and bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Raw {
    codes: edit::Codes,
    bytes: Vec<u8>,
}

fn raw(with_meta: bool) -> impl Strategy<Value = Raw> {
    let code = || prop_oneof![0u8..40, 230u8..=239, 241u8..=248, 252u8..=254];
    (any::<u8>(), code(), code(), 0u8..64, any::<u8>()).prop_map(
        move |(tag, key, value, meta, fill)| {
            let meta = if with_meta { meta } else { 0 };
            let size = code::size(key) + code::size(value) + extras::size(meta);
            Raw { codes: [tag, key, value, meta], bytes: vec![fill; size] }
        },
    )
}

/// Whether an entry is removed, which one, and else the size that its value gets.
fn edit() -> impl Strategy<Value = (bool, prop::sample::Index, usize)> {
    (any::<bool>(), any::<prop::sample::Index>(), 0usize..240)
}

fn entries(bytes: &[u8]) -> Vec<Raw> {
    let page = Page::new(bytes);
    let entry = |(index, start)| Raw {
        codes: [page.tag(index), page.key_code(index), page.value_code(index), page.meta(index)],
        bytes: page.entry(index, start).to_vec(),
    };
    page.iter().map(entry).collect()
}

fn page(flags: u8, len: usize) -> Vec<u8> {
    let mut bytes = vec![0xa5; len];
    bytes[0] = PAGE | flags;
    edit::clear(&mut bytes, Handle::from_bits(77));
    bytes
}

fn push(bytes: &mut [u8], entry: &Raw) {
    let data = data(bytes);
    let at = edit::push(bytes, data, entry.codes, entry.bytes.len());
    bytes[at..at + entry.bytes.len()].copy_from_slice(&entry.bytes);
}

fn data(bytes: &[u8]) -> usize {
    bytes.len() - Page::new(bytes).data_start()
}

fn check(bytes: &[u8], expected: &[Raw]) {
    let page = Page::new(bytes);
    assert_eq!(entries(bytes), expected);
    if !expected.is_empty() {
        page.check();
    }
    let data: usize = expected.iter().map(|entry| entry.bytes.len()).sum();
    assert_eq!(page.used(), overhead(page.flags(), expected.len()) + data);
    for (index, entry) in expected.iter().enumerate() {
        let [tag, key, ..] = entry.codes;
        let same = |other: &Raw| other.codes[..2] == [tag, key];
        let holds = |own: &[u8]| own.starts_with(&entry.bytes);
        let found = page.find(tag, key, holds).map(|(index, _)| index);
        assert!(found.is_some_and(|found| found <= index && same(&expected[found])));
    }
    if page.flags() & LINK != 0 {
        assert_eq!(page.link(), Handle::from_bits(77));
    }
}

proptest! {
    #[test]
    fn edits_change_what_they_say(
        flags in 0u8..4,
        all in prop::collection::vec(raw(true), 1..255),
        edits in prop::collection::vec(edit(), 0..40),
    ) {
        let mut expected = Vec::new();
        let mut bytes = page(flags, 255 * 500);
        for mut entry in all {
            if flags & META == 0 {
                let size = entry.bytes.len() - extras::size(entry.codes[3]);
                entry.bytes.truncate(size);
                entry.codes[3] = 0;
            }
            push(&mut bytes, &entry);
            expected.push(entry);
        }
        check(&bytes, &expected);
        for (removes, index, size) in edits {
            if expected.is_empty() { break }
            let index = index.index(expected.len());
            let start = Page::new(&bytes).start(index);
            if removes {
                edit::remove(&mut bytes, (index, start));
                expected.remove(index);
            } else {
                let key_size = code::size(expected[index].codes[1]);
                let start = edit::resize(&mut bytes, (index, start), key_size, size);
                bytes[start + key_size..start + key_size + size].fill(0x5a);
                edit::set_codes(&mut bytes, index, size as u8, 0);
                expected[index].codes[2..].copy_from_slice(&[size as u8, 0]);
                expected[index].bytes.truncate(key_size);
                expected[index].bytes.resize(key_size + size, 0x5a);
            }
            check(&bytes, &expected);
        }
    }

    #[test]
    fn copies_hold_what_their_sources_do(
        all in prop::collection::vec(raw(false), 1..128),
        has_link in any::<bool>(),
        gets_meta in any::<bool>(),
        takes in any::<u128>(),
        room in 0usize..100,
    ) {
        let mut bytes = page(if has_link { LINK } else { 0 }, 128 * 500);
        all.iter().for_each(|entry| push(&mut bytes, entry));
        let flags = LINK | if gets_meta { META } else { 0 };
        let used = Page::new(&bytes).used();
        let mut copy = page(flags, used + LINK_BYTES + all.len() + room);
        edit::copy(&bytes, &mut copy, data(&bytes));
        prop_assert_eq!(Page::new(&copy).link().is_some(), has_link);
        prop_assert_eq!(&entries(&copy), &all);
        if has_link { check(&copy, &all) }

        let takes = takes & (u128::MAX >> (128 - all.len()));
        let taken = (0..all.len()).filter(|index| takes >> index & 1 == 1);
        let mut both = page(flags, 2 * 128 * 500);
        push(&mut both, &all[0]);
        edit::append(&bytes, &mut both, takes);
        let indexes = core::iter::once(0).chain(taken);
        let expected: Vec<_> = indexes.map(|index| all[index].clone()).collect();
        check(&both, &expected);

        let mut larger = page(flags, used + LINK_BYTES + all.len() + 4 + 600 + room);
        let (last, data) = (&all[all.len() - 1], data(&bytes));
        let at = edit::copy_and_push(&bytes, &mut larger, data, last.codes, last.bytes.len());
        larger[at..at + last.bytes.len()].copy_from_slice(&last.bytes);
        let expected: Vec<_> = all.iter().chain([last]).cloned().collect();
        prop_assert_eq!(entries(&larger), expected);
    }

    #[test]
    fn a_page_that_gets_extras_keeps_its_entries(all in prop::collection::vec(raw(false), 1..128)) {
        let mut bytes = page(0, 128 * 500);
        all.iter().for_each(|entry| push(&mut bytes, entry));
        edit::set_flags(&mut bytes, META);
        prop_assert_eq!(Page::new(&bytes).flags(), META);
        check(&bytes, &all);
    }
}
