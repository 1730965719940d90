//! Checks that the master key is present and is this database's, and that every flavour that signs has a key.

use std::sync::Arc;

use auth_core::{Clock, Entropy, SecretKey};
use keystore::{KeyFormatError, KeyPurpose, KeyState, Keyring, ListedKey};
use store_diesel::DieselStore;

use super::check::Check;
use crate::accepted;
use crate::commands::database::master_key;
use crate::commands::report::time;
use crate::config::{Config, IdentityJwtSettings, SigningKeys};
use crate::keys::{Opened, RootFacts};
use crate::master;

const MASTER: &str = "master key";
const SIGNING: &str = "signing keys";
const ACCEPTED: &str = "keys of other systems";

/// What is checked, and with what.
pub struct Checked<'a> {
    pub config: &'a Config,
    pub store: &'a DieselStore,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
}

pub async fn check(checked: &Checked<'_>) -> Vec<Check> {
    let (check, root) = match master_check(checked).await {
        Ok(found) => found,
        Err(error) => {
            let advice = "give the one that the servers on this database have";
            return vec![Check::fail(MASTER, format!("{error:#}"), advice)];
        }
    };
    let mut checks = vec![check];
    let Some(root) = root else {
        return checks;
    };
    let keyring = Keyring::new(
        checked.store.keys(),
        &root,
        checked.clock.clone(),
        checked.entropy.clone(),
    );
    let of_flavours = checked.config.flavours.iter();
    let of_flavours = of_flavours.map(|flavour| (flavour.name.as_str(), flavour.signing_keys()));
    let of_identities = checked.config.forward_auth.jwt.signing_keys();
    for (name, keys) in of_flavours.chain([(IdentityJwtSettings::KEYS, of_identities)]) {
        let check = match keys.map_err(anyhow::Error::from) {
            Ok(None) => continue,
            Ok(Some(keys)) => of_flavour(&keyring, name, keys).await,
            Err(error) => Err(error),
        };
        checks.push(check.unwrap_or_else(|error| unusable(name, &error)));
    }
    for flavour in checked.config.flavours.iter().filter(|flavour| flavour.has_imported()) {
        match accepted_by(&keyring, &flavour.name).await {
            Ok(None) => {}
            Ok(Some(check)) => checks.push(check),
            Err(error) => checks.push(Check::fail(
                ACCEPTED,
                format!("{error:#}"),
                format!(
                    "tessera key retire --kid KID --now, then: tessera key accept --flavour {}",
                    flavour.name
                ),
            )),
        }
    }
    checks
}

/// The keys of another system, if there are any.
async fn accepted_by(keyring: &Keyring, flavour: &str) -> anyhow::Result<Option<Check>> {
    let keys = keyring.list_of(&KeyPurpose::accepted(flavour)?).await?;
    let keys: Vec<&ListedKey> = keys.iter().filter(|key| key.state != KeyState::Retired).collect();
    for listed in &keys {
        accepted::check(&keyring.open(&listed.key)?)?;
    }
    let last = keys.iter().filter_map(|listed| listed.key.retires_at).max();
    Ok(last.map(|last| {
        let found = format!("{flavour} accepts {}, the last until {}", keys.len(), time(last));
        Check::ok(ACCEPTED, found)
    }))
}

/// The master key, and the root key if it opens that.
async fn master_check(checked: &Checked<'_>) -> anyhow::Result<(Check, Option<SecretKey>)> {
    let nothing_stored = checked.store.keys().keys().await?.is_empty();
    let Some(master) = master::existing(&master_key(checked.config))? else {
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
    Ok(match RootFacts::read(&*checked.store.meta()).await?.open(&master)? {
        Opened::Root(root) => (Check::ok(MASTER, "it opens this database"), Some(root)),
        Opened::WrongKey => {
            let advice = "set TESSERA_MASTER_KEY or --master-key-file to the right one";
            (Check::fail(MASTER, "it does not open this database", advice), None)
        }
        Opened::NoneYet => (
            Check::ok(MASTER, "it is there; the database was set up with none yet"),
            None,
        ),
    })
}

/// The keys of one flavour, or of forward authentication.
async fn of_flavour(keyring: &Keyring, name: &str, keys: SigningKeys) -> anyhow::Result<Check> {
    let SigningKeys { purpose, format } = keys;
    let algorithm = purpose.algorithm();
    let listed = keyring.list_of(&purpose).await?;
    let rotate = format!("tessera key rotate --flavour {name}");
    if listed.is_empty() {
        let found = format!("{name} ({algorithm}) has none yet");
        return Ok(match format.generate() {
            Err(KeyFormatError::ImportOnly(_)) => {
                Check::fail(SIGNING, found, format!("tessera key import --flavour {name}"))
            }
            _ => Check::warn(SIGNING, found, "the server makes one when it starts"),
        });
    }
    let verifying: Vec<&ListedKey> = listed.iter().filter(|key| key.state != KeyState::Retired).collect();
    for listed in &verifying {
        format.check(&keyring.open(&listed.key)?)?;
    }
    let check = if !listed.iter().any(|key| key.state == KeyState::Current) {
        Check::fail(SIGNING, format!("no key of {name} ({algorithm}) signs now"), rotate)
    } else if verifying.iter().all(|key| key.key.retires_at.is_some()) {
        Check::fail(SIGNING, format!("every key of {name} ({algorithm}) has an end"), rotate)
    } else {
        let count = verifying.len();
        Check::ok(
            SIGNING,
            format!("{name} ({algorithm}) has {count} that verify, and one signs"),
        )
    };
    Ok(check)
}

fn unusable(name: &str, error: &anyhow::Error) -> Check {
    let advice = format!("restore the database's table `vault`, or: tessera key rotate --emergency --flavour {name}");
    Check::fail(SIGNING, format!("{error:#}"), advice)
}
