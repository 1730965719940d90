//! What signs, with its keys: a flavour, or the identities of forward authentication.

use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use auth_core::Lifetime;
use keystore::{KeyFormat, KeyPurpose, Keyring};

use crate::commands::admin::Admin;
use crate::commands::database::master_key;
use crate::config::{Config, IdentityJwtSettings, SigningKeys};
use crate::parts::Stores;
use crate::{keys, master};

/// Old keys verify for this long after the last token they signed can have expired: a server may read the new key a
/// little late, and the clocks of servers differ.
const SLACK: Duration = Duration::from_secs(60);

/// A flavour whose tokens are signed; or `forward_auth.jwt`, whose keys are handled alike.
#[derive(Debug)]
pub struct SigningFlavour<'a> {
    pub name: &'a str,
    lifetime: Lifetime,
    pub purpose: KeyPurpose,
    pub format: Arc<dyn KeyFormat>,
}

impl<'a> SigningFlavour<'a> {
    /// The flavour of this name.
    pub fn find(admin: &'a Admin, name: &str) -> anyhow::Result<Self> {
        let mut signing = Self::all(admin)?;
        if let Some(found) = signing.iter().position(|signing| signing.name == name) {
            return Ok(signing.swap_remove(found));
        }
        let mut flavours = admin.config.flavours.iter();
        match flavours.find(|flavour| flavour.name == name) {
            Some(flavour) => {
                let strategy = flavour.strategy_name;
                bail!("--flavour {name}: its tokens are {strategy}, and have no signing keys")
            }
            None => {
                let names: Vec<&str> = signing.iter().map(|signing| signing.name).collect();
                let names = names.join(", ");
                bail!("--flavour {name}: not found; the flavours with signing keys are {names}")
            }
        }
    }

    /// All that sign.
    pub fn all(admin: &'a Admin) -> anyhow::Result<Vec<Self>> {
        let Config {
            flavours, forward_auth, ..
        } = &admin.config;
        let mut signing = Vec::new();
        for flavour in flavours {
            let keys = flavour.signing_keys()?;
            signing.extend(keys.map(|keys| Self::new(&flavour.name, flavour.lifetime, keys)));
        }
        let lifetime = Lifetime::Limited(forward_auth.jwt.lifetime.0);
        let keys = forward_auth.jwt.signing_keys()?;
        signing.extend(keys.map(|keys| Self::new(IdentityJwtSettings::KEYS, lifetime, keys)));
        Ok(signing)
    }

    fn new(name: &'a str, lifetime: Lifetime, SigningKeys { purpose, format }: SigningKeys) -> Self {
        Self {
            name,
            lifetime,
            purpose,
            format,
        }
    }

    /// How long a key must verify after it has signed for the last time.
    pub fn longest_life(&self) -> Duration {
        match self.lifetime {
            Lifetime::Limited(life) => life.saturating_add(SLACK),
            Lifetime::UntilRevoked => Duration::MAX,
        }
    }
}

/// The keys of the database, under its root key.
pub async fn open_keyring(admin: &Admin) -> anyhow::Result<Keyring> {
    let master = master::load(&master_key(&admin.config))?;
    let (stores, clock, entropy) = (Stores::from(&admin.store), admin.clock(), admin.entropy());
    let root = keys::root_for_command(&stores, &master, &*clock, &*entropy).await?;
    Ok(keys::keyring(&stores, &root, clock, entropy))
}
