//! The operations of the binary protocol, by number.

/// What a packet asks for. Those with a `Q` are quiet: only what is not expected is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the protocol's own names")]
#[non_exhaustive]
#[repr(u8)]
pub enum Opcode {
    Get = 0x00,
    Set = 0x01,
    Add = 0x02,
    Replace = 0x03,
    Delete = 0x04,
    Increment = 0x05,
    Decrement = 0x06,
    Quit = 0x07,
    Flush = 0x08,
    GetQ = 0x09,
    Noop = 0x0a,
    Version = 0x0b,
    GetK = 0x0c,
    GetKQ = 0x0d,
    Append = 0x0e,
    Prepend = 0x0f,
    Stat = 0x10,
    SetQ = 0x11,
    AddQ = 0x12,
    ReplaceQ = 0x13,
    DeleteQ = 0x14,
    IncrementQ = 0x15,
    DecrementQ = 0x16,
    QuitQ = 0x17,
    FlushQ = 0x18,
    AppendQ = 0x19,
    PrependQ = 0x1a,
    Touch = 0x1c,
    Gat = 0x1d,
    GatQ = 0x1e,
    SaslList = 0x20,
    SaslAuth = 0x21,
    SaslStep = 0x22,
    GatK = 0x23,
    GatKQ = 0x24,
}

impl Opcode {
    /// All of them.
    pub const ALL: [Self; 35] = [
        Self::Get,
        Self::Set,
        Self::Add,
        Self::Replace,
        Self::Delete,
        Self::Increment,
        Self::Decrement,
        Self::Quit,
        Self::Flush,
        Self::GetQ,
        Self::Noop,
        Self::Version,
        Self::GetK,
        Self::GetKQ,
        Self::Append,
        Self::Prepend,
        Self::Stat,
        Self::SetQ,
        Self::AddQ,
        Self::ReplaceQ,
        Self::DeleteQ,
        Self::IncrementQ,
        Self::DecrementQ,
        Self::QuitQ,
        Self::FlushQ,
        Self::AppendQ,
        Self::PrependQ,
        Self::Touch,
        Self::Gat,
        Self::GatQ,
        Self::SaslList,
        Self::SaslAuth,
        Self::SaslStep,
        Self::GatK,
        Self::GatKQ,
    ];

    /// The operation of this number.
    #[must_use]
    pub fn of(number: u8) -> Option<Self> {
        // The numbers are dense but for three holes.
        let index = match number {
            0x00..=0x1a => number,
            0x1c..=0x1e => number.wrapping_sub(1),
            0x20..=0x24 => number.wrapping_sub(2),
            _ => return None,
        };
        Self::ALL.get(usize::from(index)).copied()
    }

    /// The operation that does the same and always answers.
    #[must_use]
    pub const fn loud(self) -> Self {
        match self {
            Self::GetQ => Self::Get,
            Self::GetKQ => Self::GetK,
            Self::SetQ => Self::Set,
            Self::AddQ => Self::Add,
            Self::ReplaceQ => Self::Replace,
            Self::DeleteQ => Self::Delete,
            Self::IncrementQ => Self::Increment,
            Self::DecrementQ => Self::Decrement,
            Self::QuitQ => Self::Quit,
            Self::FlushQ => Self::Flush,
            Self::AppendQ => Self::Append,
            Self::PrependQ => Self::Prepend,
            Self::GatQ => Self::Gat,
            Self::GatKQ => Self::GatK,
            loud => loud,
        }
    }

    /// Whether only what is not expected is answered.
    #[must_use]
    pub const fn is_quiet(self) -> bool {
        self as u8 != self.loud() as u8
    }

    /// Whether a reply to it holds the key.
    #[must_use]
    pub const fn returns_key(self) -> bool {
        matches!(self.loud(), Self::GetK | Self::GatK)
    }
}

#[cfg(test)]
mod tests {
    use super::Opcode;

    #[test]
    fn numbers_lead_to_their_operations() {
        let found: Vec<Opcode> = (0..=255).filter_map(Opcode::of).collect();
        assert_eq!(found, Opcode::ALL);
        assert!((0..=255).all(|number| Opcode::of(number).is_none_or(|op| op as u8 == number)));
    }
}
