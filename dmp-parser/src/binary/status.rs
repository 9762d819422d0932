//! What a reply's header says became of the request.

/// The status of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u16)]
pub enum BinaryStatus {
    /// Done.
    Done = 0x00,
    /// There is no such item.
    NotFound = 0x01,
    /// There is one, or one of another stamp.
    Exists = 0x02,
    /// The item is longer than items may be.
    TooLarge = 0x03,
    /// The packet is not as it should be.
    Invalid = 0x04,
    /// The item was not stored.
    NotStored = 0x05,
    /// The item is no number.
    NonNumeric = 0x06,
    /// Who asks is not who may.
    AuthError = 0x20,
    /// Authentication needs a further step.
    AuthContinue = 0x21,
    /// There is no such operation.
    UnknownCommand = 0x81,
    /// There is no room for the item.
    OutOfMemory = 0x82,
    /// The server cannot do it.
    Internal = 0x84,
}

impl BinaryStatus {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Done,
        Self::NotFound,
        Self::Exists,
        Self::TooLarge,
        Self::Invalid,
        Self::NotStored,
        Self::NonNumeric,
        Self::AuthError,
        Self::AuthContinue,
        Self::UnknownCommand,
        Self::OutOfMemory,
        Self::Internal,
    ];

    /// The status of this number.
    #[must_use]
    pub fn of(number: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|status| *status as u16 == number)
    }

    /// The value of a reply with it, as memcached 1.6.18 has it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Done | Self::AuthContinue => "",
            Self::NotFound => "Not found",
            Self::Exists => "Data exists for key.",
            Self::TooLarge => "Too large.",
            Self::Invalid => "Invalid arguments",
            Self::NotStored => "Not stored.",
            Self::NonNumeric => "Non-numeric server-side value for incr or decr",
            Self::AuthError => "Auth failure.",
            Self::UnknownCommand => "Unknown command",
            Self::OutOfMemory => "Out of memory",
            Self::Internal => "Internal error",
        }
    }
}
