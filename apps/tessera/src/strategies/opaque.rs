//! opaque: random tokens; the store has their digests.

use std::sync::Arc;

use async_trait::async_trait;
use auth_core::Issuer;
use token_opaque::{OpaqueConfig, OpaqueIssuer};

use crate::extension::{BadSetting, FlavourStrategy, IssuerParts, Settings, Strategy, TokenProfile};

/// Opaque tokens. They have no settings.
#[derive(Debug, Clone, Copy)]
pub struct OpaqueStrategy;

impl Strategy for OpaqueStrategy {
    fn name(&self) -> &'static str {
        "opaque"
    }

    fn always_ends(&self) -> bool {
        false
    }

    fn configure(&self, _: &mut Settings, _: TokenProfile) -> Result<Arc<dyn FlavourStrategy>, BadSetting> {
        Ok(Arc::new(*self))
    }
}

#[async_trait]
impl FlavourStrategy for OpaqueStrategy {
    async fn issuer(&self, parts: &IssuerParts<'_>) -> anyhow::Result<Arc<dyn Issuer>> {
        let config = OpaqueConfig {
            flavour: parts.flavour.into(),
            lifetime: parts.lifetime,
            key: parts.secret("opaque"),
        };
        let issuer = OpaqueIssuer::new(config, parts.registry.clone(), parts.entropy.clone());
        Ok(Arc::new(issuer))
    }
}
