//! The headers that carry a token, as OpenAPI and a command line have them.

use auth_actix::Carriers;
use serde_json::{Value, json};

/// One way to authenticate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Carrier {
    Bearer,
    Bare,
    Basic,
    AccessToken,
    Token,
    ApiKey,
    Client,
}

impl Carrier {
    /// The ways that these carriers are.
    pub(super) fn all(carriers: Carriers) -> Vec<Self> {
        let Carriers {
            bearer,
            bare,
            basic,
            access_token,
            token,
            api_key,
        } = carriers;
        let ways = [
            (bearer, Self::Bearer),
            (basic, Self::Basic),
            (bare, Self::Bare),
            (access_token, Self::AccessToken),
            (token, Self::Token),
            (api_key, Self::ApiKey),
        ];
        ways.into_iter().filter(|(is, _)| *is).map(|(_, way)| way).collect()
    }

    /// The security schemes that together are this way: name and definition. `of` is whose tokens these are.
    pub(super) fn schemes(self, of: &str) -> Vec<(String, Value)> {
        let named = |what: &str, value| (format!("{of}.{what}"), value);
        let header =
            |name: &str, about: String| json!({ "type": "apiKey", "in": "header", "name": name, "description": about });
        match self {
            Self::Bearer => vec![named(
                "bearer",
                json!({ "type": "http", "scheme": "bearer", "description": format!("A token of {of}.") }),
            )],
            Self::Bare => vec![named(
                "bare",
                header("Authorization", format!("A token of {of}, without a scheme before it.")),
            )],
            Self::Basic => vec![named(
                "basic",
                json!({ "type": "http", "scheme": "basic",
                    "description": format!("A token of {of} as the user name, the letter X as the password.") }),
            )],
            Self::AccessToken => vec![
                named(
                    "token",
                    header("X-Access-Token", format!("A token of {of}, together with its key.")),
                ),
                named("key", header("X-Key", "The key that was issued with the token.".into())),
            ],
            Self::Token => vec![named(
                "token-scheme",
                header("Authorization", format!("A token of {of}, with `Token` before it.")),
            )],
            Self::ApiKey => vec![named("api-key", header("X-API-Key", format!("A token of {of}.")))],
            Self::Client => vec![named(
                "client",
                json!({ "type": "http", "scheme": "basic",
                    "description": "A client's name and secret, each form-encoded (RFC 6749 section 2.3.1)." }),
            )],
        }
    }

    /// The headers, with placeholders in capitals.
    pub(super) fn headers(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Bearer => &[("Authorization", "Bearer TOKEN")],
            Self::Bare => &[("Authorization", "TOKEN")],
            Self::Basic => &[("Authorization", "Basic BASE64(TOKEN:X)")],
            Self::AccessToken => &[("X-Access-Token", "TOKEN"), ("X-Key", "KEY")],
            Self::Token => &[("Authorization", "Token TOKEN")],
            Self::ApiKey => &[("X-API-Key", "TOKEN")],
            Self::Client => &[("Authorization", "Basic BASE64(ID:SECRET)")],
        }
    }
}
