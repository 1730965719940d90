//! A request body with its labels, and the choice of decoder.

use crate::fields::Fields;
use crate::form;
use crate::json;
use crate::request_rejection::RequestRejection;

/// The longest body that an endpoint reads, in bytes: 16 KiB. The server stops reading there; the decoders check again.
pub const MAX_BODY: usize = 16 * 1024;

/// A request body with the two headers that say how to read it. All of it comes from the client.
///
/// A dialect's decoder picks one of the `…_fields` methods and takes its fields out of what that returns. Each of them
/// refuses:
///
/// * a body longer than [`MAX_BODY`]: [`RequestRejection::TooLarge`];
/// * another media type or none, or a compressed body: [`RequestRejection::UnsupportedMediaType`];
/// * a body that is not what its media type says, is not UTF-8, or names a field twice: [`RequestRejection::Malformed`].
#[derive(Clone, Copy)]
pub struct Payload<'a> {
    /// `Content-Type`; `None` if it is absent or not visible ASCII.
    pub content_type: Option<&'a str>,
    /// `Content-Encoding`; `None` if it is absent. Anything but `identity` is refused, so nothing is ever
    /// decompressed.
    pub content_encoding: Option<&'a str>,
    /// The body as received.
    pub body: &'a [u8],
}

impl std::fmt::Debug for Payload<'_> {
    /// Shows the length of the body only, because it holds a password.
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

    /// The fields of a body that has to be a JSON object (RFC 8259). No object in it, at any depth, may name a member
    /// twice.
    ///
    /// # Errors
    /// As listed at [`Payload`].
    pub fn json_fields(&self) -> Result<Fields, RequestRejection> {
        match self.format()? {
            Format::Json => json::object(self.body),
            _ => Err(RequestRejection::UnsupportedMediaType),
        }
    }

    /// The fields of a body that has to be `application/x-www-form-urlencoded`, as OAuth 2.0 sends it (RFC 6749
    /// section 4.4.2). Every value is a text.
    ///
    /// # Errors
    /// As listed at [`Payload`].
    pub fn urlencoded_fields(&self) -> Result<Fields, RequestRejection> {
        match self.format()? {
            Format::UrlEncoded => form::urlencoded(self.body),
            _ => Err(RequestRejection::UnsupportedMediaType),
        }
    }

    /// The fields of a body that may be JSON, `application/x-www-form-urlencoded` or `multipart/form-data`. JSON
    /// labelled as `multipart/form-data` without a boundary is read too, because some command lines of `curl` send it.
    ///
    /// # Errors
    /// As listed at [`Payload`].
    pub fn json_or_form_fields(&self) -> Result<Fields, RequestRejection> {
        match self.format()? {
            Format::Json | Format::MultipartWithoutBoundary => json::object(self.body),
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

/// The format that a `Content-Type` names (RFC 9110 section 8.3). Parameters other than the boundary are ignored.
enum Format {
    Json,
    UrlEncoded,
    Multipart {
        boundary: String,
    },
    /// The label of a form on a JSON body: the command line in the device dialect's document sends it.
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
        .json_fields()
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
        let read = |body: String| Payload::json(body.as_bytes()).json_fields().err();
        assert_eq!(read(padded(MAX_BODY)), None);
        assert_eq!(read(padded(MAX_BODY + 1)), Some(RequestRejection::TooLarge));
    }

    #[test]
    fn a_form_is_read_only_where_a_form_is_expected() {
        let read = |content_type| {
            let payload = Payload {
                content_type: Some(content_type),
                content_encoding: None,
                body: b"scope=a+b",
            };
            payload
                .urlencoded_fields()?
                .text("scope")
                .map_err(RequestRejection::from)
        };
        assert_eq!(
            read("application/x-www-form-urlencoded; charset=UTF-8"),
            Ok("a b".to_owned())
        );
        for label in ["application/json", "multipart/form-data; boundary=B", "text/plain"] {
            assert_eq!(read(label), Err(RequestRejection::UnsupportedMediaType), "{label}");
        }
    }
}
