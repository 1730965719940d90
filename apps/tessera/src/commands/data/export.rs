//! `tessera data export`.

use std::path::{Path, PathBuf};

use anyhow::bail;
use auth_core::{AuditEvent, Provenance};
use clap::Args;
use serde_json::json;
use store_diesel::transfer::{self, HeldDatabase, TransferDatabase};

use super::ends::End;
use super::finish::opened;
use super::progress::Bar;
use crate::commands::new_file::NewFile;
use crate::commands::report::Report;
use crate::options::Common;

/// Write everything in the database into a file, one line of JSON for each row. Stop the servers first. The file has no token,
/// no password and no key that can be used as it is, but password hashes and personal data: keep it as you keep the database.
#[derive(Debug, Args)]
pub struct Export {
    /// The file, which must not exist. Only its owner can read it.
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
}

impl Export {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        let config = common.load_config()?;
        let source = End::configured(&config).exists()?;
        if self.file.exists() {
            bail!("--file: {} exists; name a new file", self.file.display());
        }
        super::run(common, async || export(common, &source, &self.file).await)
    }
}

async fn export(common: &Common, end: &End, path: &Path) -> anyhow::Result<Report> {
    let source = opened(TransferDatabase::open_source(&end.url).await, "the database", end)?;
    let mut source = HeldDatabase::hold(source).await?;
    let mut bar = Bar::new("exported");
    let mut file = NewFile::create(path, "--file")?;
    let exported = transfer::export(&mut source, &mut file, &mut |progress| bar.show(progress)).await?;
    bar.finish();
    file.finish()?;
    let database = source.release().await?;
    let entry = Provenance::current().entry(AuditEvent::DataExported, common.builder().clock_handle().now());
    database.audit().append(&[entry]).await?;
    let text = format!(
        "{} rows exported to {}\nsha256 {}\nthe file has password hashes and personal data: keep it as you keep the database",
        exported.rows,
        path.display(),
        exported.sha256
    );
    Ok(Report::new(
        text,
        json!({ "rows": exported.rows, "sha256": exported.sha256 }),
    ))
}
