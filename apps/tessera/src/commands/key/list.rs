//! `tessera key list`.

use std::collections::BTreeMap;

use clap::Args;
use serde_json::json;
use store_diesel::StoredKey;
use token_jwt::rotation::KeyState;

use super::ring;
use crate::commands::admin::Admin;
use crate::commands::report::{Report, table, time};
use crate::keys::states;
use crate::options::Common;

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
            let wanted = self.flavour.as_deref();
            let wanted = wanted
                .map(|name| ring::signing_flavour(&admin.config, name))
                .transpose()?;
            let mut purposes: BTreeMap<String, Vec<StoredKey>> = BTreeMap::new();
            for key in admin.store.vault().keys().await? {
                purposes.entry(key.purpose.clone()).or_default().push(key);
            }
            let mut listed = Vec::new();
            for (purpose, keys) in purposes {
                let flavour = purpose.split('/').next().unwrap_or_default();
                if wanted.is_none_or(|wanted| wanted.name == flavour) {
                    let states = states(&keys, admin.now());
                    listed.extend(keys.into_iter().zip(states));
                }
            }
            Ok(report(&listed))
        })
    }
}

fn report(keys: &[(StoredKey, KeyState)]) -> Report {
    let rows: Vec<_> = keys.iter().map(|(key, state)| row(key, *state)).collect();
    let text = match keys.is_empty() {
        true => "there are no signing keys yet: a server makes them at its first start".into(),
        false => table(["kid", "flavour", "algorithm", "state", "signs from", "retires"], &rows),
    };
    let keys: Vec<_> = keys.iter().map(|(key, state)| ring::json(key, *state)).collect();
    Report::new(text, json!({ "keys": keys }))
}

fn row(key: &StoredKey, state: KeyState) -> [String; 6] {
    let (flavour, algorithm) = key.purpose.split_once('/').unwrap_or((&key.purpose, ""));
    [
        key.name.clone(),
        flavour.to_owned(),
        algorithm.to_owned(),
        ring::word(state).to_owned(),
        time(key.activates_at),
        ring::end(key.retires_at),
    ]
}
