//! `tessera master-key retire`.

use anyhow::bail;
use auth_core::AuditEvent;
use clap::Args;
use keystore::AcceptedKey;
use serde_json::json;

use super::FIRST;
use super::change::MasterKeys;
use crate::commands::admin::Admin;
use crate::commands::confirmation::Confirmation;
use crate::commands::report::{Report, time};
use crate::options::Common;

/// Have the master key of this command alone open the database: the last step after `tessera master-key rotate`, once each server
/// was restarted with it. Servers that still have an old key run on, and do not start again with it.
#[derive(Debug, Args)]
pub struct Retire {
    #[command(flatten)]
    confirmation: Confirmation,
    /// Also master keys that were made known after the one of this command. Servers that have one of them do not start again.
    #[arg(long)]
    newer: bool,
}

const ROOT_KEY: &str = "this database was set up before there were root keys: its first master key is its root key. Keep it as \
                        secret as before, since with it and a copy of the database everything opens; `tessera master-key \
                        replace` ends that";

/// The master keys that a command retires.
struct Others {
    /// All, as `tessera master-key list` names them.
    shown: String,
    /// The last, if it was made known after the one that stays.
    newer: Option<String>,
}

impl Others {
    /// All but `kept`, of these, which are in the order in which they were made known.
    fn of(accepted: &[AcceptedKey], kept: Option<&str>) -> Self {
        let shown = |key: &AcceptedKey| {
            let name = key.name.as_deref().unwrap_or(FIRST);
            key.since
                .map_or_else(|| name.to_owned(), |since| format!("{name} (since {})", time(since)))
        };
        let is_kept = |key: &&AcceptedKey| key.name.as_deref() == kept;
        let newest = accepted.last().filter(|key| !is_kept(key));
        Self {
            shown: accepted
                .iter()
                .filter(|key| !is_kept(key))
                .map(shown)
                .collect::<Vec<_>>()
                .join(", "),
            newer: newest.map(shown),
        }
    }
}

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
            let others = Others::of(&keys.seals.accepted(), name.as_deref());
            if let Some(newer) = others.newer.filter(|_| !self.newer) {
                bail!(
                    "nothing was changed: the master key of this command is older than {newer}, which servers may have by now. Run \
                     this with the newest one; to give the newer ones up, repeat it with --newer --yes"
                );
            }
            if retired > 0 {
                let what = format!(
                    "no server starts any more with one of these master keys: {}. Restart each with the master key of this command \
                     before",
                    others.shown
                );
                self.confirmation.ask(common, &what)?;
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
