//! Issuers that break one promise each: a sound one, with a flaw around it.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use auth_core::{
    Capabilities, Change, Entropy, EntropyError, Grant, IssueError, IssuedToken, Issuer, KeyBound, Lifetime,
    PlainToken, PresentedToken, Realm, RevokeError, Scope, Scopes, SecretKey, SessionRef, Sharing, Subject, TokenId,
    Tracked, Unavailable, VerifiedParts, VerifiedToken, Verifier, VerifyError,
};
use testkit::{Parts, SimpleIssuer};

mod verdict;

use super::lock;
use super::opaque::{SimpleOpaque, Stores};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What is wrong with an issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// Nothing: with this one every law is kept.
    None,
    SaysAnotherRealm,
    ClaimsNoEnd,
    IssuesOneToken,
    HasLeeway,
    HasNoLeeway,
    EndsAfterAYear,
    NeverEnds,
    GoodOnce,
    AsksTheStore,
    OnlyTheLatest,
    OverlooksOneByte,
    Trims,
    FoldsCase,
    MixesParts,
    PanicsOnNothing,
    AcceptsDigests,
    AcceptsRefreshTokens,
    OneFlavour,
    KeyIsOptional,
    AnyKey,
    LenientKey,
    KeyIsEnough,
    RevokesNothing,
    ForgetsEnds,
    RevokesAllOfTheOwner,
    RevokesOnce,
    ChildrenLiveOn,
    ReenablesTokens,
    NewerGenerationDies,
    EntitlesOutdated,
    RemembersYes,
    RemembersYesInMemory,
    RightsStay,
    BelievesTheToken,
    IssuesMore,
    AnyEditLosesRights,
    Prints,
    StoresSecrets,
    SharesNothing,
    SharesWithAll,
    SharesEnded,
    TroubleIsNo,
    TroubleIsYes,
    IssuesWithoutRecord,
    SwallowsTrouble,
    ZerosForChance,
    Guesses,
    GivesMoreAtRefresh,
}

/// Which sound issuer a flaw is put around.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Base {
    Tracked,
    TrackedWithoutEnd,
    KeyBound,
    Opaque,
}

pub(crate) struct BrokenIssuer {
    inner: Arc<dyn Issuer>,
    parts: Parts,
    flaw: Flaw,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    issued: HashMap<String, Known>,
    order: Vec<String>,
    revoked: HashSet<TokenId>,
    accepted: HashMap<String, VerifiedToken>,
    shared: HashMap<Option<Subject>, String>,
}

#[derive(Clone)]
struct Known {
    token: VerifiedToken,
    key: Option<String>,
    child: bool,
    edits: usize,
}

/// The issuer with this flaw, on this base.
pub(crate) fn build(parts: &Parts, base: Base, flaw: Flaw) -> Arc<dyn Issuer> {
    let mut parts = parts.clone();
    match flaw {
        Flaw::OneFlavour => parts.flavour = "mechanics".into(),
        Flaw::ZerosForChance => parts.entropy = Arc::new(Zeros(parts.entropy)),
        _ => {}
    }
    let registry = parts.registry.clone();
    let inner: Arc<dyn Issuer> = match base {
        Base::Tracked => Arc::new(Tracked::new(
            simple(&parts, Lifetime::Limited(Duration::from_secs(900))),
            registry,
        )),
        Base::TrackedWithoutEnd => Arc::new(Tracked::new(simple(&parts, Lifetime::UntilRevoked), registry)),
        Base::KeyBound => {
            let simple = simple(&parts, Lifetime::Limited(Duration::from_secs(900)));
            let bound = KeyBound::new(Tracked::new(simple, registry.clone()), registry, parts.entropy.clone());
            Arc::new(bound.expect("sessions are recorded"))
        }
        Base::Opaque => SimpleOpaque::build(
            &parts,
            match flaw {
                Flaw::StoresSecrets => Stores::Secret,
                Flaw::AcceptsDigests => Stores::AcceptedDigest,
                _ => Stores::Digest,
            },
        ),
    };
    Arc::new(BrokenIssuer {
        inner,
        parts,
        flaw,
        seen: Mutex::default(),
    })
}

