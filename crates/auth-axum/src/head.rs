//! The head of a request, as the crate `http` has it.

use std::net::{IpAddr, SocketAddr};

use auth_http::{Field, RequestHead};
use axum::extract::ConnectInfo;
use axum::http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use axum::http::request::Parts;

static X_ACCESS_TOKEN: HeaderName = HeaderName::from_static("x-access-token");
static X_KEY: HeaderName = HeaderName::from_static("x-key");
static X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");
static X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The head of a request, for [`Authenticator::authenticate`](crate::Authenticator::authenticate) and
/// [`Credential::read`](crate::Credential::read).
///
/// The address of the connection is that of [`ConnectInfo`], which a server has that is made with
/// `into_make_service_with_connect_info::<SocketAddr>()`; otherwise it is unknown.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a>(&'a Parts);

impl<'a> Head<'a> {
    /// The head of this request.
    pub const fn of(parts: &'a Parts) -> Self {
        Self(parts)
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
        self.0.headers.get_all(name).into_iter().map(HeaderValue::as_bytes)
    }

    fn peer(self) -> Option<IpAddr> {
        let connected = self.0.extensions.get::<ConnectInfo<SocketAddr>>();
        connected.map(|ConnectInfo(address)| address.ip())
    }
}
