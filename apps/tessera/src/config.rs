//! Every setting, from four places: the command line, the environment (`TESSERA_<SECTION>__<KEY>`), a TOML file, and
//! the defaults. An earlier place overrides a later one. An unknown setting or a value out of range stops the start
//! with an error that names it.

mod console;
mod database;
mod duration;
mod flavour;
mod forward_auth;
mod http;
mod limits;
mod listen_address;
mod master_key;
mod metrics;
mod self_service;
mod sources;
mod tls;

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Format, Toml};
use figment::value::Dict;
use serde::{Deserialize, Serialize};
use validator::Validate;

use crate::extension::{BadSetting, Catalog};
use crate::master::MasterKeyPlace;

pub use console::ConsoleSettings;
pub use database::DatabaseSettings;
pub use duration::Span;
pub(crate) use flavour::LONGEST;
pub use flavour::{Flavour, SigningKeys};
pub use forward_auth::{ForwardAuthSettings, IdentityJwtSettings};
pub use http::HttpSettings;
pub use limits::{
    AuditSettings, KeySettings, PartnerSettings, PasswordSettings, RefreshSettings, ResourceServerSettings,
    RevocationSettings,
};
pub use listen_address::ListenAddress;
pub use metrics::MetricsSettings;
pub use self_service::SelfServiceSettings;
pub use tls::{TlsFiles, TlsSettings};

use master_key::master_key;
use sources::{explain, layers, readable};

/// The settings as read, before they are checked.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    listen: String,
    database_url: Option<String>,
    feed_url: Option<String>,
    master_key_file: Option<PathBuf>,
    master_key_command: Option<Vec<String>>,
    database: DatabaseSettings,
    passwords: PasswordSettings,
    refresh: RefreshSettings,
    revocation: RevocationSettings,
    partners: PartnerSettings,
    resource_servers: ResourceServerSettings,
    audit: AuditSettings,
    keys: KeySettings,
    http: HttpSettings,
    metrics: MetricsSettings,
    forward_auth: ForwardAuthSettings,
    self_service: SelfServiceSettings,
    tls: TlsSettings,
    console: ConsoleSettings,
    flavour: Option<Vec<Dict>>,
}

impl Default for Raw {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8080".into(),
            database_url: None,
            feed_url: None,
            master_key_file: None,
            master_key_command: None,
            database: DatabaseSettings::default(),
            passwords: PasswordSettings::default(),
            refresh: RefreshSettings::default(),
            revocation: RevocationSettings::default(),
            partners: PartnerSettings::default(),
            resource_servers: ResourceServerSettings::default(),
            audit: AuditSettings::default(),
            keys: KeySettings::default(),
            http: HttpSettings::default(),
            metrics: MetricsSettings::default(),
            forward_auth: ForwardAuthSettings::default(),
            self_service: SelfServiceSettings::default(),
            tls: TlsSettings::default(),
            console: ConsoleSettings::default(),
            flavour: None,
        }
    }
}

/// Settings from the command line; they override all others.
#[derive(Default, Clone)]
pub struct Overrides {
    /// The settings file.
    pub config: Option<PathBuf>,
    /// Where to listen.
    pub listen: Option<String>,
    /// The database.
    pub database_url: Option<String>,
    /// Where the master key is kept.
    pub master_key_file: Option<PathBuf>,
}

/// The settings, checked.
#[derive(Clone)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The database; `None`: the command's own default.
    pub database_url: Option<String>,
    /// The same database for the feed alone, past a pooler; `None`: the same way.
    pub feed_url: Option<String>,
    /// Where the master key is kept: `master_key_file` or `master_key_command`.
    pub master_key: Option<MasterKeyPlace>,
    /// The file if a flag named it: then the environment's key does not count.
    pub master_key_flag: Option<PathBuf>,
    /// `[database]`.
    pub database: DatabaseSettings,
    /// `[passwords]`.
    pub passwords: PasswordSettings,
    /// `[refresh]`.
    pub refresh: RefreshSettings,
    /// `[revocation]`.
    pub revocation: RevocationSettings,
    /// `[partners]`.
    pub partners: PartnerSettings,
    /// `[resource_servers]`.
    pub resource_servers: ResourceServerSettings,
    /// `[audit]`.
    pub audit: AuditSettings,
    /// `[keys]`.
    pub keys: KeySettings,
    /// `[http]`.
    pub http: HttpSettings,
    /// `[metrics]`.
    pub metrics: MetricsSettings,
    /// `[forward_auth]`.
    pub forward_auth: ForwardAuthSettings,
    /// `[self_service]`.
    pub self_service: SelfServiceSettings,
    /// `[tls]`; `None`: the server does not encrypt.
    pub tls: Option<TlsFiles>,
    /// `[console]`.
    pub console: ConsoleSettings,
    /// The mounted flavours, in order.
    pub flavours: Vec<Flavour>,
}

