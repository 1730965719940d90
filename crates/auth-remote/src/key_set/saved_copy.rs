//! The last key set in a file, for a start while the server does not answer.

use std::fs::{File, Metadata};
use std::io::{self, Read, Write};
use std::path::{self, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use auth_core::{Timestamp, TokenDigest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use tokio::task::spawn_blocking;

/// No copy is longer.
const MOST_BYTES: u64 = 1024 * 1024;

/// A file, and the set that goes into it.
#[derive(Clone, Debug)]
pub(super) struct SavedCopy {
    file: PathBuf,
    url: String,
    held: Arc<Mutex<Option<String>>>,
}

/// What is in the file.
#[derive(Debug, Serialize, Deserialize)]
struct Saved {
    /// Where the set is from. A copy from elsewhere is not used.
    url: String,
    /// When the server confirmed it, in milliseconds since 1970.
    confirmed_at: i64,
    /// The SHA-256 of the set, in base64url. A damaged set could have other keys.
    sha256: String,
    /// The set as the server sent it.
    jwk_set: String,
}

impl SavedCopy {
    pub(super) fn new(file: &Path, url: &str) -> Self {
        Self {
            file: file.to_owned(),
            url: url.to_owned(),
            held: Arc::default(),
        }
    }

    pub(super) fn display(&self) -> path::Display<'_> {
        self.file.display()
    }

    /// Takes the set that the next [`write`](Self::write) saves.
    pub(super) fn hold(&self, jwk_set: &str) {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = Some(jwk_set.to_owned());
    }

    /// Saves the set, as confirmed at this time: in another file that then takes this one's place.
    pub(super) async fn write(&self, confirmed_at: Timestamp) -> Result<(), String> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(jwk_set) = held else {
            return Ok(());
        };
        let saved = Saved {
            url: self.url.clone(),
            confirmed_at: confirmed_at.as_millis(),
            sha256: sha256(&jwk_set),
            jwk_set,
        };
        let text = serde_json::to_string(&saved).map_err(|error| error.to_string())?;
        let file = self.file.clone();
        on_a_thread(move || replace(&file, text.as_bytes())).await
    }

    /// The set, and how long ago it was confirmed.
    pub(super) async fn read(&self, now: Timestamp, most: Duration) -> Result<(String, Duration), String> {
        let file = self.file.clone();
        let text = on_a_thread(move || read(&file)).await?;
        let saved: Saved = serde_json::from_str(&text).map_err(|_| "it is no saved key set")?;
        if saved.url != self.url {
            return Err(format!("it is of {}", saved.url));
        }
        if saved.sha256 != sha256(&saved.jwk_set) {
            return Err("it is damaged".to_owned());
        }
        let confirmed_at = Timestamp::from_millis(saved.confirmed_at);
        let age = now.since(confirmed_at);
        if confirmed_at > now.plus(auth_core::CLOCK_SKEW) {
            return Err("it was saved in the future: the clock of this machine is wrong, or was".to_owned());
        }
        if age >= most {
            let (age, most) = (age.as_secs(), most.as_secs());
            return Err(format!("it is {age} s old, and keys are used for {most} s"));
        }
        Ok((saved.jwk_set, age))
    }
}

fn sha256(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(TokenDigest::of(text.as_bytes()).as_bytes())
}

async fn on_a_thread<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T, String> {
    match spawn_blocking(work).await {
        Ok(done) => done.map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    }
}

/// Writes another file in the same folder, of a name that no other process uses, and puts it in this one's place. Only its
/// owner reads and writes it.
fn replace(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut new = tempfile::Builder::new()
        .prefix(".keys-")
        .suffix(".new")
        .tempfile_in(folder.unwrap_or(Path::new(".")))?;
    new.write_all(bytes)?;
    new.as_file().sync_all()?;
    new.persist(file)?;
    Ok(())
}

fn read(file: &Path) -> io::Result<String> {
    let opened = File::open(file)?;
    refuse_what_others_write(&opened.metadata()?)?;
    let mut text = String::new();
    opened.take(MOST_BYTES).read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(unix)]
fn refuse_what_others_write(file: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    const ROOT: u32 = 0;
    let ours = rustix::process::geteuid().as_raw();
    if ![ours, ROOT].contains(&file.uid()) {
        let owner = file.uid();
        let why = format!("its owner is the user {owner}, neither that of this process ({ours}) nor root");
        return Err(io::Error::other(why));
    }
    match file.mode() & 0o022 {
        0 => Ok(()),
        _ => Err(io::Error::other("others than its owner may write it (chmod go-w)")),
    }
}

#[cfg(not(unix))]
fn refuse_what_others_write(_: &Metadata) -> io::Result<()> {
    Ok(())
}
