//! What signs, with its keys, for commands.

use anyhow::bail;
use keystore::Keyring;

use crate::acts::key::SigningFlavour;
use crate::commands::admin::Admin;
use crate::commands::database::master_key;
use crate::parts::Stores;
use crate::{keys, master};

/// The flavour of this name.
pub fn find_signing<'a>(admin: &'a Admin, name: &str) -> anyhow::Result<SigningFlavour<'a>> {
    let mut signing = all_signing(admin)?;
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
            match names.join(", ") {
                names if names.is_empty() => bail!("--flavour {name}: not found; no flavour has signing keys"),
                names => bail!("--flavour {name}: not found; the flavours with signing keys are {names}"),
            }
        }
    }
}

/// All that sign.
pub fn all_signing(admin: &Admin) -> anyhow::Result<Vec<SigningFlavour<'_>>> {
    SigningFlavour::all(&admin.config.flavours, &admin.config.forward_auth)
}

/// The keys of the database, under its root key.
pub async fn open_keyring(admin: &Admin) -> anyhow::Result<Keyring> {
    let master = master::load(&master_key(&admin.config))?;
    let (stores, clock, entropy) = (Stores::from(&admin.store), admin.clock(), admin.entropy());
    let root = keys::root_for_command(&stores, &master, &*clock, &*entropy).await?;
    Ok(keys::keyring(&stores, &root, clock, entropy))
}
