//! What a peer may send before it is refused.

/// Limits on one request or reply. [`Default`] gives memcached's values.
///
/// No memory is taken for what a peer only announces. Values above 1 GiB count as 1 GiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Longest key in bytes.
    pub key_len_max: usize,
    /// Longest item in bytes: the data alone, where memcached counts its own header too.
    pub item_len_max: usize,
    /// Longest command line in bytes, its line feed excluded. Values below 128 count as 128.
    pub line_len_max: usize,
    /// The same for `get` and `gets` with their many keys. memcached has no such limit.
    pub get_line_len_max: usize,
}

impl Limits {
    /// The limits with none above what positions of 32 bits can bear.
    pub(crate) fn clamped(self) -> Self {
        Self {
            key_len_max: self.key_len_max,
            item_len_max: self.item_len_max.min(LEN_MAX_MOST),
            line_len_max: self.line_len_max.clamp(LINE_LEN_MAX_LEAST, LEN_MAX_MOST),
            get_line_len_max: self.get_line_len_max.min(LEN_MAX_MOST),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            key_len_max: 250,
            item_len_max: 1 << 20,
            line_len_max: 2048,
            get_line_len_max: 1 << 20,
        }
    }
}

const LEN_MAX_MOST: usize = 1 << 30;
/// By then it is clear whether a line may be a long `get`.
const LINE_LEN_MAX_LEAST: usize = 128;
