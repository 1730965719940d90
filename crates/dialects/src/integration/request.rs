//! What a consumer sends.

use std::fmt;

use secrecy::SecretString;

use super::email;
use crate::field_error::{FieldError, FieldErrorKind, Limit};
use crate::payload::Payload;
use crate::request_rejection::RequestRejection;

/// A request to [`Integration::TOKEN`](super::Integration::TOKEN). `Debug` shows no value.
pub struct TokenRequest {
    /// The client's e-mail address without white space around it, at most 254 bytes. Fold it before
    /// comparing.
    pub email: String,
    /// The name for a new client: 1 to 255 characters, not blank, no control characters. An existing client keeps its
    /// name.
    pub name: String,
    /// The consumer that signs the client in.
    pub consumer: ConsumerCredentials,
    /// The organisation the client belongs to, at least 1. It need not exist.
    pub organization_id: i64,
}

/// A consumer's key and token as presented, not yet checked. `Debug` shows neither.
pub struct ConsumerCredentials {
    /// The key: 1 to 255 characters, not blank, no control characters.
    pub key: String,
    /// The token: not blank, otherwise anything.
    pub token: SecretString,
}

impl TokenRequest {
    /// Reads the request. Members that the document does not name are ignored, so a consumer cannot set `roles`,
    /// `granted` or an `id`.
    ///
    /// # Errors
    /// [`RequestRejection::TooLarge`], [`RequestRejection::UnsupportedMediaType`] and [`RequestRejection::Malformed`] as for every dialect;
    /// [`RequestRejection::Field`] for a field that is missing or unusable. `organization_id` has to be a plain
    /// integer, without quotes, fraction or exponent.
    pub fn decode(payload: &Payload<'_>) -> Result<Self, RequestRejection> {
        let mut fields = payload.json_fields()?;
        let sent = fields.text("email")?;
        let email = email::parse(&sent).ok_or(NOT_AN_EMAIL)?;
        let name = fields.label("name", Limit::LABEL)?;
        let mut consumer = fields.object("consumer")?;
        let consumer = ConsumerCredentials {
            key: consumer.label("consumer.key", Limit::LABEL)?,
            token: consumer.secret("consumer.token")?,
        };
        let organization_id = fields.positive_integer("organization_id")?;
        Ok(Self {
            email,
            name,
            consumer,
            organization_id,
        })
    }
}

const NOT_AN_EMAIL: FieldError = FieldError::new("email", FieldErrorKind::NotAnEmail);

impl fmt::Debug for TokenRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenRequest").finish_non_exhaustive()
    }
}

impl fmt::Debug for ConsumerCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConsumerCredentials").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{RejectionFormatter, integration::Integration};
    use serde_json::{Value, json};

    fn decode(change: Value) -> Result<TokenRequest, RequestRejection> {
        let mut body = json!({"email": "a@b.dk", "name": "A", "organization_id": 171,
            "consumer": {"key": "canary", "token": "canary"}});
        let members = body.as_object_mut().unwrap();
        members.extend(change.as_object().unwrap().clone());
        members.retain(|_, value| *value != "absent");
        TokenRequest::decode(&Payload::json(body.to_string().as_bytes()))
    }

    fn refused(change: Value) -> FieldError {
        match decode(change).unwrap_err() {
            RequestRejection::Field(error) => error,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_field_is_required_and_named_when_it_is_missing() {
        for field in ["email", "name", "consumer", "organization_id"] {
            assert_eq!(
                refused(json!({field: "absent"})),
                FieldError {
                    field,
                    kind: FieldErrorKind::Missing
                }
            );
        }
        let key = refused(json!({"consumer": {"token": "t"}}));
        assert_eq!(key, FieldError::new("consumer.key", FieldErrorKind::Missing));
        let token = refused(json!({"consumer": {"key": "k", "token": ""}}));
        assert_eq!(token, FieldError::new("consumer.token", FieldErrorKind::Blank));
    }

    #[test]
    fn a_field_of_another_type_is_422() {
        for change in [
            json!({"email": 1}),
            json!({"email": ["a@b.dk"]}),
            json!({"name": null}),
            json!({"name": {}}),
            json!({"consumer": "k"}),
            json!({"consumer": ["k", "t"]}),
            json!({"consumer": {"key": 1, "token": "t"}}),
            json!({"consumer": {"key": "k", "token": true}}),
            json!({"organization_id": "171"}),
            json!({"organization_id": 171.0}),
            json!({"organization_id": 1e2}),
            json!({"organization_id": true}),
            json!({"organization_id": null}),
            json!({"organization_id": 0}),
            json!({"organization_id": -1}),
            json!({"organization_id": 9_223_372_036_854_775_808_u64}),
        ] {
            let rejection = RequestRejection::Field(refused(change.clone()));
            let dialect = Integration::new("r", "http://x");
            assert_eq!(dialect.answer(&rejection).status, 422, "{change}");
        }
    }

    #[test]
    fn names_and_keys_have_a_limit_and_no_control_characters() {
        assert!(decode(json!({"name": "ñ".repeat(255)})).is_ok());
        for name in ["", " ", "a\nb", "a\0", &"ñ".repeat(256)] {
            assert_eq!(refused(json!({"name": name})).field, "name");
            let consumer = json!({"key": name, "token": "t"});
            assert_eq!(refused(json!({"consumer": consumer})).field, "consumer.key");
        }
    }

    #[test]
    fn members_of_the_answer_are_ignored_in_a_request() {
        let request = decode(json!({"id": 1, "roles": ["admin"], "granted": true, "person": {"id": 1}}));
        assert_eq!(request.unwrap().organization_id, 171);
    }

    #[test]
    fn a_request_prints_none_of_its_values() {
        let request = decode(json!({"name": "canary"})).unwrap();
        assert!(!format!("{request:?}{:?}", request.consumer).contains("canary"));
    }
}
