//! A flavour that signs, with its keys.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use auth_core::Lifetime;
use keystore::{KeyFormat, KeyPurpose, Keyring};

use crate::commands::admin::Admin;
use crate::commands::database::master_key;
use crate::config::{Flavour, SigningKeys};
use crate::parts::Stores;
use crate::{keys, master};

/// Old keys verify for this long after the last token they signed can have expired: a server may read the new key a
/// little late, and the clocks of servers differ.
const SLACK: Duration = Duration::from_secs(60);

/// A flavour whose tokens are signed.
#[derive(Debug)]
pub struct SigningFlavour<'a> {
    pub flavour: &'a Flavour,
    pub purpose: KeyPurpose,
    pub format: Arc<dyn KeyFormat>,
}

impl<'a> SigningFlavour<'a> {
    /// The flavour of this name.
    pub fn find(admin: &'a Admin, name: &str) -> anyhow::Result<Self> {
        let flavours = &admin.config.flavours;
        let Some(flavour) = flavours.iter().find(|flavour| flavour.name == name) else {
            let signing = Self::all(admin)?;
            let names: Vec<&str> = signing.iter().map(|signing| signing.flavour.name.as_str()).collect();
            bail!(
                "--flavour {name}: not found; the flavours with signing keys are {}",
                names.join(", ")
            );
        };
        Self::of(flavour)?.with_context(|| {
            let strategy = flavour.strategy_name;
            format!("--flavour {name}: its tokens are {strategy}, and have no signing keys")
        })
    }

    /// All flavours that sign.
    pub fn all(admin: &'a Admin) -> anyhow::Result<Vec<Self>> {
        let flavours = admin.config.flavours.iter();
        flavours.filter_map(|flavour| Self::of(flavour).transpose()).collect()
    }

    fn of(flavour: &'a Flavour) -> anyhow::Result<Option<Self>> {
        let keys = flavour.signing_keys()?;
        Ok(keys.map(|SigningKeys { purpose, format }| Self {
            flavour,
            purpose,
            format,
        }))
    }

    /// How long a key must verify after it has signed for the last time.
    pub fn longest_life(&self) -> Duration {
        match self.flavour.lifetime {
            Lifetime::Limited(life) => life.saturating_add(SLACK),
            Lifetime::UntilRevoked => Duration::MAX,
        }
    }
}

/// The keys of the database, under the master key.
pub async fn open_keyring(admin: &Admin) -> anyhow::Result<Keyring> {
    let master = master::load(&master_key(&admin.config))?;
    keys::open_for_command(&Stores::from(&admin.store), &master, admin.clock(), admin.entropy()).await
}
