//! jwt and stateless: signed tokens, with and without a recorded session.

mod keys;

use std::sync::Arc;

use async_trait::async_trait;
use auth_core::{Issuer, Tracked};
use keystore::KeyFormat;
use token_jwt::{Algorithm, DateUnit, JwtConfig};

use crate::extension::{BadSetting, FlavourStrategy, IssuerParts, Settings, Strategy, TokenProfile};

pub(crate) use keys::{JwtKeyFormat, signing_key};

/// Signed tokens. Their settings: `algorithm` and `exp_unit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JwtStrategy {
    /// `jwt`: each token names a recorded session, and can be revoked.
    Tracked,
    /// `stateless`: nothing is recorded, and nothing can be revoked.
    Stateless,
}

impl Strategy for JwtStrategy {
    fn name(&self) -> &'static str {
        match self {
            Self::Tracked => "jwt",
            Self::Stateless => "stateless",
        }
    }

    fn always_ends(&self) -> bool {
        true
    }

    fn configure(
        &self,
        settings: &mut Settings,
        profile: TokenProfile,
    ) -> Result<Arc<dyn FlavourStrategy>, BadSetting> {
        let algorithm = algorithm(settings)?;
        let unit = exp_unit(settings, profile)?;
        refuse_public_milliseconds(settings, algorithm, unit)?;
        Ok(Arc::new(JwtFlavour {
            strategy: *self,
            format: Arc::new(JwtKeyFormat::new(algorithm)),
            unit,
            profile,
        }))
    }
}

/// Signed tokens of one flavour.
#[derive(Debug)]
struct JwtFlavour {
    strategy: JwtStrategy,
    format: Arc<JwtKeyFormat>,
    unit: DateUnit,
    profile: TokenProfile,
}

#[async_trait]
impl FlavourStrategy for JwtFlavour {
    fn key_format(&self) -> Option<Arc<dyn KeyFormat>> {
        Some(self.format.clone())
    }

    async fn issuer(&self, parts: &IssuerParts<'_>) -> anyhow::Result<Arc<dyn Issuer>> {
        let config = JwtConfig {
            claims: parts.claims_profile(self.profile)?,
            unit: self.unit,
        };
        let purpose = parts.key_purpose(&*self.format)?;
        let active = parts.keyring.start(&purpose, &*self.format).await?;
        let issuer = keys::issuer(config, &active, parts.clock, parts.entropy)?;
        parts
            .keyring
            .follow(&active, Arc::new(keys::JwtKeyFollower(issuer.clone())));
        Ok(match self.strategy {
            JwtStrategy::Tracked => Arc::new(Tracked::new(issuer, parts.registry.clone())),
            JwtStrategy::Stateless => issuer,
        })
    }
}

fn algorithm(settings: &mut Settings) -> Result<Algorithm, BadSetting> {
    let Some(name) = settings.take_text("algorithm")? else {
        return Ok(Algorithm::HS256);
    };
    let names: Vec<&str> = Algorithm::ALL.iter().map(|algorithm| algorithm.name()).collect();
    let allowed = format!("allowed are {}", names.join(", "));
    Algorithm::from_name(&name).ok_or_else(|| settings.bad("algorithm", name, allowed))
}

/// A public key invites others to verify, and they read an `exp` in milliseconds as seconds: as never.
fn refuse_public_milliseconds(settings: &Settings, algorithm: Algorithm, unit: DateUnit) -> Result<(), BadSetting> {
    if algorithm.is_symmetric() || unit == DateUnit::Seconds {
        return Ok(());
    }
    let allowed = "exp is in milliseconds, which others who verify with the public key would read as seconds, some \
                   45,000 years ahead; allowed are HS256, HS384 and HS512, or exp_unit = \"seconds\"";
    Err(settings.bad("algorithm", algorithm.name(), allowed))
}

/// Seconds, unless the dialect's document counts in milliseconds.
fn exp_unit(settings: &mut Settings, profile: TokenProfile) -> Result<DateUnit, BadSetting> {
    let written = settings.take_text("exp_unit")?;
    match (written.as_deref(), profile.milliseconds) {
        (Some("seconds"), _) | (None, false) => Ok(DateUnit::Seconds),
        (Some("milliseconds") | None, true) => Ok(DateUnit::Milliseconds),
        (Some("milliseconds"), false) => {
            let allowed = "the tokens of this dialect can be checked elsewhere, where exp counts in seconds";
            Err(settings.bad("exp_unit", "milliseconds", allowed))
        }
        (Some(other), _) => Err(settings.bad("exp_unit", other, "allowed are seconds and milliseconds")),
    }
}
