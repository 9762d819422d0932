//! The flags of a meta command, read at once; what each is to its command, the command knows.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

use super::base64;
use crate::words::{Word, Words};
use crate::{RequestErrorKind, decimal};

/// What the flags say.
#[derive(Debug, Default)]
pub(crate) struct Flags {
    /// `b`: the key is base64.
    pub(crate) is_base64: bool,
    /// `q`: the usual reply is left out.
    pub(crate) is_quiet: bool,
    /// `c`: the reply tells the stamp.
    pub(crate) stamp: bool,
    /// `u`: the item does not count as used.
    pub(crate) no_bump: bool,
    /// `I`: the item becomes stale.
    pub(crate) invalidate: bool,
    /// `T`: a time.
    pub(crate) exptime: Option<i64>,
    /// Whether it stands behind an `R`.
    pub(crate) touches_last: bool,
    /// `N`: the time of an item made where there is none.
    pub(crate) vivify: Option<i64>,
    /// `R`: the time to live below which an item is to be stored anew.
    pub(crate) recache: Option<i64>,
    /// `F`: the item's flags.
    pub(crate) client_flags: u32,
    /// `C`: the stamp to compare with.
    pub(crate) cas: Option<u64>,
    /// `M`: the mode's letter.
    pub(crate) mode: Option<u8>,
    /// `D`: by how much a number changes.
    pub(crate) delta: Option<u64>,
    /// `J`: the number where there was none.
    pub(crate) initial: u64,
}

impl Flags {
    /// Reads the flags behind `key`.
    pub(crate) fn parse(key: Word<'_>, words: Words<'_>) -> Result<Self, RequestErrorKind> {
        let mut flags = Self::default();
        let mut seen = 0_u128;
        // As in memcached the last mistake is told, but one that makes the rest meaningless is
        // told at once.
        let mut mistake = None;
        for word in words {
            let Some((&letter, token)) = word.bytes.split_first() else { continue };
            let bit = 1_u128.checked_shl(letter.into()).filter(|_| letter < 127).unwrap_or(0);
            if bit == 0 || seen & bit != 0 {
                return Err(RequestErrorKind::DuplicateFlag);
            }
            seen |= bit;
            match flags.read(letter, token, key) {
                Err(RequestErrorKind::InvalidFlag) => return Err(RequestErrorKind::InvalidFlag),
                Err(RequestErrorKind::OpaqueTooLong) if mistake.is_some() => {}
                Err(kind) => mistake = Some(kind),
                Ok(()) => {}
            }
        }
        mistake.map_or(Ok(flags), Err)
    }

    fn read(&mut self, letter: u8, token: &[u8], key: Word<'_>) -> Result<(), RequestErrorKind> {
        let time = || decimal::signed(token).ok_or(RequestErrorKind::BadToken);
        match letter {
            b'b' => {
                self.is_base64 = true;
                base64::decoded_len(key.bytes).ok_or(RequestErrorKind::BadBase64)?;
            }
            b'N' => self.vivify = Some(time()?),
            b'T' => {
                self.exptime = Some(time()?);
                self.touches_last = self.recache.is_some();
            }
            b'R' => self.recache = Some(time()?),
            b'c' => self.stamp = true,
            b'u' => self.no_bump = true,
            b'q' => self.is_quiet = true,
            b'I' => self.invalidate = true,
            b'O' if token.len() > OPAQUE_LEN_MAX => return Err(RequestErrorKind::OpaqueTooLong),
            b'O' | b'P' | b'L' | b'k' | b's' | b't' | b'f' | b'v' | b'h' | b'l' => {}
            b'F' => {
                let flags = decimal::unsigned(token).and_then(|flags| u32::try_from(flags).ok());
                self.client_flags = flags.ok_or(RequestErrorKind::BadFormat)?;
            }
            b'C' => self.cas = Some(decimal::unsigned(token).ok_or(RequestErrorKind::BadToken)?),
            b'M' => match token {
                &[mode] => self.mode = Some(mode),
                _ => return Err(RequestErrorKind::BadModeLength),
            },
            b'J' => {
                self.initial = decimal::unsigned(token).ok_or(RequestErrorKind::BadInitial)?;
            }
            b'D' => {
                let delta = decimal::unsigned(token).ok_or(RequestErrorKind::BadMetaDelta)?;
                self.delta = Some(delta);
            }
            _ => return Err(RequestErrorKind::InvalidFlag),
        }
        Ok(())
    }
}

/// The longest opaque token.
const OPAQUE_LEN_MAX: usize = 31;
