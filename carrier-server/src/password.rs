//! The password that clients give with AUTH or HELLO, kept as its hash alone.

use sha2::{Digest as _, Sha256};
use std::fmt;

/// A password's SHA-256.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Password([u8; 32]);

impl Password {
    /// That of a password in clear.
    #[must_use]
    pub fn of(secret: &[u8]) -> Self {
        Self(Sha256::digest(secret).into())
    }

    /// Reads a hash of 64 hexadecimal digits; `None` where it is none.
    #[must_use]
    pub fn parse(hash: &str) -> Option<Self> {
        let digits = hash.as_bytes();
        let mut bytes = [0; 32];
        if digits.len() != 2 * bytes.len() {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let digit = |at: usize| char::from(*pair.get(at)?).to_digit(16);
            *byte = u8::try_from(digit(0)? << 4 | digit(1)?).ok()?;
        }
        Some(Self(bytes))
    }

    /// Whether it is that of `secret`. How long this takes tells nothing about the hash.
    #[must_use]
    pub fn is(&self, secret: &[u8]) -> bool {
        let given = Self::of(secret);
        let differing = self.0.iter().zip(given.0).fold(0, |sum, (own, other)| sum | (own ^ other));
        differing == 0
    }
}

impl fmt::Display for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::Password;

    #[test]
    fn hashes_are_those_of_sha256() {
        let hash = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";
        let password = Password::parse(hash).unwrap();
        assert!(password.is(b"secret") && !password.is(b"Secret") && !password.is(b""));
        assert_eq!(password, Password::of(b"secret"));
        assert_eq!(password.to_string(), hash);
        assert_eq!(Password::parse(&hash.to_uppercase()), Some(password));
        for wrong in ["", "2bb8", &hash[1..], &hash.replace('2', "g")] {
            assert_eq!(Password::parse(wrong), None);
        }
        assert_eq!(format!("{password:?}"), "Password(..)");
    }
}
