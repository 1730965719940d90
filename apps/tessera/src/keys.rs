//! Checks the master key against the store, and opens the keyring under it.

use std::sync::Arc;

use anyhow::bail;
use auth_core::{Clock, Entropy, SecretKey};
use keystore::Keyring;
use store_diesel::MetaStore;

use crate::master;
use crate::parts::Stores;

/// The name of the store's check value, which identifies its master key without revealing it.
pub(crate) const CHECK: &str = "master_key_check";

/// The keys in this store. Fails, and changes nothing, if they were stored under another master key.
pub(crate) async fn open(
    stores: &Stores,
    master: &SecretKey,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> anyhow::Result<Keyring> {
    let check = check_value(master);
    // Only a new database is written to: the others can be opened while another process writes.
    let stored = match stores.meta.value(CHECK).await? {
        Some(stored) => stored,
        None => stores.meta.put_if_absent(CHECK, check.expose()).await?,
    };
    if stored != check.expose() {
        bail!(
            "the master key is not the one this database was set up with; nothing was changed. \
             Set TESSERA_MASTER_KEY or --master-key-file to the right one"
        );
    }
    Ok(Keyring::new(stores.keys.clone(), master, clock, entropy))
}

/// The same for a command. The demo's master key opens the database of a demo, and is never the first of another.
pub(crate) async fn open_for_command(
    stores: &Stores,
    master: &SecretKey,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> anyhow::Result<Keyring> {
    if master::is_demos(master) && is_the_stores(&*stores.meta, master).await?.is_none() {
        bail!("{}", master::DEMOS);
    }
    open(stores, master, clock, entropy).await
}

/// Whether this is the master key that the store was set up with; `None`: it has none yet. Changes nothing.
pub(crate) async fn is_the_stores(meta: &dyn MetaStore, master: &SecretKey) -> anyhow::Result<Option<bool>> {
    let stored = meta.value(CHECK).await?;
    Ok(stored.map(|stored| stored == check_value(master).expose()))
}

/// The value by which a database knows its master key again.
pub(crate) fn check_value(master: &SecretKey) -> SecretKey {
    master.derive("master key check")
}
