//! A key as it is stored: what it is for, when it signs and verifies, and its sealed bytes.

use std::fmt;

use auth_core::Timestamp;

use crate::rotation::KeyTimes;

/// What a key is for: one flavour and one algorithm. No two purposes share a key.
///
/// Its text is `flavour/algorithm`. It is stored with the key and bound into the encryption. Keys of another system, with which a
/// flavour only verifies, have the purpose `flavour/accepted`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyPurpose(String);

/// A flavour or an algorithm cannot be part of a [`KeyPurpose`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PurposeError {
    /// The flavour's name.
    #[error("the name of a flavour is not empty, and has no slash and no control characters")]
    Flavour,
    /// The algorithm's name.
    #[error("the name of an algorithm is not empty, is not `accepted`, and has no slash and no control characters")]
    Algorithm,
}

/// In place of an algorithm: the keys of another system. Each says itself which algorithm it is for.
const ACCEPTED: &str = "accepted";

impl KeyPurpose {
    /// The purpose of a flavour's keys of one algorithm.
    ///
    /// # Errors
    /// [`PurposeError`] if a part is empty or has a slash or control characters.
    ///
    /// ```
    /// let purpose = keystore::KeyPurpose::new("mechanics", "EdDSA").unwrap();
    /// assert_eq!(purpose.to_string(), "mechanics/EdDSA");
    /// assert!(keystore::KeyPurpose::new("mechanics/2", "EdDSA").is_err());
    /// ```
    pub fn new(flavour: &str, algorithm: &str) -> Result<Self, PurposeError> {
        match (is_valid(flavour), is_valid(algorithm) && algorithm != ACCEPTED) {
            (false, _) => Err(PurposeError::Flavour),
            (_, false) => Err(PurposeError::Algorithm),
            (true, true) => Ok(Self(format!("{flavour}/{algorithm}"))),
        }
    }

    /// The purpose of another system's keys, with which a flavour verifies and never signs.
    ///
    /// # Errors
    /// [`PurposeError::Flavour`].
    pub fn accepted(flavour: &str) -> Result<Self, PurposeError> {
        match is_valid(flavour) {
            true => Ok(Self(format!("{flavour}/{ACCEPTED}"))),
            false => Err(PurposeError::Flavour),
        }
    }

    /// Whether its keys are another system's.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        self.algorithm() == ACCEPTED
    }

    /// A purpose as stored. Any text is taken as it is, so that every stored key can be listed and retired.
    #[must_use]
    pub fn from_stored(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The text as stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The flavour: what is before the first slash.
    #[must_use]
    pub fn flavour(&self) -> &str {
        self.parts().0
    }

    /// The algorithm: what is after the first slash; empty if there is none.
    #[must_use]
    pub fn algorithm(&self) -> &str {
        self.parts().1
    }

    fn parts(&self) -> (&str, &str) {
        self.0.split_once('/').unwrap_or((&self.0, ""))
    }
}

fn is_valid(part: &str) -> bool {
    !part.is_empty() && !part.chars().any(|c| c == '/' || c.is_control())
}

impl fmt::Display for KeyPurpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for KeyPurpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// A key as stored. Its bytes are sealed with [`Sealer`](crate::Sealer).
#[derive(Clone, PartialEq, Eq)]
pub struct StoredKey {
    /// Its name (for a JWT, the `kid`), unique in the store.
    pub name: String,
    /// What it is for. The seal is bound to it and to the name.
    pub purpose: KeyPurpose,
    /// The sealed bytes; none once they were erased.
    pub sealed: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it signs.
    pub activates_at: Timestamp,
    /// From when on it no longer verifies; `None`: not decided.
    pub retires_at: Option<Timestamp>,
}

impl StoredKey {
    /// When a key retires that must never verify again: before every time that a clock can show. A clock that is set back
    /// would bring a key back that was retired at the time of an emergency.
    pub const REVOKED: Timestamp = Timestamp::from_millis(0);

    /// Whether it never verifies again, whatever a clock shows.
    #[must_use]
    pub fn is_revoked(&self) -> bool {
        self.retires_at.is_some_and(|at| at <= Self::REVOKED)
    }

    /// Whether its secret is no longer stored.
    #[must_use]
    pub fn is_erased(&self) -> bool {
        self.sealed.is_empty()
    }

    /// Whether its secret is to be erased: it retired before this moment and still has one.
    #[must_use]
    pub fn is_due_for_erasure(&self, before: Timestamp) -> bool {
        !self.is_erased() && self.retires_at.is_some_and(|at| at < before)
    }

    /// When it signs and until when it verifies.
    #[must_use]
    pub fn times(&self) -> KeyTimes {
        KeyTimes {
            activates: self.activates_at,
            retires: self.retires_at,
        }
    }

    /// Whether it still verifies.
    #[must_use]
    pub fn verifies(&self, now: Timestamp) -> bool {
        self.times().verifies(now)
    }

    /// Lets it retire at `at`, unless it retires earlier.
    pub fn retire_by(&mut self, at: Timestamp) {
        self.retires_at = Some(self.retires_at.map_or(at, |planned| planned.min(at)));
    }
}

impl fmt::Debug for StoredKey {
    /// Everything but the sealed bytes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredKey")
            .field("name", &self.name)
            .field("purpose", &self.purpose)
            .field("activates_at", &self.activates_at)
            .field("retires_at", &self.retires_at)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purpose_has_two_parts_and_every_stored_text_is_a_purpose() {
        let purpose = KeyPurpose::new("shops", "v4.public").unwrap();
        assert_eq!((purpose.flavour(), purpose.algorithm()), ("shops", "v4.public"));
        assert_eq!(KeyPurpose::from_stored("shops/v4.public"), purpose);
        for (text, flavour, algorithm) in [("", "", ""), ("shops", "shops", ""), ("a/b/c", "a", "b/c")] {
            let stored = KeyPurpose::from_stored(text);
            assert_eq!((stored.flavour(), stored.algorithm()), (flavour, algorithm));
            assert_eq!(stored.to_string(), text);
        }
    }

    #[test]
    fn parts_that_would_be_ambiguous_are_refused() {
        for flavour in ["", "a/b", "a\n"] {
            assert_eq!(KeyPurpose::new(flavour, "EdDSA"), Err(PurposeError::Flavour));
        }
        for algorithm in ["", "a/b", "\u{7f}", "accepted"] {
            assert_eq!(KeyPurpose::new("shops", algorithm), Err(PurposeError::Algorithm));
        }
        assert_eq!(KeyPurpose::accepted("a/b"), Err(PurposeError::Flavour));
        assert!(KeyPurpose::accepted("shops").unwrap().is_accepted());
    }

    #[test]
    fn a_stored_key_does_not_print_its_bytes_and_never_retires_later() {
        let mut key = StoredKey {
            name: "k1".into(),
            purpose: KeyPurpose::from_stored("shops/EdDSA"),
            sealed: b"canary".to_vec(),
            created_at: Timestamp::from_seconds(1),
            activates_at: Timestamp::from_seconds(1),
            retires_at: None,
        };
        let shown = format!("{key:?}");
        assert!(!shown.contains("canary") && !shown.contains("99, 97"), "{shown}");
        for (at, then) in [(9, 9), (12, 9), (5, 5)] {
            key.retire_by(Timestamp::from_seconds(at));
            assert_eq!(key.retires_at, Some(Timestamp::from_seconds(then)));
        }
    }
}
