//! `tessera migrate`.

use clap::Args;

use crate::cli::Common;
use crate::commands::{self, serve};
use crate::config::Config;

/// Bring the database's schema up to date. `serve` does so by itself; this is for those who do it apart.
#[derive(Debug, Args)]
pub struct Migrate {
    #[command(flatten)]
    common: Common,
}

impl Migrate {
    pub fn run(self) -> anyhow::Result<()> {
        let config = Config::load(&self.common.overrides())?;
        let url = config.database_url.unwrap_or_else(|| serve::DEFAULT_DATABASE.into());
        commands::runtime()?.block_on(serve::connect(&url))?;
        match self.common.json {
            true => println!("{}", serde_json::json!({ "schema": "up to date" })),
            false => println!("the schema is up to date"),
        }
        Ok(())
    }
}
