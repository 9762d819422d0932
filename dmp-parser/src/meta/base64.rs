//! Keys of any bytes, as meta commands write them: base64 with the usual alphabet and padding.
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

use alloc::vec::Vec;

/// The length of what `text` stands for; `None` where it is no base64, or stands for nothing.
#[must_use]
pub fn decoded_len(text: &[u8]) -> Option<usize> {
    let padding = text.iter().rev().take_while(|byte| **byte == b'=').count();
    let digits = text.get(..text.len().checked_sub(padding)?)?;
    let fits = !text.is_empty() && text.len().is_multiple_of(4) && padding <= 2;
    let known = digits.iter().all(|byte| digit(*byte).is_some());
    (fits && known).then(|| (text.len() / 4).saturating_mul(3).saturating_sub(padding))
}

/// Appends what `text` stands for, and tells whether it is base64.
pub fn decode(text: &[u8], out: &mut Vec<u8>) -> bool {
    let Some(len) = decoded_len(text) else { return false };
    let end = out.len().saturating_add(len);
    for group in text.chunks(4) {
        let bits = group
            .iter()
            .fold(0_u32, |bits, byte| (bits << 6) | u32::from(digit(*byte).unwrap_or(0)));
        let [_, bytes @ ..] = bits.to_be_bytes();
        out.extend_from_slice(&bytes);
    }
    out.truncate(end);
    true
}

/// Appends `bytes` as base64.
pub fn encode(bytes: &[u8], out: &mut Vec<u8>) {
    for group in bytes.chunks(3) {
        let mut word = [0; 4];
        for (to, from) in word.iter_mut().skip(1).zip(group) {
            *to = *from;
        }
        let bits = u32::from_be_bytes(word);
        for place in 0..4 {
            let at = (bits >> (18 - 6 * place)) & 63;
            let letter = DIGITS.get(at as usize).copied().unwrap_or(b'=');
            out.push(if place <= group.len() { letter } else { b'=' });
        }
    }
}

const fn digit(byte: u8) -> Option<u8> {
    Some(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_pairs() {
        for (bytes, text) in
            [("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy"), ("\0", "AA==")]
        {
            let (mut encoded, mut decoded) = (Vec::new(), Vec::new());
            encode(bytes.as_bytes(), &mut encoded);
            assert_eq!(encoded, text.as_bytes());
            assert!(decode(&encoded, &mut decoded));
            assert_eq!(decoded, bytes.as_bytes());
        }
        for text in ["", "Zg", "Zg=", "=", "====", "Zg===", "Z g=", "Zm9v=", "Zg==Zg=="] {
            assert_eq!(decoded_len(text.as_bytes()), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn comes_back(bytes in proptest::collection::vec(any::<u8>(), 1..300)) {
            let (mut encoded, mut decoded) = (Vec::new(), Vec::new());
            encode(&bytes, &mut encoded);
            prop_assert_eq!(decoded_len(&encoded), Some(bytes.len()));
            prop_assert!(decode(&encoded, &mut decoded));
            prop_assert_eq!(decoded, bytes);
        }
    }
}
