//! The contract of a dialect: one documented API, as the server mounts it.

use std::fmt;
use std::sync::Arc;

use auth_actix::Carriers;
use auth_core::{Attributes, Capabilities, Lifetime};
use dialects::Endpoint;

use super::{BadSetting, DemoData, Settings, TokenProfile};
use crate::http::{FixedRoute, Routes};
use crate::parts::FlavourParts;

/// A documented API that the server can mount, by the name that `dialect = "…"` uses.
///
/// # Contract
/// * `name` is one word of `a-z 0-9 -` and never changes.
/// * `configure` takes every setting that only this dialect has from `settings`, checks it, and reads nothing else.
pub trait Dialect: fmt::Debug + Send + Sync + 'static {
    /// The name in `dialect = "…"`.
    fn name(&self) -> &'static str;

    /// The defaults of a `[[flavour]]` block of this dialect.
    fn defaults(&self) -> FlavourDefaults;

    /// The dialect of one flavour, with the settings of its block.
    ///
    /// # Errors
    /// [`BadSetting`] names the key, its value and what is allowed.
    fn configure(&self, settings: &mut Settings) -> Result<Arc<dyn FlavourDialect>, BadSetting>;

    /// What `--demo` loads for this dialect.
    fn demo_data(&self) -> DemoData {
        DemoData::default()
    }

    /// Paths that the server answers once, however many flavours of this dialect are mounted, such as a picture.
    fn shared_routes(&self) -> Vec<FixedRoute> {
        Vec::new()
    }
}

/// The defaults of a `[[flavour]]` block.
#[derive(Debug, Clone, Copy)]
pub struct FlavourDefaults {
    /// The name of the strategy.
    pub strategy: &'static str,
    /// Where it is mounted.
    pub path: &'static str,
    /// Whose accounts use it.
    pub realm: FlavourRealm,
    /// How long a token is valid. Under a strategy whose tokens always expire, [`Lifetime::UntilRevoked`] becomes a
    /// year.
    pub lifetime: Lifetime,
}

/// Whose accounts use a flavour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlavourRealm {
    /// The accounts of one realm: this one, unless the block names another.
    Accounts(&'static str),
    /// The clients of organisations, each in the realm of its own. The block may not name a realm.
    Organisations,
}

/// One dialect with the settings of one `[[flavour]]` block.
///
/// # Security
/// `promises` is compared with what the strategy can do before the server listens: a dialect that has a log-out must
/// promise [`Capabilities::revocable`], one whose answers state an expiry must promise [`Capabilities::expires`].
pub trait FlavourDialect: fmt::Debug + Send + Sync + 'static {
    /// The headers that carry its tokens.
    fn carriers(&self) -> Carriers;

    /// The claims of its signed tokens. By default those that a standard verifier expects.
    fn token_profile(&self) -> TokenProfile {
        TokenProfile::default()
    }

    /// What its clients rely on.
    fn promises(&self) -> &'static [Promise];

    /// Whether a token is valid only together with a key that is issued with it.
    fn key_bound(&self) -> bool {
        false
    }

    /// Whether signing in gives a refresh token too.
    fn refreshes(&self) -> bool {
        false
    }

    /// The paths that it answers, below its mount path. Two flavours on one path are refused at start.
    fn endpoints(&self) -> &'static [Endpoint];

    /// A request for the line that the server prints when it is ready.
    fn sample(&self) -> Sample;

    /// Refuses an account from which this dialect could not form its answer. The error is for an administrator.
    ///
    /// # Errors
    /// What is missing or wrong, and what is needed.
    fn check_attributes(&self, _attributes: &Attributes) -> Result<(), String> {
        Ok(())
    }

    /// The routes of one flavour, with all that its handlers need in `parts`, and what they take and answer
    /// ([`Routes::describing`]).
    ///
    /// # Errors
    /// When `parts` lack what the dialect needs.
    fn mount(&self, parts: FlavourParts) -> anyhow::Result<Routes>;
}

/// Something that a dialect's clients rely on.
#[derive(Debug, Clone, Copy)]
pub struct Promise {
    /// Whether a strategy keeps it.
    pub kept: fn(Capabilities) -> bool,
    /// What is promised, and what would keep it, for the start-up error.
    pub sentence: &'static str,
}

impl Promise {
    /// A promise.
    pub const fn new(kept: fn(Capabilities) -> bool, sentence: &'static str) -> Self {
        Self { kept, sentence }
    }
}

/// A request to the first endpoint of a flavour.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// The media type of the body.
    pub content_type: &'static str,
    /// A body that works with the demo data.
    pub demo: &'static str,
    /// A body with placeholders in capitals for the credentials.
    pub blank: &'static str,
}

impl Sample {
    /// A JSON body.
    pub const fn json(demo: &'static str, blank: &'static str) -> Self {
        Self {
            content_type: "application/json",
            demo,
            blank,
        }
    }

    /// A form.
    pub const fn form(demo: &'static str, blank: &'static str) -> Self {
        Self {
            content_type: "application/x-www-form-urlencoded",
            ..Self::json(demo, blank)
        }
    }
}
