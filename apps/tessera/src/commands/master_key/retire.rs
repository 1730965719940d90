//! `tessera master-key retire`.

use anyhow::bail;
use auth_core::AuditEvent;
use clap::Args;
use serde_json::json;

use super::change::MasterKeys;
use crate::commands::admin::Admin;
use crate::commands::report::Report;
use crate::options::Common;

/// Have the master key of this command alone open the database: the last step after `tessera master-key rotate`, once each server
/// was restarted with it. Servers that still have an old key run on, and do not start again with it.
#[derive(Debug, Args)]
pub struct Retire {
    /// Do it.
    #[arg(long)]
    yes: bool,
}

const ROOT_KEY: &str = "this database was set up before there were root keys: its first master key is its root key. Keep it as \
                        secret as before, since with it and a copy of the database everything opens; `tessera master-key \
                        replace` ends that";

impl Retire {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        Admin::run(common, async |admin| {
            let keys = MasterKeys::open(admin).await?;
            let mut seals = keys.seals.clone();
            let was_first = seals.accepted().iter().any(|key| key.name.is_none());
            let Some(retired) = seals.retire_others(&keys.present) else {
                bail!(
                    "the present master key is the one to be retired: run this with the new one, and make that known before, \
                     with `tessera master-key rotate --new-key-file FILE`"
                );
            };
            let name = seals.name_of(&keys.present);
            if retired > 0 && !self.yes {
                bail!(
                    "nothing was changed. Restart each server with the master key of this command, then repeat this with --yes. Other \
                     master keys that will no longer open the database: {retired}"
                );
            }
            if retired > 0 {
                keys.store(admin, &seals, AuditEvent::MasterKeysRetired).await?;
            }
            let text = format!("the present master key alone opens the database; others retired: {retired}");
            let report = Report::new(text, json!({ "name": name, "retired": retired }));
            Ok(match was_first {
                true => report.with_warning(ROOT_KEY),
                false => report,
            })
        })
    }
}