fn simple(parts: &Parts, lifetime: Lifetime) -> SimpleIssuer {
    let (key, clock, entropy) = (
        SecretKey::from_bytes([1; 32]),
        parts.clock.clone(),
        parts.entropy.clone(),
    );
    SimpleIssuer::new(parts.flavour.clone(), lifetime, key, clock, entropy)
}

impl BrokenIssuer {
    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == flaw
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        lock(&self.seen)
    }

    fn known(&self, text: &str) -> Option<Known> {
        self.seen().issued.get(text).cloned()
    }

    /// How often roles were edited so far.
    async fn edits(&self) -> usize {
        let feed = self
            .parts
            .registry
            .store()
            .changes(0, 100_000)
            .await
            .unwrap_or_default();
        feed.iter().filter(|entry| entry.change == Change::AllRights).count()
    }

    async fn note(&self, grant: &Noted, issued: &IssuedToken) {
        let edits = if self.has(Flaw::AnyEditLosesRights) {
            self.edits().await
        } else {
            0
        };
        let own = SessionRef {
            id: issued.id,
            generation: grant.session_or.generation,
            subject: grant.session_or.subject,
        };
        let token = VerifiedToken::dangerous_from_verifier(VerifiedParts {
            id: issued.id,
            session: grant.session.unwrap_or(own),
            flavour: self.parts.flavour.clone(),
            realm: grant.realm.clone(),
            scopes: grant.scopes.clone(),
            issued_at: Some(issued.issued_at),
            expires_at: issued.expires_at,
        });
        let text = issued.plain.expose().to_owned();
        let known = Known {
            token,
            key: issued.key.map(|key| key.to_string()),
            child: grant.session.is_some(),
            edits,
        };
        let mut seen = self.seen();
        seen.order.push(text.clone());
        if grant.shared {
            let of = (!self.has(Flaw::SharesWithAll)).then_some(own.subject);
            seen.shared.insert(of, text.clone());
        }
        seen.issued.insert(text, known);
    }

    /// A token that was issued before, once more.
    fn again(&self, text: &str) -> Option<IssuedToken> {
        let known = self.known(text)?;
        Some(IssuedToken {
            plain: PlainToken::new(text.to_owned()),
            id: known.token.id(),
            session: known.token.session().id,
            issued_at: known.token.issued_at()?,
            expires_at: known.token.expires_at(),
            key: None,
        })
    }
}

/// What of a grant outlives it.
struct Noted {
    session: Option<SessionRef>,
    session_or: SessionRef,
    realm: Realm,
    scopes: Scopes,
    shared: bool,
}

impl Noted {
    fn of(grant: &Grant) -> Self {
        Self {
            session: grant.session,
            session_or: SessionRef {
                id: TokenId(0),
                generation: grant.generation,
                subject: grant.subject,
            },
            realm: grant.realm.clone(),
            scopes: grant.scopes.clone(),
            shared: grant.sharing == Sharing::Shared,
        }
    }
}

#[async_trait]
impl Verifier for BrokenIssuer {
    fn flavour(&self) -> &str {
        self.inner.flavour()
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = self.inner.capabilities();
        capabilities.expires &= !self.has(Flaw::ClaimsNoEnd);
        capabilities
    }

    async fn verify(&self, presented: &PresentedToken<'_>) -> Result<VerifiedToken, VerifyError> {
        let (text, key) = self.misread(presented);
        let misread = PresentedToken {
            text: &text,
            key: key.as_deref(),
            source: None,
        };
        let verdict = self.inner.verify(&misread).await;
        self.misjudge(presented, verdict).await
    }

    fn verify_in_memory(&self, presented: &PresentedToken<'_>) -> Option<Result<VerifiedToken, VerifyError>> {
        match self.flaw {
            Flaw::RemembersYesInMemory => self.seen().accepted.get(presented.text).cloned().map(Ok),
            _ => None,
        }
    }
}

