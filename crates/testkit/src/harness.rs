//! What a law about issuers can use: texts and outcomes, so that it can test an issuer in this process and a server
//! behind a socket.

mod service;

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use auth_core::{Capabilities, Lifetime, Subject, Timestamp, TokenId};

use crate::law::{Supported, Unsupported};

pub use service::{Renewal, ServiceHarness, Session};

/// What a harness declares about its issuer.
#[derive(Clone, Debug)]
pub struct Profile {
    /// The capabilities that the issuer declares.
    pub capabilities: Capabilities,
    /// The flavour whose tokens it issues.
    pub flavour: String,
    /// Their lifetime.
    pub lifetime: Lifetime,
    /// How many tokens a law may issue that needs many.
    pub many: usize,
}

/// An account to which tokens may be issued; a new one for each call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The account's subject.
    pub subject: Subject,
    /// The realm of the account.
    pub realm: String,
    /// Its permissions, with which tokens are issued to it, in order.
    pub rights: Vec<String>,
}

/// A token as its owner received it.
#[derive(Clone)]
pub struct Issued {
    /// The text that its bearer presents.
    pub text: String,
    /// The key that must be presented with it, if any.
    pub key: Option<String>,
    /// Its record, if the harness reports it.
    pub id: Option<TokenId>,
    /// When it expires, if the harness reports it.
    pub expiry: Expiry,
}

impl fmt::Debug for Issued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Issued({:?}, {} bytes)", self.id, self.text.len())
    }
}

/// When a token expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// At this moment.
    At(Timestamp),
    /// Never; it is valid until it is revoked.
    Never,
    /// The harness does not report it.
    NotReported,
}

impl From<Option<Timestamp>> for Expiry {
    fn from(end: Option<Timestamp>) -> Self {
        end.map_or(Self::Never, Self::At)
    }
}

/// Why no token was issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotIssued {
    /// The owner is not entitled to one.
    NotEntitled,
    /// It is not possible at the moment.
    Unavailable,
}

/// The result of an attempt to issue.
pub type Issuing = Result<Issued, NotIssued>;

/// The verdict on a presented token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is valid, and this is what it grants.
    Accepted(Accepted),
    /// It is not valid.
    Rejected,
    /// It cannot be checked at the moment.
    Unavailable,
    /// This text cannot be presented at all through this harness (a header cannot contain NUL).
    Unpresentable,
}

impl Verdict {
    /// Whether it was accepted.
    pub fn is_accepted(&self) -> bool {
        matches!(self, Self::Accepted(_))
    }

    /// Whether it was refused or could not be presented.
    pub fn is_refused(&self) -> bool {
        matches!(self, Self::Rejected | Self::Unpresentable)
    }
}

/// What an accepted token grants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Its owner.
    pub subject: Subject,
    /// The flavour that issued it.
    pub flavour: String,
    /// The realm of its owner.
    pub realm: String,
    /// Its permissions, in order.
    pub rights: Vec<String>,
    /// When it expires, if the harness reports it.
    pub expiry: Expiry,
}

/// The result of an attempt to revoke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revocation {
    /// The token is revoked.
    Done,
    /// Tokens of this issuer cannot be revoked.
    Unsupported,
    /// The token that asked for the revocation is itself not valid.
    Rejected,
    /// It could not be recorded; the token is still active.
    Unavailable,
}

