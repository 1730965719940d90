//! `tessera restore`.

use std::path::PathBuf;

use anyhow::{Context, bail};
use auth_core::AuditEvent;
use clap::Args;
use serde_json::json;
use store_diesel::ConnectError;
use store_diesel::transfer::{self, ExportFile, TransferDatabase, TransferError};

use super::admin::Admin;
use super::backup::{self, BackupKey};
use super::data::{self, Bar, End, opened};
use super::database::{self, missing_file};
use super::report::Report;
use super::token::revoke_all;
use crate::config::Config;
use crate::keys::{CHECK, RootFacts, SEALS};
use crate::options::Common;

/// Put a backup into an empty database, which is made if it is missing, and revoke every token and session in it: the backup
/// lacks what was revoked since. All users sign in again. Interrupted, run it again: it goes on where it stopped, and no server
/// starts on the database before it is complete.
#[derive(Debug, Args)]
pub struct Restore {
    /// The backup.
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// The file with the secret key of the backup.
    #[arg(long, value_name = "FILE")]
    key_file: PathBuf,
    /// Open and check all of the backup, restore it into memory, and leave the database as it is.
    #[arg(long)]
    dry_run: bool,
}

impl Restore {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        let config = common.load_config()?;
        let key = BackupKey::read(&self.key_file)?;
        if !key.opens() {
            bail!("--key-file: it has public keys only, and a backup is opened with the secret one");
        }
        let target = End::configured(&config);
        match self.dry_run {
            true => super::runtime()?
                .block_on(self.try_out(&config, &target, &key))?
                .print(common.json()),
            false => data::run(common, async || self.restore(common, config, &target, &key).await),
        }
    }

    async fn try_out(&self, config: &Config, target: &End, key: &BackupKey) -> anyhow::Result<Report> {
        let file = backup::check(&self.from, key)?;
        data::key_of(&facts(&file), &target.master_key(config))?;
        let mut ready = "the database does not exist, and would be made";
        if missing_file(&target.url)?.is_none() {
            match TransferDatabase::open_target(&target.url).await {
                Ok(database) => refuse_occupied(&database).await?,
                Err(TransferError::Connect(ConnectError::Pending(_))) => {}
                Err(error) => return Err(error.into()),
            }
            ready = "the database is empty";
        }
        drop(file);
        let tried = backup::try_out(&self.from, key).await?;
        let text = format!(
            "{} rows can be restored from {}; {ready}. Nothing was changed",
            tried.rows,
            self.from.display()
        );
        Ok(Report::new(text, json!({ "rows": tried.rows, "dry_run": true })))
    }

    async fn restore(&self, common: &Common, config: Config, target: &End, key: &BackupKey) -> anyhow::Result<Report> {
        let mut file = backup::check(&self.from, key).context("nothing was changed")?;
        let master = data::key_of(&facts(&file), &target.master_key(&config))?;
        let database = empty_database(target).await?;
        let mut bar = Bar::new("restored");
        let transferred = transfer::import(&mut file, &database, &mut |progress| bar.show(progress)).await?;
        bar.finish();
        data::go_on_with_audit(common, &database, master.as_ref()).await?;
        // Before the database is complete: no server has accepted a token of it by then.
        let admin = Admin::of(common, config, database.store());
        let revoked = revoke_all::run(&admin).await?;
        let from = format!("sha256 {}", file.sha256());
        data::complete(common, &database, AuditEvent::DataImported, &from).await?;
        let text = format!(
            "{} rows restored from {} to {}; each table is as it was\n{}\nstart the servers on it with the same master key, and \
             repeat what was changed since the backup: passwords, disabled accounts, roles",
            transferred.rows,
            self.from.display(),
            target.shown(),
            revoked.text()
        );
        Ok(Report::new(
            text,
            json!({ "rows": transferred.rows, "revoked": revoked.json() }),
        ))
    }
}

/// What the backup says of the root key of its database.
fn facts(file: &ExportFile) -> RootFacts {
    let fact = |name| file.fact(name).map(<[u8]>::to_vec);
    RootFacts {
        check: fact(CHECK),
        seals: fact(SEALS),
    }
}

/// The target, made and migrated if it is new.
async fn empty_database(target: &End) -> anyhow::Result<TransferDatabase> {
    let is_missing = missing_file(&target.url)?.is_some();
    let found = match is_missing {
        true => None,
        false => match TransferDatabase::open_target(&target.url).await {
            // A database without any table; one with some is refused below.
            Err(TransferError::Connect(ConnectError::Pending(count))) if count == store_diesel::migration_count() => {
                None
            }
            found => Some(opened(found, "the database", target)?),
        },
    };
    let database = match found {
        Some(database) => database,
        None => {
            drop(database::connect(&target.url).await?);
            opened(TransferDatabase::open_target(&target.url).await, "the database", target)?
        }
    };
    refuse_occupied(&database).await?;
    Ok(database)
}

async fn refuse_occupied(database: &TransferDatabase) -> anyhow::Result<()> {
    match database.occupied().await? {
        None => Ok(()),
        Some(table) => Err(TransferError::NotEmpty(table).into()),
    }
}
