//! Why a token was rejected: exact for logs, opaque for callers.

use std::fmt;

use crate::json::JsonError;

/// A token was rejected.
///
/// `Display` is the same for every reason, so that an answer does not show how far a forgery got.
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
        f.write_str("the token was rejected")
    }
}

impl std::error::Error for JwtRejection {}

impl From<Reason> for JwtRejection {
    fn from(reason: Reason) -> Self {
        Self { reason }
    }
}

/// Why a token was rejected.
///
/// The variants are in the order of the checks: cheap ones first, then the signature, then the claims.
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
    /// `alg` is missing; or `alg`, `kid` or `typ` is not a string; or `kid` is too long.
    HeaderMember(&'static str),
    /// The header has `crit`, `b64`, `zip` or `enc`, which change what a token means.
    HeaderExtension(&'static str),
    /// `typ` is not the one that the policy requires.
    Type,
    /// The set has several keys and the token has no `kid`.
    KidMissing,
    /// No key has the name in `kid`.
    KidUnknown,
    /// `alg` is not the algorithm of the key.
    Algorithm,
    /// The signature has another length than signatures of the key.
    SignatureLength,
    /// The signature is not canonical base64url.
    SignatureEncoding,
    /// The signature is not the key's over this header and payload.
    Signature,
    /// The payload is not canonical base64url.
    PayloadEncoding,
    /// The payload is not a strict JSON object, or does not fit the caller's type.
    PayloadJson(JsonError),
    /// A claim has another JSON type than RFC 7519 gives it, is empty, or is too long.
    ClaimMalformed(Claim),
    /// A claim that the policy requires is missing.
    ClaimMissing(Claim),
    /// A date is in the year 10000 or later: most often milliseconds in place of seconds.
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
    /// `aud` has no audience of the policy, or is present although the policy has none (RFC 7519 section 4.1.3).
    Audience,
}

impl Reason {
    /// The kind of rejection: few enough for a metric's label.
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
            Self::HeaderJson(error) => write!(f, "header: {error}"),
            Self::HeaderMember(name) => write!(f, "header: `{name}` is missing or not a string"),
            Self::HeaderExtension(name) => write!(f, "header: `{name}` is not supported"),
            Self::PayloadJson(error) => write!(f, "payload: {error}"),
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
            _ => "rejected",
        }
    }
}

/// A kind of rejection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Class {
    /// Not a compact JWS, or not in the form that this crate accepts.
    Malformed,
    /// A token for another key, algorithm or type.
    NotForUs,
    /// The signature is wrong: a forgery, or another key of the same name.
    Signature,
    /// Correctly signed, but the payload cannot be read: the issuer has a defect.
    InvalidPayload,
    /// Correctly signed, and expired.
    Expired,
    /// Correctly signed, but the claims are not acceptable here or now.
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
    /// The name of the claim in the payload; for [`Claim::Other`] only `other`.
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
    fn the_error_text_is_the_same_for_every_reason() {
        let texts: std::collections::HashSet<String> =
            [Reason::Signature, Reason::Expired, Reason::KidUnknown, Reason::TooLong]
                .into_iter()
                .map(|reason| JwtRejection::from(reason).to_string())
                .collect();
        assert_eq!(texts.len(), 1);
    }
}
