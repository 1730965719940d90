//! `[[flavour]]`: which dialect is mounted where, over which issuer and realm.

use std::collections::HashSet;
use std::time::Duration;

use auth_core::{Lifetime, Realm};
use serde::{Deserialize, Serialize};
use token_jwt::Algorithm;

use super::{BadSetting, Span};

/// The wire format of one documented API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    Mechanics,
    Login,
    Device,
    Integration,
}

/// The strategy that makes the tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum IssuerKind {
    /// Signed tokens that name a recorded session.
    Jwt,
    /// Random secrets, stored as digests.
    Opaque,
    /// Signed tokens of which nothing is recorded; they cannot be revoked.
    Stateless,
}

/// The unit of `exp` in signed tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ExpUnit {
    Seconds,
    Milliseconds,
}

/// One `[[flavour]]` block as written.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct FlavourSettings {
    /// Its name, unique: 1 to 64 characters of `a-z 0-9 - _`.
    pub name: String,
    pub dialect: Dialect,
    /// Default: as the dialect's document.
    pub issuer: Option<IssuerKind>,
    /// Where it is mounted. Default: as the dialect's document.
    pub path: Option<String>,
    /// Whose accounts sign in. Default: the dialect's demo realm.
    pub realm: Option<String>,
    /// How long a token lives, or `"unlimited"`. Default: as the dialect's document.
    pub lifetime: Option<LifetimeSetting>,
    /// How tokens are signed (issuer `jwt`). Default: HS256.
    pub algorithm: Option<String>,
    /// The unit of `exp` (issuer `jwt`). Default: milliseconds for the login dialect, else seconds.
    pub exp_unit: Option<ExpUnit>,
    /// Login dialect: answer an unknown user like a wrong password. Default: false, as its document.
    pub conceal_unknown_users: Option<bool>,
    /// Integration dialect: the `environment` it answers with. Default: production.
    pub environment: Option<String>,
    /// Integration dialect: the top-level `subdomain` it answers with. Default: api.
    pub subdomain: Option<String>,
}

/// `lifetime` as written.
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(untagged)]
pub enum LifetimeSetting {
    Span(Span),
    Word(Unlimited),
}

/// The word for no end.
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Unlimited {
    Unlimited,
}

/// One flavour, checked and complete.
#[derive(Debug, Clone)]
pub struct Flavour {
    pub name: String,
    pub dialect: Dialect,
    pub issuer: IssuerKind,
    pub path: String,
    /// `None` for the integration dialect, whose clients live in the realms of their organisations.
    pub realm: Option<Realm>,
    pub lifetime: Lifetime,
    pub algorithm: Algorithm,
    pub exp_unit: ExpUnit,
    pub conceal_unknown_users: bool,
    pub environment: Option<String>,
    pub subdomain: Option<String>,
}

/// The four documents.
pub fn documented() -> Vec<FlavourSettings> {
    let block = |name: &str, dialect| FlavourSettings {
        name: name.into(),
        dialect,
        issuer: None,
        path: None,
        realm: None,
        lifetime: None,
        algorithm: None,
        exp_unit: None,
        conceal_unknown_users: None,
        environment: None,
        subdomain: None,
    };
    vec![
        block("mechanics", Dialect::Mechanics),
        block("login", Dialect::Login),
        block("device", Dialect::Device),
        block("integration", Dialect::Integration),
    ]
}

/// Completes and checks all blocks.
pub fn check(blocks: Vec<FlavourSettings>) -> Result<Vec<Flavour>, BadSetting> {
    if blocks.is_empty() {
        return Err(BadSetting::new("flavour", "[]", "at least one [[flavour]] is needed"));
    }
    let mut names = HashSet::new();
    if let Some(twice) = blocks.iter().find(|block| !names.insert(block.name.clone())) {
        return Err(BadSetting::new("flavour.name", &twice.name, "each name may stand once"));
    }
    blocks.into_iter().map(complete).collect()
}

fn complete(block: FlavourSettings) -> Result<Flavour, BadSetting> {
    let key = |name: &str| format!("flavour.{}.{name}", block.name);
    if Realm::parse(&block.name).is_none() {
        return Err(BadSetting::new(
            "flavour.name",
            &block.name,
            "allowed are 1 to 64 characters of a-z 0-9 - _",
        ));
    }
    let issuer = block.issuer.unwrap_or(default_issuer(block.dialect));
    let path = block.path.clone().unwrap_or_else(|| default_path(block.dialect).into());
    if !is_path(&path) {
        let allowed = "a path begins with / and has no query, dot segments, empty segments or braces";
        return Err(BadSetting::new(key("path"), path, allowed));
    }
    Ok(Flavour {
        realm: realm(&block, &key)?,
        lifetime: lifetime(&block, issuer, &key)?,
        algorithm: algorithm(&block, issuer, &key)?,
        exp_unit: exp_unit(&block, issuer, &key)?,
        conceal_unknown_users: conceal(&block, &key)?,
        name: block.name,
        dialect: block.dialect,
        issuer,
        path,
        environment: block.environment,
        subdomain: block.subdomain,
    })
}

