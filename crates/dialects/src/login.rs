//! The login dialect: `POST /login` issues a key and a token, `POST /logout` revokes them.
//!
//! Errors: `{"status":"error","info":"…"}`, in English.
//!
//! | outcome | status |
//! |---|---|
//! | malformed body, user name missing or empty, field of the wrong type | 400 |
//! | wrong, missing or empty password; at logout no active pair of key and token | 401 |
//! | unknown user | 404, or 401 with `conceal_unknown_users` |
//! | everything else | [`RequestRejection::status`]: 403, 404, 405, 408, 413, 415, 429, 500, 503 |

mod description;

use std::borrow::Cow;
use std::fmt;

use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Serialize;

use crate::answer::Answer;
use crate::challenge::{Challenge, Scheme};
use crate::endpoint::Endpoint;
use crate::field_error::{FieldError, FieldErrorKind, Limit};
use crate::messages::english;
use crate::payload::Payload;
use crate::redacted::Redacted;
use crate::rejection_formatter::RejectionFormatter;
use crate::request_rejection::RequestRejection;

/// The dialect for one realm: it formats rejections.
#[derive(Clone, Debug)]
pub struct Login {
    challenge: Challenge,
    conceal_unknown_users: bool,
}

impl Login {
    /// The path in its document: the root.
    pub const DEFAULT_PATH: &'static str = "/";
    /// Signing in.
    pub const LOGIN: Endpoint = Endpoint::post("/login");
    /// Signing out. It reads two headers and no body.
    pub const LOGOUT: Endpoint = Endpoint::post("/logout");
    /// All its endpoints.
    pub const ENDPOINTS: &'static [Endpoint] = &[Self::LOGIN, Self::LOGOUT];

    /// The dialect for the realm of this name. Any text will do; it is quoted where it is shown.
    ///
    /// # Security
    /// The document has different answers for an unknown user and a wrong password (404 and 401), which lets anyone
    /// find out which accounts exist. With `conceal_unknown_users` the two answers have equal bytes.
    #[must_use]
    pub fn new(realm: &str, conceal_unknown_users: bool) -> Self {
        let challenge = Challenge::new(&[Scheme::Custom("X-Access-Token")], realm);
        Self {
            challenge,
            conceal_unknown_users,
        }
    }
}

impl RejectionFormatter for Login {
    fn answer(&self, rejection: &RequestRejection) -> Answer {
        let status = match rejection {
            RequestRejection::UnknownUser if !self.conceal_unknown_users => 404,
            other => other.status(),
        };
        let body = StatusBody {
            status: "error",
            info: &self.info(rejection),
        };
        Answer::json(status, &body).with_rejection_headers(rejection, &self.challenge)
    }
}

impl Login {
    /// The document's own phrase where it has one, otherwise the common message.
    fn info(&self, rejection: &RequestRejection) -> Cow<'static, str> {
        match rejection {
            RequestRejection::Field(FieldError {
                field: "username",
                kind: FieldErrorKind::Missing | FieldErrorKind::Blank,
            }) => "User name is required".into(),
            RequestRejection::UnknownUser if !self.conceal_unknown_users => "User not found".into(),
            RequestRejection::WrongCredentials | RequestRejection::UnknownUser => "Invalid credentials".into(),
            RequestRejection::NotAuthenticated { .. } => "Bad caller".into(),
            other => english(other),
        }
    }
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Status")]
struct StatusBody<'a> {
    /// `OK` or `error`.
    #[schemars(extend("enum" = ["OK", "error"]))]
    status: &'static str,
    /// For people. Programs use the status.
    info: &'a str,
}

/// A request to [`Login::LOGIN`]. `Debug` shows no value.
pub struct LoginRequest {
    /// The login name as sent: not blank, no control characters, at most 254 bytes. Fold it before comparing.
    pub username: String,
    /// The password byte for byte: not blank, otherwise anything. NUL and more than 72 bytes are possible; answer
    /// both like a wrong password.
    pub password: SecretString,
}

impl LoginRequest {
    /// Reads the request.
    ///
    /// # Errors
    /// [`RequestRejection::TooLarge`], [`RequestRejection::UnsupportedMediaType`] and [`RequestRejection::Malformed`] as for every dialect;
    /// [`RequestRejection::Field`] for a user name that is missing or unusable and for a password that is not a string;
    /// [`RequestRejection::WrongCredentials`] for a password that is missing, empty or blank.
    pub fn decode(payload: &Payload<'_>) -> Result<Self, RequestRejection> {
        let mut fields = payload.json_fields()?;
        let username = fields.label("username", Limit::LOGIN_NAME)?;
        let password = fields.secret("password").map_err(|error| match error.kind {
            FieldErrorKind::Missing | FieldErrorKind::Blank => RequestRejection::WrongCredentials,
            _ => RequestRejection::Field(error),
        })?;
        Ok(Self { username, password })
    }
}

