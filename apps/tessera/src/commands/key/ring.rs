//! The keys of the database, and the flavours they are for.

use anyhow::{Context, bail};
use auth_core::{SecretKey, Timestamp};
use serde_json::{Value, json};
use store_diesel::StoredKey;
use token_jwt::rotation::KeyState;

use crate::commands::admin::{Admin, master_key};
use crate::commands::report::time;
use crate::config::{Config, Flavour, IssuerKind};
use crate::keys::{Keys, Purpose};
use crate::master;

/// The keys, opened with the master key.
pub struct Ring {
    pub keys: Keys,
    pub master: SecretKey,
}

impl Ring {
    pub async fn open(admin: &Admin) -> anyhow::Result<Self> {
        let master = master::load(&master_key(&admin.config))?;
        let keys = Keys::open(&admin.store, &master, admin.clock()).await?;
        Ok(Self { keys, master })
    }

    /// The keys of one purpose, each with what it is now.
    pub async fn of(&self, purpose: &Purpose) -> anyhow::Result<Vec<(StoredKey, KeyState)>> {
        let stored = self.keys.stored(purpose).await?;
        let states = self.keys.states(&stored);
        Ok(stored.into_iter().zip(states).collect())
    }
}

/// Whether a flavour's tokens are signed.
pub fn signs(flavour: &Flavour) -> bool {
    flavour.issuer != IssuerKind::Opaque
}

/// The flavour of this name, whose tokens are signed.
pub fn signing_flavour<'a>(config: &'a Config, name: &str) -> anyhow::Result<&'a Flavour> {
    let found = config.flavours.iter().find(|flavour| flavour.name == name);
    let flavour = found.with_context(|| {
        let names = config
            .flavours
            .iter()
            .filter(|flavour| signs(flavour))
            .map(|flavour| flavour.name.as_str());
        format!(
            "--flavour {name}: there is none of this name; those with keys are {}",
            names.collect::<Vec<_>>().join(", ")
        )
    })?;
    if !signs(flavour) {
        bail!("--flavour {name}: its tokens are opaque, so that it has no signing keys");
    }
    Ok(flavour)
}

/// What a key is, in a word.
pub fn word(state: KeyState) -> &'static str {
    match state {
        KeyState::Next => "next",
        KeyState::Current => "current",
        KeyState::Overlapping => "overlapping",
        KeyState::Retired => "retired",
    }
}

/// A key for programs.
pub fn json(key: &StoredKey, state: KeyState) -> Value {
    let (flavour, algorithm) = key.purpose.split_once('/').unwrap_or((&key.purpose, ""));
    json!({
        "kid": key.name,
        "flavour": flavour,
        "algorithm": algorithm,
        "state": word(state),
        "created_at": time(key.created_at),
        "signs_from": time(key.activates_at),
        "retires_at": key.retires_at.map(time),
    })
}

/// When a key retires, for people.
pub fn end(retires_at: Option<Timestamp>) -> String {
    retires_at.map_or("-".into(), time)
}
