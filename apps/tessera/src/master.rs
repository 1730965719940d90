//! The master key. It opens the root key of a database, from which every other key is derived or under which it is
//! encrypted. It is never in the database.

mod command;

use std::collections::HashSet;
use std::env::VarError;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use auth_core::{SecretKey, SystemEntropy};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

const VARIABLE: &str = "TESSERA_MASTER_KEY";
const FORM: &str = "32 random bytes in base64 (make one with: head -c 32 /dev/urandom | base64)";

/// The demo's master key. It is in the source code, and so no secret.
const DEMO: &[u8; 32] = b"tessera demo: no secret whatever";

/// Why the demo's master key is refused.
pub(crate) const DEMOS: &str = "the master key is the demo's, which is public: it is for `serve --demo` only. Use \
                                another (make one with: head -c 32 /dev/urandom | base64) and another database";

/// Random keys have some 30 different bytes of 32; not one in a million million has less than this.
const FEWEST_DIFFERENT: usize = 16;

/// Where the master key comes from.
#[derive(Debug)]
pub(crate) enum Source {
    /// The demo's built-in key, which is public.
    Demo,
    /// The first of these that is given.
    Configured {
        /// The file that the flag names.
        flag: Option<PathBuf>,
        /// After the environment's key: the file or the command that the environment or the settings name.
        configured: Option<MasterKeyPlace>,
        /// A database next to which a file is read, or created.
        beside: Option<PathBuf>,
    },
}

/// Where the settings say that the master key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MasterKeyPlace {
    /// In this file.
    File(PathBuf),
    /// In what this program prints; the words after it are its arguments.
    Command(Vec<String>),
}

/// The name of the master key among the credentials that systemd hands to a service.
const CREDENTIAL: &str = "tessera.master-key";

/// Which keys are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Strength {
    /// Those that look as if they were drawn at random, and the demo's.
    Random,
    /// All.
    Any,
}

impl Source {
    /// The file in which it is, or would be made; `None` if it is in no file.
    pub(crate) fn file(&self) -> Option<PathBuf> {
        match self {
            Self::Demo => None,
            Self::Configured { flag: Some(path), .. } => Some(path.clone()),
            Self::Configured { .. } if std::env::var_os(VARIABLE).is_some() => None,
            Self::Configured { configured, beside, .. } => match configured {
                Some(MasterKeyPlace::File(path)) => Some(path.clone()),
                Some(MasterKeyPlace::Command(_)) => None,
                None if credential().is_some() => None,
                None => beside.as_deref().map(next_to),
            },
        }
    }
}

/// The master key.
pub(crate) fn load(source: &Source) -> anyhow::Result<SecretKey> {
    load_with(source, Strength::Random)
}

fn load_with(source: &Source, strength: Strength) -> anyhow::Result<SecretKey> {
    match source {
        Source::Demo => Ok(SecretKey::from_bytes(*DEMO)),
        Source::Configured { flag: Some(path), .. } => read(path, strength),
        Source::Configured { configured, beside, .. } => match std::env::var(VARIABLE).map(Zeroizing::new) {
            Ok(text) => parse(&text, strength).with_context(|| format!("{VARIABLE} is not usable: allowed is {FORM}")),
            Err(VarError::NotPresent) => elsewhere(configured.as_ref(), beside.as_deref(), strength),
            Err(VarError::NotUnicode(_)) => bail!("{VARIABLE} is not usable: it is no text; allowed is {FORM}"),
        },
    }
}

/// The master key of an existing database, which was perhaps made when weak keys were not refused yet: to be replaced.
pub(crate) fn load_to_replace(source: &Source) -> anyhow::Result<SecretKey> {
    load_with(source, Strength::Any)
}

/// The master key in this file, which takes the place of another.
pub(crate) fn load_new(path: &Path) -> anyhow::Result<SecretKey> {
    let key = read(path, Strength::Random)?;
    match is_demos(&key) {
        true => bail!("{}: {DEMOS}", path.display()),
        false => Ok(key),
    }
}

/// Whether this is the demo's master key.
pub(crate) fn is_demos(key: &SecretKey) -> bool {
    key.expose() == DEMO
}

/// The master key; `None` if there is none yet. Changes nothing.
pub(crate) fn existing(source: &Source) -> anyhow::Result<Option<SecretKey>> {
    match source {
        Source::Configured {
            flag: None,
            configured: None,
            beside: Some(database),
        } if std::env::var_os(VARIABLE).is_none() && credential().is_none() && !next_to(database).exists() => Ok(None),
        source => load(source).map(Some),
    }
}

/// Where neither a flag nor the environment has it.
fn elsewhere(
    configured: Option<&MasterKeyPlace>,
    beside: Option<&Path>,
    strength: Strength,
) -> anyhow::Result<SecretKey> {
    match (configured, credential(), beside) {
        (Some(MasterKeyPlace::File(path)), ..) => read(path, strength),
        (Some(MasterKeyPlace::Command(words)), ..) => {
            let text = command::output(words)?;
            parse(&text, strength)
                .with_context(|| format!("what master_key_command printed is not usable: allowed is {FORM}"))
        }
        (None, Some(path), _) => read_credential(&path, strength),
        (None, None, Some(database)) => read_or_make(database, strength),
        (None, None, None) => bail!(
            "no master key: set {VARIABLE}, --master-key-file or master_key_command to {FORM}; every node on one database \
             needs the same"
        ),
    }
}

