//! Reading a backup: all of it is opened and checked before anything is done with it.

use std::io::{BufReader, ErrorKind};
use std::path::Path;

use anyhow::Context;
use store_diesel::transfer::{self, ExportFile, Reader, TransferDatabase, TransferError, Transferred};

use super::BackupKey;
use crate::commands::data::Bar;
use crate::commands::progress::Progress;

/// How much is decrypted at once.
const BUFFER: usize = 1 << 20;

/// Opens a backup and checks every line of it.
pub(in crate::commands) fn check(path: &Path, key: &BackupKey) -> anyhow::Result<ExportFile> {
    // For an error that says what is wrong with the key or the head.
    key.open(path).with_context(|| path.display().to_string())?;
    let progress = Progress::counting("lines checked");
    let open = || -> std::io::Result<Reader> {
        let opened = key.open(path).map_err(std::io::Error::other)?;
        Ok(Box::new(BufReader::with_capacity(BUFFER, opened)))
    };
    let checked = ExportFile::check_opened(open, |lines| progress.at(lines));
    checked.map_err(explained).with_context(|| path.display().to_string())
}

/// Restores a backup into an empty database in memory, and compares what came of it.
pub(in crate::commands) async fn try_out(path: &Path, key: &BackupKey) -> anyhow::Result<Transferred> {
    let mut file = check(path, key)?;
    let target = TransferDatabase::in_memory().await?;
    let mut bar = Bar::new("restored into memory");
    let transferred = transfer::import(&mut file, &target, &mut |progress| bar.show(progress)).await?;
    bar.finish();
    Ok(transferred)
}

/// What is wrong with the file, of what its decryption says.
fn explained(error: TransferError) -> anyhow::Error {
    let TransferError::File(cause) = &error else {
        return error.into();
    };
    match cause.kind() {
        ErrorKind::UnexpectedEof => anyhow::anyhow!("it was cut off: its end is missing"),
        ErrorKind::InvalidData => anyhow::anyhow!("it is damaged: a part of it was changed"),
        _ => error.into(),
    }
}
