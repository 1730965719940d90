//! A client's name and secret (RFC 6749 section 2.3.1), from the header or from the body.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::SecretString;

use crate::field_error::Limit;
use crate::fields::Fields;
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

    /// Takes the credentials of a request: from its `Authorization` header, or `client_id` and `client_secret` from the
    /// form. A `client_id` beside the header is accepted if it is the same.
    ///
    /// # Errors
    /// [`RequestRejection::Malformed`] for a request that uses both methods (RFC 6749 section 2.3), or names two clients;
    /// [`RequestRejection::NotAuthenticated`] without a secret; [`RequestRejection::WrongCredentials`] for a header of
    /// another form.
    pub fn take(authorization: Option<&str>, form: &mut Fields) -> Result<Self, RequestRejection> {
        let id = given(form.optional_text("client_id")?);
        let secret = given(form.optional_text("client_secret")?);
        match (authorization, id, secret) {
            (Some(_), _, Some(_)) => Err(RequestRejection::Malformed),
            (Some(header), id, None) => match (Self::parse(header)?, id) {
                (client, Some(id)) if id != client.id => Err(RequestRejection::Malformed),
                (client, _) => Ok(client),
            },
            (None, Some(id), Some(secret)) if Limit::LABEL.allows(&id) => Ok(Self {
                id,
                secret: secret.into(),
            }),
            (None, _, Some(_)) => Err(RequestRejection::WrongCredentials),
            (None, _, None) => Err(RequestRejection::NotAuthenticated { token_sent: false }),
        }
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

/// A parameter without a value counts as left out (RFC 6749 section 3.2).
pub(super) fn given(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// `application/x-www-form-urlencoded` undone (RFC 6749 appendix B).
fn form_decoded(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    let decoded = percent_encoding::percent_decode_str(&spaced).decode_utf8().ok()?;
    Some(decoded.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::Payload;
    use secrecy::ExposeSecret;

    type Shown = (String, String);

    fn shown(credentials: BasicCredentials) -> Shown {
        (credentials.id, credentials.secret.expose_secret().to_owned())
    }

    fn read(header: &str) -> Option<Shown> {
        BasicCredentials::parse(header).ok().map(shown)
    }

    fn taken(authorization: Option<&str>, form: &str) -> Result<Shown, RequestRejection> {
        let payload = Payload {
            content_type: Some("application/x-www-form-urlencoded"),
            content_encoding: None,
            body: form.as_bytes(),
        };
        BasicCredentials::take(authorization, &mut payload.urlencoded_fields()?).map(shown)
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
    fn a_client_signs_in_by_one_method() {
        let basic = format!("Basic {}", STANDARD.encode("a:s"));
        let a = Ok(("a".to_owned(), "s".to_owned()));
        assert_eq!(taken(Some(&basic), ""), a);
        assert_eq!(taken(Some(&basic), "client_id=a&client_secret="), a);
        assert_eq!(taken(None, "client_id=a&client_secret=s"), a);
        for both in ["client_secret=s", "client_id=a&client_secret=s", "client_id=b"] {
            assert_eq!(taken(Some(&basic), both), Err(RequestRejection::Malformed), "{both}");
        }
        let nobody = Err(RequestRejection::NotAuthenticated { token_sent: false });
        for form in ["", "client_id=a", "client_id=a&client_secret="] {
            assert_eq!(taken(None, form), nobody, "{form}");
        }
        let long = format!("client_id={}&client_secret=s", "a".repeat(256));
        for form in ["client_secret=s", &long] {
            assert_eq!(taken(None, form), Err(RequestRejection::WrongCredentials), "{form}");
        }
    }
}
