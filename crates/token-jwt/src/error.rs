//! Why a token was refused: exact for logs, opaque for callers.

use std::fmt;

use crate::json::JsonError;

/// A token was refused.
///
/// `Display` is the same for every reason, so that nobody learns from an answer how far a forgery got;
/// [`JwtRejection::reason`] is for logs and tests. It holds no part of the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JwtRejection {
    reason: Reason,
}

impl JwtRejection {
    /// What exactly was wrong; for logs, metrics and tests.
    #[must_use]
    pub fn reason(&self) -> Reason {
        self.reason
    }
}

impl fmt::Display for JwtRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the token was refused")
    }
}

impl std::error::Error for JwtRejection {}

impl From<Reason> for JwtRejection {
    fn from(reason: Reason) -> Self {
        Self { reason }
    }
}

/// Why a token was refused.
///
/// The variants are in the order of the checks: what costs little first, then the signature, then the claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The text is longer than the policy allows.
    TooLong,
    /// It is not three segments with a dot between them.
    NotThreeSegments,
    /// The header is not canonical base64url.
    HeaderEncoding,
    /// The header is not a strict JSON object.
    HeaderJson(JsonError),
    /// `alg`, `kid` or `typ` is missing where it must not be, or is not a string.
    HeaderMember(&'static str),
    /// The header has `crit`, `b64`, `zip` or `enc`, which change what a token means.
    HeaderExtension(&'static str),
    /// `typ` is not the one that the policy asks for.
    Type,
    /// The set has several keys and the token names none.
    KidMissing,
    /// No key has the name that the token asks for.
    KidUnknown,
    /// `alg` is not the algorithm of the key.
    Algorithm,
    /// The signature is not as long as signatures of the key are.
    SignatureLength,
    /// The signature is not canonical base64url.
    SignatureEncoding,
    /// The signature is not the key's over this header and payload.
    Signature,
    /// The payload is not canonical base64url.
    PayloadEncoding,
    /// The payload is not a strict JSON object, or not of the shape that the caller asks for.
    PayloadJson(JsonError),
    /// A claim has another JSON type than RFC 7519 gives it, is empty, or is too long.
    ClaimMalformed(Claim),
    /// A claim that the policy requires is missing.
    ClaimMissing(Claim),
    /// A date is from the year 10000 or later: most often milliseconds where seconds are meant.
    DateOutOfRange(Claim),
    /// `exp` is not in the future.
    Expired,
    /// `nbf` is in the future.
    NotYetValid,
    /// `iat` is in the future.
    IssuedInFuture,
    /// The token lives longer than the policy allows.
    LifetimeTooLong,
    /// `iss` is another issuer.
    Issuer,
    /// `aud` names others, or names somebody although the policy names nobody (RFC 7519 section 4.1.3).
    Audience,
}

impl Reason {
    /// What kind of refusal it is: few enough for a metric's label.
    #[must_use]
    pub fn class(self) -> Class {
        match self {
            Self::TooLong
            | Self::NotThreeSegments
            | Self::HeaderEncoding
            | Self::HeaderJson(_)
            | Self::HeaderMember(_)
            | Self::HeaderExtension(_)
            | Self::SignatureLength
            | Self::SignatureEncoding => Class::Malformed,
            Self::Type | Self::KidMissing | Self::KidUnknown | Self::Algorithm => Class::NotForUs,
            Self::Signature => Class::Signature,
            Self::PayloadEncoding | Self::PayloadJson(_) | Self::ClaimMalformed(_) => Class::InvalidPayload,
            Self::Expired => Class::Expired,
            _ => Class::Claims,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HeaderJson(fault) => write!(f, "header: {fault}"),
            Self::HeaderMember(name) => write!(f, "header: `{name}` is missing or not a string"),
            Self::HeaderExtension(name) => write!(f, "header: `{name}` is not supported"),
            Self::PayloadJson(fault) => write!(f, "payload: {fault}"),
            Self::ClaimMalformed(claim) => write!(f, "claim `{claim}` is malformed"),
            Self::ClaimMissing(claim) => write!(f, "claim `{claim}` is missing"),
            Self::DateOutOfRange(claim) => write!(f, "claim `{claim}` is out of range"),
            other => f.write_str(other.text()),
        }
    }
}

impl Reason {
    fn text(self) -> &'static str {
        match self {
            Self::TooLong => "too long",
            Self::NotThreeSegments => "not three segments",
            Self::HeaderEncoding => "header: not canonical base64url",
            Self::Type => "`typ` is another type",
            Self::KidMissing => "no `kid`, and several keys",
            Self::KidUnknown => "`kid` is unknown",
            Self::Algorithm => "`alg` is not the key's",
            Self::SignatureLength => "the signature has another length than the key's signatures",
            Self::SignatureEncoding => "signature: not canonical base64url",
            Self::Signature => "the signature is wrong",
            Self::PayloadEncoding => "payload: not canonical base64url",
            Self::Expired => "expired",
            Self::NotYetValid => "not valid yet",
            Self::IssuedInFuture => "issued in the future",
            Self::LifetimeTooLong => "lives longer than allowed",
            Self::Issuer => "another issuer",
            Self::Audience => "for another audience",
            _ => "refused",
        }
    }
}

/// A kind of refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Class {
    /// Not a compact JWS at all, or one that nobody here would have made.
    Malformed,
    /// Perhaps a sound token, but for another key, algorithm or purpose.
    NotForUs,
    /// The signature is wrong: a forgery, or another key of the same name.
    Signature,
    /// Well signed, and still not a token that may be accepted: look at the issuer.
    InvalidPayload,
    /// Well signed and over.
    Expired,
    /// Well signed, but not for here or now.
    Claims,
}

/// A claim, in the reasons that concern one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Claim {
    /// `iss`
    Issuer,
    /// `sub`
    Subject,
    /// `aud`
    Audience,
    /// `exp`
    Expires,
    /// `nbf`
    NotBefore,
    /// `iat`
    IssuedAt,
    /// `jti`
    Id,
    /// One that the policy requires by name.
    Other,
}

impl Claim {
    /// The name of the claim in the payload; of [`Claim::Other`] it is not known here.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Issuer => "iss",
            Self::Subject => "sub",
            Self::Audience => "aud",
            Self::Expires => "exp",
            Self::NotBefore => "nbf",
            Self::IssuedAt => "iat",
            Self::Id => "jti",
            Self::Other => "other",
        }
    }

    /// The registered claim of this name (RFC 7519 section 4.1).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "iss" => Some(Self::Issuer),
            "sub" => Some(Self::Subject),
            "aud" => Some(Self::Audience),
            "exp" => Some(Self::Expires),
            "nbf" => Some(Self::NotBefore),
            "iat" => Some(Self::IssuedAt),
            "jti" => Some(Self::Id),
            _ => None,
        }
    }
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_learn_nothing_from_the_text() {
        let texts: std::collections::HashSet<String> =
            [Reason::Signature, Reason::Expired, Reason::KidUnknown, Reason::TooLong]
                .into_iter()
                .map(|reason| JwtRejection::from(reason).to_string())
                .collect();
        assert_eq!(texts.len(), 1);
    }
}
