//! From request headers to a presented token.

use std::fmt;

use auth_core::PresentedToken;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::request_head::{Field, RequestHead};

/// No token is longer than this, in any header.
const MAX_BYTES: usize = 8 * 1024;

/// The ways in which tokens of one flavour may be carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Carriers {
    /// `Authorization: Bearer <token>` (RFC 6750 2.1).
    pub bearer: bool,
    /// `Authorization: <token>`, without a scheme.
    pub bare: bool,
    /// `Authorization: Basic base64(<token>:X)`.
    pub basic: bool,
    /// `X-Access-Token: <token>` with `X-Key: <key>`.
    pub access_token: bool,
    /// `Authorization: Token <token>`, as the clients of Django REST framework send it.
    pub token: bool,
    /// `X-API-Key: <token>`. Not read where another field carries a token, nor where no verifier takes it.
    pub api_key: bool,
}

impl Carriers {
    /// `Authorization: Bearer` alone.
    pub const BEARER: Self = Self {
        bearer: true,
        bare: false,
        basic: false,
        access_token: false,
        token: false,
        api_key: false,
    };

    /// These and those.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            bearer: self.bearer || other.bearer,
            bare: self.bare || other.bare,
            basic: self.basic || other.basic,
            access_token: self.access_token || other.access_token,
            token: self.token || other.token,
            api_key: self.api_key || other.api_key,
        }
    }
}

/// A token with the way it came. Untrusted, and redacted in `Debug`.
pub enum Credential<'a> {
    /// `Authorization: Bearer`.
    Bearer(&'a str),
    /// `Authorization` without a scheme.
    Bare(&'a str),
    /// `Authorization: Basic`; the token is the user name.
    Basic(Zeroizing<String>),
    /// `X-Access-Token`, and `X-Key` if there was one.
    AccessToken(&'a str, Option<&'a str>),
    /// `Authorization: Token`.
    Token(&'a str),
    /// `X-API-Key`.
    ApiKey(&'a str),
}

/// Credentials that cannot be read as one token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CarrierError {
    /// A field came twice, or two methods were used in one request. Proxies and servers choose differently among them,
    /// so none is chosen.
    Several,
    /// A field is not of a form that carries a token.
    Malformed,
}

impl<'a> Credential<'a> {
    /// The one token that the headers carry; `Ok(None)` if they carry none.
    ///
    /// # Errors
    /// [`CarrierError`].
    ///
    /// # Security
    /// The headers are the caller's. Nothing but three fields is read: no query, no cookie, no body.
    pub fn read(head: impl RequestHead<'a>) -> Result<Option<Self>, CarrierError> {
        let authorization = single(head, Field::Authorization)?;
        let access_token = single(head, Field::AccessToken)?;
        let key = single(head, Field::Key)?;
        match (authorization, access_token) {
            (Some(_), Some(_)) => Err(CarrierError::Several),
            (Some(value), None) => parse_authorization(value).map(Some),
            (None, Some(token)) => Ok(Some(Self::AccessToken(token, key))),
            (None, None) => Ok(None),
        }
    }

    /// The token in `X-API-Key`, for a request without another one. Many services have such a header of their own: it is a credential only
    /// where a verifier takes it.
    ///
    /// # Errors
    /// [`CarrierError`].
    pub fn api_key(head: impl RequestHead<'a>) -> Result<Option<Self>, CarrierError> {
        match single(head, Field::ApiKey)? {
            Some(key) if is_word(key) => Ok(Some(Self::ApiKey(key))),
            Some(_) => Err(CarrierError::Malformed),
            None => Ok(None),
        }
    }

    /// As a verifier takes it.
    pub fn presented(&self) -> PresentedToken<'_> {
        match self {
            Self::Bearer(token) | Self::Bare(token) | Self::Token(token) | Self::ApiKey(token) => {
                PresentedToken::bearer(token)
            }
            Self::Basic(token) => PresentedToken::bearer(token),
            Self::AccessToken(token, None) => PresentedToken::bearer(token),
            Self::AccessToken(token, Some(key)) => PresentedToken::with_key(token, key),
        }
    }

    /// Whether a flavour with these carriers takes it.
    pub fn fits(&self, carriers: Carriers) -> bool {
        match self {
            Self::Bearer(_) => carriers.bearer,
            Self::Bare(_) => carriers.bare,
            Self::Basic(_) => carriers.basic,
            Self::AccessToken(..) => carriers.access_token,
            Self::Token(_) => carriers.token,
            Self::ApiKey(_) => carriers.api_key,
        }
    }
}

impl fmt::Debug for Credential<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bearer(_) => "Bearer(redacted)",
            Self::Bare(_) => "Bare(redacted)",
            Self::Basic(_) => "Basic(redacted)",
            Self::AccessToken(..) => "AccessToken(redacted)",
            Self::Token(_) => "Token(redacted)",
            Self::ApiKey(_) => "ApiKey(redacted)",
        })
    }
}

