//! `tessera backup`.

mod key;
mod sealed;

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use auth_core::{AuditEvent, Provenance};
use clap::{ArgGroup, Args};
use serde_json::json;
use store_diesel::transfer::{self, Exported, SnapshotDatabase, TransferDatabase};

use super::data::{Bar, End, opened};
use super::new_file::NewFile;
use super::report::Report;
use crate::options::Common;

pub(super) use key::BackupKey;
pub(super) use sealed::{check, try_out};

/// Write everything in the database, as it is at one moment, into one encrypted file, while servers run. Make a key first,
/// with --new-key. The master key is not in the file: keep a copy of it elsewhere.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true).args(["to", "new_key"]))]
pub struct Backup {
    /// The file, which must not exist. Only its owner can read it.
    #[arg(long, value_name = "FILE", requires = "key_file")]
    to: Option<PathBuf>,
    /// The file with the key: a secret one (AGE-SECRET-KEY-1…), or public ones (age1…), one a line, with which a backup can be
    /// made and not be opened.
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Then read it again and restore it into an empty database in memory. Needs the secret key, and some memory.
    #[arg(long, conflicts_with = "new_key")]
    verify: bool,
    /// Make a key, write it into this file, which must not exist, and print its public half.
    #[arg(long, value_name = "FILE", conflicts_with = "key_file")]
    new_key: Option<PathBuf>,
}

impl Backup {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        match (&self.to, &self.key_file, &self.new_key) {
            (_, _, Some(path)) => new_key(path)?.print(common.json()),
            (Some(to), Some(key), None) => self.make(common, to, key),
            _ => bail!("say what to do: --to FILE --key-file FILE, or --new-key FILE"),
        }
    }

    fn make(&self, common: &Common, to: &Path, key: &Path) -> anyhow::Result<()> {
        let config = common.load_config()?;
        let source = End::configured(&config).exists()?;
        let key = BackupKey::read(key)?;
        if self.verify && !key.opens() {
            bail!("--verify: the key file has public keys only, and a backup is opened with the secret one");
        }
        super::data::run(common, async || {
            let exported = write(common, &source, to, &key).await?;
            if self.verify {
                try_out(to, &key)
                    .await
                    .context("the backup was written, but cannot be restored")?;
            }
            Ok(report(to, &exported, self.verify))
        })
    }
}

fn new_key(path: &Path) -> anyhow::Result<Report> {
    let public = BackupKey::make(path)?;
    let text = format!(
        "the key is in {}: keep a copy away from this machine, without it no backup can be restored\nits public half, with \
         which backups can be made and not be opened: {public}",
        path.display()
    );
    Ok(Report::new(text, json!({ "key_file": path, "public": public })))
}

async fn write(common: &Common, end: &End, to: &Path, key: &BackupKey) -> anyhow::Result<Exported> {
    let database = opened(TransferDatabase::open_shared(&end.url).await, "the database", end)?;
    let file = NewFile::create(to, "--to")?;
    let mut snapshot = SnapshotDatabase::take(&database).await?;
    let mut bar = Bar::new("backed up");
    let mut sealing = key.seal(file)?;
    let exported = transfer::export_snapshot(&mut snapshot, &mut sealing, &mut |progress| bar.show(progress)).await?;
    bar.finish();
    let file = sealing.finish().context("--to")?;
    file.finish()?;
    let entry = Provenance::current().entry(AuditEvent::DataExported, common.builder().clock_handle().now());
    database.audit().append(&[entry]).await?;
    Ok(exported)
}

fn report(to: &Path, exported: &Exported, verified: bool) -> Report {
    let restored = if verified {
        ", and restored once into memory"
    } else {
        ""
    };
    let text = format!(
        "{} rows are in {}{restored}\nsha256 {}\nthe master key is not in it: keep a copy of that, and of the backup's key, \
         elsewhere",
        exported.rows,
        to.display(),
        exported.sha256
    );
    let json = json!({ "rows": exported.rows, "sha256": exported.sha256, "verified": verified });
    Report::new(text, json)
}
