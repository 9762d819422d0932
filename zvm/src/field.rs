//! Bit fields: some neighbouring bits of a string as an integer, as `BITFIELD` has them.

/// The type of a bit field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Field {
    /// 1 to 64; to 63 without sign.
    width: u32,
    is_signed: bool,
}

impl Field {
    /// `i16`, `u8`.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let (sign, width) = text.split_first()?;
        let is_signed = match sign {
            b'i' => true,
            b'u' => false,
            _ => return None,
        };
        let width = u32::try_from(databox::decimal::parse(width)?).ok()?;
        let max = if is_signed { 64 } else { 63 };
        (1..=max).contains(&width).then_some(Self { width, is_signed })
    }

    /// The width, below 0 where it has a sign.
    pub(crate) fn code(self) -> i64 {
        if self.is_signed { -i64::from(self.width) } else { self.width.into() }
    }

    /// The field with a code; a wrong one means some other field.
    pub(crate) fn of_code(code: i64) -> Self {
        let width = u32::try_from(code.unsigned_abs()).unwrap_or(1);
        Self { width: width.clamp(1, 64), is_signed: code < 0 }
    }

    /// The bit at which a field begins.
    pub(crate) fn offset(self, text: &[u8]) -> Option<i64> {
        let (digits, factor) = match text.split_first() {
            Some((b'#', digits)) => (digits, i64::from(self.width)),
            _ => (text, 1),
        };
        let offset = databox::decimal::parse(digits)?.checked_mul(factor)?;
        (0..OFFSET_MAX).contains(&offset).then_some(offset)
    }

    /// How many bytes the field reaches into, from that of its first bit on.
    pub(crate) fn bytes(self, bit: u64) -> u64 {
        (bit % 8 + u64::from(self.width)).div_ceil(8)
    }

    /// The value in a window of bytes that begins with the byte of `bit`.
    pub(crate) fn read(self, window: u128, bit: u64) -> i64 {
        let field = window << (bit % 8) >> (u128::BITS - self.width);
        // At most 64 bits are left.
        self.wrap(field.cast_signed())
    }

    /// That window with another value.
    pub(crate) fn write(self, window: u128, bit: u64, value: i64) -> u128 {
        let mask = u128::MAX >> (u128::BITS - self.width);
        let shift = u128::BITS - self.width - (bit % 8) as u32;
        let value = i128::from(value).cast_unsigned() & mask;
        window & !(mask << shift) | value << shift
    }

    /// A sum, which may not fit.
    pub(crate) fn sum(self, value: i64, by: i64) -> i128 {
        let value =
            if self.is_signed { i128::from(value) } else { i128::from(value.cast_unsigned()) };
        value + i128::from(by)
    }

    pub(crate) fn fits(self, value: i128) -> bool {
        (self.min()..=self.max()).contains(&value)
    }

    /// The value that has the lowest bits of this one.
    pub(crate) fn wrap(self, value: i128) -> i64 {
        let unused = u128::BITS - self.width;
        let high = value << unused;
        let value = if self.is_signed {
            high >> unused
        } else {
            (high.cast_unsigned() >> unused).cast_signed()
        };
        // It fits: 64 bits with a sign, or 63 without.
        value as i64
    }

    /// The nearest value that fits.
    pub(crate) fn saturate(self, value: i128) -> i64 {
        value.clamp(self.min(), self.max()) as i64
    }

    const fn min(self) -> i128 {
        if self.is_signed { -(1 << (self.width - 1)) } else { 0 }
    }

    const fn max(self) -> i128 {
        let bits = if self.is_signed { self.width - 1 } else { self.width };
        (1 << bits) - 1
    }
}

/// Bits of the longest string.
const OFFSET_MAX: i64 = 1 << 32;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn types_and_offsets_are_read_as_redis_does() {
        let field = |text: &str| Field::parse(text.as_bytes()).map(Field::code);
        assert_eq!(["i64", "u63", "i1", "u8"].map(field), [-64, 63, -1, 8].map(Some));
        let wrong = ["u64", "i65", "u0", "i-1", "x8", "u", "", "i08", "i 8"];
        assert!(wrong.iter().all(|text| field(text).is_none()));
        let offset = |text: &str| Field::of_code(8).offset(text.as_bytes());
        assert_eq!(["0", "#3", "4294967295"].map(offset), [0, 24, 4_294_967_295].map(Some));
        let wrong = ["-1", "4294967296", "#536870912", "#9223372036854775807", "", "#", "x"];
        assert!(wrong.iter().all(|text| offset(text).is_none()));
    }

    #[test]
    fn sums_end_at_the_bounds() {
        let (signed, unsigned) = (Field::of_code(-8), Field::of_code(8));
        let sum = signed.sum(127, 1);
        assert_eq!((signed.fits(sum), signed.wrap(sum), signed.saturate(sum)), (false, -128, 127));
        let sum = unsigned.sum(0, -1);
        assert_eq!(
            (unsigned.fits(sum), unsigned.wrap(sum), unsigned.saturate(sum)),
            (false, 255, 0)
        );
        // A value below 0 that is set is taken to be a large one.
        let sum = unsigned.sum(-1, 0);
        assert_eq!(
            (unsigned.fits(sum), unsigned.wrap(sum), unsigned.saturate(sum)),
            (false, 255, 255)
        );
        let widest = Field::of_code(-64);
        let sum = widest.sum(i64::MAX, 1);
        assert_eq!((widest.fits(sum), widest.wrap(sum)), (false, i64::MIN));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            window: u128,
            bit in 0..8_u64,
            code in -64..=63_i64,
            value: i64,
        ) {
            let field = Field::of_code(if code == 0 { 1 } else { code });
            let value = field.wrap(value.into());
            let written = field.write(window, bit, value);
            prop_assert_eq!(field.read(written, bit), value);
            prop_assert_eq!(field.write(written, bit, field.read(window, bit)), window);
        }
    }
}
