//! The last key set in a file, for a start while the server does not answer.

use std::fs::{self, File, OpenOptions};
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
        if confirmed_at > now.plus(auth_core::CLOCK_SKEW) || age >= most {
            return Err(format!("it was saved {} s ago, or in the future", age.as_secs()));
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

fn replace(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = beside(file);
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let written = private().open(&beside).and_then(|mut new| {
        new.write_all(bytes)?;
        new.sync_all()
    });
    written.and_then(|()| fs::rename(&beside, file))
}

/// `keys.json.new` for `keys.json`: in the same folder, so that it can take the file's place at once.
fn beside(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".new");
    name.into()
}

/// A new file that only its owner reads and writes.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn read(file: &Path) -> io::Result<String> {
    let opened = File::open(file)?;
    refuse_what_others_write(&opened)?;
    let mut text = String::new();
    opened.take(MOST_BYTES).read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(unix)]
fn refuse_what_others_write(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    match file.metadata()?.permissions().mode() & 0o022 {
        0 => Ok(()),
        _ => Err(io::Error::other("others than its owner may write it (chmod go-w)")),
    }
}

#[cfg(not(unix))]
fn refuse_what_others_write(_: &File) -> io::Result<()> {
    Ok(())
}