fn single<'a>(head: impl RequestHead<'a>, field: Field) -> Result<Option<&'a str>, CarrierError> {
    let mut values = head.values(field);
    let first = values.next();
    match values.next() {
        Some(_) => Err(CarrierError::Several),
        None => first.map(text_of).transpose(),
    }
}

/// Visible ASCII, spaces and tabs.
fn text_of(value: &[u8]) -> Result<&str, CarrierError> {
    let readable = |b: u8| matches!(b, b'\t' | b' '..=b'~');
    match value.len() <= MAX_BYTES && every(value, readable) {
        true => std::str::from_utf8(value).map_err(|_| CarrierError::Malformed),
        false => Err(CarrierError::Malformed),
    }
}

/// Scheme names in any case (RFC 9110 11.1), one space, one word. A value without a space is a bare token.
fn parse_authorization(value: &str) -> Result<Credential<'_>, CarrierError> {
    let Some((scheme, token)) = value.split_once(' ') else {
        let is_scheme = ["bearer", "basic", "token"]
            .iter()
            .any(|s| s.eq_ignore_ascii_case(value));
        let usable = is_word(value) && !is_scheme;
        return usable.then_some(Credential::Bare(value)).ok_or(CarrierError::Malformed);
    };
    if !is_word(token) {
        return Err(CarrierError::Malformed);
    }
    if scheme.eq_ignore_ascii_case("bearer") {
        return Ok(Credential::Bearer(token));
    }
    if scheme.eq_ignore_ascii_case("basic") {
        return basic_user(token).map(Credential::Basic).ok_or(CarrierError::Malformed);
    }
    if scheme.eq_ignore_ascii_case("token") {
        return Ok(Credential::Token(token));
    }
    Err(CarrierError::Malformed)
}

fn is_word(token: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_graphic() && b != b',' && b != b'"';
    !token.is_empty() && every(token.as_bytes(), allowed)
}

/// Whether all bytes are good. It does not stop at the first bad one, so the compiler compares many at a time.
fn every(bytes: &[u8], is_good: impl Fn(u8) -> bool) -> bool {
    bytes.iter().fold(true, |all, &byte| all & is_good(byte))
}

