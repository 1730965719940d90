//! `tessera data import`.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use anyhow::Context;
use auth_core::AuditEvent;
use clap::Args;
use store_diesel::transfer::{self, ExportFile, TransferDatabase};

use super::ends::End;
use super::finish::{finish, key_of, moved, opened};
use super::progress::Bar;
use crate::commands::report::Report;
use crate::config::Config;
use crate::keys::{CHECK, RootFacts, SEALS};
use crate::options::Common;

/// After how many lines progress is shown.
const SHOWN_EVERY: u64 = 100_000;

/// Read a file that `tessera data export` wrote into an empty database. All of the file is checked first. Interrupted, run it
/// again: it goes on where it stopped. The database needs the master key of the one that was exported.
#[derive(Debug, Args)]
pub struct Import {
    /// The file.
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
}

impl Import {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        let config = common.load_config()?;
        let target = End::configured(&config).exists()?;
        super::run(common, async || import(common, &config, &target, &self.file).await)
    }
}

async fn import(common: &Common, config: &Config, end: &End, path: &Path) -> anyhow::Result<Report> {
    let target = opened(TransferDatabase::open_target(&end.url).await, "the database", end)?;
    let shown = path.display();
    let checked = ExportFile::check(path, |lines| {
        if std::io::stderr().is_terminal() && lines % SHOWN_EVERY == 0 {
            eprintln!("tessera: {lines} lines checked");
        }
    });
    let mut file = checked.with_context(|| format!("--file: {shown}; nothing was changed"))?;
    let fact = |name| file.fact(name).map(<[u8]>::to_vec);
    let facts = RootFacts {
        check: fact(CHECK),
        seals: fact(SEALS),
    };
    let key = key_of(&facts, &end.master_key(config))?;
    let mut bar = Bar::new("imported");
    let transferred = transfer::import(&mut file, &target, &mut |progress| bar.show(progress)).await?;
    bar.finish();
    let from = format!("sha256 {}", file.sha256());
    finish(common, &target, key.as_ref(), AuditEvent::DataImported, &from).await?;
    Ok(moved(
        &transferred,
        &format!("imported from {shown} to {}", end.shown()),
    ))
}
