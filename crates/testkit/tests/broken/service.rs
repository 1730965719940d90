//! Services that break one promise each: a sound one, with a flaw around it.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use auth_core::{
    Clock, Generation, Grant, IssueError, IssuedToken, PlainToken, PresentedToken, Realm, RefreshError, RevokeError,
    Scopes, SessionRef, SignedIn, Subject, Timestamp, TokenId, Unavailable, VerifiedParts, VerifiedToken,
};
use testkit::Sessions;

use super::lock;

/// What is wrong with a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// Nothing: with this one every law is kept.
    None,
    KeepsToken,
    UpperCase,
    RetryRotates,
    RetrySignsIn,
    GrandparentsOfTheMoment,
    RefusesOnly,
    ForgivesReuse,
    ForgivesTheEnd,
    SignsNobodyOut,
    EverybodySignsOut,
    ForgetsSignOuts,
    ClockBackIsTheEnd,
    GuessEnds,
    ReadsFirst,
    AccessRefreshes,
    TroubleIsRefusal,
    TroubleBurns,
    SignsOutAnyway,
    TellsTooSoon,
    NoChanceIsRefusal,
    NamesAnotherSession,
    AnswersFromMemory,
    HalfIsEnough,
}

/// A service with a flaw.
pub(crate) struct BrokenSessions {
    inner: Arc<dyn Sessions>,
    flaw: Flaw,
    clock: Arc<dyn Clock>,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    families: Vec<Family>,
    signed_out_at: Option<Timestamp>,
    last_refresh: Option<Timestamp>,
    burnt: Vec<String>,
    answers: HashMap<String, Answer>,
}

/// The answer to a refresh token.
#[derive(Clone)]
struct Answer {
    refresh: Option<String>,
    access: String,
    id: TokenId,
    session: SessionRef,
    issued_at: Timestamp,
    expires_at: Option<Timestamp>,
    scopes: Scopes,
}

/// What was handed out of one session.
#[derive(Clone)]
struct Family {
    owner: (Subject, Generation, Realm, Scopes),
    refresh: Vec<(String, Timestamp)>,
    access: Vec<(String, Option<String>)>,
    successor: HashMap<String, String>,
}

impl BrokenSessions {
    pub(crate) fn around(inner: Arc<dyn Sessions>, flaw: Flaw, clock: Arc<dyn Clock>) -> Arc<dyn Sessions> {
        Arc::new(Self {
            inner,
            flaw,
            clock,
            seen: Mutex::default(),
        })
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        lock(&self.seen)
    }

    /// The family of a refresh token, and how many generations ago it was the current one.
    fn family(&self, text: &str) -> Option<(Family, usize)> {
        let seen = self.seen();
        let family = |family: &&Family| family.refresh.iter().any(|(own, _)| own == text);
        let family = seen.families.iter().find(family)?;
        let place = family.refresh.iter().position(|(own, _)| own == text)?;
        Some((family.clone(), family.refresh.len() - 1 - place))
    }

    /// The family that has a refresh token with the same first half.
    fn near(&self, text: &str) -> Option<Family> {
        let half = text.get(..32).filter(|_| text.len() == 64)?;
        let near = |family: &&Family| family.refresh.iter().any(|(own, _)| own.starts_with(half));
        self.seen().families.iter().find(near).cloned()
    }

    fn note(&self, before: &str, signed_in: &SignedIn) {
        let Some(refresh) = &signed_in.refresh else {
            return;
        };
        let now = self.clock.now();
        let mut seen = self.seen();
        seen.answers.insert(before.to_owned(), Answer::of(signed_in));
        seen.last_refresh = Some(now);
        let family = |family: &&mut Family| family.refresh.iter().any(|(own, _)| own == before);
        if let Some(family) = seen.families.iter_mut().find(family) {
            let text = refresh.expose().to_owned();
            if !family.refresh.iter().any(|(own, _)| *own == text) {
                family.refresh.push((text.clone(), now));
            }
            family.successor.insert(before.to_owned(), text);
            family.access.push(access(signed_in));
        }
    }

    /// A session of its own for the family's owner.
    async fn anew(&self, family: &Family) -> Result<SignedIn, RefreshError> {
        let (subject, generation, realm, scopes) = family.owner.clone();
        let signed_in = self.inner.sign_in(Grant::new(subject, generation, realm, scopes)).await;
        signed_in.map_err(|_| RefreshError::Unknown)
    }

