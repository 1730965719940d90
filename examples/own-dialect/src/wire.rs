//! The wire format: what `POST /oauth/token` takes and answers (RFC 6749 sections 3.2, 5 and 6). No HTTP library, no
//! server: bytes in, bytes out.

#[cfg(test)]
mod tests;

use dialects::messages::english;
use dialects::oauth::{BasicCredentials, error_code};
use dialects::{Answer, Challenge, Limit, Payload, RejectionFormatter, RequestRejection, Scheme};
use secrecy::SecretString;
use serde_json::json;

/// The refresh token is not active, or belongs to another client.
pub const INVALID_GRANT: RequestRejection = RequestRejection::DialectSpecific { code: "invalid_grant" };
const UNSUPPORTED_GRANT_TYPE: RequestRejection = RequestRejection::DialectSpecific {
    code: "unsupported_grant_type",
};

/// What a client asks for, and who it is.
pub struct TokenRequest {
    /// Its name and secret.
    pub client: BasicCredentials,
    /// What it asks for.
    pub grant: Grant,
}

/// RFC 6749 sections 4.4 and 6.
pub enum Grant {
    /// A token with all that the client may do. A `scope` that is asked for is ignored, and the answer says what the
    /// token permits (RFC 6749 section 3.3).
    ClientCredentials,
    /// Another token of the same session.
    RefreshToken(SecretString),
}

impl TokenRequest {
    /// Reads a form, and the client's credentials from it or from the `Authorization` header.
    pub fn decode(payload: &Payload<'_>, authorization: Option<&str>) -> Result<Self, RequestRejection> {
        let mut fields = payload.urlencoded_fields()?;
        let client = match authorization {
            // One method in each request (RFC 6749 section 2.3).
            Some(_) if fields.has("client_secret") => return Err(RequestRejection::Malformed),
            Some(header) => BasicCredentials::parse(header)?,
            None => BasicCredentials {
                id: fields.label("client_id", Limit::LABEL)?,
                secret: fields.secret("client_secret")?,
            },
        };
        let grant = match fields.text("grant_type")?.as_str() {
            "client_credentials" => Grant::ClientCredentials,
            "refresh_token" => Grant::RefreshToken(fields.secret("refresh_token")?),
            _ => return Err(UNSUPPORTED_GRANT_TYPE),
        };
        Ok(Self { client, grant })
    }
}

/// The success (RFC 6749 section 5.1). `expires_in` is in seconds.
pub fn token_answer(access_token: &str, expires_in: u64, refresh_token: &str, scope: &str) -> Answer {
    let body = json!({
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": expires_in,
        "refresh_token": refresh_token,
        "scope": scope,
    });
    Answer::json(200, &body)
}

/// The rejections of this dialect: `{"error","error_description"}` (RFC 6749 section 5.2).
#[derive(Debug)]
pub struct OauthRejections(Challenge);

impl OauthRejections {
    /// For the realm of this name.
    pub fn new(realm: &str) -> Self {
        Self(Challenge::new(&[Scheme::Basic], realm))
    }
}

impl RejectionFormatter for OauthRejections {
    fn answer(&self, rejection: &RequestRejection) -> Answer {
        let body = json!({ "error": error_code(rejection), "error_description": english(rejection) });
        Answer::json(rejection.status(), &body).with_rejection_headers(rejection, &self.0)
    }
}
