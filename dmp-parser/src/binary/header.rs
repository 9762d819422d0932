//! The header of a packet, of either direction.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

/// What a header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) magic: u8,
    pub(super) opcode: u8,
    pub(super) key_len: usize,
    pub(super) extras_len: usize,
    /// Of a reply its status; of a request nothing.
    pub(super) status: u16,
    /// Extras, key and value.
    pub(super) body_len: usize,
    pub(super) opaque: u32,
    pub(super) cas: u64,
}

impl Header {
    /// The header that `input` begins with, if it is all there.
    #[inline]
    pub(super) fn read(input: &[u8]) -> Option<Self> {
        let bytes: &[u8; HEADER_LEN] = input.first_chunk()?;
        let [magic, opcode, key_0, key_1, extras_len, _, status_0, status_1, rest @ ..] = *bytes;
        let [body_0, body_1, body_2, body_3, o_0, o_1, o_2, o_3, cas @ ..] = rest;
        let body_len = u32::from_be_bytes([body_0, body_1, body_2, body_3]);
        Some(Self {
            magic,
            opcode,
            key_len: u16::from_be_bytes([key_0, key_1]).into(),
            extras_len: extras_len.into(),
            status: u16::from_be_bytes([status_0, status_1]),
            body_len: body_len as usize,
            // Repeated as it came: which number it is, only the client knows.
            opaque: u32::from_be_bytes([o_0, o_1, o_2, o_3]),
            cas: u64::from_be_bytes(cas),
        })
    }

    /// The length of the value; `None` where extras and key are longer than the body.
    #[inline]
    pub(super) const fn value_len(&self) -> Option<usize> {
        self.body_len.checked_sub(self.key_len.saturating_add(self.extras_len))
    }

    /// The bytes.
    #[expect(clippy::cast_possible_truncation, reason = "lengths are checked where they arise")]
    pub(super) const fn bytes(&self) -> [u8; HEADER_LEN] {
        let [key_0, key_1] = (self.key_len as u16).to_be_bytes();
        let [status_0, status_1] = self.status.to_be_bytes();
        let [b_0, b_1, b_2, b_3] = (self.body_len as u32).to_be_bytes();
        let [o_0, o_1, o_2, o_3] = self.opaque.to_be_bytes();
        let [c_0, c_1, c_2, c_3, c_4, c_5, c_6, c_7] = self.cas.to_be_bytes();
        let (magic, opcode, extras_len) = (self.magic, self.opcode, self.extras_len as u8);
        [
            magic, opcode, key_0, key_1, extras_len, 0, status_0, status_1, b_0, b_1, b_2, b_3,
            o_0, o_1, o_2, o_3, c_0, c_1, c_2, c_3, c_4, c_5, c_6, c_7,
        ]
    }
}

/// The length of a header.
pub(super) const HEADER_LEN: usize = 24;
