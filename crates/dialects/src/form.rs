//! The two form encodings. Every value is a text.

use futures_util::{FutureExt, stream};
use multer::{Field, Multipart};
use percent_encoding::percent_decode;
use serde_json::{Map, Value};

use crate::fields::Fields;
use crate::request_rejection::RequestRejection;

/// Reads `application/x-www-form-urlencoded` as the parser of the URL standard does (a `%` without two digits is a
/// plain `%`), except that invalid UTF-8 and repeated names are refused.
pub(crate) fn urlencoded(bytes: &[u8]) -> Result<Fields, RequestRejection> {
    let mut members = Map::new();
    for pair in bytes.split(|&b| b == b'&').filter(|pair| !pair.is_empty()) {
        let at = pair.iter().position(|&b| b == b'=');
        let (name, value) = match at {
            Some(at) => (&pair[..at], &pair[at + 1..]),
            None => (pair, &[][..]),
        };
        add(&mut members, unescape(name)?, Value::String(unescape(value)?))?;
    }
    Ok(Fields::new(members))
}

/// Reads `multipart/form-data` (RFC 7578) from a complete body. A part that is a file becomes a field of the wrong
/// type.
pub(crate) fn multipart(bytes: &[u8], boundary: String) -> Result<Fields, RequestRejection> {
    let whole = stream::iter([Ok::<_, std::convert::Infallible>(bytes.to_vec())]);
    let parts = read_parts(Multipart::new(whole, boundary));
    // The stream has all its bytes, so the reader never has to wait. If it waits for more, the body is truncated.
    parts.now_or_never().unwrap_or(Err(RequestRejection::Malformed))
}

async fn read_parts(mut parts: Multipart<'_>) -> Result<Fields, RequestRejection> {
    let malformed = |_| RequestRejection::Malformed;
    let mut members = Map::new();
    while let Some(part) = parts.next_field().await.map_err(malformed)? {
        let name = part.name().ok_or(RequestRejection::Malformed)?.to_owned();
        add(&mut members, name, read_value(part).await?)?;
    }
    Ok(Fields::new(members))
}

async fn read_value(part: Field<'_>) -> Result<Value, RequestRejection> {
    let is_file = part.file_name().is_some();
    let bytes = part.bytes().await.map_err(|_| RequestRejection::Malformed)?;
    if is_file {
        return Ok(Value::Null);
    }
    text(bytes.to_vec()).map(Value::String)
}

fn unescape(bytes: &[u8]) -> Result<String, RequestRejection> {
    let plus_is_space = |&b: &u8| if b == b'+' { b' ' } else { b };
    let spaced: Vec<u8> = bytes.iter().map(plus_is_space).collect();
    text(percent_decode(&spaced).collect())
}

fn text(bytes: Vec<u8>) -> Result<String, RequestRejection> {
    String::from_utf8(bytes).map_err(|_| RequestRejection::Malformed)
}

fn add(members: &mut Map<String, Value>, name: String, value: Value) -> Result<(), RequestRejection> {
    match members.insert(name, value) {
        None => Ok(()),
        Some(_) => Err(RequestRejection::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(body: &str) -> Result<String, RequestRejection> {
        let mut fields = urlencoded(body.as_bytes())?;
        Ok(fields.text("p")?)
    }

    fn parts(body: &str) -> Result<String, RequestRejection> {
        let mut fields = multipart(body.as_bytes(), "B".to_owned())?;
        Ok(fields.text("p")?)
    }

    #[test]
    fn a_form_value_is_unescaped_once() {
        assert_eq!(form("p=a+b%2Bc%26d%3D").unwrap(), "a b+c&d=");
        assert_eq!(form("&x=1&&p=9yUQc%ewEf^(Tw4").unwrap(), "9yUQc%ewEf^(Tw4");
        assert_eq!(form("p=a=b").unwrap(), "a=b");
        assert_eq!(form("%70=%2541").unwrap(), "%41");
        assert_eq!(form("p").unwrap(), "");
    }

    #[test]
    fn a_form_with_invalid_utf8_or_a_repeated_name_is_refused() {
        for body in ["p=%ff", "%ff=1&p=x", "p=1&p=1", "p=1&%70=2", "x=%c3&p=1"] {
            assert_eq!(form(body), Err(RequestRejection::Malformed), "{body}");
        }
    }

    #[test]
    fn a_multipart_value_is_not_changed() {
        let body = "--B\r\nContent-Disposition: form-data; name=\"p\"\r\n\r\n a\r\nb%41+ \r\n\
                    --B\r\nContent-Disposition: form-data; name=\"q\"\r\n\r\n\r\n--B--\r\n";
        assert_eq!(parts(body).unwrap(), " a\r\nb%41+ ");
    }

    #[test]
    fn a_multipart_body_that_is_truncated_or_has_repeated_or_missing_names_is_refused() {
        let head = "--B\r\nContent-Disposition: form-data; name=\"p\"\r\n\r\n";
        for body in [
            String::new(),
            "--B".to_owned(),
            "--C\r\n\r\n--C--".to_owned(),
            head.to_owned(),
            format!("{head}abc"),
            format!("{head}abc\r\n--B"),
            format!("{head}1\r\n{head}2\r\n--B--\r\n"),
            "--B\r\nContent-Disposition: form-data\r\n\r\n1\r\n--B--\r\n".to_owned(),
            "--B\r\n\r\n1\r\n--B--\r\n".to_owned(),
        ] {
            assert_eq!(parts(&body), Err(RequestRejection::Malformed), "{body:?}");
        }
    }

    #[test]
    fn a_file_is_not_accepted_as_a_text() {
        let body = "--B\r\nContent-Disposition: form-data; name=\"p\"; filename=\"x\"\r\n\r\nabc\r\n--B--\r\n";
        assert!(matches!(parts(body), Err(RequestRejection::Field(_))));
    }
}
