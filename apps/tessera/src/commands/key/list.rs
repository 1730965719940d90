//! `tessera key list`.

use clap::Args;
use keystore::{KeyState, ListedKey, StoredKey};
use serde_json::{Value, json};

use super::keyring;
use crate::cli::Common;
use crate::commands::admin::Admin;
use crate::commands::report::{Report, table, time};

/// List the signing keys: what each is for, and what it is now. Nothing of the keys themselves.
#[derive(Debug, Args)]
pub struct List {
    /// Only those of this flavour.
    #[arg(long, value_name = "NAME")]
    flavour: Option<String>,
}

impl List {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        Admin::run(common, async |admin| {
            if let Some(name) = &self.flavour {
                keyring::signing_flavour(&admin.config, name)?;
            }
            let mut keys = ListedKey::all(admin.store.keys().keys().await?, admin.now());
            let is_wanted = |key: &StoredKey| {
                let wanted = self.flavour.as_deref();
                wanted.is_none_or(|wanted| wanted == key.purpose.flavour())
            };
            keys.retain(|listed| is_wanted(&listed.key));
            Ok(report(&keys))
        })
    }
}

fn report(keys: &[ListedKey]) -> Report {
    let rows: Vec<_> = keys.iter().map(row).collect();
    let text = match keys.is_empty() {
        true => "there are no signing keys yet: a server makes them at its first start".into(),
        false => table(["kid", "flavour", "algorithm", "state", "signs from", "retires"], &rows),
    };
    let keys: Vec<_> = keys.iter().map(object).collect();
    Report::new(text, json!({ "keys": keys }))
}

/// A key for people.
fn row(listed: &ListedKey) -> [String; 6] {
    let key = &listed.key;
    [
        key.name.clone(),
        key.purpose.flavour().to_owned(),
        key.purpose.algorithm().to_owned(),
        word(listed.state).to_owned(),
        time(key.activates_at),
        key.retires_at.map_or("-".into(), time),
    ]
}

/// A key for programs.
fn object(listed: &ListedKey) -> Value {
    let key = &listed.key;
    json!({
        "kid": key.name,
        "flavour": key.purpose.flavour(),
        "algorithm": key.purpose.algorithm(),
        "state": word(listed.state),
        "created_at": time(key.created_at),
        "signs_from": time(key.activates_at),
        "retires_at": key.retires_at.map(time),
    })
}

/// What a key is, in a word.
fn word(state: KeyState) -> &'static str {
    match state {
        KeyState::Next => "next",
        KeyState::Current => "current",
        KeyState::Overlapping => "overlapping",
        KeyState::Retired => "retired",
    }
}
