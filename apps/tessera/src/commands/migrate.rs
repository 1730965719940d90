//! `tessera migrate`.

use anyhow::Context;
use clap::Args;
use store_diesel::{Migrator, StoreOptions, shown_url};

use crate::commands;
use crate::commands::database::{connect, database_url};
use crate::options::Common;

/// Bring the database's schema up to date. `serve` does this too; use this command to do it separately.
#[derive(Debug, Args)]
pub struct Migrate {}

impl Migrate {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        let config = common.load_config()?;
        let url = database_url(&config);
        let applied = commands::runtime()?.block_on(apply(&url))?;
        match common.json() {
            true => println!("{}", serde_json::json!({ "schema": "up to date", "applied": applied })),
            false => {
                applied.iter().for_each(|name| println!("applied {name}"));
                println!("the schema is up to date");
            }
        }
        Ok(())
    }
}

/// Applies the missing migrations; their names. A schema of a later version is refused and not changed.
async fn apply(url: &str) -> anyhow::Result<Vec<&'static str>> {
    let named = || format!("database_url = {}", shown_url(url));
    let migrator = Migrator::connect(url, &StoreOptions::default())
        .await
        .with_context(named)?;
    let applied = migrator.apply().await.with_context(named)?;
    connect(url).await?;
    Ok(applied)
}
