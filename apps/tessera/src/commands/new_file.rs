//! A new file that only its owner can read, which is complete or not there.

use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// A file that is being written, under another name. It gets its own when it is finished; dropped before, it is removed.
#[derive(Debug)]
pub struct NewFile {
    path: PathBuf,
    unfinished: PathBuf,
    option: &'static str,
    file: BufWriter<File>,
}

impl NewFile {
    /// Begins a file that must not exist. `option` names the option that has its name.
    pub fn create(path: &Path, option: &'static str) -> anyhow::Result<Self> {
        if path.exists() {
            bail!("{option}: {} exists; name a new file", path.display());
        }
        let mut unfinished = path.as_os_str().to_owned();
        unfinished.push(".unfinished");
        let unfinished = PathBuf::from(unfinished);
        // One that was left behind when its command was killed.
        let _ = fs::remove_file(&unfinished);
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&unfinished);
        let file = file.with_context(|| format!("{option}: {} cannot be written", unfinished.display()))?;
        Ok(Self {
            path: path.to_owned(),
            unfinished,
            option,
            file: BufWriter::with_capacity(1 << 20, file),
        })
    }

    /// Has the file on the disk, under its name.
    pub fn finish(mut self) -> anyhow::Result<()> {
        let named = || format!("{}: {}", self.option, self.path.display());
        self.file.flush().with_context(named)?;
        self.file.get_ref().sync_all().with_context(named)?;
        // Unlike a rename, a link does not replace a file that was made meanwhile.
        fs::hard_link(&self.unfinished, &self.path).with_context(named)?;
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?
            .sync_all()
            .with_context(named)
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        // What is there under this name is not complete, or has its own name by now.
        let _ = fs::remove_file(&self.unfinished);
    }
}
