//! Header values in one buffer.

use std::ops::Range;

use actix_web::http::header::HeaderValue;
use actix_web::web::Bytes;

/// Enough for the usual identity of a caller.
const CAPACITY: usize = 256;

/// Collects the values of an answer's headers, one behind the other in one buffer: an allocation for each would be a tenth of
/// the work of a check.
#[derive(Debug)]
pub(crate) struct HeaderValues {
    bytes: Vec<u8>,
    begun: usize,
}

impl Default for HeaderValues {
    fn default() -> Self {
        Self {
            bytes: Vec::with_capacity(CAPACITY),
            begun: 0,
        }
    }
}

impl HeaderValues {
    /// A number, in decimal digits.
    pub(crate) fn number(&mut self, number: i64) -> Range<usize> {
        self.text(itoa::Buffer::new().format(number))
    }

    /// A text.
    pub(crate) fn text(&mut self, text: &str) -> Range<usize> {
        self.list([text])
    }

    /// Texts with a space between them.
    pub(crate) fn list<'a>(&mut self, texts: impl IntoIterator<Item = &'a str>) -> Range<usize> {
        for text in texts {
            if self.bytes.len() > self.begun {
                self.bytes.push(b' ');
            }
            self.bytes.extend_from_slice(text.as_bytes());
        }
        let begun = std::mem::replace(&mut self.begun, self.bytes.len());
        begun..self.begun
    }

    /// The values at these places; `None` for one that a header cannot carry.
    pub(crate) fn finish<const N: usize>(self, places: [Range<usize>; N]) -> [Option<HeaderValue>; N] {
        let bytes = Bytes::from(self.bytes);
        places.map(|place| HeaderValue::from_maybe_shared(bytes.slice(place)).ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_do_not_run_into_each_other() {
        let mut values = HeaderValues::default();
        let long = "x".repeat(CAPACITY * 2);
        let places = [
            values.number(i64::MIN),
            values.text("mechanics"),
            values.list([]),
            values.list(["a", "b"]),
            values.text(&long),
            values.number(7),
        ];
        let made = values.finish(places).map(|value| value.unwrap());
        assert_eq!(made, ["-9223372036854775808", "mechanics", "", "a b", &long, "7"]);
    }

    #[test]
    fn what_would_end_a_header_is_no_value() {
        let mut values = HeaderValues::default();
        let places = [values.text("a\r\nX-Auth-Subject: 1"), values.text("a")];
        assert_eq!(values.finish(places), [None, Some(HeaderValue::from_static("a"))]);
    }
}