    /// What the flaw answers before the sound service is asked.
    async fn instead(&self, text: &str) -> Option<Result<SignedIn, RefreshError>> {
        let now = self.clock.now();
        let known = self.family(text);
        if self.flaw == Flaw::TroubleBurns && self.seen().burnt.iter().any(|burnt| burnt == text) {
            return Some(Err(RefreshError::Unknown));
        }
        if self.flaw == Flaw::ClockBackIsTheEnd && self.seen().last_refresh.is_some_and(|last| now < last) {
            return Some(Err(RefreshError::Expired));
        }
        if self.flaw == Flaw::ReadsFirst {
            let _ = self.inner.refresh(&"0".repeat(64)).await;
        }
        if self.flaw == Flaw::AccessRefreshes {
            let family = |family: &&Family| family.access.iter().any(|(own, _)| own == text);
            let family = self.seen().families.iter().find(family).cloned();
            let (current, _) = family?.refresh.last().cloned()?;
            return Some(self.inner.refresh(&current).await);
        }
        if self.flaw == Flaw::AnswersFromMemory {
            return self.seen().answers.get(text).map(|answer| Ok(answer.again()));
        }
        if self.flaw == Flaw::HalfIsEnough && known.is_none() {
            let (current, _) = self.near(text)?.refresh.last().cloned()?;
            return Some(self.inner.refresh(&current).await);
        }
        if self.flaw == Flaw::GuessEnds && known.is_none() {
            let (access, key) = self.near(text)?.access.last().cloned()?;
            let presented = PresentedToken {
                text: &access,
                key: key.as_deref(),
                source: None,
            };
            let _ = self.inner.sign_out(&presented).await;
            return Some(Err(RefreshError::Reused));
        }
        let (family, age) = known?;
        let (current, current_since) = family.refresh.last().cloned()?;
        match self.flaw {
            Flaw::RetryRotates if age > 0 => Some(self.inner.refresh(&current).await),
            Flaw::RetrySignsIn if age > 0 => Some(self.anew(&family).await),
            Flaw::RefusesOnly if age > 1 => Some(Err(RefreshError::Unknown)),
            Flaw::GrandparentsOfTheMoment if age > 1 && current_since == now => {
                Some(self.inner.refresh(&family.refresh[family.refresh.len() - 2].0).await)
            }
            _ => None,
        }
    }

    /// What the flaw makes of an answer.
    async fn afterwards(&self, text: &str, outcome: Result<SignedIn, RefreshError>) -> Result<SignedIn, RefreshError> {
        let known = self.family(text);
        let signed_out_long_ago = self.seen().signed_out_at.is_some_and(|at| {
            let hour = Duration::from_secs(60 * 60);
            self.clock.now().since(at) > hour
        });
        match (self.flaw, outcome, known) {
            (Flaw::KeepsToken, Ok(signed_in), _) => Ok(SignedIn {
                refresh: Some(PlainToken::new(text.to_owned())),
                ..signed_in
            }),
            (Flaw::ForgivesReuse, Err(RefreshError::Reused), Some((family, _))) => self.anew(&family).await,
            (Flaw::ForgivesTheEnd, Err(RefreshError::Expired), Some((family, _))) => self.anew(&family).await,
            (Flaw::ForgetsSignOuts, Err(RefreshError::Unknown), Some((family, _))) if signed_out_long_ago => {
                self.anew(&family).await
            }
            (Flaw::TroubleIsRefusal, Err(RefreshError::Unavailable(_)), _) => Err(RefreshError::Unknown),
            (Flaw::NoChanceIsRefusal, Err(RefreshError::Unavailable(Unavailable::Entropy(_))), _) => {
                Err(RefreshError::Unknown)
            }
            (Flaw::TellsTooSoon, Err(RefreshError::Unavailable(_)), Some((_, age))) if age > 1 => {
                Err(RefreshError::Reused)
            }
            (Flaw::TroubleBurns, Err(RefreshError::Unavailable(trouble)), _) => {
                self.seen().burnt.push(text.to_owned());
                Err(RefreshError::Unavailable(trouble))
            }
            (_, outcome, _) => outcome,
        }
    }
}

