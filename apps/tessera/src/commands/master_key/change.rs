//! The master keys of a database, and how they are changed.

use anyhow::bail;
use auth_core::{AuditEvent, Provenance, SecretKey};
use keystore::RootSeals;
use store_diesel::FactChange;

use crate::commands::admin::Admin;
use crate::commands::database::master_key;
use crate::commands::patience::patiently;
use crate::keys::{Opened, RootFacts, SEALS};
use crate::master;

/// What opens the database, opened with the present master key.
#[derive(Debug)]
pub(super) struct MasterKeys {
    pub(super) facts: RootFacts,
    pub(super) seals: RootSeals,
    pub(super) present: SecretKey,
    pub(super) root: SecretKey,
}

impl MasterKeys {
    /// With the master key from where the servers have it, which may be a weak one.
    pub(super) async fn open(admin: &Admin) -> anyhow::Result<Self> {
        let facts = RootFacts::read(&*admin.store.meta()).await?;
        let present = master::load_to_replace(&master_key(&admin.config))?;
        let root = match facts.open(&present)? {
            Opened::Root(root) => root,
            Opened::WrongKey => bail!(
                "the present master key is not one that opens this database; nothing was changed. Set TESSERA_MASTER_KEY or \
                 --master-key-file to the right one"
            ),
            Opened::NoneYet => {
                bail!(
                    "no server has started on this database yet, so it has no master key: `tessera serve` sets it up with the key of \
                     its settings"
                )
            }
        };
        Ok(Self {
            seals: facts.seals()?,
            facts,
            present,
            root,
        })
    }

    /// Stores these seals in place of those that were read.
    pub(super) async fn store(&self, admin: &Admin, seals: &RootSeals, event: AuditEvent) -> anyhow::Result<()> {
        let change = FactChange {
            name: SEALS,
            before: self.facts.seals.clone(),
            after: seals.to_stored(),
        };
        let entry = Provenance::current().entry(event, admin.now());
        let maintenance = admin.store.maintenance();
        match patiently(async || maintenance.change_master_keys(&change, entry.clone()).await).await? {
            true => Ok(()),
            false => bail!("the master keys were changed at the same time: nothing was changed; try again"),
        }
    }
}
