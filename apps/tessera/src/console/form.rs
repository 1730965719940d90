//! The fields of a form or of a query.

use std::fmt;

use actix_web::{HttpRequest, web};
use auth_core::Timestamp;
use dialects::RequestRejection;
use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::http::Body;
use crate::parts::ServerParts;

/// The most fields that are read.
const MOST: usize = 64;

/// Fields with their values. Some are passwords: wiped when dropped, never printed.
#[derive(Default)]
pub(super) struct Form(Vec<(String, Zeroizing<String>)>);

impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Form(redacted)")
    }
}

impl Form {
    /// The fields of a query.
    pub(super) fn of_query(query: &str) -> Self {
        Self::of(query.as_bytes())
    }

    /// The fields of a request's body.
    ///
    /// # Errors
    /// The rejection for another media type, and for a body that is too large or too slow.
    pub(super) async fn of_body(
        request: &HttpRequest,
        payload: web::Payload,
        server: &ServerParts,
    ) -> Result<Self, RequestRejection> {
        let body = Body::read(request, payload, server.body_timeout).await?;
        let payload = body.payload();
        let kind = payload.content_type.unwrap_or_default().split(';').next();
        match kind
            .unwrap_or_default()
            .trim()
            .eq_ignore_ascii_case("application/x-www-form-urlencoded")
        {
            true => Ok(Self::of(payload.body)),
            false => Err(RequestRejection::UnsupportedMediaType),
        }
    }

    fn of(text: &[u8]) -> Self {
        let pairs = form_urlencoded::parse(text).take(MOST);
        Self(
            pairs
                .map(|(name, value)| (name.into_owned(), Zeroizing::new(value.into_owned())))
                .collect(),
        )
    }

    /// The value of a field; empty where there is none.
    pub(super) fn text(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(have, _)| have == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    /// The value of a field without spaces around it; `None` where nothing is left.
    pub(super) fn given(&self, name: &str) -> Option<&str> {
        Some(self.text(name).trim()).filter(|text| !text.is_empty())
    }

    /// A whole number.
    pub(super) fn number(&self, name: &str) -> Option<i64> {
        self.given(name)?.parse().ok()
    }

    /// A password, as it was typed.
    pub(super) fn secret(&self, name: &str) -> SecretString {
        self.text(name).into()
    }

    /// A moment as a browser's field for date and time sends it, in UTC.
    pub(super) fn moment(&self, name: &str) -> Option<Timestamp> {
        let text = self.given(name)?;
        let forms = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"];
        let read = |form| chrono::NaiveDateTime::parse_from_str(text, form).ok();
        let time = forms.into_iter().find_map(read)?;
        Some(Timestamp::from_millis(time.and_utc().timestamp_millis()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_keeps_its_spaces_and_does_not_print() {
        let form = Form::of_query("password=+canary%21+&login=+ann+&blank=+&n=7");
        assert_eq!(
            (form.text("password"), form.given("login"), form.given("blank")),
            (" canary! ", Some("ann"), None)
        );
        assert_eq!(
            (form.number("n"), form.number("login"), form.text("none")),
            (Some(7), None, "")
        );
        assert!(!format!("{form:?}").contains("canary"));
    }

    #[test]
    fn a_moment_is_read_in_utc() {
        let moment = |text: &str| Form::of_query(&format!("at={text}")).moment("at");
        assert_eq!(moment("2019-10-03T14:19"), Some(Timestamp::from_seconds(1_570_112_340)));
        assert_eq!(
            moment("2019-10-03T14:19:10"),
            Some(Timestamp::from_seconds(1_570_112_350))
        );
        assert_eq!(moment("yesterday"), None);
    }
}