impl fmt::Debug for Overrides {
    /// The database's URL may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Overrides")
            .field("config", &self.config)
            .field("listen", &self.listen)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Config {
    /// The database's URL may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("listen", &self.listen)
            .field("flavours", &self.flavours)
            .finish_non_exhaustive()
    }
}

impl Config {
    /// What the server's own listener speaks: `http` or `https`.
    pub(crate) fn scheme(&self) -> &'static str {
        match self.tls {
            Some(_) => "https",
            None => "http",
        }
    }

    /// Reads and checks everything. The catalog has the dialects and strategies.
    ///
    /// # Errors
    /// One line for each setting that is unknown or cannot be used.
    pub fn load(overrides: &Overrides, catalog: &Catalog) -> anyhow::Result<Self> {
        let mut raw: Raw = layers(overrides)?.extract().map_err(|error| explain(&error))?;
        if overrides.master_key_file.is_some() {
            raw.master_key_command = None;
        }
        Ok(Self {
            master_key_flag: overrides.master_key_file.clone(),
            ..Self::check(raw, catalog)?
        })
    }

    fn check(raw: Raw, catalog: &Catalog) -> Result<Self, BadSetting> {
        let listen = raw.listen.parse();
        let hint = "an address and a port, such as 127.0.0.1:8080 (port 0: the system chooses)";
        in_range("passwords", &raw.passwords)?;
        in_range("revocation", &raw.revocation)?;
        in_range("partners", &raw.partners)?;
        in_range("resource_servers", &raw.resource_servers)?;
        in_range("http", &raw.http)?;
        raw.database.check()?;
        raw.passwords.check()?;
        raw.refresh.check()?;
        raw.revocation.check()?;
        raw.http.check()?;
        raw.audit.check()?;
        raw.keys.check()?;
        raw.forward_auth.jwt.check()?;
        let flavours = flavour::check(raw.flavour.unwrap_or_else(flavour::documented), catalog)?;
        raw.self_service.check(&flavours)?;
        raw.console.check(&flavours)?;
        let tls = raw.tls.files()?;
        raw.metrics.check(tls.is_some())?;
        Ok(Self {
            listen: listen.map_err(|_| BadSetting::new("listen", &raw.listen, hint))?,
            flavours,
            database_url: raw.database_url,
            feed_url: raw.feed_url,
            master_key: master_key(raw.master_key_file, raw.master_key_command)?,
            master_key_flag: None,
            database: raw.database,
            passwords: raw.passwords,
            refresh: raw.refresh,
            revocation: raw.revocation,
            partners: raw.partners,
            resource_servers: raw.resource_servers,
            audit: raw.audit,
            keys: raw.keys,
            http: raw.http,
            metrics: raw.metrics,
            forward_auth: raw.forward_auth,
            self_service: raw.self_service,
            tls,
            console: raw.console,
        })
    }
}

/// The defaults of all settings but the flavours, by section and key; null where there is none.
pub(crate) fn defaults() -> serde_json::Value {
    let mut defaults = serde_json::to_value(Raw::default()).unwrap_or_default();
    if let Some(settings) = defaults.as_object_mut() {
        settings.remove("flavour");
    }
    defaults
}

/// Checks a section against the ranges given at its fields.
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

/// The database that a settings file names, and the file with the master key: nothing else counts, and nothing else is read.
///
/// # Errors
/// When the file cannot be read, or one of the two is no text.
pub(crate) fn database_of(path: &Path) -> anyhow::Result<(Option<String>, Option<MasterKeyPlace>)> {
    #[derive(Deserialize)]
    struct Named {
        database_url: Option<String>,
        master_key_file: Option<PathBuf>,
        master_key_command: Option<Vec<String>>,
    }
    readable(path)?;
    let named: Result<Named, _> = Figment::from(Toml::file_exact(path)).extract();
    let named = named.map_err(|error| explain(&error))?;
    let master_key = master_key(named.master_key_file, named.master_key_command)?;
    Ok((named.database_url, master_key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_in_the_file_is_placed_and_not_quoted() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("tessera.toml");
        std::fs::write(&path, "\ndatabase_url = postgres://tessera:canary@db/tessera\n").expect("a file");
        let overrides = Overrides {
            config: Some(path),
            ..Overrides::default()
        };
        let error = Config::load(&overrides, crate::Builder::new().catalog()).expect_err("a mistake");
        let text = format!("{error:#}");
        assert!(!text.contains("canary") && text.contains("line 2"), "{text}");
    }

    #[test]
    fn the_password_of_a_database_is_not_printed() {
        let overrides = Overrides {
            database_url: Some("postgres://tessera:canary@db/tessera".into()),
            ..Overrides::default()
        };
        assert!(!format!("{overrides:?}").contains("canary"));
        let config = Config::load(&overrides, crate::Builder::new().catalog()).expect("settings");
        assert!(!format!("{config:?}").contains("canary"));
    }
}
