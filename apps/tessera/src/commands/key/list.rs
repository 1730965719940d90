//! `tessera key list`.

use clap::Args;
use keystore::{ListedKey, StoredKey};
use serde_json::{Value, json};

use super::signing_flavour::find_signing;
use crate::acts::key::state_word;
use crate::commands::admin::Admin;
use crate::commands::imported_flavour;
use crate::commands::report::{Report, time};
use crate::commands::table::table;
use crate::options::Common;

/// List the signing keys, and those of other systems that are accepted: what each is for, and its state. The keys themselves are
/// not shown.
#[derive(Debug, Args)]
pub struct List {
    /// Only those of this flavour.
    #[arg(long, value_name = "NAME")]
    flavour: Option<String>,
}

impl List {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        Admin::run(common, async |admin| {
            if let Some(name) = &self.flavour
                && imported_flavour::realm_of(&admin.config, name).is_err()
            {
                find_signing(admin, name)?;
            }
            let wanted = |key: &ListedKey| match &self.flavour {
                Some(name) => key.key.purpose.flavour() == name,
                None => true,
            };
            let mut keys = ListedKey::all(admin.store.keys().keys().await?, admin.now());
            keys.retain(wanted);
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
    let keys: Vec<_> = keys.iter().map(json).collect();
    Report::new(text, json!({ "keys": keys }))
}

fn row(ListedKey { key, state }: &ListedKey) -> [String; 6] {
    [
        key.name.clone(),
        key.purpose.flavour().to_owned(),
        key.purpose.algorithm().to_owned(),
        state_word(key, *state).to_owned(),
        time(key.activates_at),
        end(key),
    ]
}

fn json(ListedKey { key, state }: &ListedKey) -> Value {
    json!({
        "kid": key.name,
        "flavour": key.purpose.flavour(),
        "algorithm": key.purpose.algorithm(),
        "state": state_word(key, *state),
        "created_at": time(key.created_at),
        "signs_from": time(key.activates_at),
        "retires_at": key.retires_at.map(time),
    })
}

fn end(key: &StoredKey) -> String {
    match key.retires_at {
        Some(_) if key.is_revoked() => "revoked".into(),
        Some(at) => time(at),
        None => "-".into(),
    }
}
