//! `tessera migrate`.

use anyhow::{Context, bail};
use clap::Args;
use serde_json::{Value, json};
use store_diesel::{Migrator, PendingMigration, StoreOptions, shown_url};

use crate::commands;
use crate::commands::database::{connect, database_url, missing_file};
use crate::commands::progress::Progress;
use crate::options::Common;

/// Bring the database's schema up to date. `serve` does this too; use this command to do it separately.
#[derive(Debug, Args)]
pub struct Migrate {
    /// Only show what would be applied, and whether nodes of the version before may stay meanwhile
    #[arg(long)]
    dry_run: bool,
}

impl Migrate {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        let config = common.load_config()?;
        let url = database_url(&config);
        let runtime = commands::runtime()?;
        if self.dry_run {
            show_pending(&runtime.block_on(pending(&url))?, common.json());
            return Ok(());
        }
        let applied = runtime.block_on(apply(&url))?;
        match common.json() {
            true => println!("{}", json!({ "schema": "up to date", "applied": applied })),
            false => {
                applied.iter().for_each(|name| println!("applied {name}"));
                println!("the schema is up to date");
            }
        }
        Ok(())
    }
}

/// Applies the missing migrations; their names. A schema of a later version that refuses this one is refused, and not
/// changed.
async fn apply(url: &str) -> anyhow::Result<Vec<&'static str>> {
    let named = || format!("database_url = {}", shown_url(url));
    let migrator = Migrator::connect(url, &StoreOptions::default())
        .await
        .with_context(named)?;
    let progress = Progress::running("the schema is being brought up to date");
    let applied = migrator.apply().await.with_context(named)?;
    drop(progress);
    connect(url).await?;
    Ok(applied)
}

async fn pending(url: &str) -> anyhow::Result<Vec<PendingMigration>> {
    if let Some(path) = missing_file(url)? {
        bail!("there is no database {path}: without --dry-run this command creates it");
    }
    let named = || format!("database_url = {}", shown_url(url));
    let migrator = Migrator::connect(url, &StoreOptions::default())
        .await
        .with_context(named)?;
    migrator.pending().await.with_context(named)
}

fn show_pending(pending: &[PendingMigration], json: bool) {
    if json {
        let of_one = |one: &PendingMigration| json!({ "name": one.name, "older_may_stay": one.older_may_stay });
        println!(
            "{}",
            json!({ "pending": pending.iter().map(of_one).collect::<Vec<Value>>() })
        );
        return;
    }
    for one in pending {
        let advice = match one.older_may_stay {
            true => "nodes of the version before may stay",
            false => "stop the nodes of the version before first",
        };
        println!("would apply {}: {advice}", one.name);
    }
    if pending.is_empty() {
        println!("the schema is up to date");
    }
}
