//! What a client may ask for before it is refused.

/// Limits on one request. [`Default`] gives the values of Redis' configuration.
///
/// No memory is taken for what a client only announces: the limits bound what it may go on to
/// send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Longest argument in bytes (Redis: `proto-max-bulk-len`).
    pub bulk_len_max: usize,
    /// Most arguments of a multibulk request, the command's name included.
    ///
    /// Redis 7 draws the line at 2^31-1, Redis up to 6 at 1,048,576.
    pub args_max: usize,
    /// Longest inline request in bytes, its line feed excluded; also the longest header line of
    /// a multibulk request. Values below 32 count as 32. An inline request needs no limit on its
    /// arguments beside this one.
    pub inline_len_max: usize,
    /// Longest request in bytes, framing included. Values above 4 GiB - 1 count as 4 GiB - 1,
    /// because positions are 32 bits wide.
    pub request_len_max: usize,
}

impl Limits {
    /// The least `inline_len_max`: no header that holds a 64-bit decimal is longer.
    pub(crate) const INLINE_LEN_MAX_LEAST: usize = 32;
    /// The most `request_len_max`: positions within a request are 32 bits wide.
    pub(crate) const REQUEST_LEN_MAX_MOST: usize = u32::MAX as usize;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bulk_len_max: 512 << 20,
            args_max: 1 << 20,
            inline_len_max: 64 << 10,
            request_len_max: u32::MAX as usize,
        }
    }
}

/// Most arguments of a request from a client that has yet to authenticate, as in Redis.
pub(crate) const UNAUTHENTICATED_ARGS_MAX: usize = 10;
/// Longest argument of a client that has yet to authenticate, in bytes, as in Redis.
pub(crate) const UNAUTHENTICATED_BULK_LEN_MAX: usize = 16 << 10;
