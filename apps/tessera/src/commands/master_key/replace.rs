//! `tessera key change-master`.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail};
use auth_core::{AuditEvent, AuditKey, AuditSealer, Provenance, SecretKey};
use clap::Args;
use keystore::{Keyring, Resealed};
use serde_json::json;
use store_diesel::{MasterKeyChange, MasterKeyDependents};

use crate::commands::admin::Admin;
use crate::commands::change_log::HalfDone;
use crate::commands::database::master_key;
use crate::commands::patience::patiently;
use crate::commands::report::Report;
use crate::keys::{CHECK, check_value, is_the_stores};
use crate::master;
use crate::options::Common;

const CHAIN: &str = "the master key is changed, and the audit log has no new chain of seals yet: begin it with `tessera audit \
                     restart --a-copy-was-made`, with the new master key";

/// Give the database another master key, in one step. Stop all servers first: one that runs on goes on with the old key.
/// The present key comes from where the servers have it, and may be a weak one. Without `--yes` it says what would end,
/// and changes nothing.
#[derive(Debug, Args)]
pub struct ChangeMaster {
    /// The file with the new master key: 32 random bytes in base64, readable by its owner alone.
    #[arg(long, value_name = "FILE")]
    new_key_file: PathBuf,
    /// Do it.
    #[arg(long)]
    yes: bool,
}

impl ChangeMaster {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        Admin::run(common, async |admin| {
            let new = master::load_new(&self.new_key_file).context("--new-key-file")?;
            let old = master::load_to_replace(&master_key(&admin.config))?;
            refuse_wrong(admin, &old, &new).await?;
            let keyring = Keyring::new(admin.store.keys(), &old, admin.clock(), admin.entropy());
            let resealed = keyring.resealed(&new).await?;
            let dependents = admin.store.maintenance().master_key_dependents(admin.now()).await?;
            let ends = what_ends(dependents, &resealed);
            if !self.yes {
                bail!("nothing was changed. Stop all servers, then repeat this with --yes: {ends}");
            }
            change(admin, &old, &new, &resealed).await?;
            begin_audit_chain(admin, &new)
                .await
                .context(HalfDone(CHAIN.to_owned()))?;
            let file = self.new_key_file.display();
            let text = format!(
                "the master key is the one in {file} now: give it to all servers before they start \
                 (--master-key-file, TESSERA_MASTER_KEY, or in place of the old file), and keep a copy; {ends}"
            );
            let json = json!({
                "keys_sealed": resealed.before.len() - resealed.unopened.len(),
                "keys_not_opened": resealed.unopened,
                "sessions_not_refreshed": dependents.refreshed_sessions,
                "shared_tokens": dependents.shared_tokens,
            });
            Ok(Report::new(text, json))
        })
    }
}

/// Refuses a present key that is not the database's, and a new one that is.
async fn refuse_wrong(admin: &Admin, old: &SecretKey, new: &SecretKey) -> anyhow::Result<()> {
    let meta = admin.store.meta();
    if is_the_stores(&*meta, new).await? == Some(true) {
        bail!("the key in --new-key-file is this database's master key already: start the servers with it");
    }
    match is_the_stores(&*meta, old).await? {
        Some(true) => Ok(()),
        Some(false) => bail!(
            "the present master key is not the one this database was set up with; nothing was changed. \
             Set TESSERA_MASTER_KEY or --master-key-file to the right one"
        ),
        None => bail!("the database was set up with no master key yet: start a server with the new one"),
    }
}

async fn change(admin: &Admin, old: &SecretKey, new: &SecretKey, resealed: &Resealed) -> anyhow::Result<()> {
    let maintenance = admin.store.maintenance();
    let change = async || {
        let change = MasterKeyChange {
            check: CHECK,
            check_before: check_value(old).expose().to_vec(),
            check_after: check_value(new).expose().to_vec(),
            keys_before: resealed.before.clone(),
            keys_after: resealed.after.clone(),
            now: admin.now(),
        };
        maintenance.change_master_key(&change).await
    };
    match patiently(change).await? {
        true => Ok(()),
        false => bail!("a key was changed at the same time: nothing was changed; stop all servers, and try again"),
    }
}

/// The seals of the audit log are made under the master key: a new chain begins over all entries.
async fn begin_audit_chain(admin: &Admin, new: &SecretKey) -> anyhow::Result<()> {
    let key = AuditKey::derive(new);
    let sealer = AuditSealer::new(admin.store.audit(), key, admin.clock(), Duration::ZERO);
    let entry = Provenance::current().entry(AuditEvent::AuditRestarted, admin.now());
    patiently(async || sealer.restart(entry.clone()).await).await?;
    Ok(())
}

/// What does not go on, exactly.
fn what_ends(dependents: MasterKeyDependents, resealed: &Resealed) -> String {
    let MasterKeyDependents {
        refreshed_sessions,
        shared_tokens,
    } = dependents;
    let mut text = format!(
        "{} signing keys are sealed anew, and every access token stays valid; {refreshed_sessions} sessions can no longer \
         be refreshed, and end with their access tokens; {shared_tokens} tokens of partners' clients stay valid, and the \
         next call for such a client gets another; the audit log keeps its entries and begins a new chain of seals, so run \
         `tessera audit verify` before",
        resealed.before.len() - resealed.unopened.len()
    );
    if !resealed.unopened.is_empty() {
        let names = resealed.unopened.join(", ");
        text.push_str(&format!("; retired keys that do not open stay as they are: {names}"));
    }
    text
}