/// The file in which systemd hands over the master key, for `LoadCredential=tessera.master-key:/path` and its like.
fn credential() -> Option<PathBuf> {
    let folder = std::env::var_os("CREDENTIALS_DIRECTORY")?;
    let path = Path::new(&folder).join(CREDENTIAL);
    path.exists().then_some(path)
}

/// systemd lets the service alone read it, by a list that the mode of the file does not show.
fn read_credential(path: &Path, strength: Strength) -> anyhow::Result<SecretKey> {
    let text = fs::read_to_string(path).map(Zeroizing::new);
    let text = text.with_context(|| format!("the credential {} cannot be read", path.display()))?;
    parse(&text, strength)
        .with_context(|| format!("the credential {} is not usable: allowed is {FORM}", path.display()))
}

/// The file beside an SQLite database.
fn read_or_make(database: &Path, strength: Strength) -> anyhow::Result<SecretKey> {
    let path = next_to(database);
    match make(&path) {
        Ok(key) => {
            eprintln!(
                "tessera: made the master key {}; keep a copy apart from the database's",
                path.display()
            );
            Ok(key)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => read(&path, strength),
        Err(error) => Err(error).with_context(|| format!("the master key {} cannot be made", path.display())),
    }
}

/// The default file of a database's master key.
fn next_to(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".key");
    name.into()
}

/// Writes a new key to a new file that only its owner can read, whatever the umask.
pub(crate) fn make(path: &Path) -> std::io::Result<SecretKey> {
    let key = SecretKey::random(&SystemEntropy).map_err(std::io::Error::other)?;
    let text = Zeroizing::new(STANDARD.encode(key.expose()) + "\n");
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::File::open(folder)?.sync_all()?;
    Ok(key)
}

fn read(path: &Path, strength: Strength) -> anyhow::Result<SecretKey> {
    let unreadable = || format!("the master key {} cannot be read", path.display());
    let mode = fs::metadata(path).with_context(unreadable)?.mode();
    if mode & 0o077 != 0 {
        bail!(
            "the master key {} can be read by others (mode {:04o}): chmod 600 it",
            path.display(),
            mode & 0o7777
        );
    }
    let text = Zeroizing::new(fs::read_to_string(path).with_context(unreadable)?);
    parse(&text, strength)
        .with_context(|| format!("the master key {} is not usable: allowed is {FORM}", path.display()))
}

fn parse(text: &str, strength: Strength) -> anyhow::Result<SecretKey> {
    let bytes = Zeroizing::new(
        STANDARD
            .decode(text.trim())
            .map_err(|_| anyhow::anyhow!("it is not base64"))?,
    );
    let key: [u8; 32] = bytes
        .as_slice()
        .try_into()
        .map_err(|_| anyhow::anyhow!("it has {} bytes", bytes.len()))?;
    if strength == Strength::Random && key != *DEMO {
        refuse_weak(&key)?;
    }
    Ok(SecretKey::from_bytes(key))
}

/// What to do where a database was set up with a weak key.
const WEAK: &str = "it was not drawn at random. A database that was set up with it gets another with `tessera master-key \
                    replace`";

/// Refuses what people type instead of drawing at random.
fn refuse_weak(key: &[u8; 32]) -> anyhow::Result<()> {
    let different = key.iter().collect::<HashSet<_>>().len();
    if different < FEWEST_DIFFERENT {
        bail!("it has only {different} different bytes, some of them repeated: {WEAK}");
    }
    if key
        .iter()
        .all(|byte| matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r'))
    {
        bail!("it is a printable text in base64, such as a pass phrase: {WEAK}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_key_is_private_and_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("k");
        let made = make(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(read(&path, Strength::Random).unwrap().expose(), made.expose());
        assert_eq!(make(&path).unwrap_err().kind(), ErrorKind::AlreadyExists);
    }

    #[test]
    fn a_key_that_others_can_read_or_that_is_no_key_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("k");
        make(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(
            read(&path, Strength::Random)
                .unwrap_err()
                .to_string()
                .contains("chmod 600")
        );
        for text in [
            "",
            "secret",
            "AAAA",
            &STANDARD.encode([7; 32]),
            &STANDARD.encode([1, 2].repeat(17)),
        ] {
            assert!(parse(text, Strength::Random).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_key_that_was_not_drawn_at_random_is_refused_and_not_printed() {
        let fifteen: Vec<u8> = (0..32).map(|i| 200 + i % 15).collect();
        for (key, why) in [
            (b"correct horse battery staple 123".to_vec(), "printable"),
            (b"d41d8cd98f00b204e9800998ecf8427e".to_vec(), "different bytes"),
            (fifteen, "15 different bytes"),
            ([1, 2].repeat(16), "2 different bytes"),
        ] {
            let text = STANDARD.encode(key);
            let error = format!("{:#}", parse(&text, Strength::Random).unwrap_err());
            assert!(error.contains(why) && !error.contains(&text), "{error}");
        }
        for _ in 0..1000 {
            let key = SecretKey::random(&SystemEntropy).unwrap();
            assert!(parse(&STANDARD.encode(key.expose()), Strength::Random).is_ok());
        }
    }

    #[test]
    fn the_demos_key_is_recognised() {
        assert!(is_demos(&load(&Source::Demo).unwrap()));
        assert!(is_demos(&parse(&STANDARD.encode(DEMO), Strength::Random).unwrap()));
        assert!(!is_demos(&SecretKey::random(&SystemEntropy).unwrap()));
    }
}
