//! Whether the master key is there and is this database's, and whether every flavour that signs has a key.

use std::sync::Arc;

use auth_core::{SecretKey, SystemClock};
use store_diesel::DieselStore;
use token_jwt::Family;
use token_jwt::rotation::KeyState;

use super::check::Check;
use crate::commands::admin::master_key;
use crate::commands::key::signs;
use crate::config::{Config, Flavour};
use crate::keys::{Keys, Purpose};
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
                let checked = of_flavour(&keys, flavour).await;
                checks.push(checked.unwrap_or_else(|error| unusable(flavour, &error)));
            }
        }
    }
    checks
}

/// The master key, if it is this database's.
async fn master_check(config: &Config, store: &DieselStore) -> anyhow::Result<(Check, Option<SecretKey>)> {
    let nothing_stored = store.vault().keys().await?.is_empty();
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

async fn of_flavour(keys: &Keys, flavour: &Flavour) -> anyhow::Result<Check> {
    let purpose = Purpose::of(flavour);
    let (name, algorithm) = (&flavour.name, flavour.algorithm);
    let stored = keys.stored(&purpose).await?;
    let rotate = format!("tessera key rotate --flavour {name}");
    if stored.is_empty() {
        let found = format!("{name} ({algorithm}) has none yet");
        return Ok(match algorithm.family() {
            Family::Rsa => Check::fail(SIGNING, found, format!("tessera key import --flavour {name}")),
            _ => Check::warn(SIGNING, found, "the server makes one when it starts"),
        });
    }
    let states = keys.states(&stored);
    let live = stored
        .iter()
        .zip(&states)
        .filter(|(_, state)| **state != KeyState::Retired);
    for (row, _) in live.clone() {
        keys.open_key(&purpose, row)?;
    }
    if !states.contains(&KeyState::Current) {
        return Ok(Check::fail(
            SIGNING,
            format!("no key of {name} ({algorithm}) signs now"),
            rotate,
        ));
    }
    if live.clone().all(|(row, _)| row.retires_at.is_some()) {
        return Ok(Check::fail(
            SIGNING,
            format!("every key of {name} ({algorithm}) has an end"),
            rotate,
        ));
    }
    Ok(Check::ok(
        SIGNING,
        format!("{name} ({algorithm}) has {} that verify, and one signs", live.count()),
    ))
}

fn unusable(flavour: &Flavour, error: &anyhow::Error) -> Check {
    let advice = format!(
        "restore the database's table `vault`, or: tessera key rotate --emergency --flavour {}",
        flavour.name
    );
    Check::fail(SIGNING, format!("{error:#}"), advice)
}
