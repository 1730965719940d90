//! The contract of a strategy, as the server mounts it.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use auth_core::{ClaimsProfile, Clock, Entropy, Issuer, Lifetime, Realm, SecretKey, SubjectClaim, TokenRegistry};
use keystore::{KeyFormat, KeyPurpose, Keyring, PurposeError};

use super::{BadSetting, Settings};

/// The claims of a dialect's signed tokens. Opaque tokens have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenProfile {
    /// Which claim names the subject.
    pub subject: SubjectClaim,
    /// Whether a token has the time of its issue.
    pub issued_at: bool,
    /// Whether a token lists its permissions.
    pub scope: bool,
    /// Whether the dialect's document counts `exp` in milliseconds. Only for tokens that no other service verifies.
    pub milliseconds: bool,
}

impl Default for TokenProfile {
    /// `sub`, `iat`, `scope`, seconds: what a standard verifier expects.
    fn default() -> Self {
        Self {
            subject: SubjectClaim::Sub,
            issued_at: true,
            scope: true,
            milliseconds: false,
        }
    }
}

/// A way to issue and verify tokens, by the name that `issuer = "…"` uses.
///
/// # Contract
/// * `name` is one word of `a-z 0-9 -` and never changes.
/// * `configure` takes every setting that only this strategy has from `settings`, checks it, and reads nothing else.
pub trait Strategy: fmt::Debug + Send + Sync + 'static {
    /// The name in `issuer = "…"`.
    fn name(&self) -> &'static str;

    /// Whether its tokens always expire, as signed ones do. Then `lifetime = "unlimited"` is refused.
    fn always_ends(&self) -> bool;

    /// The strategy of one flavour, with the settings of its block. `profile` has the claims of the dialect's signed
    /// tokens.
    ///
    /// # Errors
    /// [`BadSetting`] names the key, its value and what is allowed.
    fn configure(&self, settings: &mut Settings, profile: TokenProfile)
    -> Result<Arc<dyn FlavourStrategy>, BadSetting>;
}

/// One strategy with the settings of one `[[flavour]]` block.
#[async_trait]
pub trait FlavourStrategy: fmt::Debug + Send + Sync + 'static {
    /// How its signing keys are made and read; `None`: it signs nothing. With them, [`issuer`](Self::issuer) begins with
    /// [`Keyring::start`] and calls [`Keyring::follow`]; the server refuses to start otherwise. Keys are kept, rotated and retired by the
    /// [`Keyring`], one purpose for each flavour and algorithm.
    fn key_format(&self) -> Option<Arc<dyn KeyFormat>> {
        None
    }

    /// The issuer of the flavour.
    ///
    /// # Errors
    /// When a key cannot be made or read.
    async fn issuer(&self, parts: &IssuerParts<'_>) -> anyhow::Result<Arc<dyn Issuer>>;
}

/// The inputs of an issuer.
#[derive(Debug)]
pub struct IssuerParts<'a> {
    /// The flavour's name; no other flavour has it.
    pub flavour: &'a str,
    /// The realm of its accounts; `None`: each token names its own.
    pub realm: Option<&'a Realm>,
    /// How long its tokens are valid.
    pub lifetime: Lifetime,
    /// The active tokens of this node, for issuers with records.
    pub registry: &'a Arc<TokenRegistry>,
    /// The signing keys of the database.
    pub keyring: &'a Arc<Keyring>,
    /// The clock.
    pub clock: &'a Arc<dyn Clock>,
    /// The source of random bytes.
    pub entropy: &'a Arc<dyn Entropy>,
    pub(crate) root: &'a SecretKey,
}

impl IssuerParts<'_> {
    /// A secret of this flavour for one use, the same on every node and after every restart. It is derived from the root
    /// key and stored nowhere. It cannot be rotated or revoked: not for signing keys.
    pub fn secret(&self, use_: &str) -> SecretKey {
        self.root.derive(&format!("flavour/{}/{use_}", self.flavour))
    }

    /// The purpose of this flavour's keys.
    ///
    /// # Errors
    /// When the name of the algorithm cannot be part of a purpose.
    pub fn key_purpose(&self, format: &dyn KeyFormat) -> Result<KeyPurpose, PurposeError> {
        KeyPurpose::new(self.flavour, format.algorithm())
    }

    /// The claims of this flavour's tokens, for a strategy that signs them.
    ///
    /// # Errors
    /// When tokens are valid until they are revoked; the settings refuse that for a strategy that
    /// [always ends](Strategy::always_ends).
    pub fn claims_profile(&self, profile: TokenProfile) -> anyhow::Result<ClaimsProfile> {
        let Lifetime::Limited(lifetime) = self.lifetime else {
            anyhow::bail!(
                "flavour.{}.lifetime = unlimited: a signed token always ends",
                self.flavour
            );
        };
        Ok(ClaimsProfile {
            flavour: self.flavour.into(),
            realm: self.realm.cloned(),
            lifetime,
            subject: profile.subject,
            issued_at: profile.issued_at,
            scope: profile.scope,
        })
    }
}
