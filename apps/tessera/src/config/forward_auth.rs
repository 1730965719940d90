//! `[forward_auth]`.

use keystore::{KeyPurpose, PurposeError};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use token_jwt::Algorithm;

use super::{SigningKeys, Span};
use crate::extension::BadSetting;
use crate::strategies::JwtKeyFormat;

/// `[forward_auth]`: what `/auth/verify` answers beside its usual headers.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct ForwardAuthSettings {
    /// How long before a token expires `X-Auth-Expires-At` says when that is; 0: never.
    pub expiry_notice: Span,
    /// `[forward_auth.jwt]`.
    pub jwt: IdentityJwtSettings,
}

impl Default for ForwardAuthSettings {
    fn default() -> Self {
        Self {
            expiry_notice: Span::seconds(0),
            jwt: IdentityJwtSettings::default(),
        }
    }
}

impl ForwardAuthSettings {
    pub(crate) fn has_expiry_notice(&self) -> bool {
        self.expiry_notice > Span::seconds(0)
    }
}

/// `[forward_auth.jwt]`: the signed identity in `X-Auth-Jwt`, for the services behind a proxy.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct IdentityJwtSettings {
    /// `aud`: those services, by a name that they know. `None`: there is no `X-Auth-Jwt`.
    pub audience: Option<String>,
    /// How long it is valid: 5 s to 5 min.
    pub lifetime: Span,
    /// `EdDSA` or `ES256`.
    pub algorithm: String,
}

impl Default for IdentityJwtSettings {
    fn default() -> Self {
        Self {
            audience: None,
            lifetime: Span::seconds(60),
            algorithm: Algorithm::EdDSA.name().into(),
        }
    }
}

impl IdentityJwtSettings {
    /// The name that its keys have where a flavour's have the flavour's. No flavour can have it: its name has no dot.
    pub const KEYS: &str = "forward_auth.jwt";

    /// The most characters of an audience.
    const LONGEST_AUDIENCE: usize = 256;

    pub(super) fn check(&self) -> Result<(), BadSetting> {
        let bad = |key, value: &dyn ToString, allowed: &str| Err(BadSetting::new(key, value.to_string(), allowed));
        let Some(audience) = &self.audience else {
            return match *self == Self::default() {
                true => Ok(()),
                false => bad(
                    "forward_auth.jwt.audience",
                    &"nothing",
                    "it is needed for the other settings of [forward_auth.jwt] to have an effect",
                ),
            };
        };
        let length = audience.chars().count();
        if !(1..=Self::LONGEST_AUDIENCE).contains(&length) || audience.chars().any(|c| c.is_control() || c == ' ') {
            let allowed = "allowed are 1 to 256 characters without spaces, such as https://internal.example.com";
            return bad("forward_auth.jwt.audience", audience, allowed);
        }
        if !(Span::seconds(5)..=Span::seconds(300)).contains(&self.lifetime) {
            return bad("forward_auth.jwt.lifetime", &self.lifetime, "allowed is 5s to 300s");
        }
        match self.algorithm() {
            Some(_) => Ok(()),
            None => bad(
                "forward_auth.jwt.algorithm",
                &self.algorithm,
                "allowed are EdDSA and ES256",
            ),
        }
    }

    fn algorithm(&self) -> Option<Algorithm> {
        let algorithms = [Algorithm::EdDSA, Algorithm::ES256];
        algorithms.into_iter().find(|it| it.name() == self.algorithm)
    }

    /// The purpose and format of its keys; `None` where it is off.
    ///
    /// # Errors
    /// When the name of the algorithm cannot be part of a purpose.
    pub fn signing_keys(&self) -> Result<Option<SigningKeys>, PurposeError> {
        let Some(algorithm) = self.audience.as_ref().and_then(|_| self.algorithm()) else {
            return Ok(None);
        };
        Ok(Some(SigningKeys {
            purpose: KeyPurpose::new(Self::KEYS, algorithm.name())?,
            format: Arc::new(JwtKeyFormat::new(algorithm)),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(audience: &str) -> IdentityJwtSettings {
        IdentityJwtSettings {
            audience: Some(audience.into()),
            ..IdentityJwtSettings::default()
        }
    }

    fn refused(settings: &IdentityJwtSettings) -> String {
        settings.check().expect_err("it is refused").to_string()
    }

    #[test]
    fn without_an_audience_nothing_is_signed() {
        let off = IdentityJwtSettings::default();
        assert!(off.check().is_ok() && off.signing_keys().is_ok_and(|keys| keys.is_none()));
        let lifetime = Span::seconds(30);
        assert!(refused(&IdentityJwtSettings { lifetime, ..off }).contains("forward_auth.jwt.audience"));
    }

    #[test]
    fn its_keys_are_no_flavours() {
        let keys = settings("services").signing_keys().expect("a purpose").expect("keys");
        assert_eq!(keys.purpose.as_str(), "forward_auth.jwt/EdDSA");
        assert!(
            auth_core::Realm::parse(keys.purpose.flavour()).is_err(),
            "no flavour can have this name"
        );
    }

    #[test]
    fn a_value_that_cannot_be_used_is_named() {
        for audience in ["", "two words", "a\nb", &"x".repeat(257)] {
            assert!(refused(&settings(audience)).contains("forward_auth.jwt.audience"));
        }
        for seconds in [0, 4, 301] {
            let lifetime = Span::seconds(seconds);
            let settings = IdentityJwtSettings {
                lifetime,
                ..settings("services")
            };
            assert!(refused(&settings).contains("forward_auth.jwt.lifetime"));
        }
        for algorithm in ["HS256", "RS256", "eddsa", "none", ""] {
            let algorithm = algorithm.to_owned();
            let settings = IdentityJwtSettings {
                algorithm,
                ..settings("services")
            };
            assert!(refused(&settings).contains("forward_auth.jwt.algorithm"));
        }
        assert!(settings("https://internal.example.com").check().is_ok());
    }
}
