//! Whether the master key is there and is this database's, and whether every flavour that signs has a key.

use std::sync::Arc;

use auth_core::{SecretKey, SystemClock};
use keystore::{KeyFormat, KeyState, Keyring, ListedKey};
use store_diesel::DieselStore;

use super::check::Check;
use crate::commands::admin::master_key;
use crate::commands::key::signs;
use crate::config::{Config, Flavour};
use crate::jwt_keys::{JwtKeyFormat, purpose_of};
use crate::keys::Keys;
use crate::master;

const MASTER: &str = "master key";
const SIGNING: &str = "signing keys";

pub async fn check(config: &Config, store: &DieselStore) -> Vec<Check> {
    let master = match master_check(config, store).await {
        Ok((check, None)) => return vec![check],
        Ok((check, Some(master))) => (check, master),
        Err(error) => {
            let advice = "give the one that the servers on this database have";
            return vec![Check::fail(MASTER, format!("{error:#}"), advice)];
        }
    };
    let (check, master) = master;
    let mut checks = vec![check];
    match Keys::open(store, &master, Arc::new(SystemClock::new())).await {
        Err(error) => checks.push(Check::fail(SIGNING, format!("{error:#}"), "see above")),
        Ok(keys) => {
            for flavour in config.flavours.iter().filter(|flavour| signs(flavour)) {
                let checked = of_flavour(&keys.keyring, flavour).await;
                checks.push(checked.unwrap_or_else(|error| unusable(flavour, &error)));
            }
        }
    }
    checks
}

/// The master key, if it is this database's.
async fn master_check(config: &Config, store: &DieselStore) -> anyhow::Result<(Check, Option<SecretKey>)> {
    let nothing_stored = store.keys().keys().await?.is_empty();
    let Some(master) = master::existing(&master_key(config))? else {
        let check = match nothing_stored {
            true => Check::warn(
                MASTER,
                "there is none yet",
                "the server makes one at its first start; keep a copy",
            ),
            false => Check::fail(
                MASTER,
                "there is none, and the database has keys under one",
                "set TESSERA_MASTER_KEY or --master-key-file to the one the servers have",
            ),
        };
        return Ok((check, None));
    };
    Ok(match Keys::agrees(store, &master).await? {
        Some(true) => (
            Check::ok(MASTER, "it is the one this database was set up with"),
            Some(master),
        ),
        Some(false) => {
            let advice = "set TESSERA_MASTER_KEY or --master-key-file to the right one";
            (
                Check::fail(MASTER, "it is not the one this database was set up with", advice),
                None,
            )
        }
        None => (
            Check::ok(MASTER, "it is there; the database was set up with none yet"),
            None,
        ),
    })
}

async fn of_flavour(keyring: &Keyring, flavour: &Flavour) -> anyhow::Result<Check> {
    let format = JwtKeyFormat::of(flavour);
    let of = format!("{} ({})", flavour.name, flavour.algorithm);
    let keys = keyring.list_of(&purpose_of(flavour)?).await?;
    if keys.is_empty() {
        let found = format!("{of} has none yet");
        return Ok(match format.is_import_only() {
            true => Check::fail(SIGNING, found, format.way_to_a_key()),
            false => Check::warn(SIGNING, found, "the server makes one when it starts"),
        });
    }
    let verifying: Vec<&ListedKey> = keys.iter().filter(|listed| listed.state != KeyState::Retired).collect();
    for listed in &verifying {
        format.check(&keyring.open(&listed.key)?)?;
    }
    let found = if !verifying.iter().any(|listed| listed.state == KeyState::Current) {
        format!("no key of {of} signs now")
    } else if verifying.iter().all(|listed| listed.key.retires_at.is_some()) {
        format!("every key of {of} has an end")
    } else {
        let found = format!("{of} has {} that verify, and one signs", verifying.len());
        return Ok(Check::ok(SIGNING, found));
    };
    Ok(Check::fail(SIGNING, found, format.way_to_a_key()))
}

fn unusable(flavour: &Flavour, error: &anyhow::Error) -> Check {
    let advice = format!(
        "restore the database's table `vault`, or: tessera key rotate --emergency --flavour {}",
        flavour.name
    );
    Check::fail(SIGNING, format!("{error:#}"), advice)
}
