//! `tessera audit`.

mod anchors;
mod line;
mod list;
mod restart;
mod tail;
mod verify;

use anyhow::Context;
use auth_core::{AuditKey, SecretKey};
use clap::{Args, Subcommand};

use super::admin::Admin;
use super::database::master_key;
use crate::keys::{Opened, RootFacts};
use crate::master;
use crate::options::Common;

/// The audit log: who did what, when, from where.
#[derive(Debug, Args)]
pub struct Audit {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Verify(verify::Verify),
    List(list::List),
    Tail(tail::Tail),
    Restart(restart::Restart),
}

impl Audit {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        match self.action {
            Action::Verify(action) => action.run(common),
            Action::List(action) => action.run(common),
            Action::Tail(action) => action.run(common),
            Action::Restart(action) => action.run(common),
        }
    }
}

/// The key of the chain, if the master key is this database's.
async fn audit_key(admin: &Admin) -> anyhow::Result<AuditKey> {
    let master: SecretKey = master::existing(&master_key(&admin.config))?
        .context("there is no master key: give the one that the servers on this database have")?;
    match RootFacts::read(&*admin.store.meta()).await?.open(&master)? {
        Opened::Root(root) => Ok(AuditKey::derive(&root)),
        Opened::NoneYet => anyhow::bail!("there is no audit log yet: no server has run on this database"),
        Opened::WrongKey => anyhow::bail!(
            "the master key is not one that opens this database: set TESSERA_MASTER_KEY or --master-key-file to the \
             right one"
        ),
    }
}
