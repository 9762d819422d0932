//! The binary form of a program.
//!
//! ```text
//! "ZVM" version | name | protocol access run_where returns | signature | constants | code
//!               | registers | docs | source
//! ```
//!
//! Numbers are LEB128, at most 64 bits wide; signed ones are zigzag-coded first. Strings and
//! lists stand behind their length, choices are one byte, an instruction is
//! [nine](Instruction::to_bytes).

mod reader;
mod writer;

use crate::{Instruction, Program};
use reader::Reader;
use std::fmt;
use writer::Writer;

/// Why bytes are not a program. Each with the offset at which that shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FormatError {
    /// They do not begin as a program of this version does.
    Version,
    /// They end too early, or a length is more than what follows.
    End(usize),
    /// A number is more than its field holds, or a choice does not exist.
    Range(usize),
    /// A text is not UTF-8.
    Utf8(usize),
    /// Something follows the program.
    Trailing(usize),
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version => write!(f, "not a program of version {VERSION}"),
            Self::End(at) => write!(f, "byte {at}: ends too early"),
            Self::Range(at) => write!(f, "byte {at}: value out of range"),
            Self::Utf8(at) => write!(f, "byte {at}: text is not UTF-8"),
            Self::Trailing(at) => write!(f, "byte {at}: expected the end"),
        }
    }
}

impl std::error::Error for FormatError {}

impl Program {
    /// The program as bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.program(self);
        writer.into_bytes()
    }

    /// The program that these bytes encode, not verified. Memory stays proportional to their
    /// number.
    ///
    /// # Errors
    ///
    /// Where and how the bytes are no program.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FormatError> {
        let mut reader = Reader::new(bytes);
        let program = reader.program()?;
        reader.end()?;
        Ok(program)
    }
}

/// What a program begins with.
const MAGIC: [u8; 3] = *b"ZVM";

/// The version that is written and read.
const VERSION: u8 = 5;

#[cfg(test)]
mod tests {
    use super::{FormatError, Program};
    use crate::assemble;

    fn program() -> Program {
        assemble(
            "program \"SET\"\naccess write\nparam key: key\nparam n: integer default -3\n\
             param t: bytes default \"x\"\noptions ex EX (s: integer error \"ERR s\")\n\
             unknown_option \"ERR \"\nsummary \"Set.\"\nexample \"SET a 1\" -> \"OK\"\n\
             source \"s.zvml\" 300\nplain_entry end\n\
             int_wide r4 -9223372036854775808\nreply_nil\nhalt\nend: reply_nil\nhalt",
        )
        .unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn programs_come_back() {
        let program = program();
        assert_eq!(Program::from_bytes(&program.to_bytes()), Ok(program));
    }

    #[test]
    fn every_shorter_text_is_refused() {
        let bytes = program().to_bytes();
        for len in 0..bytes.len() {
            let error = Program::from_bytes(&bytes[..len]).expect_err("the end is missing");
            assert!(matches!(error, FormatError::End(_) | FormatError::Version), "{len}: {error}");
        }
    }

    #[test]
    fn what_follows_is_refused() {
        let mut bytes = program().to_bytes();
        let len = bytes.len();
        bytes.push(0);
        assert_eq!(Program::from_bytes(&bytes), Err(FormatError::Trailing(len)));
    }

    #[test]
    fn numbers_have_one_form() {
        // The length of the name, 3, in two bytes.
        let mut bytes = program().to_bytes();
        bytes[4] = 0x83;
        bytes.insert(5, 0);
        assert_eq!(Program::from_bytes(&bytes), Err(FormatError::Range(4)));
    }

    #[test]
    fn other_versions_are_refused() {
        let mut bytes = program().to_bytes();
        bytes[3] = 1;
        assert_eq!(Program::from_bytes(&bytes), Err(FormatError::Version));
    }
}
