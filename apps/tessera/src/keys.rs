//! The signing keys of one database, and the check that the master key is this database's.

use std::sync::Arc;

use anyhow::bail;
use auth_core::{Clock, SecretKey, SystemEntropy};
use keystore::Keyring;
use store_diesel::DieselStore;

/// The name under which a database stores the check value of its master key, which gives nothing of the key away.
const CHECK: &str = "master_key_check";

/// The keys of one database.
#[derive(Debug)]
pub struct Keys {
    pub keyring: Keyring,
}

impl Keys {
    /// The keys in this database. Refused if they were stored under another master key; nothing is changed then.
    pub async fn open(store: &DieselStore, master: &SecretKey, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        let check = check_value(master);
        let stored = store.meta().put_if_absent(CHECK, check.expose()).await?;
        if stored != check.expose() {
            bail!(
                "the master key is not the one this database was set up with; nothing was changed. \
                 Set TESSERA_MASTER_KEY or --master-key-file to the right one"
            );
        }
        let keyring = Keyring::new(store.keys(), master, clock, Arc::new(SystemEntropy));
        Ok(Self { keyring })
    }

    /// Whether this is the master key that the database was set up with; `None`: with none yet. Changes nothing.
    pub async fn agrees(store: &DieselStore, master: &SecretKey) -> anyhow::Result<Option<bool>> {
        let stored = store.meta().value(CHECK).await?;
        Ok(stored.map(|stored| stored == check_value(master).expose()))
    }
}

fn check_value(master: &SecretKey) -> SecretKey {
    master.derive("master key check")
}
