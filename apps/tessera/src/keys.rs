//! The signing keys of every flavour.

use std::sync::{Arc, Mutex, PoisonError};

use auth_core::SecretKey;
use store_diesel::DieselStore;
use token_jwt::{JwtConfig, JwtIssuer, JwtKeys, Kid, SigningKey, SystemRandom};

use crate::config::Flavour;
use crate::issuers::Parts;

/// The keys.
#[derive(Debug)]
pub struct Keys {
    issuers: Mutex<Vec<Arc<JwtIssuer>>>,
}

impl Keys {
    pub async fn open(_store: &DieselStore, _master: &SecretKey) -> anyhow::Result<Self> {
        Ok(Self {
            issuers: Mutex::default(),
        })
    }

    pub async fn issuer(&self, flavour: &Flavour, config: JwtConfig, parts: &Parts) -> anyhow::Result<Arc<JwtIssuer>> {
        let random = SystemRandom::new();
        let key = SigningKey::generate(flavour.algorithm, &random)?.with_kid(Kid::random(&random)?);
        let keys = JwtKeys::new(&config, key, Vec::new())?;
        let issuer = Arc::new(JwtIssuer::new(config, keys, parts.clock.clone(), parts.entropy.clone()));
        self.issuers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(issuer.clone());
        Ok(issuer)
    }

    pub async fn reload(&self) -> anyhow::Result<()> {
        Ok(())
    }
}
