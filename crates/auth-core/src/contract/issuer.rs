//! The contract of a strategy. Issuing and checking are two traits: code that only checks takes `Arc<dyn Verifier>`, to
//! which an `Arc<dyn Issuer>` coerces.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;

use super::clock::Timestamp;
use super::error::{IssueError, RevokeError, VerifyError};
use super::token::{Grant, IssuedToken, Lifetime, PresentedToken, Replaced, SessionRef, TokenId};
use super::verified_token::VerifiedToken;

/// What an issuer can and cannot do. A dialect that promises more than its issuer can is refused at start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Capabilities {
    /// [`Issuer::revoke`] works, and a revoked token is refused from then on.
    pub revocable: bool,
    /// A token expires.
    pub expires: bool,
    /// A token is accepted only together with the key issued beside it.
    pub key_bound: bool,
    /// A grant creates a record in the store: sessions can be refreshed and shared.
    pub recorded: bool,
    /// A token loses a permission when its owner does: on each node as soon as it has read the feed.
    pub current_rights: bool,
}

/// Checks presented tokens.
///
/// # Contract
/// * `verify` accepts exactly the live tokens that the issuer of the same name and flavour issued, and no other text.
/// * It is a function of the token, the time and the revocations that this node has read; it writes nothing. For a token
///   that it has checked before, it reads nothing from outside the process.
/// * Everything in the [`VerifiedToken`] comes from what was issued, not from what was presented.
///
/// ```
/// use auth_core::{PresentedToken, Verifier, VerifyError};
///
/// async fn subject(verifier: &dyn Verifier, bearer: &str) -> Option<i64> {
///     match verifier.verify(&PresentedToken::bearer(bearer)).await {
///         Ok(token) => Some(token.subject().0),
///         Err(VerifyError::Rejected(_)) => None,
///         Err(unavailable) => panic!("answer 503, never 401: {unavailable}"),
///     }
/// }
/// ```
#[async_trait]
pub trait Verifier: fmt::Debug + Send + Sync + 'static {
    /// The flavour whose tokens it checks.
    fn flavour(&self) -> &str;

    /// What it can do.
    fn capabilities(&self) -> Capabilities;

    /// Checks one token.
    ///
    /// # Errors
    /// [`VerifyError::Rejected`] for a token that is not valid; [`VerifyError::Unavailable`] when that cannot be determined.
    ///
    /// # Security
    /// `presented` is chosen by an attacker, in length too. Its size is bounded before anything else is done with it,
    /// secrets are compared in constant time, and a failure on our side never accepts a token.
    async fn verify(&self, presented: &PresentedToken<'_>) -> Result<VerifiedToken, VerifyError>;

    /// The answer of [`verify`](Self::verify), where all that it needs is in memory; otherwise `None`, and `verify` has it.
    ///
    /// An optional shortcut, which [`verify`](verify()) takes first: it needs no future in a box for each verifier around another.
    ///
    /// # Security
    /// An answer is final: what `verify` would reject must be rejected here too, or left to it.
    fn verify_in_memory(&self, _presented: &PresentedToken<'_>) -> Option<Result<VerifiedToken, VerifyError>> {
        None
    }
}

/// Checks one token: from memory if that will do.
///
/// # Errors
/// As [`Verifier::verify`].
pub async fn verify(verifier: &dyn Verifier, presented: &PresentedToken<'_>) -> Result<VerifiedToken, VerifyError> {
    match verifier.verify_in_memory(presented) {
        Some(answer) => answer,
        None => verifier.verify(presented).await,
    }
}

/// What [`Verifier::verify`] returns, for wrappers that pass it on as it is. Others write `async fn` under
/// `#[async_trait]`.
pub type Verification<'f> = Pin<Box<dyn Future<Output = Result<VerifiedToken, VerifyError>> + Send + 'f>>;

/// Issues tokens, and checks and revokes the tokens it issued.
///
/// # Contract
/// * The text of a token leaves only in [`IssuedToken`]; what is stored cannot be turned back into it without a key
///   that is not in the store.
/// * `issue` fails with [`IssueError::NotEntitled`] when the owner's generation is no longer the grant's, for an issuer
///   that is [`recorded`](Capabilities::recorded).
/// * After `revoke` has answered, `verify` on this node refuses the token, and other nodes follow. What came out of the token
///   ([`issue_from`](Self::issue_from), [`replace`](Self::replace)) is revoked with it, and refused by every node, this one too, as soon as it has read the feed.
#[async_trait]
pub trait Issuer: Verifier {
    /// How long its tokens are valid.
    fn lifetime(&self) -> Lifetime;

    /// Issues a token for what was granted.
    ///
    /// # Errors
    /// [`IssueError`]; no usable token exists then.
    ///
    /// # Security
    /// The secret part comes from [`Entropy`](crate::Entropy) or a secret key alone, never from the grant.
    async fn issue(&self, grant: Grant) -> Result<IssuedToken, IssueError>;

