//! `tessera token revoke --all`: every record, and every signing key.

use std::collections::BTreeSet;

use anyhow::Context;
use keystore::{KeyFormatError, KeyPurpose, Keyring, KeyringError};
use serde_json::json;

use crate::acts::key::SigningFlavour;
use crate::commands::admin::Admin;
use crate::commands::change_log::HalfDone;
use crate::commands::key::{all_signing, open_keyring};
use crate::commands::patience::patiently;
use crate::commands::progress::Progress;
use crate::commands::report::Report;

/// Revokes all records and retires all signing keys: a signed token is accepted without a look at its record, so its
/// key must be retired too.
pub async fn run(admin: &Admin) -> anyhow::Result<Report> {
    let keyring = open_keyring(admin).await?;
    let signing = all_signing(admin)?;
    let tokens = admin.token_admin();
    let progress = Progress::running("all tokens are being revoked");
    let revoked = patiently(async || tokens.end_all_sessions(admin.now()).await).await?;
    let half_done = || {
        HalfDone(format!(
            "{revoked} tokens and sessions are revoked, and no key: run it again"
        ))
    };
    let keys = replace_keys(&keyring, &signing).await.with_context(half_done)?;
    drop(progress);
    let json = json!({
        "ended": revoked,
        "keys_retired": keys.retired,
        "flavours_to_import_keys_for": keys.to_import,
        "unused_keys_retired": keys.unused.len(),
        "unused_keys_were_for": keys.unused_purposes(),
    });
    let text = format!("{revoked} tokens and sessions are revoked, {}", keys.sentence());
    Ok(Report::new(text, json))
}

/// The signing keys afterwards.
struct ReplacedKeys {
    retired: usize,
    /// The flavours that have no key that signs until one is imported.
    to_import: Vec<String>,
    /// The purposes of keys that no flavour in the settings uses, one entry for each key.
    unused: Vec<KeyPurpose>,
}

/// Retires every key in the store, and makes another for each flavour in the settings whose keys can be made here.
async fn replace_keys(keyring: &Keyring, signing: &[SigningFlavour<'_>]) -> anyhow::Result<ReplacedKeys> {
    let (mut new, mut to_import) = (Vec::new(), Vec::new());
    for SigningFlavour {
        name, purpose, format, ..
    } in signing
    {
        match format.generate() {
            Ok(key) => new.push((purpose.clone(), key)),
            Err(KeyFormatError::ImportOnly(_)) => to_import.push((*name).to_owned()),
            // The old keys retire all the same: one strategy's trouble does not keep a stolen key in use.
            Err(error) => {
                eprintln!("tessera: no key was made for {name}: {error}");
                to_import.push((*name).to_owned());
            }
        }
    }
    let retired = match patiently(async || keyring.replace_all(&new).await).await {
        Ok(replaced) => replaced.retired,
        // No flavour signs, or no server has made a key yet.
        Err(KeyringError::NothingToReplace) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let is_used = |purpose: &KeyPurpose| signing.iter().any(|signing| signing.purpose == *purpose);
    let purposes = retired.iter().map(|key| key.purpose.clone());
    Ok(ReplacedKeys {
        retired: retired.len(),
        to_import,
        unused: purposes.filter(|purpose| !is_used(purpose)).collect(),
    })
}

impl ReplacedKeys {
    fn sentence(&self) -> String {
        let mut text = match self.retired {
            0 => "and there was no signing key to retire".to_owned(),
            count => format!("and {count} signing keys are retired"),
        };
        if !self.to_import.is_empty() {
            text.push_str("; no key signs until one is imported (`tessera key import`) for ");
            text.push_str(&self.to_import.join(", "));
        }
        if !self.unused.is_empty() {
            let (count, purposes) = (self.unused.len(), self.unused_purposes().join(", "));
            text.push_str(&format!(
                "; {count} of them have no successor, because these settings do not name their flavours: {purposes}"
            ));
        }
        text
    }

    fn unused_purposes(&self) -> Vec<&str> {
        let purposes: BTreeSet<&str> = self.unused.iter().map(KeyPurpose::as_str).collect();
        purposes.into_iter().collect()
    }
}
