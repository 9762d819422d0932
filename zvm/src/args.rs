//! The arguments of a request: offsets into the buffer they arrived in.

/// Where one argument stands in its buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ArgRange {
    /// Offset of the first byte.
    pub start: u32,
    /// Length in bytes.
    pub len: u32,
}

impl ArgRange {
    /// The range of `len` bytes from `start` of the annex, not the buffer: both are shorter than
    /// 2 GiB.
    #[must_use]
    pub const fn in_annex(start: u32, len: u32) -> Self {
        Self { start: start | ANNEX, len }
    }
}

/// The arguments of one request, without the command's name (and subcommand's).
#[derive(Debug, Clone, Copy)]
pub struct Args<'a> {
    buffer: &'a [u8],
    ranges: &'a [ArgRange],
    annex: &'a [u8],
    behind: ArgRange,
}

impl<'a> Args<'a> {
    /// Arguments that stand at `ranges` of `buffer`.
    #[must_use]
    pub const fn new(buffer: &'a [u8], ranges: &'a [ArgRange]) -> Self {
        Self::with_annex(buffer, ranges, &[])
    }

    /// The same with arguments that were not in the request beside those that were: their ranges
    /// are [in the annex](ArgRange::in_annex).
    #[must_use]
    pub const fn with_annex(buffer: &'a [u8], ranges: &'a [ArgRange], annex: &'a [u8]) -> Self {
        Self { buffer, ranges, annex, behind: ArgRange { start: 0, len: 0 } }
    }

    /// The same with something behind them that is no argument: what the reply's encoder wants to
    /// know of the request.
    #[must_use]
    pub const fn with_behind(self, behind: ArgRange) -> Self {
        Self { behind, ..self }
    }

    /// What stands behind them; empty where nothing does.
    #[must_use]
    pub fn behind(&self) -> &'a [u8] {
        self.at(self.behind)
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.ranges.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// One of them; empty where `index` or its range does not exist.
    #[must_use]
    pub fn get(&self, index: usize) -> &'a [u8] {
        let Some(range) = self.ranges.get(index) else { return &[] };
        self.at(*range)
    }

    #[inline]
    fn at(&self, range: ArgRange) -> &'a [u8] {
        let start = range.start as usize;
        match self.buffer.get(start..start + range.len as usize) {
            Some(bytes) => bytes,
            None => self.get_annexed(range),
        }
    }

    #[cold]
    fn get_annexed(&self, range: ArgRange) -> &'a [u8] {
        let start = (range.start & !ANNEX) as usize;
        let annex = if range.start & ANNEX == 0 { &[] } else { self.annex };
        annex.get(start..start + range.len as usize).unwrap_or(&[])
    }
}

/// The bit of a start that tells of the annex.
const ANNEX: u32 = 1 << 31;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_come_from_two_places() {
        let buffer_range = |start, len| ArgRange { start, len };
        let ranges = [
            buffer_range(1, 2),
            ArgRange::in_annex(1, 1),
            buffer_range(0, 9),
            ArgRange::in_annex(0, 4),
            ArgRange::in_annex(3, 0),
        ];
        let args = Args::with_annex(b"abcd", &ranges, b"xyz");
        let got: Vec<&[u8]> = (0..6).map(|index| args.get(index)).collect();
        assert_eq!(got, [&b"bc"[..], b"y", b"", b"", b"", b""]);
        assert_eq!(Args::new(b"abcd", &ranges).get(1), b"");
        assert_eq!((args.with_behind(ranges[0]).behind(), args.behind()), (&b"bc"[..], &b""[..]));
    }
}