    /// Issues a further token for whoever holds the token `maker`: it ends at `ends_at` at the latest, and is revoked with `maker`.
    /// By default an issuer cannot.
    ///
    /// # Errors
    /// [`IssueError::Unsupported`]; [`IssueError::NotEntitled`] also where `maker` is not live, or was made from another
    /// token itself; no usable token exists then.
    ///
    /// # Security
    /// `maker` must come from a [`VerifiedToken`] of the grant's subject, and the grant must permit no more than that does.
    async fn issue_from(
        &self,
        _maker: TokenId,
        _ends_at: Option<Timestamp>,
        _grant: Grant,
    ) -> Result<IssuedToken, IssueError> {
        Err(IssueError::Unsupported)
    }

    /// Issues a token in the place of `old`, which is accepted until `old_ends_at` at the latest. The new token ends when the old
    /// one did. Whoever asks again, because the answer was lost, gets another one, and the first is revoked. By default an
    /// issuer cannot.
    ///
    /// # Errors
    /// As [`issue_from`](Self::issue_from).
    ///
    /// # Security
    /// As [`issue_from`](Self::issue_from).
    async fn replace(&self, _old: TokenId, _old_ends_at: Timestamp, _grant: Grant) -> Result<Replaced, IssueError> {
        Err(IssueError::Unsupported)
    }

    /// The session of a text that is a token of this issuer, or was one until it expired: whoever reports that it leaked has an old one more often
    /// than not. `None` for any other text, and for a session that is over. By default an issuer knows no tokens that have expired.
    ///
    /// # Errors
    /// [`VerifyError::Unavailable`] when that cannot be determined.
    ///
    /// # Security
    /// The session may be revoked for it, and nothing else: it proves nothing of who presents it.
    async fn session_of(&self, presented: &PresentedToken<'_>) -> Result<Option<SessionRef>, VerifyError> {
        match self.verify(presented).await {
            Ok(token) => Ok(Some(token.session())),
            Err(VerifyError::Rejected(_)) => Ok(None),
            Err(unavailable) => Err(unavailable),
        }
    }

    /// Revokes a token or session, and every token that belongs to it. Of all callers that revoke one token, exactly one
    /// gets `true`; `false` means that it was not live any more, which is no error.
    ///
    /// # Errors
    /// [`RevokeError::Unsupported`] where [`Capabilities::revocable`] is false; [`RevokeError::Unavailable`] when the
    /// revocation could not be recorded.
    ///
    /// # Security
    /// `id` must come from a [`VerifiedToken`] or an administrator, never from a request as such.
    async fn revoke(&self, id: TokenId) -> Result<bool, RevokeError>;

    /// Has a token expire at `until`, unless it expires earlier. `Ok(false)` if there is no such live token. By default an
    /// issuer cannot: what is signed into a token says when it expires.
    ///
    /// # Errors
    /// [`RevokeError::Unsupported`]; [`RevokeError::Unavailable`]: it may expire as before.
    async fn shorten(&self, _id: TokenId, _until: Timestamp) -> Result<bool, RevokeError> {
        Err(RevokeError::Unsupported)
    }
}

#[async_trait]
impl<V: Verifier + ?Sized> Verifier for Arc<V> {
    fn flavour(&self) -> &str {
        (**self).flavour()
    }

    fn capabilities(&self) -> Capabilities {
        (**self).capabilities()
    }

    /// Passed on as it is: an `async fn` would put the future into one more box, at every check.
    fn verify<'s, 'p, 't, 'f>(&'s self, presented: &'p PresentedToken<'t>) -> Verification<'f>
    where
        's: 'f,
        'p: 'f,
        't: 'f,
        Self: 'f,
    {
        (**self).verify(presented)
    }

    fn verify_in_memory(&self, presented: &PresentedToken<'_>) -> Option<Result<VerifiedToken, VerifyError>> {
        (**self).verify_in_memory(presented)
    }
}

#[async_trait]
impl<I: Issuer + ?Sized> Issuer for Arc<I> {
    fn lifetime(&self) -> Lifetime {
        (**self).lifetime()
    }

    async fn issue(&self, grant: Grant) -> Result<IssuedToken, IssueError> {
        (**self).issue(grant).await
    }

    async fn issue_from(
        &self,
        maker: TokenId,
        ends_at: Option<Timestamp>,
        grant: Grant,
    ) -> Result<IssuedToken, IssueError> {
        (**self).issue_from(maker, ends_at, grant).await
    }

    async fn replace(&self, old: TokenId, old_ends_at: Timestamp, grant: Grant) -> Result<Replaced, IssueError> {
        (**self).replace(old, old_ends_at, grant).await
    }

    async fn session_of(&self, presented: &PresentedToken<'_>) -> Result<Option<SessionRef>, VerifyError> {
        (**self).session_of(presented).await
    }

    async fn revoke(&self, id: TokenId) -> Result<bool, RevokeError> {
        (**self).revoke(id).await
    }

    async fn shorten(&self, id: TokenId, until: Timestamp) -> Result<bool, RevokeError> {
        (**self).shorten(id, until).await
    }
}
