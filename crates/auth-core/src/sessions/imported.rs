//! Tokens whose text another system made, beside those of any issuer.

mod digest;
mod import_store;
mod records;
mod signed;

use std::sync::Arc;

use async_trait::async_trait;

use crate::contract::account::Realm;
use crate::contract::clock::Timestamp;
use crate::contract::error::{IssueError, Rejection, RevokeError, StoreError, VerifyError};
use crate::contract::issuer::{Capabilities, Issuer, Verifier};
use crate::contract::token::{
    FlavourName, Grant, IssuedToken, Lifetime, PresentedToken, Replaced, SessionRef, TokenId,
};
use crate::contract::token_store::TokenRecord;
use crate::contract::verified_token::VerifiedToken;

pub use digest::{ImportedDigest, MalformedDigest, UnacceptableText, key_number};
pub use import_store::{AccountImport, ImportMode, ImportOutcome, ImportStore, TokenImport};
pub use records::ImportedRecords;
pub use signed::{SignedArrival, SignedImport, SignedImports};

use digest::PresentedDigests;

/// A token whose text another system made, as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedToken {
    /// The digest by which it was found.
    pub digest: ImportedDigest,
    /// Its record.
    pub token: TokenId,
    /// The number for what stands before the secret in a token of Sanctum ([`key_number`]).
    pub number: Option<i64>,
}

/// Where imported tokens are looked up.
#[async_trait]
pub trait ImportedTokenStore: std::fmt::Debug + Send + Sync + 'static {
    /// The imported token with one of these digests, whichever flavour it is of. Its record may be gone.
    ///
    /// # Errors
    /// When the store fails.
    async fn find_imported(&self, digests: &[ImportedDigest]) -> Result<Option<ImportedToken>, StoreError>;

    /// The record of a signed token that is presented for the first time, with all permissions of its owner's role. However
    /// many nodes are asked at once, there is one. It goes on being known until it has expired, also when its record is gone.
    ///
    /// `Ok(None)`, and nothing has changed: its owner was not imported to the realm, or is disabled; or the owner's tokens were
    /// revoked since the import, since this may be one of them. A text that is known already is answered whichever flavour has it.
    ///
    /// # Errors
    /// When the store fails; nothing has changed.
    async fn record_signed(&self, arrival: &SignedArrival) -> Result<Option<ImportedToken>, StoreError>;
}

/// An issuer that also accepts the imported tokens of its flavour, in the form in which their clients send them:
///
/// * Sanctum: `<number>|<secret>`, or `<word>|<secret>` where its keys are UUIDs or the like, or the secret alone;
/// * Knox, authtoken, Doorkeeper, better-auth: one word of letters, digits, `-` and `_`;
/// * SimpleJWT, [`with_signed`](Self::with_signed): a JWT that its key has signed.
///
/// Each has a record, like one of the issuer's own; for a signed one, from the first time on that it is presented. So
/// it is listed, revoked and removed like any other. What the issuer
/// issues itself has the issuer's own form.
///
/// # Security
/// A text is compared by its digest, SHA-256 or SHA-512 of a secret that another system drew at random. How many unknown ones are
/// looked up for one source is bounded as for [`UnknownTokens`](crate::UnknownTokens).
#[derive(Debug)]
pub struct ImportedTokens {
    inner: Arc<dyn Issuer>,
    flavour: FlavourName,
    records: Arc<ImportedRecords>,
    signed: Option<(Realm, Arc<dyn SignedImports>)>,
}

/// How a presented text is looked up.
struct Lookup {
    digests: PresentedDigests,
    /// What the text says, if another system has signed it.
    signed: Option<SignedImport>,
}

/// An issuer that cannot revoke one token of many. It cannot have imported tokens, since they are revocable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("its tokens are not recorded, so it can have no imported ones")]
pub struct NotRecorded;

impl ImportedTokens {
    /// The issuer, with imported tokens beside its own.
    ///
    /// # Errors
    /// [`NotRecorded`].
    pub fn new(inner: Arc<dyn Issuer>, records: Arc<ImportedRecords>) -> Result<Self, NotRecorded> {
        let can = inner.capabilities();
        match can.recorded && can.revocable && !can.key_bound {
            true => Ok(Self {
                flavour: inner.flavour().into(),
                inner,
                records,
                signed: None,
            }),
            false => Err(NotRecorded),
        }
    }

    /// The same, also with the tokens that another system has signed for people who were imported to this realm.
    #[must_use]
    pub fn with_signed(self, realm: Realm, signed: Arc<dyn SignedImports>) -> Self {
        Self {
            signed: Some((realm, signed)),
            ..self
        }
    }

