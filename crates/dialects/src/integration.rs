//! The integration dialect: at `POST /api/v1/integration/auth/token` a partner (a consumer) signs in a client of one
//! organisation, new or existing, and gets that client's token.
//!
//! Errors: `{"error":"…"}`, in Spanish.
//!
//! | outcome | status |
//! |---|---|
//! | body that cannot be read at all | 400 |
//! | unknown or disabled consumer, wrong consumer token, organisation that is not the consumer's | 401 |
//! | missing or invalid field | 422 |
//! | everything else | [`RequestRejection::status`]: 403, 404, 405, 408, 413, 415, 429, 500, 503 |

use schemars::JsonSchema;
use serde::Serialize;

use crate::answer::Answer;
use crate::challenge::{Challenge, Scheme};
use crate::corrupt_record::CorruptRecord;
use crate::endpoint::Endpoint;
use crate::messages::spanish;
use crate::rejection_formatter::RejectionFormatter;
use crate::request_rejection::RequestRejection;

mod description;
mod email;
mod request;
mod response;
mod time;

pub use request::{ConsumerCredentials, TokenRequest};
pub use response::{Client, ClientKeyValue, Null, Organization, Person, TokenResponse};

/// The dialect for one realm: it formats rejections, and fills in what answers say about this installation.
#[derive(Clone, Debug)]
pub struct Integration {
    challenge: Challenge,
    avatar: String,
    subdomain: String,
    environment: String,
}

impl Integration {
    /// The path in its document.
    pub const DEFAULT_PATH: &'static str = "/api/v1/integration/auth/token";
    /// Finding or creating a client.
    pub const TOKEN: Endpoint = Endpoint::post("");
    /// All its endpoints.
    pub const ENDPOINTS: &'static [Endpoint] = &[Self::TOKEN];
    /// The path of the picture that every person and organisation has. The server serves it there.
    pub const AVATAR_PATH: &'static str = "/assets/default-avatar.gif";
    /// The `subdomain` in the document's example: the first label of the server's host name, `api.…`. The
    /// organisation's subdomain is another member, `organization_subdomain`.
    pub const DEFAULT_SUBDOMAIN: &'static str = "api";
    /// The `environment` in the document's example.
    pub const DEFAULT_ENVIRONMENT: &'static str = "production";

    /// The dialect for the realm of this name (any text; it is quoted where it is shown), answering for the public
    /// address `public_url`, with or without a slash at its end.
    #[must_use]
    pub fn new(realm: &str, public_url: &str) -> Self {
        Self {
            challenge: Challenge::new(&[Scheme::Basic, Scheme::Bearer], realm),
            avatar: format!("{}{}", public_url.trim_end_matches('/'), Self::AVATAR_PATH),
            subdomain: Self::DEFAULT_SUBDOMAIN.to_owned(),
            environment: Self::DEFAULT_ENVIRONMENT.to_owned(),
        }
    }

    /// Sets the `subdomain` of every answer.
    #[must_use]
    pub fn with_subdomain(self, subdomain: &str) -> Self {
        Self {
            subdomain: subdomain.to_owned(),
            ..self
        }
    }

    /// Sets the `environment` of every answer.
    #[must_use]
    pub fn with_environment(self, environment: &str) -> Self {
        Self {
            environment: environment.to_owned(),
            ..self
        }
    }

    /// The answer for a client, new or existing.
    ///
    /// # Errors
    /// [`CorruptRecord::OutOfRange`] for a stored id or time that cannot be printed.
    pub fn response<'a>(
        &'a self,
        token: &'a str,
        client: &'a Client<'a>,
        organization: &'a Organization<'a>,
    ) -> Result<TokenResponse<'a>, CorruptRecord> {
        Ok(TokenResponse {
            token: token.into(),
            person: Person::of(client, organization, &self.avatar)?,
            permissions_map: Null,
            subdomain: &self.subdomain,
            environment: &self.environment,
            organization_timezone_offset: organization.timezone_offset,
        })
    }
}

impl RejectionFormatter for Integration {
    fn answer(&self, rejection: &RequestRejection) -> Answer {
        let status = match rejection {
            RequestRejection::Field(_) => 422,
            other => other.status(),
        };
        let body = ErrorBody {
            error: &spanish(rejection),
        };
        Answer::json(status, &body).with_rejection_headers(rejection, &self.challenge)
    }
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Error")]
struct ErrorBody<'a> {
    /// For people, in Spanish. Programs use the status.
    error: &'a str,
}