impl fmt::Debug for LoginRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginRequest").finish_non_exhaustive()
    }
}

/// The answer to a successful sign-in.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LoginResponse<'a> {
    /// The key of the session, a UUID. It is a name, not a secret.
    #[schemars(extend("format" = "uuid"))]
    pub key: &'a str,
    /// The login name as stored, not as typed.
    pub username: &'a str,
    /// When the token expires, in milliseconds since 1970.
    pub expires: i64,
    /// The token.
    pub token: Redacted<'a>,
    /// The number of the user's role, from [`role_number`].
    #[schemars(range(max = 2), extend("description" = "0 root, 1 admin, 2 user."))]
    pub role: u8,
}

impl LoginResponse<'_> {
    /// The answer: 200 with the document's keys in the document's order.
    #[must_use]
    pub fn answer(&self) -> Answer {
        Answer::json(200, self)
    }
}

/// The answer to a successful sign-out.
#[must_use]
pub fn logout_answer() -> Answer {
    Answer::json(
        200,
        &StatusBody {
            status: "OK",
            info: "Successful logout.",
        },
    )
}

/// The document's number for a role: 0 for `root`, 1 for `admin`, 2 for `user`.
///
/// # Security
/// No role, or a role of another name, is 2, the one with the fewest permissions, and never 0.
#[must_use]
pub fn role_number(role: Option<&str>) -> u8 {
    match role {
        Some("root") => 0,
        Some("admin") => 1,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(body: &str) -> Result<LoginRequest, RequestRejection> {
        LoginRequest::decode(&Payload::json(body.as_bytes()))
    }

    fn status_and_body(conceal: bool, rejection: &RequestRejection) -> (u16, String) {
        let answer = Login::new("pbx", conceal).answer(rejection);
        (answer.status, String::from_utf8(answer.body).unwrap())
    }

    #[test]
    fn a_missing_user_name_is_400_and_a_missing_password_401() {
        let required = (400, r#"{"status":"error","info":"User name is required"}"#.to_owned());
        for body in [
            "{}",
            r#"{"password":"p"}"#,
            r#"{"username":""}"#,
            r#"{"username":" ","password":"p"}"#,
            // The names that other dialects have for it.
            r#"{"email":"u","password":"p"}"#,
            r#"{"email_or_username":"u","password":"p"}"#,
            r#"{"user":"u","login":"u","name":"u","Username":"u","password":"p"}"#,
        ] {
            assert_eq!(status_and_body(false, &decode(body).unwrap_err()), required, "{body}");
        }
        let invalid = (401, r#"{"status":"error","info":"Invalid credentials"}"#.to_owned());
        for body in [
            r#"{"username":"u"}"#,
            r#"{"username":"u","password":""}"#,
            r#"{"username":"u","password":" "}"#,
        ] {
            assert_eq!(status_and_body(false, &decode(body).unwrap_err()), invalid, "{body}");
        }
        assert_eq!(
            status_and_body(false, &decode(r#"{"username":"u","password":1}"#).unwrap_err()).0,
            400
        );
    }

    #[test]
    fn an_unknown_user_is_404_or_equals_a_wrong_password_in_every_byte() {
        let not_found = (404, r#"{"status":"error","info":"User not found"}"#.to_owned());
        assert_eq!(status_and_body(false, &RequestRejection::UnknownUser), not_found);
        let concealed = Login::new("pbx", true);
        let unknown = concealed.answer(&RequestRejection::UnknownUser);
        assert!(unknown == concealed.answer(&RequestRejection::WrongCredentials));
        assert_eq!(unknown.status, 401);
    }

    #[test]
    fn only_root_is_zero() {
        let number = |role| role_number(Some(role));
        assert_eq!((number("root"), number("admin"), number("user")), (0, 1, 2));
        for role in ["", "Root", "ROOT", " root", "0", "administrator", "jugador"] {
            assert_eq!(number(role), 2, "{role}");
        }
        assert_eq!(role_number(None), 2);
    }

    #[test]
    fn requests_and_responses_print_no_secret() {
        let request = decode(r#"{"username":"canary","password":"canary"}"#).unwrap();
        let response = LoginResponse {
            key: "k",
            username: "u",
            expires: 0,
            token: "canary".into(),
            role: 2,
        };
        assert!(!format!("{request:?}{response:?}").contains("canary"));
    }
}
