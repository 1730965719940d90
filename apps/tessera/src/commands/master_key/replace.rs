//! `tessera master-key replace`.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail};
use auth_core::{AuditEvent, AuditKey, AuditSealer, Provenance, SecretKey};
use clap::Args;
use keystore::{Keyring, Resealed, RootSeals};
use serde_json::json;
use store_diesel::{FactChange, RootKeyChange, RootKeyDependents};

use super::change::MasterKeys;
use crate::commands::admin::Admin;
use crate::commands::change_log::HalfDone;
use crate::commands::confirmation::Confirmation;
use crate::commands::patience::patiently;
use crate::commands::progress::Progress;
use crate::commands::report::Report;
use crate::keys::{CHECK, RootFacts, SEALS, check_value};
use crate::master;
use crate::options::Common;

const CHAIN: &str = "the master key is changed, and the audit log has no new chain of seals yet: begin it with `tessera audit \
                     restart --yes`, with the new master key";

/// Give the database another master key and another root key, in one step: for a master key that leaked, or is refused as
/// weak. Stop all servers first: one that runs on goes on with the old keys. The present key comes from where the servers have
/// it, and may be a weak one. It says what would end, and asks.
#[derive(Debug, Args)]
pub struct Replace {
    /// The file with the new master key: 32 random bytes in base64, readable by its owner alone.
    #[arg(long, value_name = "FILE")]
    new_key_file: PathBuf,
    #[command(flatten)]
    confirmation: Confirmation,
}

impl Replace {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        Admin::run(common, async |admin| {
            let new = master::load_new(&self.new_key_file).context("--new-key-file")?;
            // First: a second run finds that the present key opens nothing any more.
            if RootFacts::read(&*admin.store.meta()).await?.open(&new)?.is_root() {
                bail!(
                    "the key in --new-key-file opens this database already: start the servers with it, or draw another"
                );
            }
            let keys = MasterKeys::open(admin).await?;
            let root = SecretKey::random(&*admin.entropy())?;
            let keyring = Keyring::new(admin.store.keys(), &keys.root, admin.clock(), admin.entropy());
            let resealed = keyring.resealed(&root).await?;
            let progress = Progress::running("what depends on the root key is being counted");
            let dependents = admin.store.maintenance().root_key_dependents(admin.now()).await?;
            drop(progress);
            let ends = what_ends(dependents, &resealed);
            self.confirmation
                .ask(common, &format!("{ends}. Stop all servers before"))?;
            let progress = Progress::running("everything under the root key is being changed");
            change(admin, &keys, (&new, &root), &resealed).await?;
            begin_audit_chain(admin, &root)
                .await
                .context(HalfDone(CHAIN.to_owned()))?;
            drop(progress);
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

async fn change(
    admin: &Admin,
    keys: &MasterKeys,
    (new, root): (&SecretKey, &SecretKey),
    resealed: &Resealed,
) -> anyhow::Result<()> {
    let seals = RootSeals::first(root, new, admin.now(), &*admin.entropy())?;
    let check = FactChange {
        name: CHECK,
        before: keys.facts.check.clone(),
        after: check_value(root).expose().to_vec(),
    };
    let seals = FactChange {
        name: SEALS,
        before: keys.facts.seals.clone(),
        after: seals.to_stored(),
    };
    let maintenance = admin.store.maintenance();
    let change = async || {
        let change = RootKeyChange {
            facts: vec![check.clone(), seals.clone()],
            keys_before: resealed.before.clone(),
            keys_after: resealed.after.clone(),
            now: admin.now(),
        };
        maintenance.change_root_key(&change).await
    };
    match patiently(change).await? {
        true => Ok(()),
        false => bail!("a key was changed at the same time: nothing was changed; stop all servers, and try again"),
    }
}

/// The seals of the audit log are made under the root key: a new chain begins over all entries.
async fn begin_audit_chain(admin: &Admin, root: &SecretKey) -> anyhow::Result<()> {
    let key = AuditKey::derive(root);
    let sealer = AuditSealer::new(admin.store.audit(), key, admin.clock(), Duration::ZERO);
    let entry = Provenance::current().entry(AuditEvent::AuditRestarted, admin.now());
    patiently(async || sealer.restart(entry.clone()).await).await?;
    Ok(())
}

/// What does not go on, exactly.
fn what_ends(dependents: RootKeyDependents, resealed: &Resealed) -> String {
    let RootKeyDependents {
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
