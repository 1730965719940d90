//! The device dialect: `POST /api/tokens/create` issues a token for one device, `POST /api/tokens/revoke` revokes it.
//!
//! Errors: `{"error":"…","codigo":<status>}`, in Spanish.
//!
//! | outcome | status |
//! |---|---|
//! | body that cannot be read at all | 400 |
//! | wrong password, unknown user; at revoke no active token | 401 |
//! | missing or invalid field | 422 |
//! | everything else | [`RequestRejection::status`]: 403, 404, 405, 408, 413, 415, 429, 500, 503 |

mod description;

use std::collections::HashSet;
use std::fmt;

use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Serialize;

use crate::answer::Answer;
use crate::challenge::{Challenge, Scheme};
use crate::endpoint::Endpoint;
use crate::field_error::{FieldError, FieldErrorKind, Limit};
use crate::fields::Fields;
use crate::messages::spanish;
use crate::payload::Payload;
use crate::redacted::Redacted;
use crate::rejection_formatter::RejectionFormatter;
use crate::request_rejection::RequestRejection;

/// The dialect for one realm: it formats rejections.
#[derive(Clone, Debug)]
pub struct Device {
    challenge: Challenge,
}

impl Device {
    /// The path in its document.
    pub const DEFAULT_PATH: &'static str = "/api/tokens";
    /// Signing in on a device.
    pub const CREATE: Endpoint = Endpoint::post("/create");
    /// Revoking that device's token. It reads one header and no body.
    pub const REVOKE: Endpoint = Endpoint::post("/revoke");
    /// All its endpoints.
    pub const ENDPOINTS: &'static [Endpoint] = &[Self::CREATE, Self::REVOKE];

    /// The dialect for the realm of this name. Any text will do; it is quoted where it is shown.
    #[must_use]
    pub fn new(realm: &str) -> Self {
        Self {
            challenge: Challenge::new(&[Scheme::Bearer], realm),
        }
    }
}

impl RejectionFormatter for Device {
    fn answer(&self, rejection: &RequestRejection) -> Answer {
        let status = match rejection {
            RequestRejection::Field(_) => 422,
            other => other.status(),
        };
        let body = ErrorBody {
            error: &spanish(rejection),
            codigo: status,
        };
        Answer::json(status, &body).with_rejection_headers(rejection, &self.challenge)
    }
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Error")]
struct ErrorBody<'a> {
    /// For people, in Spanish. Programs use the status.
    error: &'a str,
    /// The status.
    #[schemars(range(min = 400, max = 599))]
    codigo: u16,
}

/// A request to [`Device::CREATE`]. `Debug` shows no value.
pub struct TokenRequest {
    /// The login name or e-mail address as sent: not blank, no control characters, at most 254 bytes. Fold it before
    /// comparing.
    pub email_or_username: String,
    /// The password byte for byte: not blank, otherwise anything. NUL and more than 72 bytes are possible; answer
    /// both like a wrong password.
    pub password: SecretString,
    /// The user's name for the device: 1 to 255 characters, not blank, no control characters. It may contain markup
    /// and any script, so escape it where it is shown.
    pub device_name: String,
}

impl TokenRequest {
    /// Reads the request from JSON, from a form, or from JSON labelled as a form without a boundary, which the command
    /// line in the document sends.
    ///
    /// # Errors
    /// [`RequestRejection::TooLarge`], [`RequestRejection::UnsupportedMediaType`] and [`RequestRejection::Malformed`] as for every dialect;
    /// [`RequestRejection::Field`] for a field that is missing or unusable, and for user names that differ.
    pub fn decode(payload: &Payload<'_>) -> Result<Self, RequestRejection> {
        let mut fields = payload.json_or_form_fields()?;
        Ok(Self {
            email_or_username: user_name(&mut fields)?,
            password: fields.secret("password")?,
            device_name: fields.label("device_name", Limit::LABEL)?,
        })
    }
}

/// The user name, from any of its three fields. All that are present must be valid and equal, so that the order in
/// which we read them never decides which user is meant.
fn user_name(fields: &mut Fields) -> Result<String, FieldError> {
    let mut found: Option<String> = None;
    for alias in USER_NAMES {
        if !fields.has(alias) {
            continue;
        }
        let name = fields.label(alias, Limit::LOGIN_NAME)?;
        if found.is_some_and(|earlier| earlier != name) {
            return Err(FieldError {
                field: alias,
                kind: FieldErrorKind::Conflict,
            });
        }
        found = Some(name);
    }
    found.ok_or(FieldError {
        field: USER_NAMES[0],
        kind: FieldErrorKind::Missing,
    })
}

/// The field of the user name: as in the document's table, and as in its example.
const USER_NAMES: [&str; 3] = ["email_or_username", "email", "username"];

impl fmt::Debug for TokenRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenRequest").finish_non_exhaustive()
    }
}

/// The answer to a successful sign-in.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TokenResponse<'a> {
    /// One opaque text, shown once.
    token: Redacted<'a>,
    /// What the token permits, in the order of the role.
    #[schemars(extend("uniqueItems" = true))]
    permisos: Vec<&'a str>,
}

