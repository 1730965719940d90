//! `[[flavour]]`: a dialect, its path, its strategy and its realm.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use auth_actix::Carriers;
use auth_core::{Lifetime, Realm};
use figment::value::{Dict, Value};
use keystore::{KeyFormat, KeyPurpose, PurposeError};
use serde::Deserialize;

use super::Span;
use crate::extension::{
    BadSetting, Catalog, Dialect, FlavourDefaults, FlavourDialect, FlavourRealm, FlavourStrategy, Settings, Strategy,
};
use crate::operators;

/// The allowed form of a name or realm.
const NAME: &str = "allowed are 1 to 64 characters of a-z 0-9 - _";

/// The lifetime of a token that always expires, if the dialect's document gives it none.
const A_YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The longest lifetime of a token that expires.
pub(crate) const LONGEST: Duration = Duration::from_secs(3650 * 24 * 60 * 60);

/// `lifetime` as written.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(untagged)]
enum LifetimeSetting {
    Span(Span),
    Word(Unlimited),
}

/// The value for tokens that do not expire.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Unlimited {
    Unlimited,
}

/// One flavour: a dialect mounted over a strategy, checked and complete.
#[derive(Debug, Clone)]
pub struct Flavour {
    /// Its name, unique: 1 to 64 characters of `a-z 0-9 - _`.
    pub name: String,
    /// Where it is mounted.
    pub path: String,
    /// The realm whose accounts use it; `None` for clients, which are in the realms of their organisations.
    pub realm: Option<Realm>,
    /// How long a token is valid.
    pub lifetime: Lifetime,
    /// How imported tokens come; none: it has no imported tokens.
    pub imported: Carriers,
    /// The name of its dialect.
    pub dialect_name: &'static str,
    /// The name of its strategy.
    pub strategy_name: &'static str,
    /// Its dialect.
    pub dialect: Arc<dyn FlavourDialect>,
    /// Its strategy.
    pub strategy: Arc<dyn FlavourStrategy>,
}

/// The signing keys of a flavour: what they are for, and how they are made and read.
#[derive(Debug, Clone)]
pub struct SigningKeys {
    /// What they are for: this flavour and one algorithm.
    pub purpose: KeyPurpose,
    /// How they are made and read.
    pub format: Arc<dyn KeyFormat>,
}

impl Flavour {
    /// The purpose and format of its signing keys; `None`: it signs nothing.
    ///
    /// # Errors
    /// When the name of the algorithm cannot be part of a purpose.
    pub fn signing_keys(&self) -> Result<Option<SigningKeys>, PurposeError> {
        let Some(format) = self.strategy.key_format() else {
            return Ok(None);
        };
        let purpose = KeyPurpose::new(&self.name, format.algorithm())?;
        Ok(Some(SigningKeys { purpose, format }))
    }

    /// Whether it accepts tokens that were imported.
    pub fn has_imported(&self) -> bool {
        self.imported != Carriers::default()
    }

    /// The headers in which its tokens come, its own and imported ones.
    pub fn carriers(&self) -> Carriers {
        self.dialect.carriers().and(self.imported)
    }

    /// The paths it answers.
    pub fn paths(&self) -> impl Iterator<Item = String> {
        let endpoints = self.dialect.endpoints();
        endpoints.iter().map(|endpoint| endpoint.path(&self.path))
    }
}

/// The flavours of a server whose settings name none: the four documents.
pub(super) fn documented() -> Vec<Dict> {
    let block = |word: &str| Dict::from(["name", "dialect"].map(|key| (key.to_owned(), Value::from(word))));
    ["mechanics", "login", "device", "integration"].map(block).into()
}

/// Completes and checks all blocks.
pub(super) fn check(blocks: Vec<Dict>, catalog: &Catalog) -> Result<Vec<Flavour>, BadSetting> {
    if blocks.is_empty() {
        return Err(BadSetting::new("flavour", "[]", "at least one [[flavour]] is needed"));
    }
    let flavours = blocks.into_iter().map(|block| flavour(block, catalog));
    let flavours: Vec<_> = flavours.collect::<Result<_, _>>()?;
    let mut names = HashSet::new();
    match flavours.iter().find(|flavour| !names.insert(&flavour.name)) {
        Some(twice) => Err(BadSetting::new(
            "flavour.name",
            &twice.name,
            "each name may be used once",
        )),
        None => Ok(flavours),
    }
}

fn flavour(mut block: Dict, catalog: &Catalog) -> Result<Flavour, BadSetting> {
    let name = name(block.remove("name"))?;
    let mut settings = Settings::new(&name, block);
    let dialect = dialect(&mut settings, catalog)?;
    let defaults = dialect.defaults();
    let strategy = strategy(&mut settings, &defaults, catalog)?;
    let path = path(&mut settings, &defaults)?;
    let realm = realm(&mut settings, &defaults, dialect.name())?;
    let lifetime = lifetime(&mut settings, &defaults, &**strategy)?;
    let imported = imported(&mut settings)?;
    let configured = dialect.configure(&mut settings)?;
    let flavour = Flavour {
        strategy: strategy.configure(&mut settings, configured.token_profile())?,
        dialect: configured,
        dialect_name: dialect.name(),
        strategy_name: strategy.name(),
        name,
        path,
        realm,
        lifetime,
        imported,
    };
    settings.finish(&format!(
        "the {} dialect over issuer {}",
        dialect.name(),
        strategy.name()
    ))?;
    Ok(flavour)
}

