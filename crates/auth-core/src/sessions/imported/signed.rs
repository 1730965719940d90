//! Tokens that another system has signed, and of which it keeps no list.

use crate::contract::account::Realm;
use crate::contract::clock::Timestamp;
use crate::contract::error::Rejection;
use crate::contract::token::FlavourName;

use super::ImportedDigest;

/// A token that another system has signed, after its signature and its claims were checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedImport {
    /// The key of its owner there.
    pub owner: String,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it expires. Its text says so, and nothing can move it.
    pub expires_at: Timestamp,
}

/// The first time that a signed token of another system is presented here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedArrival {
    /// The realm whose people were imported.
    pub realm: Realm,
    /// The flavour that accepts it.
    pub flavour: FlavourName,
    /// The digest of its text.
    pub digest: ImportedDigest,
    /// What its text says.
    pub token: SignedImport,
}

/// Checks the tokens that another system has signed, in memory.
///
/// # Security
/// Whoever has that system's key can sign tokens for everyone who was imported. So the key is accepted for a limited time.
pub trait SignedImports: std::fmt::Debug + Send + Sync + 'static {
    /// What the text says, if the other system has signed it; `None` if it has not.
    ///
    /// # Errors
    /// Why a token that it has signed is refused.
    fn check(&self, text: &str, now: Timestamp) -> Option<Result<SignedImport, Rejection>>;
}
