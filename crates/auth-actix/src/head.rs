//! The head of a request, as actix-web has it.

use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::http::header::{AUTHORIZATION, HeaderName, HeaderValue, X_FORWARDED_FOR};
use auth_http::{Field, RequestHead};

static X_ACCESS_TOKEN: HeaderName = HeaderName::from_static("x-access-token");
static X_KEY: HeaderName = HeaderName::from_static("x-key");
static X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// The head of a request, for [`Authenticator::authenticate`](crate::Authenticator::authenticate) and
/// [`Credential::read`](crate::Credential::read).
#[derive(Clone, Copy, Debug)]
pub struct Head<'a>(&'a HttpRequest);

impl<'a> Head<'a> {
    /// The head of this request.
    pub const fn of(request: &'a HttpRequest) -> Self {
        Self(request)
    }
}

impl<'a> RequestHead<'a> for Head<'a> {
    fn values(self, field: Field) -> impl Iterator<Item = &'a [u8]> {
        let name = match field {
            Field::Authorization => &AUTHORIZATION,
            Field::AccessToken => &X_ACCESS_TOKEN,
            Field::Key => &X_KEY,
            Field::ApiKey => &X_API_KEY,
            Field::ForwardedFor => &X_FORWARDED_FOR,
        };
        self.0.headers().get_all(name).map(HeaderValue::as_bytes)
    }

    fn peer(self) -> Option<IpAddr> {
        self.0.peer_addr().map(|peer| peer.ip())
    }
}
