//! The mechanics dialect: `POST /api/v2/mechanics/tokens` issues a short-lived token and a refresh token, and shows the
//! workshop's settings.
//!
//! Errors: `{"status":"failed","message":"…"}`, in English.
//!
//! | outcome | status |
//! |---|---|
//! | malformed body, missing or invalid field | 400 |
//! | wrong password, unknown workshop, refused refresh token, no active token | 401 |
//! | everything else | [`RequestRejection::status`]: 403, 404, 405, 408, 413, 415, 429, 500, 503 |

mod description;

use std::fmt;

use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::answer::Answer;
use crate::challenge::{Challenge, Scheme};
use crate::corrupt_record::CorruptRecord;
use crate::endpoint::Endpoint;
use crate::field_error::{FieldError, FieldErrorKind, Limit};
use crate::messages::english;
use crate::payload::Payload;
use crate::redacted::Redacted;
use crate::rejection_formatter::RejectionFormatter;
use crate::request_rejection::RequestRejection;

/// The dialect for one realm: it formats rejections.
#[derive(Clone, Debug)]
pub struct Mechanics {
    challenge: Challenge,
}

impl Mechanics {
    /// The path in its document.
    pub const DEFAULT_PATH: &'static str = "/api/v2/mechanics/tokens";
    /// Signing in and refreshing.
    pub const TOKENS: Endpoint = Endpoint::post("");
    /// All its endpoints.
    pub const ENDPOINTS: &'static [Endpoint] = &[Self::TOKENS];

    /// The dialect for the realm of this name. Any text will do; it is quoted where it is shown.
    #[must_use]
    pub fn new(realm: &str) -> Self {
        Self {
            challenge: Challenge::new(&[Scheme::Bearer], realm),
        }
    }
}

impl RejectionFormatter for Mechanics {
    fn answer(&self, rejection: &RequestRejection) -> Answer {
        let status = rejection.status();
        let body = ErrorBody {
            status: "failed",
            message: &english(rejection),
        };
        Answer::json(status, &body).with_rejection_headers(rejection, &self.challenge)
    }
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Error")]
struct ErrorBody<'a> {
    #[schemars(extend("const" = "failed"))]
    status: &'static str,
    /// For people. Programs use the status.
    message: &'a str,
}

/// A request to [`Mechanics::TOKENS`]. `Debug` names the variant only.
pub enum TokenRequest {
    /// Sign in.
    Password {
        /// The login name as sent: not blank, no control characters, at most 254 bytes. Fold it before comparing.
        email: String,
        /// The password byte for byte: not blank, otherwise anything. NUL and more than 72 bytes are possible; answer
        /// both like a wrong password.
        password: SecretString,
    },
    /// Refresh the tokens (our addition to the document).
    Refresh {
        /// Any text. If it is not an active refresh token, answer [`RequestRejection::WrongCredentials`].
        refresh_token: SecretString,
    },
}

impl TokenRequest {
    /// Reads the request.
    ///
    /// # Errors
    /// [`RequestRejection::TooLarge`], [`RequestRejection::UnsupportedMediaType`] and [`RequestRejection::Malformed`] as for every dialect;
    /// [`RequestRejection::Field`] for a field that is missing or unusable, and for `refreshToken` together with
    /// `email` or `password`, because the request would be ambiguous.
    pub fn decode(payload: &Payload<'_>) -> Result<Self, RequestRejection> {
        let mut fields = payload.json_fields()?;
        if !fields.has("refreshToken") {
            let email = fields.label("email", Limit::LOGIN_NAME)?;
            let password = fields.secret("password")?;
            return Ok(Self::Password { email, password });
        }
        if fields.has("email") || fields.has("password") {
            let kind = FieldErrorKind::Conflict;
            return Err(FieldError {
                field: "refreshToken",
                kind,
            }
            .into());
        }
        let refresh_token = fields.text("refreshToken")?.into();
        Ok(Self::Refresh { refresh_token })
    }
}

impl fmt::Debug for TokenRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Password { .. } => "Password",
            Self::Refresh { .. } => "Refresh",
        })
    }
}

/// The answer to both requests, if they succeed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TokenResponse<'a> {
    #[schemars(extend("const" = "ok"))]
    status: &'static str,
    /// The access token.
    token: Redacted<'a>,
    /// Gets the next two tokens, once.
    #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
    refresh_token: Redacted<'a>,
    /// The workshop.
    user: &'a WorkshopUser,
}

impl<'a> TokenResponse<'a> {
    /// The access token, the refresh token that goes with it, and their owner.
    #[must_use]
    pub fn new(token: &'a str, refresh_token: &'a str, user: &'a WorkshopUser) -> Self {
        let (token, refresh_token) = (token.into(), refresh_token.into());
        Self {
            status: "ok",
            token,
            refresh_token,
            user,
        }
    }

    /// The answer: 200 with the document's keys in the document's order.
    #[must_use]
    pub fn answer(&self) -> Answer {
        Answer::json(200, self)
    }
}

/// A workshop as the document shows it, read from the attributes of its account.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkshopUser {
    name: String,
    country_id: i64,
    locale: String,
    /// A factor: 0.25 is 25 %.
    vat_factor: f64,
    require_automatic_payment: bool,
}

