//! The labels on a request body, and the choice of decoder they make.

use crate::body::{self, MAX_BODY};
use crate::field::Fields;
use crate::form;
use crate::rejection::RequestRejection;

/// A request body with the two headers that say how to read it. All of it comes from the client.
#[derive(Clone, Copy)]
pub struct Payload<'a> {
    /// `Content-Type`; `None` where it is absent or not visible ASCII.
    pub content_type: Option<&'a str>,
    /// `Content-Encoding`; `None` where it is absent. Anything but `identity` is refused, so nothing is ever
    /// inflated.
    pub content_encoding: Option<&'a str>,
    /// The body as received.
    pub body: &'a [u8],
}

impl std::fmt::Debug for Payload<'_> {
    /// The length of the body only: it holds a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Payload")
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl<'a> Payload<'a> {
    /// A plain JSON body, for tests and for callers without HTTP.
    #[must_use]
    pub fn json(body: &'a [u8]) -> Self {
        Self {
            content_type: Some("application/json"),
            content_encoding: None,
            body,
        }
    }

    /// The fields of a body that has to be JSON.
    pub(crate) fn fields(&self) -> Result<Fields, RequestRejection> {
        match self.format()? {
            Format::Json => body::object(self.body),
            _ => Err(RequestRejection::UnsupportedMediaType),
        }
    }

    /// The fields of a body that may be a form as well.
    pub(crate) fn fields_or_form(&self) -> Result<Fields, RequestRejection> {
        match self.format()? {
            Format::Json | Format::MultipartWithoutBoundary => body::object(self.body),
            Format::UrlEncoded => form::urlencoded(self.body),
            Format::Multipart { boundary } => form::multipart(self.body, boundary),
        }
    }

    fn format(&self) -> Result<Format, RequestRejection> {
        if self.body.len() > MAX_BODY {
            return Err(RequestRejection::TooLarge);
        }
        let encoding = self.content_encoding.unwrap_or("identity");
        if !encoding.trim().eq_ignore_ascii_case("identity") {
            return Err(RequestRejection::UnsupportedMediaType);
        }
        let label = self.content_type.ok_or(RequestRejection::UnsupportedMediaType)?;
        Format::parse(label).ok_or(RequestRejection::UnsupportedMediaType)
    }
}

/// What a `Content-Type` says (RFC 9110 section 8.3). Parameters other than the boundary change nothing.
enum Format {
    Json,
    UrlEncoded,
    Multipart {
        boundary: String,
    },
    /// What the device document's own command line sends: the label of a form on a body of JSON.
    MultipartWithoutBoundary,
}

impl Format {
    fn parse(label: &str) -> Option<Self> {
        let essence = label.split(';').next().unwrap_or(label).trim();
        let is = |name: &str| essence.eq_ignore_ascii_case(name);
        if is("application/json") {
            return Some(Self::Json);
        }
        if is("application/x-www-form-urlencoded") {
            return Some(Self::UrlEncoded);
        }
        is("multipart/form-data").then(|| match multer::parse_boundary(label) {
            Ok(boundary) => Self::Multipart { boundary },
            Err(_) => Self::MultipartWithoutBoundary,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rejection(content_type: Option<&str>, content_encoding: Option<&str>) -> Option<RequestRejection> {
        let body = b"{}";
        Payload {
            content_type,
            content_encoding,
            body,
        }
        .fields()
        .err()
    }

    #[test]
    fn json_is_json_in_any_case_and_with_any_parameters() {
        for label in [
            "application/json",
            "Application/JSON",
            "application/json; charset=utf-8",
            "application/json;charset=UTF-8;x=y",
            " application/json ;",
        ] {
            assert_eq!(rejection(Some(label), None), None, "{label}");
        }
    }

    #[test]
    fn another_label_or_none_is_unsupported() {
        for label in [
            "",
            "text/plain",
            "application/jsonx",
            "application/json, text/plain",
            "application/vnd.api+json",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
            "multipart/form-data; boundary=B",
            "json",
        ] {
            assert_eq!(
                rejection(Some(label), None),
                Some(RequestRejection::UnsupportedMediaType),
                "{label}"
            );
        }
        assert_eq!(rejection(None, None), Some(RequestRejection::UnsupportedMediaType));
    }

    #[test]
    fn a_compressed_body_is_unsupported() {
        for encoding in ["gzip", "br", "identity, gzip", "", "x"] {
            let found = rejection(Some("application/json"), Some(encoding));
            assert_eq!(found, Some(RequestRejection::UnsupportedMediaType), "{encoding}");
        }
        assert_eq!(rejection(Some("application/json"), Some("Identity")), None);
    }

    #[test]
    fn a_body_is_refused_one_byte_past_the_limit() {
        let padded = |len: usize| format!("{{}}{}", " ".repeat(len - 2));
        let read = |body: String| Payload::json(body.as_bytes()).fields().err();
        assert_eq!(read(padded(MAX_BODY)), None);
        assert_eq!(read(padded(MAX_BODY + 1)), Some(RequestRejection::TooLarge));
    }
}
