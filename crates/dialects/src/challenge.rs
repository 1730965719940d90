//! The `WWW-Authenticate` header (RFC 9110 section 11.6.1, RFC 6750 section 3).

use crate::request_rejection::RequestRejection;

/// How the tokens of one dialect are presented, and the realm they belong to: the content of `WWW-Authenticate`.
///
/// [`Answer::with_rejection_headers`](crate::Answer::with_rejection_headers) adds the header to every 401 and 403.
#[derive(Clone, Debug)]
pub struct Challenge {
    schemes: &'static [Scheme],
    realm: String,
}

/// One authentication scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scheme {
    /// `Authorization: Bearer <token>`.
    Bearer,
    /// `Authorization: Basic base64(<user>:<password>)` (RFC 7617).
    Basic,
    /// A scheme that is not registered, such as one that describes headers of its own. The name is a token of RFC 9110
    /// section 5.6.2, such as `X-Access-Token`; it is printed as it is.
    Custom(&'static str),
}

impl Challenge {
    /// The challenge of these schemes, in this order, for the realm of this name. Any text will do as a realm: it is
    /// quoted, and what a header line cannot carry is percent-encoded.
    #[must_use]
    pub fn new(schemes: &'static [Scheme], realm: &str) -> Self {
        Self {
            schemes,
            realm: quoted(realm),
        }
    }

    /// The value of the header. Several schemes share one line, so that a server that sets rather than appends
    /// a header loses none. It names an error only if a token was presented (RFC 6750 section 3).
    #[must_use]
    pub fn header_value(&self, rejection: &RequestRejection) -> String {
        let error = match rejection {
            RequestRejection::NotAuthenticated { token_sent: true } => ", error=\"invalid_token\"",
            RequestRejection::Forbidden => ", error=\"insufficient_scope\"",
            _ => "",
        };
        let one = |scheme: &Scheme| match scheme {
            Scheme::Bearer => format!("Bearer realm={}{error}", self.realm),
            Scheme::Basic => format!("Basic realm={}, charset=\"UTF-8\"", self.realm),
            Scheme::Custom(name) => format!("{name} realm={}{error}", self.realm),
        };
        self.schemes.iter().map(one).collect::<Vec<_>>().join(", ")
    }
}

/// A quoted-string (RFC 9110 section 5.6.4). What a header line cannot carry is percent-encoded, so that no realm can
/// end the line or the string.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(byte)]),
            b' '..=b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_realm_cannot_leave_its_quotes() {
        assert_eq!(quoted("workshops"), r#""workshops""#);
        assert_eq!(quoted(r#"a" b\c"#), r#""a\" b\\c""#);
        assert_eq!(quoted("a\r\nSet-Cookie: x"), r#""a%0D%0ASet-Cookie: x""#);
        assert_eq!(quoted("ø\u{7f}"), r#""%C3%B8%7F""#);
    }

    #[test]
    fn the_challenge_names_an_error_only_when_a_token_was_sent() {
        let challenge = Challenge::new(&[Scheme::Bearer], "r");
        let text = |rejection| challenge.header_value(&rejection);
        assert_eq!(text(RequestRejection::WrongCredentials), r#"Bearer realm="r""#);
        assert_eq!(
            text(RequestRejection::NotAuthenticated { token_sent: false }),
            r#"Bearer realm="r""#
        );
        assert_eq!(
            text(RequestRejection::NotAuthenticated { token_sent: true }),
            r#"Bearer realm="r", error="invalid_token""#
        );
        assert_eq!(
            text(RequestRejection::Forbidden),
            r#"Bearer realm="r", error="insufficient_scope""#
        );
    }

    #[test]
    fn two_schemes_share_one_line() {
        let challenge = Challenge::new(&[Scheme::Basic, Scheme::Bearer], "r");
        assert_eq!(
            challenge.header_value(&RequestRejection::NotAuthenticated { token_sent: true }),
            r#"Basic realm="r", charset="UTF-8", Bearer realm="r", error="invalid_token""#
        );
    }

    #[test]
    fn a_custom_scheme_is_printed_by_its_name() {
        let challenge = Challenge::new(&[Scheme::Custom("X-Api-Key")], "r");
        let rejection = RequestRejection::NotAuthenticated { token_sent: false };
        assert_eq!(challenge.header_value(&rejection), r#"X-Api-Key realm="r""#);
    }
}
