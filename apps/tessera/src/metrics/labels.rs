//! The values that labels can have. A value is added here, never taken from a request.

use auth_actix::RejectionKind;
use auth_core::{Rejection, SignInError, Unavailable, VerifyError};
use dialects::RequestRejection;

/// How a check of a token can end.
pub(super) const CHECKS: [&str; 19] = [
    "ok",
    "forbidden",
    "bad_query",
    "absent",
    "malformed",
    "unknown_key",
    "bad_signature",
    "expired",
    "not_yet_valid",
    "bad_claims",
    "unknown",
    "wrong_flavour",
    "revoked",
    "key_missing",
    "key_mismatch",
    "stale",
    "too_many_unknown",
    "unavailable",
    "other",
];

/// The places of the first three in [`CHECKS`].
pub(crate) const OK: usize = 0;
pub(crate) const FORBIDDEN: usize = 1;
pub(crate) const BAD_QUERY: usize = 2;

/// The flavour of a token that no flavour recognised as its own.
pub(super) const NO_FLAVOUR: &str = "none";

/// How a sign-in by password can end.
pub(super) const LOGINS: [&str; 6] = [
    "ok",
    "wrong_password",
    "unknown_login",
    "throttled",
    "busy",
    "unavailable",
];

/// Why a dialect can refuse a request.
pub(super) const REFUSALS: [&str; 17] = [
    "malformed",
    "field",
    "wrong_credentials",
    "unknown_user",
    "not_authenticated",
    "forbidden",
    "not_found",
    "method_not_allowed",
    "too_large",
    "unsupported_media_type",
    "throttled",
    "busy",
    "timeout",
    "internal",
    "unavailable",
    "dialect_specific",
    "other",
];

/// The classes of status codes.
pub(super) const STATUSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// The route of a request that no route answers.
pub(super) const NO_ROUTE: &str = "other";

/// The place of a rejected check in [`CHECKS`].
pub(super) fn check_index(kind: &RejectionKind) -> usize {
    place(
        &CHECKS,
        match kind {
            RejectionKind::Absent => "absent",
            RejectionKind::Scope => "forbidden",
            RejectionKind::Invalid(reason) => rejection(*reason),
            RejectionKind::Unavailable(reason) => unavailable(reason),
            RejectionKind::NotConfigured => "unavailable",
            _ => "other",
        },
    )
}

/// The place of a failed check in [`CHECKS`].
pub(super) fn error_index(error: &VerifyError) -> usize {
    place(
        &CHECKS,
        match error {
            VerifyError::Rejected(reason) => rejection(*reason),
            VerifyError::Unavailable(reason) => unavailable(reason),
            _ => "other",
        },
    )
}

fn unavailable(reason: &Unavailable) -> &'static str {
    match reason {
        Unavailable::Stale => "stale",
        Unavailable::TooManyUnknown => "too_many_unknown",
        _ => "unavailable",
    }
}

fn rejection(reason: Rejection) -> &'static str {
    match reason {
        Rejection::Malformed => "malformed",
        Rejection::UnknownKey => "unknown_key",
        Rejection::BadSignature => "bad_signature",
        Rejection::Expired => "expired",
        Rejection::NotYetValid => "not_yet_valid",
        Rejection::BadClaims => "bad_claims",
        Rejection::Unknown => "unknown",
        Rejection::WrongFlavour => "wrong_flavour",
        Rejection::Revoked => "revoked",
        Rejection::KeyMissing => "key_missing",
        Rejection::KeyMismatch => "key_mismatch",
        _ => "other",
    }
}

/// The place of a sign-in in [`LOGINS`].
pub(super) fn login_index<T>(outcome: &Result<T, SignInError>) -> usize {
    place(
        &LOGINS,
        match outcome {
            Ok(_) => "ok",
            Err(SignInError::WrongPassword) => "wrong_password",
            Err(SignInError::UnknownLogin) => "unknown_login",
            Err(SignInError::Throttled(_)) => "throttled",
            Err(SignInError::Busy(_)) => "busy",
            Err(_) => "unavailable",
        },
    )
}

/// The place of a rejection in [`REFUSALS`].
pub(crate) fn refusal_index(rejection: &RequestRejection) -> usize {
    place(
        &REFUSALS,
        match rejection {
            RequestRejection::Malformed => "malformed",
            RequestRejection::Field(_) => "field",
            RequestRejection::WrongCredentials => "wrong_credentials",
            RequestRejection::UnknownUser => "unknown_user",
            RequestRejection::NotAuthenticated { .. } => "not_authenticated",
            RequestRejection::Forbidden => "forbidden",
            RequestRejection::NotFound => "not_found",
            RequestRejection::MethodNotAllowed { .. } => "method_not_allowed",
            RequestRejection::TooLarge => "too_large",
            RequestRejection::UnsupportedMediaType => "unsupported_media_type",
            RequestRejection::Throttled { .. } => "throttled",
            RequestRejection::Busy { .. } => "busy",
            RequestRejection::Timeout => "timeout",
            RequestRejection::Internal => "internal",
            RequestRejection::Unavailable { .. } => "unavailable",
            RequestRejection::DialectSpecific { .. } => "dialect_specific",
            _ => "other",
        },
    )
}

/// The last place, `other` or the like, is that of a word which is not there.
fn place(words: &[&str], word: &str) -> usize {
    let found = words.iter().position(|known| *known == word);
    found.unwrap_or(words.len() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rejection_of_a_request_has_a_word_of_its_own() {
        for rejection in RequestRejection::samples() {
            assert_ne!(REFUSALS[refusal_index(&rejection)], "other", "{rejection}");
        }
    }

    #[test]
    fn the_places_with_names_are_where_they_are_said_to_be() {
        assert_eq!(
            [CHECKS[OK], CHECKS[FORBIDDEN], CHECKS[BAD_QUERY]],
            ["ok", "forbidden", "bad_query"]
        );
        assert_eq!(LOGINS[login_index::<()>(&Ok(()))], "ok");
        let unavailable = SignInError::Unavailable(Unavailable::Stale);
        assert_eq!(LOGINS[login_index::<()>(&Err(unavailable))], "unavailable");
    }
}