/// An issuer under test, with its clock, store and accounts under the law's control.
///
/// Methods that only some harnesses support have a default that answers [`Unsupported`]: the laws that need them then do
/// not apply, and the test must list them by name. Each law gets a new harness, with a store of its own.
#[async_trait]
pub trait IssuerHarness: fmt::Debug + Send + Sync + 'static {
    /// What the harness declares about its issuer.
    fn profile(&self) -> Profile;

    /// Creates a new account to which tokens may be issued.
    async fn owner(&self) -> Owner;

    /// Issues a new token to an owner, as after a sign-in.
    ///
    /// # Errors
    /// If none is issued.
    async fn issue(&self, owner: &Owner) -> Issuing;

    /// Verifies a text, presented with or without a key.
    async fn verify(&self, text: &str, key: Option<&str>) -> Verdict;

    /// Revokes a token.
    async fn revoke(&self, token: &Issued) -> Revocation;

    /// The current time.
    ///
    /// # Errors
    /// If the harness does not support this; the same for each method below.
    fn now(&self) -> Supported<Timestamp> {
        Err(Unsupported("the clock cannot be read"))
    }

    /// Advances the clock, and does the server's regular housekeeping.
    async fn advance(&self, _by: Duration) -> Supported<()> {
        Err(Unsupported("the clock cannot be moved"))
    }

    /// Disables or enables the owner. This node has applied the change when it returns.
    async fn set_disabled(&self, _owner: &Owner, _disabled: bool) -> Supported<()> {
        Err(Unsupported("accounts cannot be disabled"))
    }

    /// Changes the owner's password and revokes all sessions. This node has applied the change when it returns.
    async fn change_password(&self, _owner: &Owner) -> Supported<()> {
        Err(Unsupported("passwords cannot be changed"))
    }

    /// Replaces the owner's permissions. This node has applied the change when it returns.
    async fn set_rights(&self, _owner: &Owner, _rights: &[String]) -> Supported<()> {
        Err(Unsupported("permissions cannot be changed"))
    }

    /// Issues for a grant whose tokens are shared.
    async fn issue_shared(&self, _owner: &Owner) -> Supported<Issuing> {
        Err(Unsupported("tokens cannot be shared"))
    }

    /// Makes a grant, starts a new generation of the owner, and then issues for the outdated grant.
    async fn issue_outdated(&self, _owner: &Owner) -> Supported<Issuing> {
        Err(Unsupported("grants cannot be made outdated"))
    }

    /// Issues another token of the session of this one, as a refresh does.
    async fn issue_within(&self, _owner: &Owner, _session: &Issued) -> Supported<Issuing> {
        Err(Unsupported("a session has one token"))
    }

    /// Issues a token to this owner that names the session of another token, of whatever owner: what a token names
    /// after a restore from a backup, when the number of its session was given again.
    async fn issue_naming(&self, _owner: &Owner, _session: &Issued) -> Supported<Issuing> {
        Err(Unsupported("a token cannot be made to name another session"))
    }

    /// An active refresh token of the owner.
    async fn refresh_token(&self, _owner: &Owner) -> Supported<String> {
        Err(Unsupported("there are no refresh tokens"))
    }

    /// Issues a token of another flavour of the same kind, on the same store, for the same owner.
    async fn issue_foreign(&self, _owner: &Owner) -> Supported<Issuing> {
        Err(Unsupported("there is no other flavour"))
    }

    /// Verifies a text at that other flavour.
    async fn verify_foreign(&self, _text: &str, _key: Option<&str>) -> Supported<Verdict> {
        Err(Unsupported("there is no other flavour"))
    }

    /// Verifies a text on another node on the same store.
    async fn verify_elsewhere(&self, _text: &str, _key: Option<&str>) -> Supported<Verdict> {
        Err(Unsupported("there is no other node"))
    }

    /// Lets the other node read the feed of changes.
    async fn sync_elsewhere(&self) -> Supported<()> {
        Err(Unsupported("there is no other node"))
    }

    /// Sets by how many milliseconds the other node's clock is ahead of this one's, which is the store's; negative: behind.
    /// The node has compared the two when this returns.
    async fn set_clock_elsewhere(&self, _ahead: i64) -> Supported<()> {
        Err(Unsupported("there is no other node with a clock of its own"))
    }

    /// Keeps this node from reading the feed for longer than it may; with `false`, lets it read the feed again.
    async fn stop_feed(&self, _stopped: bool) -> Supported<()> {
        Err(Unsupported("the feed cannot be stopped"))
    }

    /// Makes every call to the store fail, or none.
    async fn fail_store(&self, _failing: bool) -> Supported<()> {
        Err(Unsupported("the store cannot be made to fail"))
    }

    /// Makes the random source fail, or work again; how many draws have failed so far.
    async fn fail_entropy(&self, _failing: bool) -> Supported<u64> {
        Err(Unsupported("the random source cannot be made to fail"))
    }

    /// The number of calls to the store so far.
    async fn store_calls(&self) -> Supported<u64> {
        Err(Unsupported("the calls to the store cannot be counted"))
    }

    /// The number of records of tokens and sessions in the store, after everything purgeable was purged.
    async fn token_rows(&self) -> Supported<u64> {
        Err(Unsupported("the rows cannot be counted"))
    }

    /// Everything derived from a secret that the store was given so far: digests, salts, sealed successors.
    async fn stored_secrets(&self) -> Supported<Vec<Vec<u8>>> {
        Err(Unsupported("the stored values cannot be read"))
    }

    /// Prints, with `Debug` and `Display`, everything that is handled while a token is issued, verified and refused.
    async fn prints(&self, _owner: &Owner) -> Supported<Prints> {
        Err(Unsupported("there is nothing to print"))
    }
}

/// What was printed, and what must not be in it.
#[derive(Debug)]
pub struct Prints {
    /// The printed texts.
    pub printed: Vec<String>,
    /// The secrets that were handled.
    pub canaries: Vec<String>,
}
