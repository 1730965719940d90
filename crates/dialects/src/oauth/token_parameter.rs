//! What a request says of the token that it is about (RFC 7662 section 2.1, RFC 7009 section 2.1).

use std::fmt;
use std::net::IpAddr;

use secrecy::SecretString;

use super::client::given;
use crate::field_error::{FieldError, FieldErrorKind};
use crate::fields::Fields;
use crate::request_rejection::RequestRejection;

/// The token that a request is about.
///
/// `token_type_hint` is not read: it is only advice, and a token is recognised without it. Other parameters are ignored
/// (RFC 6749 section 3.2), and one that is there twice was refused when the form was read.
pub struct TokenParameter {
    /// `token`: any text that is not empty.
    pub token: SecretString,
    /// `key`, our addition: what is presented beside a token that is bound to a key.
    pub key: Option<SecretString>,
    /// `client_ip`, our addition: the address of the client that has presented the token, as the resource server sees it.
    pub client_ip: Option<IpAddr>,
}

impl TokenParameter {
    /// Takes the parameters out of a form.
    ///
    /// # Errors
    /// [`RequestRejection::Field`] where `token` is missing or empty, or `client_ip` is no address.
    pub fn take(form: &mut Fields) -> Result<Self, RequestRejection> {
        let token = given(form.optional_text("token")?);
        let missing = FieldError::new("token", FieldErrorKind::Missing);
        Ok(Self {
            token: token.ok_or(missing)?.into(),
            key: given(form.optional_text("key")?).map(SecretString::from),
            client_ip: client_ip(form)?,
        })
    }
}

impl fmt::Debug for TokenParameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenParameter")
            .field("key", &self.key.is_some())
            .field("client_ip", &self.client_ip)
            .finish_non_exhaustive()
    }
}

fn client_ip(form: &mut Fields) -> Result<Option<IpAddr>, RequestRejection> {
    let Some(text) = given(form.optional_text("client_ip")?) else {
        return Ok(None);
    };
    let address = text.parse::<IpAddr>();
    let address = address.map_err(|_| FieldError::new("client_ip", FieldErrorKind::NotAnAddress))?;
    Ok(Some(address.to_canonical()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::Payload;
    use secrecy::ExposeSecret;

    fn taken(form: &str) -> Result<TokenParameter, RequestRejection> {
        let payload = Payload {
            content_type: Some("application/x-www-form-urlencoded"),
            content_encoding: None,
            body: form.as_bytes(),
        };
        TokenParameter::take(&mut payload.urlencoded_fields()?)
    }

    #[test]
    fn a_hint_and_unknown_parameters_change_nothing() {
        for form in [
            "token=1%7Cabc",
            "token=1%7Cabc&token_type_hint=refresh_token",
            "x=&token_type_hint=nonsense&token=1|abc&key=",
        ] {
            let read = taken(form).unwrap();
            assert_eq!(read.token.expose_secret(), "1|abc", "{form}");
            assert!(read.key.is_none() && read.client_ip.is_none());
        }
        let read = taken("token=t&key=k&client_ip=%3A%3Affff%3A192.0.2.1").unwrap();
        assert_eq!(read.key.unwrap().expose_secret(), "k");
        assert_eq!(read.client_ip, Some("192.0.2.1".parse().unwrap()));
    }

    #[test]
    fn a_token_that_is_missing_empty_or_doubled_and_a_wrong_address_are_refused() {
        for form in [
            "",
            "token",
            "token=",
            "Token=x",
            "token=x&token=x",
            "token=x&client_ip=host",
            "x=1&x=2&token=t",
        ] {
            assert!(taken(form).is_err(), "{form}");
        }
    }

    #[test]
    fn nothing_of_it_prints() {
        let shown = format!("{:?}", taken("token=canary&key=canary").unwrap());
        assert!(!shown.contains("canary"), "{shown}");
    }
}
