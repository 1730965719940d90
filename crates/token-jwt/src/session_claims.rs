//! The claims of a session's token as JSON members, in the order in which they are written.

use std::borrow::Cow;

use auth_core::{SignedClaims, Timestamp};
use serde::{Deserialize, Serialize};

use crate::time::DateUnit;

/// The members of the payload. Their order is part of what clients have seen: it stays as it is.
#[derive(Serialize, Deserialize)]
pub(crate) struct SessionClaims<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<Cow<'a, str>>,
    exp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    iat: Option<i64>,
    sid: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    realm: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<Cow<'a, str>>,
}

impl<'a> SessionClaims<'a> {
    /// The claims with their dates in `unit`.
    #[cfg(feature = "issuer")]
    pub(crate) fn new(claims: &'a SignedClaims<'_>, unit: DateUnit) -> Self {
        let date = |time: Timestamp| match unit {
            DateUnit::Seconds => time.as_seconds(),
            DateUnit::Milliseconds => time.as_millis(),
        };
        Self {
            user_id: claims.user_id,
            sub: claims.sub.as_deref().map(Cow::Borrowed),
            exp: date(claims.expires_at),
            iat: claims.issued_at.map(date),
            sid: Cow::Borrowed(&claims.sid),
            realm: claims.realm.as_deref().map(Cow::Borrowed),
            scope: claims.scope.as_deref().map(Cow::Borrowed),
        }
    }

    /// The claims as every signed strategy has them; the dates are in `unit`.
    pub(crate) fn into_signed_claims(self, unit: DateUnit) -> SignedClaims<'a> {
        let time = |date: i64| match unit {
            DateUnit::Seconds => Timestamp::from_seconds(date),
            DateUnit::Milliseconds => Timestamp::from_millis(date),
        };
        SignedClaims {
            user_id: self.user_id,
            sub: self.sub,
            expires_at: time(self.exp),
            issued_at: self.iat.map(time),
            sid: self.sid,
            realm: self.realm,
            scope: self.scope,
        }
    }
}
