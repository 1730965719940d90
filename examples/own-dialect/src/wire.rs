//! The wire format: what `POST /oauth/token` takes and answers (RFC 6749 sections 3.2, 5 and 6). No HTTP library, no
//! server: bytes in, bytes out.

#[cfg(test)]
mod tests;

use dialects::description::{Credentials, ObjectSchema, Operation, Schema, refusals};
use dialects::messages::english;
use dialects::oauth::{BasicCredentials, error_code};
use dialects::{Answer, Challenge, Limit, Payload, Redacted, RejectionFormatter, RequestRejection, Scheme};
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Serialize;

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

/// The success (RFC 6749 section 5.1).
#[derive(Serialize, JsonSchema)]
pub struct TokenResponse<'a> {
    pub access_token: Redacted<'a>,
    #[schemars(extend("const" = "Bearer"))]
    pub token_type: &'static str,
    /// How many seconds the access token is valid.
    pub expires_in: u64,
    pub refresh_token: Redacted<'a>,
    /// What the token permits: names, with a space between them.
    pub scope: &'a str,
}

impl<'a> TokenResponse<'a> {
    pub fn new(access_token: &'a str, expires_in: u64, refresh_token: &'a str, scope: &'a str) -> Self {
        Self {
            access_token: access_token.into(),
            token_type: "Bearer",
            expires_in,
            refresh_token: refresh_token.into(),
            scope,
        }
    }

    pub fn answer(&self) -> Answer {
        Answer::json(200, self)
    }
}

/// An error (RFC 6749 section 5.2).
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Error")]
struct ErrorBody<'a> {
    error: &'a str,
    error_description: &'a str,
}

/// The rejections of this dialect.
#[derive(Debug)]
pub struct OauthRejections(Challenge);

impl OauthRejections {
    /// For the realm of this name.
    pub fn new(realm: &str) -> Self {
        Self(Challenge::new(&[Scheme::Basic], realm))
    }

    /// What the endpoint takes and answers, for `/openapi.json` and `/docs`.
    pub fn operation(&self) -> Operation {
        let success = TokenResponse::new("TOKEN", 900, "REFRESH", "games:read games:list");
        Operation::new("Get a token, or refresh it")
            .about(
                "OAuth 2.0 client credentials (RFC 6749 sections 4.4 and 6). The client's name and secret come in \
                `Authorization` or in the form, not in both.",
            )
            .needs(Credentials::ClientInHeader)
            .needs(Credentials::ClientInBody)
            .takes_form(
                request(),
                r#"{"grant_type":"client_credentials","client_id":"demo-app","client_secret":"demo-app-secret"}"#,
            )
            .answers("The tokens.", &Schema::of::<TokenResponse<'_>>(), &success.answer())
            .refuses(
                self,
                &Schema::of::<ErrorBody<'_>>(),
                &[
                    refusals::READING_A_BODY,
                    refusals::CHECKING_CREDENTIALS,
                    refusals::HASHING,
                    &[UNSUPPORTED_GRANT_TYPE, INVALID_GRANT],
                    refusals::ANYWHERE,
                ],
            )
    }
}

fn request() -> ObjectSchema {
    ObjectSchema::new("TokenRequest")
        .word(
            "grant_type",
            &["client_credentials", "refresh_token"],
            "What is asked for.",
        )
        .optional_text(
            "refresh_token",
            "The refresh token of the last answer; with `grant_type=refresh_token`.",
        )
        .optional_text("client_id", "The client's name, unless it is in `Authorization`.")
        .optional_text("client_secret", "The client's secret, unless it is in `Authorization`.")
}

impl RejectionFormatter for OauthRejections {
    fn answer(&self, rejection: &RequestRejection) -> Answer {
        let body = ErrorBody {
            error: error_code(rejection),
            error_description: &english(rejection),
        };
        Answer::json(rejection.status(), &body).with_rejection_headers(rejection, &self.0)
    }
}