impl<'a> TokenResponse<'a> {
    /// The token and its permissions, in the order of the role. Repeated permissions are left out.
    #[must_use]
    pub fn new(token: &'a str, permissions: impl IntoIterator<Item = &'a str>) -> Self {
        let mut printed = HashSet::new();
        let first = |name: &&'a str| printed.insert(*name);
        let permisos = permissions.into_iter().filter(first).collect();
        Self {
            token: token.into(),
            permisos,
        }
    }

    /// The answer: 200 with the document's keys in the document's order.
    #[must_use]
    pub fn answer(&self) -> Answer {
        Answer::json(200, self)
    }
}

/// The answer to a successful revocation.
#[must_use]
pub fn revoke_answer() -> Answer {
    Answer::json(
        200,
        &RevokedBody {
            mensaje: "El token fue revocado.",
        },
    )
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Revoked")]
struct RevokedBody {
    mensaje: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    fn decode_as(content_type: &str, body: &str) -> Result<TokenRequest, RequestRejection> {
        let (content_type, content_encoding) = (Some(content_type), None);
        TokenRequest::decode(&Payload {
            content_type,
            content_encoding,
            body: body.as_bytes(),
        })
    }

    fn decode(names: &str) -> Result<TokenRequest, RequestRejection> {
        let body = format!(r#"{{{names}"password":"p","device_name":"d"}}"#);
        decode_as("application/json", &body)
    }

    fn refused(names: &str) -> FieldError {
        match decode(names).unwrap_err() {
            RequestRejection::Field(error) => error,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_user_name_field_is_accepted_and_so_are_several_equal_ones() {
        for names in [
            r#""email_or_username":"u","#,
            r#""email":"u","#,
            r#""username":"u","#,
            r#""username":"u","email":"u","email_or_username":"u","#,
        ] {
            assert_eq!(decode(names).unwrap().email_or_username, "u");
        }
        assert_eq!(
            refused(""),
            FieldError::new("email_or_username", FieldErrorKind::Missing)
        );
    }

    #[test]
    fn user_names_that_differ_or_are_invalid_are_refused() {
        assert_eq!(refused(r#""email":"a","username":"b","#).kind, FieldErrorKind::Conflict);
        assert_eq!(
            refused(r#""email_or_username":"a","email":"b","#).kind,
            FieldErrorKind::Conflict
        );
        assert_eq!(
            refused(r#""email_or_username":"a","email":null,"#).kind,
            FieldErrorKind::NotText
        );
        assert_eq!(
            refused(r#""email_or_username":"a","username":"","#).kind,
            FieldErrorKind::Blank
        );
    }

    #[test]
    fn every_format_gives_the_same_request() {
        let json = r#"{"email":"a+b@c.d","password":"9yUQc%ewEf^(Tw4","device_name":"iPhone 4s ñ"}"#;
        let form = "email=a%2Bb%40c.d&password=9yUQc%25ewEf%5E%28Tw4&device_name=iPhone+4s+%C3%B1";
        let part = |name: &str, value: &str| {
            format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let parts = [
            part("email", "a+b@c.d"),
            part("password", "9yUQc%ewEf^(Tw4"),
            part("device_name", "iPhone 4s ñ"),
            "--B--\r\n".to_owned(),
        ];
        for (content_type, body) in [
            ("application/json; charset=utf-8", json),
            ("multipart/form-data", json),
            ("application/x-www-form-urlencoded", form),
            ("multipart/form-data; boundary=B", &parts.concat()),
            ("Multipart/Form-Data; charset=utf-8; boundary=\"B\"", &parts.concat()),
        ] {
            let request = decode_as(content_type, body).unwrap();
            assert_eq!(request.email_or_username, "a+b@c.d", "{content_type}");
            assert_eq!(request.password.expose_secret(), "9yUQc%ewEf^(Tw4", "{content_type}");
            assert_eq!(request.device_name, "iPhone 4s ñ", "{content_type}");
            assert!(!format!("{request:?}").contains("iPhone"));
        }
    }

    #[test]
    fn a_device_name_has_1_to_255_characters() {
        let read = |name: &str| {
            let body = format!(r#"{{"email":"e","password":"p","device_name":"{name}"}}"#);
            decode_as("application/json", &body)
        };
        assert!(read(&"é".repeat(255)).is_ok());
        for name in ["", "  ", "a\\u0000", "a\\nb", &"é".repeat(256)] {
            let rejection = read(name).unwrap_err();
            assert_eq!(Device::new("players").answer(&rejection).status, 422, "{name}");
        }
    }

    #[test]
    fn permissions_keep_their_order_without_repeats() {
        let response = TokenResponse::new("1|canary", ["b", "a", "b", "c", "a"]);
        assert!(!format!("{response:?}").contains("canary"));
        let body = String::from_utf8(response.answer().body).unwrap();
        assert_eq!(body, r#"{"token":"1|canary","permisos":["b","a","c"]}"#);
        assert_eq!(
            TokenResponse::new("t", []).answer().body,
            br#"{"token":"t","permisos":[]}"#
        );
    }
}
