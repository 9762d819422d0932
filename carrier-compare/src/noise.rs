//! What goes wrong in requests: other case, another form, words that are missing, too many, doubled
//! or foreign.
//!
//! While other connections run, a connection may only touch its own keys: then nothing changes up
//! to the last of them.

use crate::class::{Keys, noise};
use crate::random::Random;
use crate::word::{Role, Word};

/// Changes a request; rarely more than its case.
pub(crate) fn disturb(words: &mut Vec<Word>, keys: &Keys, alone: bool, random: &mut Random) {
    if random.one_in(3) {
        change_case(words, random);
    }
    if !random.one_in(12) {
        return;
    }
    let last_key = words.iter().rposition(|word| word.role == Role::Key);
    let first = if alone { 1 } else { last_key.map_or(1, |at| at + 1) };
    match random.below(8) {
        0 if words.len() > first => {
            words.remove(first + random.below(words.len() - first));
        }
        1 if words.len() > first => {
            let at = first + random.below(words.len() - first);
            words.insert(at, words[at].clone());
        }
        2 | 3 if words.len() > first => {
            let at = first + random.below(words.len() - first);
            words[at].bytes = noise(random, keys);
        }
        4 => words.truncate(1 + random.below(words.len())),
        5 => repeat_option(words, first, random),
        6 if random.one_in(20) => words[0].bytes.push(b'X'),
        _ => {
            let at =
                first.min(words.len()) + random.below(words.len() + 1 - first.min(words.len()));
            words.insert(at, Word::new(noise(random, keys), Role::Value));
        }
    }
}

/// Names and options in lower case, or here and there.
fn change_case(words: &mut [Word], random: &mut Random) {
    let is_ours = |word: &&mut Word| matches!(word.role, Role::Name | Role::Option);
    let all = random.one_in(2);
    for word in words.iter_mut().filter(is_ours) {
        for byte in &mut word.bytes {
            if all || random.one_in(2) {
                byte.make_ascii_lowercase();
            }
        }
    }
}

/// An option once more, with what follows it, at the end: the same again, or in conflict with
/// another that is there.
fn repeat_option(words: &mut Vec<Word>, first: usize, random: &mut Random) {
    let options: Vec<usize> = (first..words.len())
        .filter(|at| words.get(*at).is_some_and(|word| word.role == Role::Option))
        .collect();
    if options.is_empty() {
        return words.push(Word::new(*random.pick(&["NX", "XX", "GET", "COUNT"]), Role::Option));
    }
    let at = *random.pick(&options);
    let end =
        (at + 1..words.len()).find(|end| words[*end].role == Role::Option).unwrap_or(words.len());
    words.extend_from_within(at..end);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> Vec<Word> {
        [("SET", Role::Name), ("k", Role::Key), ("v", Role::Value), ("EX", Role::Option)]
            .map(|(text, role)| Word::new(text, role))
            .to_vec()
    }

    #[test]
    fn among_others_keys_stay_where_they_are() {
        let (keys, mut random) = (Keys::of_connection(0, 6), Random::new(1));
        let mut changed = 0;
        for _ in 0..5_000 {
            let mut words = request();
            disturb(&mut words, &keys, false, &mut random);
            changed += usize::from(words.len() != 4);
            assert!(words.len() < 2 || words[1].bytes == b"k", "{words:?}");
        }
        assert!(changed > 100);
    }

    #[test]
    fn alone_every_word_may_change() {
        let (keys, mut random) = (Keys::of_connection(0, 6), Random::new(1));
        let mut moved = false;
        for _ in 0..5_000 {
            let mut words = request();
            disturb(&mut words, &keys, true, &mut random);
            moved |= words.len() > 1 && words[1].bytes != b"k";
            assert!(words[0].bytes.to_ascii_uppercase().starts_with(b"SET"));
        }
        assert!(moved);
    }
}
