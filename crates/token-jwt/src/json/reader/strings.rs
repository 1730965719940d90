//! Strings and their escapes.

use super::{Reader, Stop};
use crate::json::eight_bytes::plain_end;
use crate::json::error::JsonError;
use crate::json::text::Text;

impl<'a> Reader<'a> {
    /// Reads a string.
    #[inline(always)]
    pub(crate) fn string(&mut self) -> Result<Text<'a>, Stop> {
        match self.read_string_fast() {
            Some(text) => Ok(text),
            None => self.read_string_slow(),
        }
    }

    /// Reads a string without escapes or white space before it, as most strings are. For any other string `None`, and the
    /// position stays.
    #[inline(always)]
    pub(super) fn read_string_fast(&mut self) -> Option<Text<'a>> {
        let start = self.at + 1;
        let end = plain_end(self.bytes(), start);
        let plain = self.here() == b'"' && self.bytes().get(end) == Some(&b'"');
        let text = plain.then(|| self.text.get(start..end)).flatten()?;
        self.at = end + 1;
        Some(Text::new(text, false))
    }

    #[inline(never)]
    fn read_string_slow(&mut self) -> Result<Text<'a>, Stop> {
        self.expect(b'"')?;
        let (start, mut escaped) = (self.at, false);
        loop {
            self.at = plain_end(self.bytes(), self.at);
            match self.here() {
                b'"' => {
                    let raw = self.text.get(start..self.at).unwrap_or_default();
                    self.at += 1;
                    return Ok(Text::new(raw, escaped));
                }
                b'\\' => {
                    escaped = true;
                    self.escape()?;
                }
                _ => return Err(self.stop(JsonError::Syntax)),
            }
        }
    }

    /// Checks one escape; the position is at its backslash.
    fn escape(&mut self) -> Result<(), Stop> {
        self.at += 1;
        match self.here() {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {
                self.at += 1;
                Ok(())
            }
            b'u' => self.unicode_escape(),
            _ => Err(self.stop(JsonError::Syntax)),
        }
    }

    /// Checks `uXXXX`; a first half of a surrogate pair must be followed by its second half, which never comes alone.
    fn unicode_escape(&mut self) -> Result<(), Stop> {
        match self.code_unit()? {
            0xD800..0xDC00 => {
                if !(self.consume(b'\\') && self.here() == b'u') {
                    return Err(self.stop(JsonError::Encoding));
                }
                match self.code_unit()? {
                    0xDC00..0xE000 => Ok(()),
                    _ => Err(self.stop(JsonError::Encoding)),
                }
            }
            0xDC00..0xE000 => Err(self.stop(JsonError::Encoding)),
            _ => Ok(()),
        }
    }

    fn code_unit(&mut self) -> Result<u32, Stop> {
        let digits = self.bytes().get(self.at + 1..self.at + 5).unwrap_or_default();
        let value = digits
            .iter()
            .try_fold(0, |value, digit| Some(value << 4 | char::from(*digit).to_digit(16)?));
        match value {
            Some(value) if digits.len() == 4 => {
                self.at += 5;
                Ok(value)
            }
            _ => Err(self.stop(JsonError::Syntax)),
        }
    }
}