#[async_trait]
impl Issuer for BrokenIssuer {
    fn lifetime(&self) -> Lifetime {
        self.inner.lifetime()
    }

    async fn issue(&self, mut grant: Grant) -> Result<IssuedToken, IssueError> {
        let shared = grant.sharing == Sharing::Shared;
        let repeated = {
            let seen = self.seen();
            match self.flaw {
                Flaw::IssuesOneToken if !shared => seen.order.first().cloned(),
                Flaw::SharesWithAll if shared => seen.shared.get(&None).cloned(),
                Flaw::SharesEnded if shared => seen.shared.get(&Some(grant.subject)).cloned(),
                _ => None,
            }
        };
        if let Some(issued) = repeated.and_then(|text| self.again(&text)) {
            return Ok(issued);
        }
        let more = Scope::parse("everything").ok();
        match self.flaw {
            Flaw::SharesNothing => grant.sharing = Sharing::Own,
            Flaw::IssuesMore => grant.scopes = grant.scopes.iter().cloned().chain(more).collect(),
            Flaw::GivesMoreAtRefresh if grant.session.is_some() => {
                grant.scopes = more.into_iter().chain(grant.scopes.iter().cloned()).collect();
            }
            _ => {}
        }
        let noted = Noted::of(&grant);
        let outcome = self.inner.issue(grant).await;
        let outcome = match (self.flaw, outcome) {
            (Flaw::EntitlesOutdated, Err(IssueError::NotEntitled)) => self.reissue(&noted, 1, false).await,
            (Flaw::IssuesWithoutRecord, Err(IssueError::Unavailable(_))) => self.reissue(&noted, 0, true).await,
            (_, outcome) => outcome,
        };
        if let Ok(issued) = &outcome {
            self.note(&noted, issued).await;
        }
        outcome
    }

    async fn revoke(&self, id: TokenId) -> Result<bool, RevokeError> {
        if self.has(Flaw::RevokesNothing) {
            return Ok(true);
        }
        let before = !self.seen().revoked.insert(id);
        if self.has(Flaw::RevokesOnce) && before {
            return Err(Unavailable::NoKey.into());
        }
        if self.has(Flaw::RevokesAllOfTheOwner) {
            let ids: Vec<TokenId> = {
                let seen = self.seen();
                let of = |id| seen.issued.values().find(move |known: &&Known| known.token.id() == id);
                let owner = of(id).map(|known| known.token.subject());
                let same = seen
                    .issued
                    .values()
                    .filter(|known| Some(known.token.subject()) == owner);
                same.map(|known| known.token.id()).collect()
            };
            for id in ids {
                self.inner.revoke(id).await?;
            }
        }
        match self.inner.revoke(id).await {
            Err(RevokeError::Unavailable(_)) if self.has(Flaw::SwallowsTrouble) => Ok(true),
            outcome => outcome,
        }
    }
}

impl BrokenIssuer {
    /// The same grant, for a later generation, or by an issuer that records nothing.
    async fn reissue(&self, noted: &Noted, later: i64, unrecorded: bool) -> Result<IssuedToken, IssueError> {
        let mut generation = noted.session_or.generation;
        generation.0 += later;
        let (subject, realm, scopes) = (noted.session_or.subject, noted.realm.clone(), noted.scopes.clone());
        let grant = Grant::new(subject, generation, realm, scopes);
        match unrecorded {
            true => simple(&self.parts, self.inner.lifetime()).issue(grant).await,
            false => self.inner.issue(grant).await,
        }
    }
}

impl fmt::Debug for BrokenIssuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.has(Flaw::Prints) {
            true => f.debug_list().entries(&self.seen().order).finish(),
            false => write!(f, "{:?} around {:?}", self.flaw, self.inner),
        }
    }
}

/// Zeros where the source fails.
#[derive(Debug)]
struct Zeros(Arc<dyn Entropy>);

impl Entropy for Zeros {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        if self.0.fill(bytes).is_err() {
            bytes.fill(0);
        }
        Ok(())
    }
}
