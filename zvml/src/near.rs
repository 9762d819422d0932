//! The name somebody may have meant.

/// The candidate that is nearest to `word`, if one is near enough to be meant.
pub(crate) fn nearest<'c>(
    word: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> Option<&'c str> {
    let limit = (word.len() / 3).min(3);
    candidates
        .into_iter()
        .take(CANDIDATES_MAX)
        .map(|candidate| {
            // A word that stops short is meant to go on, however much is missing.
            let short = word.len() >= SHORT_LEN_MIN && candidate.starts_with(word);
            (if short { 1 } else { distance(word, candidate) }, candidate)
        })
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How many letters must be changed, added or taken away, where case does not count.
/// O(product of both lengths), with long words cut.
fn distance(left: &str, right: &str) -> usize {
    let letters = |word: &str| -> Vec<u8> {
        word.bytes().take(WORD_MAX).map(|byte| byte.to_ascii_lowercase()).collect()
    };
    let (left, right) = (letters(left), letters(right));
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, letter) in left.iter().enumerate() {
        let mut diagonal = index;
        let mut last = index + 1;
        for (other, cell) in right.iter().zip(row.iter_mut().skip(1)) {
            let changed = diagonal + usize::from(letter != other);
            diagonal = *cell;
            *cell = changed.min(diagonal + 1).min(last + 1);
            last = *cell;
        }
        if let Some(first) = row.first_mut() {
            *first = index + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

const WORD_MAX: usize = 40;

/// How many words are looked at; a source may have many thousands.
const CANDIDATES_MAX: usize = 512;

/// A shorter beginning of a word says too little.
const SHORT_LEN_MIN: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_fingers_is_recognised() {
        let names = ["string_get", "string_set", "set_add"];
        assert_eq!(nearest("string_gte", names), Some("string_get"));
        assert_eq!(nearest("sett_add", names), Some("set_add"));
        assert_eq!(nearest("hash_get_all", names), None);
        assert_eq!(nearest("string_s", names), Some("string_set"));
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
