//! One node: its registry, its issuer and its service.

use std::sync::Arc;

use auth_core::{
    Entropy, FlavourName, IssueError, IssuedToken, Issuer, PresentedToken, RefreshPolicy, Refreshing, RegistryLimits,
    RevokeError, Scope, SecretKey, TokenRegistry, TokenService, VerifiedToken, VerifyError,
};

use super::{Parts, STALENESS, Sessions};
use crate::harness::{Accepted, Issued, Issuing, NotIssued, Revocation, Verdict};

#[derive(Debug)]
pub(super) struct Node {
    pub(super) registry: Arc<TokenRegistry>,
    pub(super) issuer: Arc<dyn Issuer>,
    /// `None` if the issuer records no sessions.
    pub(super) sessions: Option<Arc<dyn Sessions>>,
}

impl Node {
    pub(super) fn new(parts: Parts, build: &dyn Fn(&Parts) -> Arc<dyn Issuer>, policy: RefreshPolicy) -> Self {
        let issuer = build(&parts);
        let refreshing = Refreshing {
            policy,
            seal: SecretKey::from_bytes([0x5e; 32]),
        };
        let (registry, entropy): (_, Arc<dyn Entropy>) = (parts.registry, parts.entropy);
        let service = TokenService::new(issuer.clone(), registry.clone(), entropy, Some(refreshing));
        Self {
            registry,
            issuer,
            sessions: service.ok().map(|service| Arc::new(service) as Arc<dyn Sessions>),
        }
    }

    /// Reads the feed of changes and the store's clock, unless the store fails.
    pub(super) async fn sync(&self) {
        let _ = self.registry.sync().await;
        let _ = self.registry.compare_clocks().await;
    }

    pub(super) async fn verify(&self, text: &str, key: Option<&str>) -> Verdict {
        let presented = PresentedToken {
            text,
            key,
            source: None,
        };
        let awaited = self.issuer.verify(&presented).await;
        let Some(in_memory) = self.issuer.verify_in_memory(&presented) else {
            return verdict(awaited);
        };
        // A token that is rejected stays rejected, whatever happens between the two.
        let widened = matches!(awaited, Err(VerifyError::Rejected(_))) && in_memory.is_ok();
        assert!(!widened, "accepted from memory, and rejected otherwise: {awaited:?}");
        verdict(in_memory)
    }
}

pub(super) fn parts(
    flavour: FlavourName,
    store: &Arc<dyn auth_core::TokenStore>,
    clock: &Arc<dyn auth_core::Clock>,
    entropy: &Arc<dyn Entropy>,
) -> Parts {
    let limits = RegistryLimits {
        staleness: Some(STALENESS),
        ..RegistryLimits::default()
    };
    Parts {
        flavour,
        registry: Arc::new(TokenRegistry::new(store.clone(), clock.clone(), limits)),
        clock: clock.clone(),
        entropy: entropy.clone(),
    }
}

pub(super) fn verdict(outcome: Result<VerifiedToken, VerifyError>) -> Verdict {
    match outcome {
        Ok(token) => Verdict::Accepted(Accepted {
            subject: token.subject(),
            flavour: token.flavour().to_string(),
            realm: token.realm().to_string(),
            rights: token.scopes().iter().map(Scope::to_string).collect(),
            expiry: token.expires_at().into(),
        }),
        Err(VerifyError::Rejected(_)) => Verdict::Rejected,
        Err(_) => Verdict::Unavailable,
    }
}

pub(super) fn issued(token: &IssuedToken) -> Issued {
    Issued {
        text: token.plain.expose().to_owned(),
        key: token.key.map(|key| key.to_string()),
        id: Some(token.id),
        expiry: token.expires_at.into(),
    }
}

pub(super) fn issuing(outcome: Result<IssuedToken, IssueError>) -> Issuing {
    outcome.map(|token| issued(&token)).map_err(not_issued)
}

pub(super) fn not_issued(error: IssueError) -> NotIssued {
    match error {
        IssueError::NotEntitled => NotIssued::NotEntitled,
        _ => NotIssued::Unavailable,
    }
}

pub(super) fn revocation<T>(outcome: Result<T, RevokeError>) -> Revocation {
    match outcome {
        Ok(_) => Revocation::Done,
        Err(RevokeError::Unsupported) => Revocation::Unsupported,
        Err(RevokeError::Rejected(_)) => Revocation::Rejected,
        Err(_) => Revocation::Unavailable,
    }
}
