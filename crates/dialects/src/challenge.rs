//! The `WWW-Authenticate` header (RFC 9110 section 11.6.1, RFC 6750 section 3).

use crate::rejection::RequestRejection;

/// How the tokens of one flavour are presented, and the realm they belong to.
#[derive(Clone, Debug)]
pub(crate) struct Challenge {
    schemes: &'static [Scheme],
    realm: String,
}

/// One authentication scheme.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Scheme {
    /// `Authorization: Bearer <token>`.
    Bearer,
    /// `Authorization: Basic base64(<token>:X)` (RFC 7617).
    Basic,
    /// `X-Access-Token` with `X-Key`. The name is ours: no registered scheme describes a pair of headers.
    AccessToken,
}

impl Challenge {
    pub(crate) fn new(schemes: &'static [Scheme], realm: &str) -> Self {
        Self {
            schemes,
            realm: quoted(realm),
        }
    }

    /// The value of the header. Several schemes share one line, so that a server that sets rather than appends
    /// a header loses none.
    pub(crate) fn text(&self, rejection: &RequestRejection) -> String {
        let error = match rejection {
            RequestRejection::NotAuthenticated { token_sent: true } => ", error=\"invalid_token\"",
            RequestRejection::Forbidden => ", error=\"insufficient_scope\"",
            _ => "",
        };
        let one = |scheme: &Scheme| match scheme {
            Scheme::Bearer => format!("Bearer realm={}{error}", self.realm),
            Scheme::Basic => format!("Basic realm={}, charset=\"UTF-8\"", self.realm),
            Scheme::AccessToken => format!("X-Access-Token realm={}{error}", self.realm),
        };
        self.schemes.iter().map(one).collect::<Vec<_>>().join(", ")
    }
}

/// A quoted-string (RFC 9110 section 5.6.4). What a header line cannot carry is percent-encoded, so that no realm
/// can end the line or the string.
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
    fn a_hostile_realm_stays_inside_its_quotes() {
        assert_eq!(quoted("workshops"), r#""workshops""#);
        assert_eq!(quoted(r#"a" b\c"#), r#""a\" b\\c""#);
        assert_eq!(quoted("a\r\nSet-Cookie: x"), r#""a%0D%0ASet-Cookie: x""#);
        assert_eq!(quoted("ø\u{7f}"), r#""%C3%B8%7F""#);
    }

    #[test]
    fn the_challenge_names_an_error_only_when_a_token_was_sent() {
        let challenge = Challenge::new(&[Scheme::Bearer], "r");
        let text = |rejection| challenge.text(&rejection);
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
            challenge.text(&RequestRejection::NotAuthenticated { token_sent: true }),
            r#"Basic realm="r", charset="UTF-8", Bearer realm="r", error="invalid_token""#
        );
    }
}
