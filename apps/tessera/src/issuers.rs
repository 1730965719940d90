//! From configuration to issuers: the only place that knows all strategies.

use std::sync::Arc;

use anyhow::bail;
use auth_actix::Carriers;
use auth_core::{Capabilities, Clock, Entropy, Issuer, KeyBound, Lifetime, SecretKey, TokenRegistry, Tracked};
use token_jwt::{DateUnit, JwtConfig, SubjectClaim};
use token_opaque::{OpaqueConfig, OpaqueIssuer};

use crate::config::{Dialect, ExpUnit, Flavour, IssuerKind};
use crate::jwt_keys::{self, FollowedJwt};
use crate::keys::Keys;

/// What issuers are made of.
pub struct Parts {
    pub registry: Arc<TokenRegistry>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub master: SecretKey,
}

/// The issuer of one flavour. Refused if it cannot do what the dialect promises its clients.
pub async fn build(flavour: &Flavour, parts: &Parts, keys: &Keys) -> anyhow::Result<Arc<dyn Issuer>> {
    let issuer: Arc<dyn Issuer> = match flavour.issuer {
        IssuerKind::Opaque => Arc::new(opaque(flavour, parts)),
        IssuerKind::Jwt => Arc::new(Tracked::new(jwt(flavour, parts, keys).await?, parts.registry.clone())),
        IssuerKind::Stateless => jwt(flavour, parts, keys).await?,
    };
    let issuer = match flavour.dialect {
        Dialect::Login => bound(issuer, parts),
        _ => issuer,
    };
    match broken_promise(flavour.dialect, issuer.capabilities()) {
        Some(promise) => bail!("flavour.{}.issuer = {}: {promise}", flavour.name, word(flavour.issuer)),
        None => Ok(issuer),
    }
}

/// How tokens of a dialect are carried.
pub fn carriers(dialect: Dialect) -> Carriers {
    let none = Carriers::default();
    match dialect {
        Dialect::Mechanics => Carriers {
            bearer: true,
            bare: true,
            ..none
        },
        Dialect::Login => Carriers {
            access_token: true,
            ..none
        },
        Dialect::Device => Carriers { bearer: true, ..none },
        Dialect::Integration => Carriers {
            bearer: true,
            basic: true,
            ..none
        },
    }
}

fn opaque(flavour: &Flavour, parts: &Parts) -> OpaqueIssuer {
    let config = OpaqueConfig {
        flavour: flavour.name.as_str().into(),
        lifetime: flavour.lifetime,
        key: parts.master.derive(&format!("flavour/{}/opaque", flavour.name)),
    };
    OpaqueIssuer::new(config, parts.registry.clone(), parts.entropy.clone())
}

async fn jwt(flavour: &Flavour, parts: &Parts, keys: &Keys) -> anyhow::Result<Arc<FollowedJwt>> {
    let Lifetime::Limited(lifetime) = flavour.lifetime else {
        bail!(
            "flavour.{}.lifetime = unlimited: a signed token always ends",
            flavour.name
        );
    };
    let config = JwtConfig {
        flavour: flavour.name.as_str().into(),
        realm: flavour.realm.clone(),
        lifetime,
        subject: match flavour.dialect {
            Dialect::Mechanics => SubjectClaim::UserId,
            Dialect::Login => SubjectClaim::Session,
            Dialect::Device | Dialect::Integration => SubjectClaim::Sub,
        },
        issued_at: flavour.dialect != Dialect::Login,
        scope: flavour.dialect != Dialect::Login,
        unit: match flavour.exp_unit {
            ExpUnit::Seconds => DateUnit::Seconds,
            ExpUnit::Milliseconds => DateUnit::Milliseconds,
        },
    };
    let (clock, entropy) = (parts.clock.clone(), parts.entropy.clone());
    jwt_keys::issuer(&keys.keyring, flavour, config, clock, entropy).await
}

/// Bound to a key; an issuer without records stays as it is, and is then refused for that.
fn bound(issuer: Arc<dyn Issuer>, parts: &Parts) -> Arc<dyn Issuer> {
    match KeyBound::new(issuer.clone(), parts.registry.clone(), parts.entropy.clone()) {
        Some(bound) => Arc::new(bound),
        None => issuer,
    }
}

/// The first thing that the dialect's clients are promised and the issuer cannot do.
fn broken_promise(dialect: Dialect, can: Capabilities) -> Option<&'static str> {
    let promises: &[(bool, &str)] = match dialect {
        Dialect::Mechanics => &[
            (
                can.expires,
                "the mechanics dialect promises a token that ends by itself; give it a lifetime",
            ),
            (
                can.recorded,
                "the mechanics dialect promises a refresh token, for which sessions must be recorded",
            ),
            (
                can.revocable,
                "the mechanics dialect promises that reuse ends a session, which needs revocation",
            ),
        ],
        Dialect::Login => &[
            (
                can.revocable,
                "the login dialect promises a logout, and these tokens cannot be revoked",
            ),
            (
                can.expires,
                "the login dialect tells its clients when a token expires; give it a lifetime",
            ),
            (
                can.key_bound,
                "the login dialect promises tokens bound to a key, for which sessions must be recorded",
            ),
        ],
        Dialect::Device => &[(
            can.revocable,
            "the device dialect promises tokens that can be revoked, and these cannot",
        )],
        Dialect::Integration => &[
            (
                can.revocable,
                "the integration dialect promises tokens that can be revoked, and these cannot",
            ),
            (
                can.recorded,
                "the integration dialect promises that repeated calls share one session",
            ),
        ],
    };
    promises.iter().find(|(kept, _)| !kept).map(|(_, sentence)| *sentence)
}

fn word(kind: IssuerKind) -> &'static str {
    match kind {
        IssuerKind::Jwt => "jwt",
        IssuerKind::Opaque => "opaque",
        IssuerKind::Stateless => "stateless",
    }
}
