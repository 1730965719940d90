//! The root key of a store, which its master key opens, and the keyring under it.

use std::sync::Arc;

use anyhow::{Context, bail};
use auth_core::{Clock, Entropy, SecretKey};
use keystore::{Keyring, RootSeals};
use store_diesel::MetaStore;

use crate::master;
use crate::parts::Stores;

/// The name of the store's check value, which identifies its root key without revealing it.
pub(crate) const CHECK: &str = "master_key_check";

/// The name of the root key's seals, under each master key that opens it.
pub(crate) const SEALS: &str = "root_key_seals";

/// What a store says of its root key.
#[derive(Clone, Debug)]
pub(crate) struct RootFacts {
    /// Its check value; `None`: the store was set up with none yet.
    pub(crate) check: Option<Vec<u8>>,
    /// Its seals, as they are stored; `None`: the first master key is the root key.
    pub(crate) seals: Option<Vec<u8>>,
}

/// What a master key is to a store.
#[derive(Debug)]
pub(crate) enum Opened {
    /// One that opens its root key, which is this.
    Root(SecretKey),
    /// Not one of those that open its root key.
    WrongKey,
    /// The store has no root key yet.
    NoneYet,
}

impl Opened {
    pub(crate) fn is_root(&self) -> bool {
        matches!(self, Self::Root(_))
    }
}

impl RootFacts {
    pub(crate) async fn read(meta: &dyn MetaStore) -> anyhow::Result<Self> {
        Ok(Self {
            check: meta.value(CHECK).await?,
            seals: meta.value(SEALS).await?,
        })
    }

    pub(crate) fn seals(&self) -> anyhow::Result<RootSeals> {
        let stored = self.seals.as_deref().map(RootSeals::from_stored);
        let seals = stored.unwrap_or_else(|| Ok(RootSeals::of_first_master_key()));
        seals.with_context(|| format!("the value {SEALS} in the table meta is damaged, or of a later version"))
    }

    pub(crate) fn open(&self, master: &SecretKey) -> anyhow::Result<Opened> {
        let Some(check) = &self.check else {
            return Ok(Opened::NoneYet);
        };
        let root = self.seals()?.open(master);
        let root = root.filter(|root| check_value(root).expose() == check.as_slice());
        Ok(root.map_or(Opened::WrongKey, Opened::Root))
    }
}

/// The root key of this store. A new store gets one, drawn at random, which this master key opens. Fails, and changes
/// nothing, if it is not a master key of the store.
pub(crate) async fn root(
    stores: &Stores,
    master: &SecretKey,
    clock: &dyn Clock,
    entropy: &dyn Entropy,
) -> anyhow::Result<SecretKey> {
    let meta = &*stores.meta;
    // Only a new database is written to: the others can be opened while another process writes.
    let mut facts = RootFacts::read(meta).await?;
    if facts.check.is_none() {
        facts = set_up(meta, master, clock, entropy).await?;
    }
    match facts.open(master)? {
        Opened::Root(root) => Ok(root),
        Opened::WrongKey | Opened::NoneYet => bail!(
            "the master key is not one that opens this database; nothing was changed. \
             Set TESSERA_MASTER_KEY or --master-key-file to the right one"
        ),
    }
}

/// However many nodes begin at once, they have one root key: that of the first whose seals are stored.
async fn set_up(
    meta: &dyn MetaStore,
    master: &SecretKey,
    clock: &dyn Clock,
    entropy: &dyn Entropy,
) -> anyhow::Result<RootFacts> {
    let drawn = SecretKey::random(entropy)?;
    let seals = RootSeals::first(&drawn, master, clock.now(), entropy)?;
    let seals = meta.put_if_absent(SEALS, &seals.to_stored()).await?;
    let facts = RootFacts {
        check: None,
        seals: Some(seals),
    };
    let Some(root) = facts.seals()?.open(master) else {
        return Ok(facts);
    };
    let check = meta.put_if_absent(CHECK, check_value(&root).expose()).await?;
    Ok(RootFacts {
        check: Some(check),
        ..facts
    })
}

/// The keys in this store, under its root key.
pub(crate) fn keyring(stores: &Stores, root: &SecretKey, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Keyring {
    Keyring::new(stores.keys.clone(), root, clock, entropy)
}

/// The root key, for a command. The demo's master key opens the database of a demo, and is never the first of another.
pub(crate) async fn root_for_command(
    stores: &Stores,
    master: &SecretKey,
    clock: &dyn Clock,
    entropy: &dyn Entropy,
) -> anyhow::Result<SecretKey> {
    if master::is_demos(master) && RootFacts::read(&*stores.meta).await?.check.is_none() {
        bail!("{}", master::DEMOS);
    }
    root(stores, master, clock, entropy).await
}

/// The value by which a database knows its root key again.
pub(crate) fn check_value(root: &SecretKey) -> SecretKey {
    root.derive("master key check")
}
