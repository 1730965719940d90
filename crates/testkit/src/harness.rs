//! What a law about issuers may use: texts and outcomes, so that it can be held up against an issuer in this process and
//! against a server behind a socket alike.

mod service;

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use auth_core::{Capabilities, Lifetime, Subject, Timestamp, TokenId};

use crate::law::{Supported, Unsupported};

pub use service::{Renewal, ServiceHarness, Session};

/// What a harness declares of its issuer.
#[derive(Clone, Debug)]
pub struct Profile {
    /// What the issuer says it can do.
    pub capabilities: Capabilities,
    /// The flavour whose tokens it issues.
    pub flavour: String,
    /// How long they live.
    pub lifetime: Lifetime,
    /// Whether a right that the owner loses is lost to tokens at once; otherwise the next refresh loses it.
    pub rights_at_once: bool,
    /// How many tokens a law may issue that wants many.
    pub many: usize,
}

/// Somebody who may be issued tokens; new for each law that asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Who it is.
    pub subject: Subject,
    /// The realm of the account.
    pub realm: String,
    /// What it may do, and what tokens are issued to it with, in order.
    pub rights: Vec<String>,
}

/// A token as its owner got it.
#[derive(Clone)]
pub struct Issued {
    /// What its bearer presents.
    pub text: String,
    /// What must be presented beside it, if anything.
    pub key: Option<String>,
    /// Its record, as far as the door tells.
    pub id: Option<TokenId>,
    /// When it ends, as far as the door tells.
    pub expiry: Expiry,
}

impl fmt::Debug for Issued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Issued({:?}, {} bytes)", self.id, self.text.len())
    }
}

/// When a token ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// At this moment.
    At(Timestamp),
    /// When it is revoked.
    Never,
    /// The door does not say.
    Unsaid,
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
    /// It cannot be done now.
    Unavailable,
}

/// What became of an attempt to issue.
pub type Issuing = Result<Issued, NotIssued>;

/// The verdict on a presented token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is good, and this is what it stands for.
    Accepted(Accepted),
    /// It is no good.
    Rejected,
    /// It cannot be known now.
    Unavailable,
    /// This text cannot be presented through this door at all (a header holds no NUL).
    Unpresentable,
}

impl Verdict {
    /// Whether it was accepted.
    pub fn is_yes(&self) -> bool {
        matches!(self, Self::Accepted(_))
    }

    /// Whether it was refused, or could not even be presented.
    pub fn is_no(&self) -> bool {
        matches!(self, Self::Rejected | Self::Unpresentable)
    }
}

/// What an accepted token stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Whom it speaks for.
    pub subject: Subject,
    /// The flavour that issued it.
    pub flavour: String,
    /// The realm its owner signed in to.
    pub realm: String,
    /// What its bearer may do, in order.
    pub rights: Vec<String>,
    /// When it ends, as far as the door tells.
    pub expiry: Expiry,
}

/// What became of an attempt to revoke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revocation {
    /// The token has ended.
    Done,
    /// Tokens of this issuer cannot be revoked.
    Unsupported,
    /// The token with which revocation was asked for is itself no good.
    Rejected,
    /// It could not be recorded; the token lives on.
    Unavailable,
}

