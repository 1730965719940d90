//! Reads the token that a request presents, for endpoints that need one.

use actix_web::HttpRequest;
use actix_web::http::header::AUTHORIZATION;
use auth_actix::{Credential, Head};
use dialects::RequestRejection;

/// The one `Authorization` header of a request, for dialects whose clients send credentials in it.
///
/// # Errors
/// [`RequestRejection::NotAuthenticated`] for several of them, and for one that is no text: servers and proxies choose
/// differently among them, so none is chosen.
pub fn authorization(request: &HttpRequest) -> Result<Option<&str>, RequestRejection> {
    let unreadable = RequestRejection::NotAuthenticated { token_sent: true };
    let mut values = request.headers().get_all(AUTHORIZATION);
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| unreadable),
        (Some(_), Some(_)) => Err(unreadable),
    }
}

/// The token in the headers of a request, if it comes as `expected`.
///
/// # Errors
/// [`RequestRejection::NotAuthenticated`] without a token, with several, and with one presented in another way.
pub fn presented<'a>(
    request: &'a HttpRequest,
    expected: impl Fn(&Credential<'a>) -> bool,
) -> Result<Credential<'a>, RequestRejection> {
    let wrong = RequestRejection::NotAuthenticated { token_sent: true };
    match Credential::read(Head::of(request)) {
        Ok(Some(credential)) if expected(&credential) => Ok(credential),
        Ok(None) => Err(RequestRejection::NotAuthenticated { token_sent: false }),
        _ => Err(wrong),
    }
}
