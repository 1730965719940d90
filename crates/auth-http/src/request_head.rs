//! What is read of a request.

use std::net::IpAddr;

/// A header field that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// `Authorization`.
    Authorization,
    /// `X-Access-Token`.
    AccessToken,
    /// `X-Key`.
    Key,
    /// `X-API-Key`.
    ApiKey,
    /// `X-Forwarded-For`.
    ForwardedFor,
}

impl Field {
    /// Every field.
    pub const ALL: [Self; 5] = [
        Self::Authorization,
        Self::AccessToken,
        Self::Key,
        Self::ApiKey,
        Self::ForwardedFor,
    ];

    /// Its name, in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Authorization => "authorization",
            Self::AccessToken => "x-access-token",
            Self::Key => "x-key",
            Self::ApiKey => "x-api-key",
            Self::ForwardedFor => "x-forwarded-for",
        }
    }
}

/// The head of a request, as one HTTP library has it. Nothing else of a request is read: no query, cookie or body.
///
/// A small value that borrows the request. `auth-actix` and `auth-axum` implement it over the header maps of their
/// libraries, which are of different versions of the crate `http`.
pub trait RequestHead<'a>: Copy {
    /// Every value of this field, in the order in which they came, each as it came.
    fn values(self, field: Field) -> impl Iterator<Item = &'a [u8]>;

    /// The address of the other end of the connection, if it is known.
    fn peer(self) -> Option<IpAddr>;
}