/// An issuer under test, in a world that a law may move.
///
/// What only some harnesses can do has a default that answers [`Unsupported`]: the laws that need it then do not apply,
/// and the test must list them by name. A harness is new for each law, and nobody else uses what is behind it.
#[async_trait]
pub trait IssuerHarness: fmt::Debug + Send + Sync + 'static {
    /// What is declared of the issuer.
    fn profile(&self) -> Profile;

    /// Prepares somebody new who may be issued tokens.
    async fn owner(&self) -> Owner;

    /// Issues a token of its own to somebody, as after a fresh sign-in.
    ///
    /// # Errors
    /// When none is issued.
    async fn issue(&self, owner: &Owner) -> Issuing;

    /// The verdict on a text, presented with or without a key.
    async fn verify(&self, text: &str, key: Option<&str>) -> Verdict;

    /// Ends a token.
    async fn revoke(&self, token: &Issued) -> Revocation;

    /// The time.
    ///
    /// # Errors
    /// Where the harness has no clock to read; so for each method below.
    fn now(&self) -> Supported<Timestamp> {
        Err(Unsupported("the clock cannot be read"))
    }

    /// Lets time pass; the housekeeping that the server does now and then is done on the way.
    async fn advance(&self, _by: Duration) -> Supported<()> {
        Err(Unsupported("the clock cannot be moved"))
    }

    /// Bars the owner, or readmits them. Both are known to this node when it returns.
    async fn set_disabled(&self, _owner: &Owner, _disabled: bool) -> Supported<()> {
        Err(Unsupported("nobody can be barred"))
    }

    /// Changes the owner's password, in the way that ends all sessions. Known to this node when it returns.
    async fn change_password(&self, _owner: &Owner) -> Supported<()> {
        Err(Unsupported("no password can be changed"))
    }

    /// Lets the owner do this and nothing else from now on. Known to this node when it returns.
    async fn set_rights(&self, _owner: &Owner, _rights: &[String]) -> Supported<()> {
        Err(Unsupported("rights cannot be changed"))
    }

    /// Answers a grant whose tokens are shared.
    async fn issue_shared(&self, _owner: &Owner) -> Supported<Issuing> {
        Err(Unsupported("tokens cannot be shared"))
    }

    /// Issues for a grant made before the owner's generation moved on (which this does).
    async fn issue_outdated(&self, _owner: &Owner) -> Supported<Issuing> {
        Err(Unsupported("no grant can be outdated"))
    }

    /// Issues another token that belongs to the session of this one, as a refresh does.
    async fn issue_within(&self, _owner: &Owner, _session: &Issued) -> Supported<Issuing> {
        Err(Unsupported("a session has one token"))
    }

    /// A refresh token of the owner's that would work.
    async fn refresh_token(&self, _owner: &Owner) -> Supported<String> {
        Err(Unsupported("nothing is refreshed"))
    }

    /// A token of another flavour of the same kind, on the same store, for the same owner.
    async fn issue_foreign(&self, _owner: &Owner) -> Supported<Issuing> {
        Err(Unsupported("there is no other flavour"))
    }

    /// What that other flavour says of a text.
    async fn verify_foreign(&self, _text: &str, _key: Option<&str>) -> Supported<Verdict> {
        Err(Unsupported("there is no other flavour"))
    }

    /// What another node on the same store says of a text.
    async fn verify_elsewhere(&self, _text: &str, _key: Option<&str>) -> Supported<Verdict> {
        Err(Unsupported("there is no other node"))
    }

    /// Lets the other node hear of what happened.
    async fn sync_elsewhere(&self) -> Supported<()> {
        Err(Unsupported("there is no other node"))
    }

    /// Lets this node go without news for longer than it may; `false`: lets it hear them again.
    async fn lose_touch(&self, _lost: bool) -> Supported<()> {
        Err(Unsupported("the node cannot be cut off"))
    }

    /// Makes the store fail at every call, or at none.
    async fn fail_store(&self, _failing: bool) -> Supported<()> {
        Err(Unsupported("the store cannot be made to fail"))
    }

    /// Makes the random source fail, or not, and says how many draws it has refused so far.
    async fn fail_entropy(&self, _failing: bool) -> Supported<u64> {
        Err(Unsupported("the random source cannot be made to fail"))
    }

    /// How many calls the store has had.
    async fn store_calls(&self) -> Supported<u64> {
        Err(Unsupported("the calls to the store cannot be counted"))
    }

    /// How many records of tokens and sessions the store holds, after what may be purged was purged.
    async fn token_rows(&self) -> Supported<u64> {
        Err(Unsupported("the rows cannot be counted"))
    }

    /// Everything the store was given so far that follows from a secret: digests, salts, sealed successors.
    async fn stored_secrets(&self) -> Supported<Vec<Vec<u8>>> {
        Err(Unsupported("the store cannot be looked into"))
    }

    /// Prints, in every way that there is, all that is handled while a token is issued, verified and refused.
    async fn prints(&self, _owner: &Owner) -> Supported<Prints> {
        Err(Unsupported("there is nothing to print"))
    }
}

/// What was printed, and what must not be in it.
#[derive(Debug)]
pub struct Prints {
    /// Each text printed.
    pub printed: Vec<String>,
    /// The secrets that were handled meanwhile.
    pub canaries: Vec<String>,
}