/// The user of `base64(<user>:X)`, in canonical base64, with exactly that password.
fn basic_user(encoded: &str) -> Option<Zeroizing<String>> {
    let decoded = Zeroizing::new(STANDARD.decode(encoded).ok()?);
    let text = std::str::from_utf8(&decoded).ok()?;
    let user = text.strip_suffix(":X")?;
    let plain = !user.is_empty() && !user.contains(':');
    plain.then(|| Zeroizing::new(user.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The fields of a request, by name.
    #[derive(Clone, Copy)]
    struct Fields<'a>(&'a [(&'static str, &'a [u8])]);

    impl<'a> RequestHead<'a> for Fields<'a> {
        fn values(self, field: Field) -> impl Iterator<Item = &'a [u8]> {
            let named = move |(name, _): &&(&str, &[u8])| *name == field.name();
            self.0.iter().filter(named).map(|(_, value)| *value)
        }

        fn peer(self) -> Option<std::net::IpAddr> {
            None
        }
    }

    fn read(fields: &[(&'static str, &[u8])]) -> Option<(&'static str, String)> {
        let credential = Credential::read(Fields(fields)).ok()??;
        let kind = match credential {
            Credential::Bearer(_) => "bearer",
            Credential::Bare(_) => "bare",
            Credential::Basic(_) => "basic",
            Credential::Token(_) => "token",
            Credential::ApiKey(_) => "api key",
            Credential::AccessToken(_, None) => "access",
            Credential::AccessToken(_, Some(_)) => "pair",
        };
        Some((kind, credential.presented().text.to_owned()))
    }

    #[test]
    fn each_carrier_is_read() {
        let t = "1|abc".to_owned();
        assert_eq!(read(&[("authorization", b"bEARER 1|abc")]), Some(("bearer", t.clone())));
        assert_eq!(read(&[("authorization", b"1|abc")]), Some(("bare", t.clone())));
        assert_eq!(
            read(&[("authorization", b"Basic MXxhYmM6WA==")]),
            Some(("basic", t.clone()))
        );
        assert_eq!(
            read(&[("x-access-token", b"1|abc"), ("x-key", b"k")]),
            Some(("pair", t.clone()))
        );
        assert_eq!(read(&[("x-access-token", b"1|abc")]), Some(("access", t.clone())));
        assert_eq!(read(&[("authorization", b"Token 1|abc")]), Some(("token", t)));
        assert_eq!(read(&[("x-key", b"k")]), None);
    }

    #[test]
    fn an_api_key_is_read_where_it_is_asked_for() {
        let api_key = |fields: &[(&'static str, &[u8])]| {
            let read = Credential::api_key(Fields(fields));
            read.map(|read| read.map(|key| key.presented().text.to_owned()))
        };
        assert_eq!(read(&[("x-api-key", b"k")]), None, "it may be another service's");
        assert_eq!(api_key(&[("x-api-key", b"k")]), Ok(Some("k".to_owned())));
        assert_eq!(api_key(&[("authorization", b"Bearer k")]), Ok(None));
        assert_eq!(api_key(&[("x-api-key", b"two words")]), Err(CarrierError::Malformed));
        assert_eq!(
            api_key(&[("x-api-key", b"k"), ("x-api-key", b"k")]),
            Err(CarrierError::Several)
        );
    }

    #[test]
    fn two_of_anything_is_none() {
        for fields in [
            &[
                ("authorization", b"Bearer a".as_slice()),
                ("authorization", b"Bearer a"),
            ],
            &[("authorization", b"Bearer a"), ("x-access-token", b"a")],
            &[("x-access-token", b"a"), ("x-access-token", b"a")],
        ] {
            assert_eq!(Credential::read(Fields(fields)).unwrap_err(), CarrierError::Several);
        }
        let keys = [("x-access-token", b"a".as_slice()), ("x-key", b"k"), ("x-key", b"k")];
        assert_eq!(Credential::read(Fields(&keys)).unwrap_err(), CarrierError::Several);
    }

    #[test]
    fn near_misses_are_malformed() {
        for value in [
            "Bearer",
            "Bearer ",
            "Bearer  a",
            "Bearer a b",
            "Bearer\ta",
            "Token",
            "Token  a",
            "Bearer a, Bearer b",
            "Bearer \"a\"",
            "Basic",
            "Basic YQ==",
            "Basic YTpY=",
            "Basic YTpZ",
            "Basic Olg=",
            "Basic YTpiOlg=",
            "Basic YTpYWA==",
            "",
            "Bearer a\u{e9}",
        ] {
            assert_eq!(
                Credential::read(Fields(&[("authorization", value.as_bytes())])).unwrap_err(),
                CarrierError::Malformed,
                "{value:?}"
            );
        }
        let long = vec![b'A'; MAX_BYTES + 1];
        assert!(Credential::read(Fields(&[("authorization", &long)])).is_err());
    }

    proptest! {
        #[test]
        fn no_value_panics(value in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = Credential::read(Fields(&[("authorization", &value)]));
        }
    }
}