fn name(value: Option<Value>) -> Result<String, BadSetting> {
    let allowed = "every [[flavour]] needs a name in quotes";
    let value = value.ok_or_else(|| BadSetting::new("flavour.name", "nothing", allowed))?;
    let name: String = value
        .deserialize()
        .map_err(|_| BadSetting::new("flavour.name", "no text", allowed))?;
    match Realm::parse(&name) {
        Ok(_) if name == operators::FLAVOUR => {
            let allowed = "the sessions of operators have this name: choose another";
            Err(BadSetting::new("flavour.name", name, allowed))
        }
        Ok(_) => Ok(name),
        Err(_) => Err(BadSetting::new("flavour.name", name, NAME)),
    }
}

fn dialect<'a>(settings: &mut Settings, catalog: &'a Catalog) -> Result<&'a Arc<dyn Dialect>, BadSetting> {
    let word = settings.take_text("dialect")?;
    let found = word.as_deref().and_then(|word| catalog.dialect(word));
    found.ok_or_else(|| {
        let words = catalog.dialects().iter().map(|dialect| dialect.name());
        settings.bad("dialect", word.as_deref().unwrap_or("nothing"), one_of(words))
    })
}

fn strategy<'a>(
    settings: &mut Settings,
    defaults: &FlavourDefaults,
    catalog: &'a Catalog,
) -> Result<&'a Arc<dyn Strategy>, BadSetting> {
    let word = settings.take_text("issuer")?;
    let word = word.as_deref().unwrap_or(defaults.strategy);
    catalog.strategy(word).ok_or_else(|| {
        let words = catalog.strategies().iter().map(|strategy| strategy.name());
        settings.bad("issuer", word, one_of(words))
    })
}

fn path(settings: &mut Settings, defaults: &FlavourDefaults) -> Result<String, BadSetting> {
    let path = settings.take_text("path")?;
    let path = path.unwrap_or_else(|| defaults.path.to_owned());
    if !is_path(&path) {
        let allowed = "a path begins with / and has no query, dot segments, empty segments or braces";
        return Err(settings.bad("path", path, allowed));
    }
    Ok(path)
}

fn realm(settings: &mut Settings, defaults: &FlavourDefaults, dialect: &str) -> Result<Option<Realm>, BadSetting> {
    let written = settings.take_text("realm")?;
    let name = match (defaults.realm, written) {
        (FlavourRealm::Organisations, None) => return Ok(None),
        (FlavourRealm::Organisations, Some(name)) => {
            let allowed = format!("the {dialect} dialect has no realm: its clients belong to their organisations");
            return Err(settings.bad("realm", name, allowed));
        }
        (FlavourRealm::Accounts(default), written) => written.unwrap_or_else(|| default.to_owned()),
    };
    match Realm::parse(&name) {
        Ok(_) if name == operators::REALM => {
            let allowed = "the realm of the server's operators belongs to no flavour: choose another";
            Err(settings.bad("realm", name, allowed))
        }
        Ok(realm) => Ok(Some(realm)),
        Err(_) => Err(settings.bad("realm", name, NAME)),
    }
}

fn lifetime(
    settings: &mut Settings,
    defaults: &FlavourDefaults,
    strategy: &dyn Strategy,
) -> Result<Lifetime, BadSetting> {
    let written = settings.take("lifetime", "allowed is 1s to 3650d, or \"unlimited\"")?;
    let span = match (written, defaults.lifetime) {
        (Some(LifetimeSetting::Word(_)), _) if strategy.always_ends() => {
            let allowed = "a signed token always ends; allowed is 1s to 3650d";
            return Err(settings.bad("lifetime", "unlimited", allowed));
        }
        (Some(LifetimeSetting::Word(_)), _) => return Ok(Lifetime::UntilRevoked),
        (Some(LifetimeSetting::Span(span)), _) => span,
        (None, Lifetime::UntilRevoked) if strategy.always_ends() => Span(A_YEAR),
        (None, default) => return Ok(default),
    };
    match (Duration::from_secs(1)..=LONGEST).contains(&span.0) {
        true => Ok(Lifetime::Limited(span.0)),
        false => Err(settings.bad("lifetime", span, "allowed is 1s to 3650d, or \"unlimited\"")),
    }
}

/// How a client sends an imported token.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum ImportedForm {
    Bearer,
    Token,
    ApiKey,
}

fn imported(settings: &mut Settings) -> Result<Carriers, BadSetting> {
    let allowed = "allowed is a list of \"bearer\", \"token\" and \"api-key\"";
    let forms: Vec<ImportedForm> = settings.take("imported_tokens", allowed)?.unwrap_or_default();
    let mut carriers = Carriers::default();
    for form in forms {
        match form {
            ImportedForm::Bearer => carriers.bearer = true,
            ImportedForm::Token => carriers.token = true,
            ImportedForm::ApiKey => carriers.api_key = true,
        }
    }
    Ok(carriers)
}

fn one_of<'a>(words: impl Iterator<Item = &'a str>) -> String {
    format!("allowed are {}", words.collect::<Vec<_>>().join(", "))
}

/// Whether a path is empty, `/` (the root), or segments of plain characters.
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
