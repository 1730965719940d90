//! What dialects of the OAuth 2.0 family share: a client's credentials in a header, and the codes of errors.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::SecretString;

use crate::request_rejection::RequestRejection;

/// A client's name and secret, as `Authorization: Basic` carries them (RFC 6749 section 2.3.1, RFC 7617).
#[derive(Debug)]
pub struct BasicCredentials {
    /// The name, with its form encoding undone. Untrusted text.
    pub id: String,
    /// The secret, with its form encoding undone.
    pub secret: SecretString,
}

impl BasicCredentials {
    /// Reads the value of an `Authorization` header: `Basic base64(id:secret)`, both form-encoded.
    ///
    /// # Errors
    /// [`RequestRejection::WrongCredentials`] for anything else.
    pub fn parse(header: &str) -> Result<Self, RequestRejection> {
        Self::read(header).ok_or(RequestRejection::WrongCredentials)
    }

    fn read(header: &str) -> Option<Self> {
        let (scheme, encoded) = header.split_once(' ')?;
        let decoded = STANDARD
            .decode(encoded)
            .ok()
            .filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
        let text = zeroize::Zeroizing::new(String::from_utf8(decoded).ok()?);
        let (id, secret) = text.split_once(':')?;
        Some(Self {
            id: form_decoded(id)?,
            secret: form_decoded(secret)?.into(),
        })
    }
}

/// `application/x-www-form-urlencoded` undone (RFC 6749 appendix B).
fn form_decoded(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    let decoded = percent_encoding::percent_decode_str(&spaced).decode_utf8().ok()?;
    Some(decoded.into_owned())
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
    use secrecy::ExposeSecret;

    fn read(header: &str) -> Option<(String, String)> {
        let credentials = BasicCredentials::parse(header).ok()?;
        Some((credentials.id, credentials.secret.expose_secret().to_owned()))
    }

    #[test]
    fn credentials_are_decoded_twice() {
        let header = format!("bAsIc {}", STANDARD.encode("a%3Ab:p+q%2B%C3%B1"));
        assert_eq!(read(&header), Some(("a:b".into(), "p q+ñ".into())));
        assert_eq!(
            read("Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3"),
            Some(("s6BhdRkqt3".into(), "7Fjfp0ZBr1KtDRbnfVdmIw".into()))
        );
    }

    #[test]
    fn other_headers_are_wrong_credentials() {
        let no_colon = format!("Basic {}", STANDARD.encode("a"));
        let no_text = format!("Basic {}", STANDARD.encode(b"a:\xff"));
        let no_form = format!("Basic {}", STANDARD.encode("a:%ff"));
        for header in [
            "",
            "Basic",
            "Basic ",
            "Basic !",
            "Bearer YTpi",
            "Basic  YTpi",
            &no_colon,
            &no_text,
            &no_form,
        ] {
            assert_eq!(read(header), None, "{header:?}");
        }
    }

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