fn realm(block: &FlavourSettings, key: &impl Fn(&str) -> String) -> Result<Option<Realm>, BadSetting> {
    let name = match (block.dialect, block.realm.as_deref()) {
        (Dialect::Integration, None) => return Ok(None),
        (Dialect::Integration, Some(name)) => {
            let allowed = "the integration dialect has no realm: its clients belong to their organisations";
            return Err(BadSetting::new(key("realm"), name, allowed));
        }
        (Dialect::Mechanics, name) => name.unwrap_or("workshops"),
        (Dialect::Login, name) => name.unwrap_or("pbx"),
        (Dialect::Device, name) => name.unwrap_or("players"),
    };
    let realm = Realm::parse(name);
    let allowed = "allowed are 1 to 64 characters of a-z 0-9 - _";
    realm
        .map(Some)
        .ok_or_else(|| BadSetting::new(key("realm"), name, allowed))
}

fn lifetime(
    block: &FlavourSettings,
    issuer: IssuerKind,
    key: &impl Fn(&str) -> String,
) -> Result<Lifetime, BadSetting> {
    let span = match (block.lifetime, block.dialect, issuer) {
        (Some(LifetimeSetting::Word(_)), _, IssuerKind::Jwt | IssuerKind::Stateless) => {
            let allowed = "a signed token always ends; allowed is 1s to 3650d";
            return Err(BadSetting::new(key("lifetime"), "unlimited", allowed));
        }
        (Some(LifetimeSetting::Word(_)), ..) => return Ok(Lifetime::UntilRevoked),
        (Some(LifetimeSetting::Span(span)), ..) => span,
        (None, Dialect::Mechanics, _) => Span::seconds(900),
        (None, Dialect::Login, _) => Span::days(7),
        (None, Dialect::Device | Dialect::Integration, IssuerKind::Opaque) => return Ok(Lifetime::UntilRevoked),
        (None, Dialect::Device | Dialect::Integration, _) => Span::days(365),
    };
    if !(Duration::from_secs(1)..=Span::days(3650).0).contains(&span.0) {
        return Err(BadSetting::new(
            key("lifetime"),
            span,
            "allowed is 1s to 3650d, or \"unlimited\"",
        ));
    }
    Ok(Lifetime::Limited(span.0))
}

fn algorithm(
    block: &FlavourSettings,
    issuer: IssuerKind,
    key: &impl Fn(&str) -> String,
) -> Result<Algorithm, BadSetting> {
    let Some(name) = &block.algorithm else {
        return Ok(Algorithm::HS256);
    };
    if issuer == IssuerKind::Opaque {
        return Err(BadSetting::new(
            key("algorithm"),
            name,
            "opaque tokens are not signed; take it out",
        ));
    }
    let names: Vec<&str> = Algorithm::ALL.iter().map(|algorithm| algorithm.name()).collect();
    let known = Algorithm::from_name(name);
    known.ok_or_else(|| BadSetting::new(key("algorithm"), name, format!("allowed are {}", names.join(", "))))
}

fn exp_unit(block: &FlavourSettings, issuer: IssuerKind, key: &impl Fn(&str) -> String) -> Result<ExpUnit, BadSetting> {
    match (block.exp_unit, block.dialect, issuer) {
        (Some(_), _, IssuerKind::Opaque) => Err(BadSetting::new(
            key("exp_unit"),
            "set",
            "opaque tokens have no exp; take it out",
        )),
        (Some(ExpUnit::Milliseconds), dialect, _) if dialect != Dialect::Login => {
            let allowed = "only the login dialect's tokens, which nobody else checks, may count in milliseconds";
            Err(BadSetting::new(key("exp_unit"), "milliseconds", allowed))
        }
        (Some(unit), ..) => Ok(unit),
        (None, Dialect::Login, _) => Ok(ExpUnit::Milliseconds),
        (None, ..) => Ok(ExpUnit::Seconds),
    }
}

fn conceal(block: &FlavourSettings, key: &impl Fn(&str) -> String) -> Result<bool, BadSetting> {
    match (block.conceal_unknown_users, block.dialect) {
        (Some(false), dialect) if dialect != Dialect::Login => {
            let allowed = "only the login dialect can tell unknown users; the others always conceal them";
            Err(BadSetting::new(key("conceal_unknown_users"), false, allowed))
        }
        (conceal, dialect) => Ok(conceal.unwrap_or(dialect != Dialect::Login)),
    }
}

fn default_issuer(dialect: Dialect) -> IssuerKind {
    match dialect {
        Dialect::Mechanics | Dialect::Login => IssuerKind::Jwt,
        Dialect::Device | Dialect::Integration => IssuerKind::Opaque,
    }
}

fn default_path(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Mechanics => dialects::mechanics::Mechanics::DEFAULT_PATH,
        Dialect::Login => dialects::login::Login::DEFAULT_PATH,
        Dialect::Device => dialects::device::Device::DEFAULT_PATH,
        Dialect::Integration => dialects::integration::Integration::DEFAULT_PATH,
    }
}

/// A path is either empty or `/` (the root) or segments of plain characters.
fn is_path(path: &str) -> bool {
    let segment = |s: &str| {
        let plain = s.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.~".contains(&b));
        plain && !s.is_empty() && s != "." && s != ".."
    };
    match path.strip_prefix('/') {
        None => path.is_empty(),
        Some(rest) => rest.is_empty() || rest.split('/').all(segment),
    }
}

impl Flavour {
    /// The paths it answers.
    pub fn paths(&self) -> impl Iterator<Item = String> {
        let endpoints = match self.dialect {
            Dialect::Mechanics => dialects::mechanics::Mechanics::ENDPOINTS,
            Dialect::Login => dialects::login::Login::ENDPOINTS,
            Dialect::Device => dialects::device::Device::ENDPOINTS,
            Dialect::Integration => dialects::integration::Integration::ENDPOINTS,
        };
        endpoints.iter().map(|endpoint| endpoint.path(&self.path))
    }
}
