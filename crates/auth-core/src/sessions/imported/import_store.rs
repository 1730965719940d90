//! Accounts and tokens that another system had, as they are taken over.

use std::fmt;
use std::sync::Arc;

use super::ImportedDigest;
use crate::contract::account::{Attributes, Realm};
use crate::contract::clock::Timestamp;
use crate::contract::error::StoreError;
use crate::contract::peppers::PepperOpener;
use crate::contract::scope::Scopes;
use crate::contract::token::FlavourName;
use async_trait::async_trait;

/// A user of another system.
#[derive(Clone)]
pub struct AccountImport {
    /// Its key there.
    pub source_id: String,
    /// Its login name.
    pub login: String,
    /// A second name to sign in with.
    pub alias: Option<String>,
    /// The name of its role here.
    pub role: Option<String>,
    /// The hash of its password, as it is to be stored; `None`: it cannot sign in by password.
    pub hash: Option<String>,
    /// Opens the pepper of such a hash; `None`: it has none.
    pub peppers: Option<Arc<dyn PepperOpener>>,
    /// Whether it may not sign in, and its tokens are refused.
    pub disabled: bool,
    /// What its dialect needs to answer with.
    pub attributes: Attributes,
    /// Since when it exists there.
    pub created_at: Timestamp,
}

impl fmt::Debug for AccountImport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccountImport")
            .field("source_id", &self.source_id)
            .finish_non_exhaustive()
    }
}

/// A live token of another system.
#[derive(Clone, Debug)]
pub struct TokenImport {
    /// By what it is found.
    pub digest: ImportedDigest,
    /// The number before its secret, for a token of Sanctum.
    pub number: Option<i64>,
    /// The key of its owner there.
    pub owner: String,
    /// Its permissions; `None`: all that its owner's role has now.
    pub scopes: Option<Scopes>,
    /// What its owner calls it.
    pub label: Option<String>,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
}

/// What became of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImportOutcome {
    /// It was added.
    Added,
    /// An earlier import has added it; nothing has changed.
    Present,
    /// The same, of an account that is disabled in one of the two systems and not in the other. Nothing has changed.
    OtherState,
    /// An earlier import has added an account of its key with another login name: it was renamed there, or is somebody else.
    OtherLogin,
    /// One of its names belongs to another account of the realm.
    NameTaken,
    /// An earlier import has added it with the same hash and another pepper, or none, and nobody has signed in with that. The hash
    /// was replaced. Whether the account is disabled in one of the two systems only.
    NewPepper(bool),
    /// Its token was imported for another flavour.
    OtherFlavour(FlavourName),
    /// An earlier import has added the token, which expires later at the other system by now, since it was used there. So it does here
    /// from now on. A token that was replaced here keeps its end.
    Extended,
    /// Its token was imported for another account. Nothing has changed.
    OtherOwner,
    /// Its token was imported, and was revoked here, or its record is gone. Nothing has changed.
    RevokedHere,
    /// No account was imported with its owner's key.
    NoOwner,
    /// Its owner is disabled.
    OwnerDisabled,
}

/// Whether an import is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportMode {
    /// It is.
    Apply,
    /// It is tried, and taken back: only its outcomes remain.
    Try,
}

/// Takes over what another system had. Each call is one transaction: all rows with their outcomes, or none. What was added leaves
/// one entry in the audit log.
#[async_trait]
pub trait ImportStore: fmt::Debug + Send + Sync + 'static {
    /// Adds accounts to a realm. The outcomes are in the order of the rows. Of an account that is there already, only a hash whose
    /// pepper was another one is replaced ([`ImportOutcome::NewPepper`]).
    ///
    /// # Errors
    /// When the store fails; nothing has changed.
    async fn import_accounts(
        &self,
        realm: &Realm,
        rows: &[AccountImport],
        mode: ImportMode,
        now: Timestamp,
    ) -> Result<Vec<ImportOutcome>, StoreError>;

    /// Adds tokens of accounts that were imported to this realm. A token that was ever imported is not imported again, also when
    /// it was revoked or removed here; one that expires later by now does so here too
    /// ([`ImportOutcome::Extended`]). What was added is published in the feed ([`Change::Imported`](crate::Change::Imported)),
    /// and whose token was extended ([`Change::SubjectRights`](crate::Change::SubjectRights)).
    ///
    /// # Errors
    /// When the store fails; nothing has changed.
    async fn import_tokens(
        &self,
        realm: &Realm,
        flavour: &FlavourName,
        rows: &[TokenImport],
        mode: ImportMode,
        now: Timestamp,
    ) -> Result<Vec<ImportOutcome>, StoreError>;
}
