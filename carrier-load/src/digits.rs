//! Decimal digits, written without a call into the formatting machinery.

/// Appends a number in decimal, padded with zeros to `width`; its last digits if it is longer.
pub(crate) fn write_digits(out: &mut Vec<u8>, number: u64, width: usize) {
    let start = out.len();
    out.resize(start + width, b'0');
    put_digits(&mut out[start..], number);
}

/// A number in decimal, and where its first digit stands.
#[inline]
pub(crate) fn decimal(number: u64) -> ([u8; 20], usize) {
    let mut digits = [b'0'; 20];
    put_digits(&mut digits, number);
    (digits, digits.len() - decimal_len(number))
}

/// How many digits a number has.
pub(crate) fn decimal_len(number: u64) -> usize {
    number.checked_ilog10().unwrap_or(0) as usize + 1
}

/// Puts a number's last digits into a place that holds zeros, as characters, already.
#[inline]
pub(crate) fn put_digits(place: &mut [u8], number: u64) {
    match place.last_chunk_mut::<8>() {
        Some(last) if number < 100_000_000 => *last = eight_digits(number),
        _ => put_long(place, number),
    }
}

fn put_long(place: &mut [u8], number: u64) {
    let mut rest = number;
    for digit in place.iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
}

/// The digits of a number below 10^8: halves of two, of four, of eight lanes of one word.
#[inline]
fn eight_digits(number: u64) -> [u8; 8] {
    debug_assert!(number < 100_000_000, "eight digits hold {number}");
    let fours = (number / 10_000) | ((number % 10_000) << 32);
    let hundreds = ((fours * 10_486) >> 20) & 0x0000_007f_0000_007f;
    let twos = hundreds | ((fours - 100 * hundreds) << 16);
    let tens = ((twos * 103) >> 10) & 0x000f_000f_000f_000f;
    let ones = tens | ((twos - 10 * tens) << 8);
    (ones | 0x3030_3030_3030_3030).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_those_of_the_number() {
        let powers = (0..20).map(|power| 10_u64.pow(power));
        let samples = powers.flat_map(|power| [power - 1, power, power + 1, power / 3 * 2]);
        for number in samples.chain(0..20_000).chain([u64::MAX]) {
            let (digits, start) = decimal(number);
            assert_eq!(digits[start..], *number.to_string().as_bytes());
            for width in [0, 1, 5, 8, 12, 20] {
                let (mut digits, whole) = (Vec::new(), format!("{number:020}"));
                write_digits(&mut digits, number, width);
                assert_eq!(digits, &whole.as_bytes()[20 - width..], "{number} {width}");
            }
        }
    }
}