#[async_trait]
impl Sessions for BrokenSessions {
    async fn sign_in(&self, grant: Grant) -> Result<SignedIn, IssueError> {
        let owner = (
            grant.subject,
            grant.generation,
            grant.realm.clone(),
            grant.scopes.clone(),
        );
        let signed_in = self.inner.sign_in(grant).await?;
        let first = signed_in
            .refresh
            .as_ref()
            .map(|refresh| (refresh.expose().to_owned(), self.clock.now()));
        self.seen().families.push(Family {
            owner,
            refresh: first.into_iter().collect(),
            access: vec![access(&signed_in)],
            successor: HashMap::new(),
        });
        Ok(self.shown(signed_in))
    }

    async fn refresh(&self, presented: &str) -> Result<SignedIn, RefreshError> {
        let text = match self.flaw {
            Flaw::UpperCase => presented.to_lowercase(),
            _ => presented.to_owned(),
        };
        let outcome = match self.instead(&text).await {
            Some(outcome) => outcome,
            None => {
                let outcome = self.inner.refresh(&text).await;
                self.afterwards(&text, outcome).await
            }
        };
        let signed_in = outcome?;
        self.note(&text, &signed_in);
        Ok(self.shown(signed_in))
    }

    async fn sign_out(&self, presented: &PresentedToken<'_>) -> Result<VerifiedToken, RevokeError> {
        let known = |family: &&Family| family.access.iter().any(|(own, _)| own == presented.text);
        let family = self.seen().families.iter().find(known).cloned();
        self.seen().signed_out_at = Some(self.clock.now());
        match (self.flaw, family) {
            (Flaw::SignsNobodyOut, Some(family)) => Ok(pretend(&family)),
            (Flaw::SignsOutAnyway, Some(family)) => match self.inner.sign_out(presented).await {
                Err(RevokeError::Unavailable(_)) => Ok(pretend(&family)),
                outcome => outcome,
            },
            (Flaw::EverybodySignsOut, Some(family)) => match self.inner.sign_out(presented).await {
                Err(RevokeError::Rejected(_)) => Ok(pretend(&family)),
                outcome => outcome,
            },
            _ => self.inner.sign_out(presented).await,
        }
    }
}

impl BrokenSessions {
    fn shown(&self, signed_in: SignedIn) -> SignedIn {
        let upper = |refresh: PlainToken| PlainToken::new(refresh.expose().to_uppercase());
        match self.flaw {
            Flaw::UpperCase => SignedIn {
                refresh: signed_in.refresh.map(upper),
                ..signed_in
            },
            Flaw::NamesAnotherSession => SignedIn {
                session: SessionRef {
                    id: TokenId(signed_in.session.id.0 + 1),
                    ..signed_in.session
                },
                ..signed_in
            },
            _ => signed_in,
        }
    }
}

impl Answer {
    fn of(signed_in: &SignedIn) -> Self {
        Self {
            refresh: signed_in.refresh.as_ref().map(|refresh| refresh.expose().to_owned()),
            access: signed_in.token.plain.expose().to_owned(),
            id: signed_in.token.id,
            session: signed_in.session,
            issued_at: signed_in.token.issued_at,
            expires_at: signed_in.token.expires_at,
            scopes: signed_in.scopes.clone(),
        }
    }

    fn again(&self) -> SignedIn {
        SignedIn {
            token: IssuedToken {
                plain: PlainToken::new(self.access.clone()),
                id: self.id,
                session: self.session.id,
                issued_at: self.issued_at,
                expires_at: self.expires_at,
                key: None,
            },
            refresh: self.refresh.clone().map(PlainToken::new),
            session: self.session,
            scopes: self.scopes.clone(),
        }
    }
}

fn access(signed_in: &SignedIn) -> (String, Option<String>) {
    let key = signed_in.token.key.map(|key| key.to_string());
    (signed_in.token.plain.expose().to_owned(), key)
}

/// The answer of a sign-out that was none.
fn pretend(family: &Family) -> VerifiedToken {
    let (subject, generation, realm, scopes) = family.owner.clone();
    let id = auth_core::TokenId(1);
    VerifiedToken::dangerous_from_verifier(VerifiedParts {
        id,
        session: auth_core::SessionRef {
            id,
            generation,
            subject,
        },
        flavour: "mechanics".into(),
        realm,
        scopes,
        issued_at: None,
        expires_at: None,
    })
}

impl fmt::Debug for BrokenSessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} around {:?}", self.flaw, self.inner)
    }
}
