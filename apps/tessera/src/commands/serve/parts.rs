//! What the server is made of.

use std::num::NonZeroUsize;
use std::sync::Arc;

use anyhow::Context;
use auth_core::{
    Clock, Entropy, HashCost, HashingOptions, PasswordAuthenticator, PasswordHasher, RegistryLimits, SecretKey,
    SystemEntropy, Throttle, ThrottleLimits, TokenRegistry,
};
use store_diesel::DieselStore;

use crate::app::Ingredients;
use crate::config::Config;
use crate::issuers::Parts;

/// Everything the flavours are put together from.
pub fn gather(
    config: &Config,
    store: DieselStore,
    master: SecretKey,
    clock: Arc<dyn Clock>,
    public_url: String,
) -> anyhow::Result<Ingredients> {
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let limits = RegistryLimits {
        records: config.revocation.records,
        staleness: Some(config.revocation.max_staleness.0),
    };
    let throttle = Throttle::new(ThrottleLimits::default(), clock.clone(), &*entropy)?;
    let throttle = Arc::new(throttle);
    let hasher = hasher(config, clock.clone(), entropy.clone())?;
    let passwords = PasswordAuthenticator::new(
        store.passwords(),
        hasher.clone(),
        throttle.clone(),
        master.derive("audit/logins"),
    );
    Ok(Ingredients {
        passwords: Arc::new(passwords),
        parts: Parts {
            registry: Arc::new(TokenRegistry::new(store.tokens(), clock.clone(), limits)),
            clock,
            entropy,
            master,
        },
        throttle,
        hasher,
        store,
        public_url,
    })
}

fn hasher(config: &Config, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> anyhow::Result<Arc<PasswordHasher>> {
    let settings = &config.passwords;
    let options = HashingOptions {
        cost: HashCost::new(settings.cost)?,
        threads: NonZeroUsize::new(settings.threads),
        queue: NonZeroUsize::new(settings.queue).context("passwords.queue is at least 1")?,
        patience: settings.patience.0,
        deadline: settings.patience.0.saturating_mul(3),
        ..HashingOptions::default()
    };
    let hasher = PasswordHasher::start(options, clock, entropy).context("the password threads cannot start")?;
    Ok(Arc::new(hasher))
}
