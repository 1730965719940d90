//! The answers about a token (RFC 7662 section 2.2).

use schemars::JsonSchema;
use serde::Serialize;

use crate::answer::Answer;

/// What a resource server learns of an active token.
///
/// `flavour`, `realm`, `token_id` and `sid` are ours; the others are those of RFC 7662. Times are in whole seconds since
/// 1970, whatever unit the token itself counts in; `exp` is rounded down, so that no copy is used longer than the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ActiveToken<'a> {
    /// The server's address, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iss: Option<&'a str>,
    /// The number of the account or client that it speaks for.
    pub sub: &'a str,
    /// The id of the resource server that asks.
    pub aud: &'a str,
    /// `Bearer`; left out for a token that is not presented as one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_type: Option<&'static str>,
    /// The permissions that it has now, separated by spaces; empty for none.
    pub scope: &'a str,
    /// When it was issued, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iat: Option<i64>,
    /// When it expires; left out for one that is valid until it is revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exp: Option<i64>,
    /// The flavour that issued it.
    pub flavour: &'a str,
    /// The realm its owner signed in to.
    pub realm: &'a str,
    /// The name of its record.
    pub token_id: &'a str,
    /// The session that it belongs to, as a signed token names it.
    pub sid: &'a str,
}

impl<'a> ActiveToken<'a> {
    /// The token of a subject, and who asks; everything else is to be filled in.
    #[must_use]
    pub fn new(sub: &'a str, aud: &'a str) -> Self {
        Self {
            iss: None,
            sub,
            aud,
            token_type: None,
            scope: "",
            iat: None,
            exp: None,
            flavour: "",
            realm: "",
            token_id: "",
            sid: "",
        }
    }

    /// The answer.
    #[must_use]
    pub fn answer(&self) -> Answer {
        let active = true;
        Answer::json(200, &Active { active, token: self })
    }
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Active<'a> {
    #[schemars(extend("const" = true))]
    active: bool,
    #[serde(flatten)]
    token: &'a ActiveToken<'a>,
}

/// The answer for every token that is not active, whatever the reason: `{"active":false}` and nothing else (RFC 7662
/// section 2.2).
#[must_use]
pub fn inactive() -> Answer {
    Answer::json(200, &Inactive { active: false })
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Inactive {
    #[schemars(extend("const" = false))]
    active: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(answer: &Answer) -> &str {
        std::str::from_utf8(&answer.body).unwrap()
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let token = ActiveToken {
            flavour: "device",
            realm: "players",
            token_id: "17",
            sid: "17.0.7",
            ..ActiveToken::new("7", "games-api")
        };
        assert_eq!(
            text(&token.answer()),
            r#"{"active":true,"sub":"7","aud":"games-api","scope":"","flavour":"device","realm":"players","token_id":"17","sid":"17.0.7"}"#
        );
        let token = ActiveToken {
            iss: Some("https://a.example"),
            token_type: Some("Bearer"),
            scope: "a b",
            iat: Some(1),
            exp: Some(2),
            ..token
        };
        assert_eq!(
            text(&token.answer()),
            r#"{"active":true,"iss":"https://a.example","sub":"7","aud":"games-api","token_type":"Bearer","scope":"a b","iat":1,"exp":2,"flavour":"device","realm":"players","token_id":"17","sid":"17.0.7"}"#
        );
    }

    #[test]
    fn of_an_inactive_token_nothing_else_is_said() {
        let answer = inactive();
        assert_eq!(text(&answer), r#"{"active":false}"#);
        assert_eq!(answer.header("Cache-Control"), Some("no-store"));
    }
}
