//! `tessera master-key rotate`.

use std::path::PathBuf;

use anyhow::Context;
use auth_core::AuditEvent;
use clap::Args;
use keystore::SealError;
use serde_json::json;

use super::change::MasterKeys;
use crate::commands::admin::Admin;
use crate::commands::report::Report;
use crate::master;
use crate::options::Common;

/// Have the database accept one more master key. Servers run on, and nobody is signed out: give the new key to one server after
/// the other, and restart it. Then take the old key away with `tessera master-key retire`. For a key that leaked, use
/// `tessera master-key replace`.
#[derive(Debug, Args)]
pub struct Rotate {
    /// The file with the new master key: 32 random bytes in base64, readable by its owner alone.
    #[arg(long, value_name = "FILE")]
    new_key_file: PathBuf,
}

const NEXT: &str = "give it to each server (--master-key-file, TESSERA_MASTER_KEY, master_key_command), restart them one after the \
                    other, keep a copy, and then run `tessera master-key retire` with it";

impl Rotate {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        Admin::run(common, async |admin| {
            let new = master::load_new(&self.new_key_file).context("--new-key-file")?;
            let keys = MasterKeys::open(admin).await?;
            let mut seals = keys.seals.clone();
            let is_new = seals
                .accept(&keys.root, &new, admin.now(), &*admin.entropy())
                .map_err(advise)?;
            if is_new {
                keys.store(admin, &seals, AuditEvent::MasterKeyAccepted).await?;
            }
            let name = seals.name_of(&new);
            let shown = self.new_key_file.display();
            let what = match is_new {
                true => format!("the master key in {shown} opens the database now, beside the one before"),
                false => format!("the master key in {shown} opens the database already"),
            };
            Ok(Report::new(
                format!("{what}: {NEXT}"),
                json!({ "name": name, "added": is_new, "accepted": seals.accepted().len() }),
            ))
        })
    }
}

fn advise(error: SealError) -> anyhow::Error {
    match error {
        SealError::TooMany => anyhow::anyhow!("{error}: retire the old ones with `tessera master-key retire` first"),
        other => other.into(),
    }
}
