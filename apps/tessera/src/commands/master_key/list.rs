//! `tessera master-key list`.

use auth_core::Timestamp;
use clap::Args;
use serde_json::json;

use super::FIRST;
use super::change::MasterKeys;
use crate::commands::admin::Admin;
use crate::commands::report::{Report, time};
use crate::commands::table::table;
use crate::options::Common;

/// Show the master keys that open the database, by names that are derived from them; `present` is the one of this command.
#[derive(Debug, Args)]
pub struct List {}

impl List {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        Admin::run(common, async |admin| {
            let keys = MasterKeys::open(admin).await?;
            let present = keys.seals.name_of(&keys.present);
            let accepted = keys.seals.accepted();
            let rows = accepted.iter().map(|key| {
                let name = key.name.clone().unwrap_or_else(|| FIRST.to_owned());
                let is_present = key.name == present;
                (name, key.since, is_present)
            });
            let rows: Vec<_> = rows.collect();
            let json: Vec<_> = rows
                .iter()
                .map(|(name, since, present)| json!({ "name": name, "since": since.map(time), "present": present }))
                .collect();
            let row = |(name, since, present): (String, Option<Timestamp>, bool)| {
                let since = since.map_or_else(|| "-".to_owned(), time);
                [name, since, if present { "yes" } else { "-" }.to_owned()]
            };
            let rows: Vec<_> = rows.into_iter().map(row).collect();
            let text = table(["name", "accepted since", "present"], &rows);
            Ok(Report::new(text, json!({ "master_keys": json })))
        })
    }
}
