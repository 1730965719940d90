//! PASETO v4.public as a strategy of Tessera: Ed25519 signatures, no choice of algorithm.
//!
//! `token` writes and reads a token, `keys` makes and reads its keys, and this file registers both. Rotation, encryption at
//! rest, revocation and the claims come from Tessera.

mod keys;
mod token;

use std::sync::Arc;

use async_trait::async_trait;
use auth_core::{Issuer, Tracked};
use keystore::{ActiveKeys, KeyFollower, KeyFormat, KeyFormatError};
use tessera::extension::{BadSetting, FlavourStrategy, IssuerParts, Settings, Strategy, TokenProfile};

pub use keys::{PasetoKeyFormat, PasetoKeys};
pub use token::PasetoIssuer;

/// The strategy `paseto`. It has no settings of its own.
#[derive(Debug, Clone, Copy)]
pub struct PasetoStrategy;

impl Strategy for PasetoStrategy {
    fn name(&self) -> &'static str {
        "paseto"
    }

    fn always_ends(&self) -> bool {
        true
    }

    fn configure(&self, _: &mut Settings, profile: TokenProfile) -> Result<Arc<dyn FlavourStrategy>, BadSetting> {
        Ok(Arc::new(PasetoFlavour { profile }))
    }
}

/// The tokens of one flavour.
#[derive(Debug)]
struct PasetoFlavour {
    profile: TokenProfile,
}

#[async_trait]
impl FlavourStrategy for PasetoFlavour {
    fn key_format(&self) -> Option<Arc<dyn KeyFormat>> {
        Some(Arc::new(PasetoKeyFormat))
    }

    async fn issuer(&self, parts: &IssuerParts<'_>) -> anyhow::Result<Arc<dyn Issuer>> {
        let purpose = parts.key_purpose(&PasetoKeyFormat)?;
        let active = parts.keyring.start(&purpose, &PasetoKeyFormat).await?;
        let profile = parts.claims_profile(self.profile)?;
        let keys = PasetoKeys::new(&active)?;
        let issuer = PasetoIssuer::new(profile, keys, parts.clock.clone(), parts.entropy.clone());
        let issuer = Arc::new(issuer);
        parts.keyring.follow(&active, Arc::new(Follower(issuer.clone())));
        Ok(Arc::new(Tracked::new(issuer, parts.registry.clone())))
    }
}

/// Hands the issuer its new keys after a rotation.
#[derive(Debug)]
struct Follower(Arc<PasetoIssuer>);

impl KeyFollower for Follower {
    fn use_keys(&self, keys: &ActiveKeys) -> Result<(), KeyFormatError> {
        self.0.set_keys(PasetoKeys::new(keys)?);
        Ok(())
    }
}
