//! `tessera data export`.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use auth_core::{AuditEvent, Provenance};
use clap::Args;
use serde_json::json;
use store_diesel::transfer::{self, Exported, HeldDatabase, TransferDatabase};

use super::ends::End;
use super::finish::opened;
use super::progress::Bar;
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
    let unfinished = unfinished(path);
    let exported = write(&mut source, &unfinished, &mut bar).await.inspect_err(|_| {
        // What is there is no export, and would be refused as one.
        let _ = std::fs::remove_file(&unfinished);
    })?;
    bar.finish();
    // Unlike a rename, a link does not replace a file that was made meanwhile.
    std::fs::hard_link(&unfinished, path).with_context(|| format!("--file: {}", path.display()))?;
    std::fs::remove_file(&unfinished)?;
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

/// Where the file is written until it is complete.
fn unfinished(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".unfinished");
    name.into()
}

async fn write(source: &mut HeldDatabase, path: &Path, bar: &mut Bar) -> anyhow::Result<Exported> {
    let named = || format!("--file: {} cannot be written", path.display());
    // One that an export left behind that was killed.
    let _ = std::fs::remove_file(path);
    let file: File = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .with_context(named)?;
    let mut file = BufWriter::with_capacity(1 << 20, file);
    let exported = transfer::export(source, &mut file, &mut |progress| bar.show(progress)).await?;
    file.flush().with_context(named)?;
    file.get_ref().sync_all().with_context(named)?;
    Ok(exported)
}
