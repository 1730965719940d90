//! The trace that a request belongs to: the `traceparent` of W3C Trace Context, version 00.
//! <https://www.w3.org/TR/trace-context/#traceparent-header>

use std::fmt;

use actix_web::http::header::{HeaderMap, HeaderName};

/// The header.
const HEADER: HeaderName = HeaderName::from_static("traceparent");

/// The length of version 00. A later version begins with the same, and may go on behind one more hyphen.
const LENGTH: usize = 55;

/// The id of a trace: 32 lower-case hexadecimal digits, not all of them 0.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct TraceId([u8; 32]);

impl TraceId {
    /// The id where there are no random bytes for one. No trace has it.
    pub(crate) const UNKNOWN: Self = Self([b'0'; 32]);

    /// This text, if it is the id of a trace.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digits: [u8; 32] = text.as_bytes().try_into().ok()?;
        let is_good = digits.iter().all(is_digit) && digits.iter().any(|digit| *digit != b'0');
        is_good.then_some(Self(digits))
    }

    /// Its digits.
    pub(crate) fn as_str(&self) -> &str {
        // They are ASCII.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The trace that the request's one `traceparent` names; `None` without one, with several, and with one that is not as the
/// standard has it: then the request begins a trace of its own.
///
/// # Security
/// A caller can name any trace. So the id ties log lines together and proves nothing; the request's own id does not come
/// from the caller.
pub(super) fn named_by(headers: &HeaderMap) -> Option<TraceId> {
    parse(the_one(headers)?)
}

/// The caller's place in the trace that [`named_by`] reads.
#[cfg(feature = "otel")]
#[derive(Debug)]
pub(super) struct Caller<'a> {
    /// The id of its span: 16 lower-case hexadecimal digits.
    pub(super) span: &'a str,
    /// Whether it records its span.
    pub(super) is_sampled: bool,
}

/// The caller; `None` where [`named_by`] finds no trace.
#[cfg(feature = "otel")]
pub(super) fn caller_of(headers: &HeaderMap) -> Option<Caller<'_>> {
    let traceparent = the_one(headers)?;
    parse(traceparent)?;
    let mut parts = traceparent.split('-').skip(2);
    let (span, flags) = (parts.next()?, parts.next()?);
    let is_sampled = u8::from_str_radix(flags, 16).ok()? & 1 == 1;
    Some(Caller { span, is_sampled })
}

fn the_one(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(HEADER);
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

fn parse(traceparent: &str) -> Option<TraceId> {
    let (known, rest) = traceparent.split_at_checked(LENGTH)?;
    let mut parts = known.split('-');
    let [version, trace, span, flags] = [parts.next()?, parts.next()?, parts.next()?, parts.next()?];
    let is_version = is_hexadecimal(version, 2) && version != "ff";
    let is_span = is_hexadecimal(span, 16) && span.bytes().any(|digit| digit != b'0');
    let ends_well = rest.is_empty() || (version != "00" && rest.starts_with('-'));
    let is_good = is_version && is_span && is_hexadecimal(flags, 2) && ends_well && parts.next().is_none();
    is_good.then(|| TraceId::parse(trace)).flatten()
}

fn is_hexadecimal(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| is_digit(&byte))
}

/// The standard has lower case only.
fn is_digit(byte: &u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const SPAN: &str = "00f067aa0ba902b7";

    #[test]
    fn the_example_of_the_standard_is_read() {
        for flags in ["00", "01", "fe"] {
            let named = parse(&format!("00-{TRACE}-{SPAN}-{flags}")).unwrap();
            assert_eq!(named.to_string(), TRACE);
        }
    }

    #[test]
    fn of_a_later_version_the_known_part_is_read() {
        for text in [
            format!("01-{TRACE}-{SPAN}-01"),
            format!("cc-{TRACE}-{SPAN}-01-what-comes-then"),
        ] {
            assert_eq!(parse(&text).unwrap().to_string(), TRACE, "{text}");
        }
    }

    #[test]
    fn anything_else_is_not_read() {
        let zeros = "0".repeat(32);
        for text in [
            String::new(),
            "00".into(),
            format!("ff-{TRACE}-{SPAN}-01"),
            format!("0-{TRACE}-{SPAN}-01"),
            format!("00-{zeros}-{SPAN}-01"),
            format!("00-{TRACE}-{}-01", &zeros[..16]),
            format!("00-{}-{SPAN}-01", TRACE.to_uppercase()),
            format!("00-{TRACE}-{SPAN}-0G"),
            format!("00-{TRACE}-{SPAN}-1"),
            format!("00-{TRACE}-{SPAN}"),
            format!("00-{TRACE}-{SPAN}-01-"),
            format!("00-{TRACE}-{SPAN}-01-more"),
            format!("00-{TRACE}-{SPAN}-01 "),
            format!(" 00-{TRACE}-{SPAN}-01"),
            format!("cc-{TRACE}-{SPAN}-01.what-comes-then"),
            format!("00_{TRACE}_{SPAN}_01"),
            format!("00-{}é-{SPAN}-01", &TRACE[..30]),
            format!("00-+{}-{SPAN}-01", &TRACE[1..]),
            format!("00-{TRACE}-+{}-01", &SPAN[1..]),
            "-".repeat(LENGTH),
            "x".repeat(100_000),
        ] {
            assert_eq!(parse(&text), None, "{text}");
        }
    }

    #[test]
    fn of_two_headers_none_is_read() {
        let value = HeaderValue::try_from(format!("00-{TRACE}-{SPAN}-01")).unwrap();
        let mut headers = HeaderMap::new();
        assert_eq!(named_by(&headers), None);
        headers.append(HEADER, value.clone());
        assert!(named_by(&headers).is_some());
        headers.append(HEADER, value);
        assert_eq!(named_by(&headers), None);
    }
}
