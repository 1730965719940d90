//! The key of a backup, in the format of age (age-encryption.org/v1): X25519, from a file.

use std::io::Write as _;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use age::secrecy::ExposeSecret;
use age::stream::StreamWriter;
use age::x25519::{Identity, Recipient};
use age::{DecryptError, Decryptor, Encryptor};
use anyhow::{Context, bail};
use zeroize::Zeroizing;

use crate::commands::new_file::NewFile;

/// Keys that a backup is encrypted for, and those that open it.
pub(in crate::commands) struct BackupKey {
    public: Vec<Recipient>,
    secret: Vec<Identity>,
}

impl std::fmt::Debug for BackupKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BackupKey").finish_non_exhaustive()
    }
}

impl BackupKey {
    /// Writes a new secret key into a new file, and returns its public half.
    pub(super) fn make(path: &Path) -> anyhow::Result<String> {
        let secret = Identity::generate();
        let public = secret.to_public().to_string();
        let mut file = NewFile::create(path, "--new-key")?;
        let text = secret.to_string();
        writeln!(
            file,
            "# A key of backups of Tessera. Public: {public}\n{}",
            text.expose_secret()
        )?;
        file.finish()?;
        Ok(public)
    }

    /// Reads a file: secret or public keys, one a line; lines that begin with `#` are comments.
    pub(in crate::commands) fn read(path: &Path) -> anyhow::Result<Self> {
        let named = || format!("--key-file: {}", path.display());
        let mode = std::fs::metadata(path).with_context(named)?.mode();
        let text = Zeroizing::new(std::fs::read_to_string(path).with_context(named)?);
        let mut key = Self {
            public: Vec::new(),
            secret: Vec::new(),
        };
        for (number, line) in (1..).zip(text.lines().map(str::trim)) {
            if !line.is_empty() && !line.starts_with('#') && !key.add(line) {
                bail!(
                    "{}, line {number}: it is no key; allowed are AGE-SECRET-KEY-1… and age1…: make one with `tessera backup \
                     --new-key FILE`",
                    named()
                );
            }
        }
        if key.public.is_empty() {
            bail!("{} has no key: make one with `tessera backup --new-key FILE`", named());
        }
        if key.opens() && mode & 0o077 != 0 {
            bail!(
                "{} has a secret key and can be read by other users: run `chmod 600` on it",
                named()
            );
        }
        Ok(key)
    }

    /// Whether backups can be opened with it.
    pub(in crate::commands) fn opens(&self) -> bool {
        !self.secret.is_empty()
    }

    /// Encrypts what is written, into a file.
    pub(super) fn seal(&self, file: NewFile) -> anyhow::Result<StreamWriter<NewFile>> {
        let recipients = self.public.iter().map(|one| one as &dyn age::Recipient);
        let encryptor = Encryptor::with_recipients(recipients).context("the key cannot be used")?;
        encryptor.wrap_output(file).context("the backup cannot be written")
    }

    /// Opens a backup. What is read is authentic; a reader that comes to a damaged part fails.
    pub(super) fn open(&self, path: &Path) -> anyhow::Result<impl std::io::Read + Send + use<>> {
        let file = std::fs::File::open(path).with_context(|| format!("{}", path.display()))?;
        let opened = Decryptor::new(file).and_then(|decryptor| {
            let keys = self.secret.iter().map(|one| one as &dyn age::Identity);
            decryptor.decrypt(keys)
        });
        opened.map_err(|error| match error {
            DecryptError::NoMatchingKeys => {
                anyhow::anyhow!("it is encrypted for another key than the one in --key-file")
            }
            DecryptError::Io(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                anyhow::anyhow!("it was cut off within its head, or is no backup")
            }
            DecryptError::Io(error) => error.into(),
            DecryptError::InvalidMac | DecryptError::DecryptionFailed => anyhow::anyhow!("its head was changed"),
            _ => anyhow::anyhow!("it is no backup, or its head was changed"),
        })
    }

    fn add(&mut self, line: &str) -> bool {
        if let Ok(secret) = line.parse::<Identity>() {
            self.public.push(secret.to_public());
            self.secret.push(secret);
            return true;
        }
        let public = line.parse::<Recipient>();
        public.map(|public| self.public.push(public)).is_ok()
    }
}
