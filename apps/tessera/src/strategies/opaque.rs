//! opaque: random tokens; the store has their digests.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth_core::Issuer;
use token_opaque::{OpaqueConfig, OpaqueIssuer};

use crate::config::{LONGEST, Span};
use crate::extension::{BadSetting, FlavourStrategy, IssuerParts, Settings, Strategy, TokenProfile};

/// The shortest idle time: uses are written every few seconds.
const SHORTEST_IDLE: Duration = Duration::from_secs(60);

/// Opaque tokens. A flavour may have them expire when they are not used: `idle`.
#[derive(Debug, Clone, Copy)]
pub struct OpaqueStrategy;

impl Strategy for OpaqueStrategy {
    fn name(&self) -> &'static str {
        "opaque"
    }

    fn always_ends(&self) -> bool {
        false
    }

    fn configure(&self, settings: &mut Settings, _: TokenProfile) -> Result<Arc<dyn FlavourStrategy>, BadSetting> {
        const ALLOWED: &str = "allowed is 60s to 3650d";
        let idle: Option<Span> = settings.take("idle", ALLOWED)?;
        match idle {
            Some(span) if !(SHORTEST_IDLE..=LONGEST).contains(&span.0) => Err(settings.bad("idle", span, ALLOWED)),
            idle => Ok(Arc::new(OpaqueFlavour {
                idle: idle.map(|span| span.0),
            })),
        }
    }
}

/// The opaque tokens of one flavour.
#[derive(Debug)]
struct OpaqueFlavour {
    idle: Option<Duration>,
}

#[async_trait]
impl FlavourStrategy for OpaqueFlavour {
    async fn issuer(&self, parts: &IssuerParts<'_>) -> anyhow::Result<Arc<dyn Issuer>> {
        let config = OpaqueConfig {
            flavour: parts.flavour.into(),
            lifetime: parts.lifetime,
            idle: self.idle,
            key: parts.secret("opaque"),
        };
        let issuer = OpaqueIssuer::new(config, parts.registry.clone(), parts.entropy.clone());
        Ok(Arc::new(issuer))
    }
}