impl WorkshopUser {
    /// Reads an account's attributes, which have the document's names: `name`, `countryId`, `locale`, `vatFactor` (a
    /// factor such as 0.25 for 25 %; a whole number prints as `1.0`), `requireAutomaticPayment`. Others are ignored and
    /// never printed.
    ///
    /// # Errors
    /// The first attribute that is missing or has another type. It becomes [`RequestRejection::Internal`], for this
    /// account only.
    pub fn from_attributes(attributes: &Map<String, Value>) -> Result<Self, CorruptRecord> {
        Ok(Self {
            name: read(attributes, "name", "string", Value::as_str)?.to_owned(),
            country_id: read(attributes, "countryId", "integer", Value::as_i64)?,
            locale: read(attributes, "locale", "string", Value::as_str)?.to_owned(),
            vat_factor: read(attributes, "vatFactor", "number", Value::as_f64)?,
            require_automatic_payment: read(attributes, "requireAutomaticPayment", "boolean", Value::as_bool)?,
        })
    }
}

fn read<'a, T>(
    attributes: &'a Map<String, Value>,
    member: &'static str,
    expected: &'static str,
    convert: impl Fn(&'a Value) -> Option<T>,
) -> Result<T, CorruptRecord> {
    let value = attributes.get(member).ok_or(CorruptRecord::Missing { member })?;
    convert(value).ok_or(CorruptRecord::WrongType { member, expected })
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;
    use serde_json::json;

    fn decode(body: &str) -> Result<TokenRequest, RequestRejection> {
        TokenRequest::decode(&Payload::json(body.as_bytes()))
    }

    fn kind(body: &str) -> (&'static str, FieldErrorKind) {
        match decode(body).unwrap_err() {
            RequestRejection::Field(FieldError { field, kind }) => (field, kind),
            other => panic!("{other:?}"),
        }
    }

    fn attributes(change: Value) -> Map<String, Value> {
        let mut all = json!({"name": "W", "countryId": 1, "locale": "da", "vatFactor": 1,
            "requireAutomaticPayment": false, "passwordHash": "never printed"});
        let members = all.as_object_mut().unwrap();
        members.extend(change.as_object().unwrap().clone());
        members.retain(|_, value| !value.is_null());
        members.clone()
    }

    #[test]
    fn any_text_is_decoded_as_a_refresh_token() {
        for text in ["", "A\\u0000", "zz"] {
            let request = decode(&format!("{{\"refreshToken\":\"{text}\"}}")).unwrap();
            assert!(matches!(request, TokenRequest::Refresh { .. }));
        }
        assert_eq!(
            kind(r#"{"refreshToken":null}"#),
            ("refreshToken", FieldErrorKind::NotText)
        );
    }

    #[test]
    fn a_refresh_token_together_with_a_password_is_refused() {
        for rest in [
            r#""email":"e""#,
            r#""password":"p""#,
            r#""email":"e","password":"p""#,
            r#""email":null"#,
        ] {
            let found = kind(&format!("{{\"refreshToken\":\"r\",{rest}}}"));
            assert_eq!(found, ("refreshToken", FieldErrorKind::Conflict));
        }
    }

    #[test]
    fn a_blank_field_is_refused_and_any_other_password_is_accepted() {
        assert_eq!(kind("{}"), ("email", FieldErrorKind::Missing));
        assert_eq!(
            kind(r#"{"email":" ","password":"p"}"#),
            ("email", FieldErrorKind::Blank)
        );
        assert_eq!(kind(r#"{"email":"e"}"#), ("password", FieldErrorKind::Missing));
        assert_eq!(
            kind(r#"{"email":"e","password":""}"#),
            ("password", FieldErrorKind::Blank)
        );
        let Ok(TokenRequest::Password { password, .. }) = decode(r#"{"email":"e","password":" p\u0000 "}"#) else {
            panic!("not a password request")
        };
        assert_eq!(password.expose_secret(), " p\0 ");
    }

    #[test]
    fn a_request_prints_none_of_its_values() {
        for body in [
            r#"{"email":"canary","password":"canary"}"#,
            r#"{"refreshToken":"canary"}"#,
        ] {
            assert!(!format!("{:?}", decode(body).unwrap()).contains("canary"));
        }
    }

    #[test]
    fn a_response_prints_no_token() {
        let user = WorkshopUser::from_attributes(&attributes(json!({}))).unwrap();
        let response = TokenResponse::new("canary", "canary", &user);
        assert!(!format!("{response:?}{:?}", response.answer()).contains("canary"));
    }

    #[test]
    fn a_whole_vat_factor_prints_as_a_float_and_other_attributes_are_not_printed() {
        let user = WorkshopUser::from_attributes(&attributes(json!({}))).unwrap();
        let body = TokenResponse::new("t", "r", &user).answer().body;
        assert_eq!(
            String::from_utf8(body).unwrap(),
            r#"{"status":"ok","token":"t","refreshToken":"r","user":{"name":"W","countryId":1,"locale":"da","vatFactor":1.0,"requireAutomaticPayment":false}}"#
        );
    }

    #[test]
    fn a_corrupt_account_is_an_internal_error_that_names_the_attribute() {
        let error = |change| WorkshopUser::from_attributes(&attributes(change)).unwrap_err();
        assert_eq!(
            error(json!({"locale": null})),
            CorruptRecord::Missing { member: "locale" }
        );
        for (member, value) in [
            ("name", json!(1)),
            ("countryId", json!(1.0)),
            ("countryId", json!("1")),
            ("vatFactor", json!("0.25")),
            ("requireAutomaticPayment", json!(1)),
        ] {
            let found = error(json!({ member: value }));
            assert!(
                matches!(found, CorruptRecord::WrongType { member: m, .. } if m == member),
                "{found}"
            );
            assert_eq!(RequestRejection::from(found), RequestRejection::Internal);
        }
    }
}
