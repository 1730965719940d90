//! Every setting, from four places: the command line, the environment (`TESSERA_<SECTION>__<KEY>`), a TOML file, and the
//! defaults, the earlier winning. What is unknown or out of bounds stops the start with a sentence.

mod duration;
mod flavour;
mod http;
mod limits;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};
use serde::{Deserialize, Serialize};
use validator::Validate;

pub use duration::Span;
pub use flavour::{Dialect, ExpUnit, Flavour, FlavourSettings, IssuerKind};
pub use http::HttpSettings;
pub use limits::{PasswordSettings, RefreshSettings, RevocationSettings};

/// Variables that begin with `TESSERA_` and are no settings.
const NOT_SETTINGS: [&str; 7] = [
    "master_key",
    "skip_postgres",
    "require_postgres",
    "interop",
    "require_interop",
    "log",
    "test_postgres",
];

/// A setting that cannot be used: which, what it is, and what it may be.
#[derive(Debug, thiserror::Error)]
#[error("{key} = {value}: {allowed}")]
pub struct BadSetting {
    key: String,
    value: String,
    allowed: String,
}

impl BadSetting {
    pub fn new(key: impl Into<String>, value: impl ToString, allowed: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            value: value.to_string(),
            allowed: allowed.into(),
        }
    }
}

/// The settings as read, before they are checked.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    listen: String,
    database_url: Option<String>,
    master_key_file: Option<PathBuf>,
    passwords: PasswordSettings,
    refresh: RefreshSettings,
    revocation: RevocationSettings,
    http: HttpSettings,
    flavour: Vec<FlavourSettings>,
}

impl Default for Raw {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8080".into(),
            database_url: None,
            master_key_file: None,
            passwords: PasswordSettings::default(),
            refresh: RefreshSettings::default(),
            revocation: RevocationSettings::default(),
            http: HttpSettings::default(),
            flavour: flavour::documented(),
        }
    }
}

/// What the command line may say.
#[derive(Debug, Default, Clone)]
pub struct Overrides {
    pub config: Option<PathBuf>,
    pub listen: Option<String>,
    pub database_url: Option<String>,
    pub master_key_file: Option<PathBuf>,
}

/// The settings, checked.
#[derive(Debug)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The database; `None`: the command's own default.
    pub database_url: Option<String>,
    /// Where the master key is kept.
    pub master_key_file: Option<PathBuf>,
    pub passwords: PasswordSettings,
    pub refresh: RefreshSettings,
    pub revocation: RevocationSettings,
    pub http: HttpSettings,
    /// The mounted flavours, in order.
    pub flavours: Vec<Flavour>,
}

impl Config {
    /// Reads and checks everything.
    pub fn load(overrides: &Overrides) -> anyhow::Result<Self> {
        let raw: Raw = layers(overrides)?.extract().map_err(|error| explain(&error))?;
        Ok(Self::check(raw)?)
    }

    fn check(raw: Raw) -> Result<Self, BadSetting> {
        let listen = raw.listen.parse();
        let hint = "an address and a port, such as 127.0.0.1:8080 (port 0: the system chooses)";
        in_range("passwords", &raw.passwords)?;
        in_range("revocation", &raw.revocation)?;
        in_range("http", &raw.http)?;
        raw.passwords.check()?;
        raw.refresh.check()?;
        raw.revocation.check()?;
        raw.http.check()?;
        Ok(Self {
            listen: listen.map_err(|_| BadSetting::new("listen", &raw.listen, hint))?,
            flavours: flavour::check(raw.flavour)?,
            database_url: raw.database_url,
            master_key_file: raw.master_key_file,
            passwords: raw.passwords,
            refresh: raw.refresh,
            revocation: raw.revocation,
            http: raw.http,
        })
    }
}

/// Holds a section to the ranges that stand at its fields.
fn in_range(section: &str, settings: &impl Validate) -> Result<(), BadSetting> {
    let Err(errors) = settings.validate() else {
        return Ok(());
    };
    let fields = errors.field_errors();
    let first = fields
        .iter()
        .find_map(|(field, errors)| errors.first().map(|error| (field, &error.params)));
    let Some((field, params)) = first else {
        return Ok(());
    };
    let param = |name: &str| params.get(name).map(ToString::to_string);
    let low = param("min").unwrap_or_else(|| "0".into());
    let allowed = match param("max") {
        Some(high) => format!("allowed is {low} to {high}"),
        None => format!("allowed is {low} or more"),
    };
    Err(BadSetting::new(
        format!("{section}.{field}"),
        param("value").unwrap_or_default(),
        allowed,
    ))
}

fn layers(overrides: &Overrides) -> anyhow::Result<Figment> {
    let mut figment = Figment::from(Serialized::defaults(Raw::default()));
    if let Some(path) = &overrides.config {
        readable(path)?;
        figment = figment.merge(Toml::file_exact(path));
    }
    figment = figment.merge(Env::prefixed("TESSERA_").ignore(&NOT_SETTINGS).split("__"));
    let flags = [
        ("listen", overrides.listen.clone()),
        ("database_url", overrides.database_url.clone()),
        (
            "master_key_file",
            overrides
                .master_key_file
                .as_ref()
                .map(|path| path.display().to_string()),
        ),
    ];
    for (key, value) in flags {
        if let Some(value) = value {
            figment = figment.merge(Serialized::default(key, value));
        }
    }
    Ok(figment)
}

fn readable(path: &Path) -> anyhow::Result<()> {
    std::fs::read_to_string(path)
        .map(drop)
        .map_err(|error| anyhow::anyhow!("the configuration file {} cannot be read: {error}", path.display()))
}

/// One sentence for each thing that is wrong: where it was said, which key, what was found, what is allowed.
fn explain(errors: &figment::Error) -> anyhow::Error {
    let lines = errors.clone().into_iter().map(|error| {
        let key = match (error.path.join("."), &error.kind) {
            (path, figment::error::Kind::UnknownField(name, _))
                if !path.ends_with(name.as_str()) && path.is_empty() =>
            {
                name.clone()
            }
            (path, figment::error::Kind::UnknownField(name, _)) if !path.ends_with(name.as_str()) => {
                format!("{path}.{name}")
            }
            (path, _) => path,
        };
        let place = error
            .metadata
            .as_ref()
            .map_or(String::new(), |place| match &place.source {
                Some(source) => format!(" (from {source})"),
                None => format!(" (from {})", place.name),
            });
        format!("{key}: {}{place}", error.kind)
    });
    anyhow::anyhow!(lines.collect::<Vec<_>>().join("\n"))
}
