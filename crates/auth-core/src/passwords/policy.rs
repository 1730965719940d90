//! What a new password must be.

use bcrypt_batch::{MAX_PASSWORD_BYTES, UnusablePassword};
use secrecy::{ExposeSecret, SecretString};

use super::common_passwords::is_common;

/// What a new password must be: long enough, whole under bcrypt, and not one of the some 8,000 most common ones.
/// Nothing else: rules about digits and symbols make passwords worse (NIST SP 800-63B-4 3.1.1.2).
///
/// Spaces and every script are welcome; nothing is trimmed or normalised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordPolicy {
    /// The least length, in characters (Unicode scalar values).
    pub min_chars: usize,
}

impl Default for PasswordPolicy {
    /// At least 8 characters.
    fn default() -> Self {
        Self { min_chars: 8 }
    }
}

/// Why a new password was rejected. The texts are for the person who chose it; none of them repeats the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyViolation {
    /// Too few characters.
    #[error("the password has {chars} characters; it needs at least {least}")]
    TooShort {
        /// How many it has.
        chars: usize,
        /// How many it needs.
        least: usize,
    },
    /// Too many bytes. Letters outside ASCII take two to four each.
    #[error(
        "the password takes {bytes} bytes and at most {MAX_PASSWORD_BYTES} count; letters with accents, \
         other scripts and emoji take 2 to 4 bytes each"
    )]
    TooLong {
        /// How many it takes in UTF-8.
        bytes: usize,
    },
    /// A NUL character, at which bcrypt stops.
    #[error("the password contains a NUL character, which cannot be used")]
    ContainsNul,
    /// One of the most common ones.
    #[error("the password is one of the most common ones, which are guessed first; choose another")]
    Common,
}

impl From<UnusablePassword> for PolicyViolation {
    fn from(fault: UnusablePassword) -> Self {
        match fault {
            UnusablePassword::TooLong { bytes } => Self::TooLong { bytes },
            UnusablePassword::ContainsNul => Self::ContainsNul,
            // Empty: a policy may ask for no length at all.
            _ => Self::TooShort { chars: 0, least: 1 },
        }
    }
}

impl PasswordPolicy {
    /// Checks a new password.
    ///
    /// # Errors
    /// The first [`PolicyViolation`] found.
    pub fn check(&self, password: &SecretString) -> Result<(), PolicyViolation> {
        let text = password.expose_secret();
        let (chars, bytes) = (text.chars().count(), text.len());
        if chars < self.min_chars {
            return Err(PolicyViolation::TooShort {
                chars,
                least: self.min_chars,
            });
        }
        if bytes > MAX_PASSWORD_BYTES {
            return Err(PolicyViolation::TooLong { bytes });
        }
        if text.contains('\0') {
            return Err(PolicyViolation::ContainsNul);
        }
        if is_common(text) {
            return Err(PolicyViolation::Common);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(password: &str) -> Result<(), PolicyViolation> {
        PasswordPolicy::default().check(&password.into())
    }

    #[test]
    fn length_is_counted_in_characters_below_and_in_bytes_above() {
        assert_eq!(check("abc xyz"), Err(PolicyViolation::TooShort { chars: 7, least: 8 }));
        assert_eq!(check("ñandúñan"), Ok(()));
        assert_eq!(check(&"x".repeat(72)), Ok(()));
        assert_eq!(check(&"x".repeat(73)), Err(PolicyViolation::TooLong { bytes: 73 }));
        assert_eq!(check(&"🔐".repeat(18)), Ok(()));
        assert_eq!(check(&"🔐".repeat(64)), Err(PolicyViolation::TooLong { bytes: 256 }));
    }

    #[test]
    fn a_rejection_for_length_names_the_limit_in_bytes() {
        let text = check(&"🔐".repeat(64)).unwrap_err().to_string();
        assert!(text.contains("256 bytes") && text.contains("72"), "{text}");
    }

    #[test]
    fn only_length_nul_and_the_list_of_common_passwords_matter() {
        for password in [
            "onlylowercaseletters",
            "        ",
            "пароль из слов",
            "83019471825",
            " leading and trailing ",
        ] {
            assert_eq!(check(password), Ok(()), "{password}");
        }
        assert_eq!(check("abc\0defgh"), Err(PolicyViolation::ContainsNul));
        assert_eq!(check("Password1"), Err(PolicyViolation::Common));
    }
}
