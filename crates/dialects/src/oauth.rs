//! What dialects of the OAuth 2.0 family share: a client's credentials, the codes and the shape of errors; and what resource
//! servers ask about tokens.

mod client;
mod description;
mod errors;
mod introspection;
mod token_parameter;

use crate::answer::Answer;
use crate::request_rejection::RequestRejection;

pub use client::BasicCredentials;
pub use errors::OauthErrors;
pub use introspection::{ActiveToken, inactive};
pub use token_parameter::TokenParameter;

/// The answer to a revocation, for a token that was active and for any other text (RFC 7009 section 2.2). Its body says
/// nothing.
#[must_use]
pub fn revoked() -> Answer {
    Answer::json(200, &serde_json::json!({}))
}

/// The `error` code for a rejection: RFC 6749 section 5.2, and for what the server cannot do at the moment the codes of
/// section 4.1.2.1. [`RequestRejection::DialectSpecific`] is its own code.
#[must_use]
pub fn error_code(rejection: &RequestRejection) -> &'static str {
    match rejection {
        RequestRejection::DialectSpecific { code } => code,
        RequestRejection::WrongCredentials
        | RequestRejection::UnknownUser
        | RequestRejection::NotAuthenticated { .. } => "invalid_client",
        RequestRejection::Forbidden => "unauthorized_client",
        RequestRejection::Internal => "server_error",
        other if other.status() >= 429 => "temporarily_unavailable",
        _ => "invalid_request",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rejection_has_a_code() {
        for rejection in RequestRejection::samples() {
            assert!(!error_code(&rejection).is_empty());
        }
        assert_eq!(error_code(&RequestRejection::TooLarge), "invalid_request");
        assert_eq!(
            error_code(&RequestRejection::Busy { retry_after_seconds: 1 }),
            "temporarily_unavailable"
        );
    }
}
