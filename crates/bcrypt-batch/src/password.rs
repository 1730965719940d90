//! A password that bcrypt can hash.

use core::fmt;

/// The most bytes of a password that bcrypt uses.
pub const MAX_PASSWORD_BYTES: usize = 72;

/// A borrowed password that bcrypt can distinguish from every other: 1 to 72 bytes, no NUL.
///
/// bcrypt itself stops reading at 72 bytes, and repeats a shorter password with a NUL between. Passwords that pass
/// [`new`](Self::new) and differ in a byte differ for bcrypt. Nothing is trimmed, folded or normalised.
#[derive(Clone, Copy)]
pub struct Password<'a>(&'a [u8]);

impl<'a> Password<'a> {
    /// Checks `bytes`.
    ///
    /// # Errors
    /// [`UnusablePassword`] says why.
    ///
    /// # Security
    /// When a login is refused for this, run a [`Job::decoy`](crate::Job::decoy) all the same: otherwise the response
    /// time shows whether the account exists.
    pub fn new(bytes: &'a [u8]) -> Result<Self, UnusablePassword> {
        if bytes.is_empty() {
            Err(UnusablePassword::Empty)
        } else if bytes.len() <= MAX_PASSWORD_BYTES && bytes.contains(&0) {
            Err(UnusablePassword::ContainsNul)
        } else {
            Self::dangerous_raw(bytes)
        }
    }

    /// Accepts any bytes up to the 72 that bcrypt uses, also none and NUL: to check hashes of binary secrets from other
    /// systems, and for test vectors.
    ///
    /// # Errors
    /// [`UnusablePassword::TooLong`].
    ///
    /// # Security
    /// bcrypt repeats a short password with a NUL between, so `abc NUL abc` matches the hash of `abc`, and a single
    /// NUL that of the empty password. Do not use it for passwords that people type.
    pub fn dangerous_raw(bytes: &'a [u8]) -> Result<Self, UnusablePassword> {
        if bytes.len() > MAX_PASSWORD_BYTES {
            return Err(UnusablePassword::TooLong { bytes: bytes.len() });
        }
        Ok(Self(bytes))
    }

    pub(crate) const fn bytes(self) -> &'a [u8] {
        self.0
    }
}

impl fmt::Debug for Password<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password([redacted])")
    }
}

/// Why a password cannot be hashed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum UnusablePassword {
    /// It is empty.
    Empty,
    /// More than [`MAX_PASSWORD_BYTES`] bytes, in UTF-8 or any other encoding.
    TooLong {
        /// Its length in bytes.
        bytes: usize,
    },
    /// It contains a NUL byte.
    ContainsNul,
}

impl fmt::Display for UnusablePassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the password is empty"),
            Self::TooLong { bytes } => write!(
                f,
                "the password has {bytes} bytes, more than the {MAX_PASSWORD_BYTES} that bcrypt uses"
            ),
            Self::ContainsNul => f.write_str("the password contains a NUL byte"),
        }
    }
}

impl core::error::Error for UnusablePassword {}

#[cfg(test)]
mod tests {
    use super::{Password, UnusablePassword};

    #[test]
    fn length_is_1_to_72_bytes() {
        let accepted: Vec<usize> = (0..100).filter(|&n| Password::new(&vec![b'a'; n]).is_ok()).collect();
        assert_eq!(accepted, (1..=72).collect::<Vec<_>>());
        assert_eq!(
            Password::new(&[b'a'; 73]).err(),
            Some(UnusablePassword::TooLong { bytes: 73 })
        );
        assert_eq!(Password::new(b"").err(), Some(UnusablePassword::Empty));
    }

    #[test]
    fn nul_is_refused_at_any_position() {
        for password in [&b"\0"[..], b"\0abc", b"abc\0abc", b"abc\0"] {
            assert_eq!(Password::new(password).err(), Some(UnusablePassword::ContainsNul));
        }
    }

    #[test]
    fn raw_accepts_up_to_72_bytes_of_any_kind() {
        for password in [&b""[..], b"\0", b"abc\0abc", &[0xff; 72]] {
            assert!(Password::dangerous_raw(password).is_ok());
        }
        assert_eq!(
            Password::dangerous_raw(&[b'a'; 73]).err(),
            Some(UnusablePassword::TooLong { bytes: 73 })
        );
    }

    #[test]
    fn password_does_not_print() {
        let password = Password::new(b"hunter2").unwrap();
        assert_eq!(format!("{password:?}"), "Password([redacted])");
    }
}