    /// `None`: no text of another system.
    fn lookup(&self, text: &str) -> Option<Result<Lookup, Rejection>> {
        if let Some(digests) = PresentedDigests::of(text) {
            return Some(Ok(Lookup { digests, signed: None }));
        }
        let (_, signed) = self.signed.as_ref()?;
        let token = signed.check(text, self.records.registry().now())?;
        Some(token.map(|token| Lookup {
            digests: PresentedDigests::of_signed(text),
            signed: Some(token),
        }))
    }

    /// What is recorded of a signed text if it is presented for the first time.
    fn arrival(&self, text: &str, token: SignedImport) -> Option<SignedArrival> {
        let (realm, _) = self.signed.as_ref()?;
        Some(SignedArrival {
            realm: realm.clone(),
            flavour: self.flavour.clone(),
            digest: ImportedDigest::sha256(text),
            token,
        })
    }

    /// The token of this record, if it is one of this flavour and has not expired.
    fn accept(&self, record: &TokenRecord) -> Result<VerifiedToken, VerifyError> {
        if *record.flavour != *self.flavour {
            return Err(Rejection::WrongFlavour.into());
        }
        if record
            .expires_at
            .is_some_and(|end| end <= self.records.registry().now())
        {
            return Err(Rejection::Expired.into());
        }
        self.records.registry().note_used(record.id);
        Ok(VerifiedToken::dangerous_from_verifier(record.into()))
    }
}

/// Whether another token may have this text: the issuer has not accepted it, and can say so.
fn may_be_imported(own: &Result<VerifiedToken, VerifyError>) -> bool {
    matches!(own, Err(VerifyError::Rejected(reason)) if *reason != Rejection::WrongFlavour)
}

#[async_trait]
impl Verifier for ImportedTokens {
    fn flavour(&self) -> &str {
        self.inner.flavour()
    }

    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    async fn verify(&self, presented: &PresentedToken<'_>) -> Result<VerifiedToken, VerifyError> {
        let own = self.inner.verify_in_memory(presented);
        if own.as_ref().is_some_and(|own| !may_be_imported(own)) {
            return self.inner.verify(presented).await;
        }
        let Some(lookup) = self.lookup(presented.text) else {
            return self.inner.verify(presented).await;
        };
        // Of a text that may be the issuer's own, the issuer says whether it was read in vain.
        let Lookup { digests, signed } = lookup?;
        let arrival = signed.and_then(|token| self.arrival(presented.text, token));
        let found = self
            .records
            .find(presented, &digests, arrival.as_ref(), own.is_some())
            .await?;
        match found {
            Some(record) => self.accept(&record),
            None => self.inner.verify(presented).await,
        }
    }

    fn verify_in_memory(&self, presented: &PresentedToken<'_>) -> Option<Result<VerifiedToken, VerifyError>> {
        let own = self.inner.verify_in_memory(presented);
        if own.as_ref().is_some_and(|own| !may_be_imported(own)) {
            return own;
        }
        match self.lookup(presented.text) {
            None => own,
            Some(Err(rejection)) => Some(Err(rejection.into())),
            Some(Ok(lookup)) => {
                let record = self.records.in_memory(&lookup.digests)?;
                Some(record.and_then(|record| self.accept(&record)))
            }
        }
    }
}

#[async_trait]
impl Issuer for ImportedTokens {
    fn lifetime(&self) -> Lifetime {
        self.inner.lifetime()
    }

    async fn issue(&self, grant: Grant) -> Result<IssuedToken, IssueError> {
        self.inner.issue(grant).await
    }

    async fn session_of(&self, presented: &PresentedToken<'_>) -> Result<Option<SessionRef>, VerifyError> {
        let counts = self.inner.verify_in_memory(presented).is_some();
        if let Some(own) = self.inner.session_of(presented).await? {
            return Ok(Some(own));
        }
        let Some(Ok(lookup)) = self.lookup(presented.text) else {
            return Ok(None);
        };
        match self.records.find(presented, &lookup.digests, None, counts).await {
            Ok(record) => Ok(record
                .filter(|record| *record.flavour == *self.flavour)
                .map(|record| record.session())),
            Err(VerifyError::Rejected(_)) => Ok(None),
            Err(unavailable) => Err(unavailable),
        }
    }

    async fn revoke(&self, id: TokenId) -> Result<bool, RevokeError> {
        self.inner.revoke(id).await
    }

    async fn issue_from(
        &self,
        maker: TokenId,
        ends_at: Option<Timestamp>,
        grant: Grant,
    ) -> Result<IssuedToken, IssueError> {
        self.inner.issue_from(maker, ends_at, grant).await
    }

    async fn replace(&self, old: TokenId, old_ends_at: Timestamp, grant: Grant) -> Result<Replaced, IssueError> {
        self.inner.replace(old, old_ends_at, grant).await
    }

    async fn shorten(&self, id: TokenId, until: Timestamp) -> Result<bool, RevokeError> {
        self.inner.shorten(id, until).await
    }
}
