//! Reads a JSON text: objects, arrays, literals, white space, and the bounds on all of them.

mod numbers;
mod strings;

use std::fmt;

use super::eight_bytes::specials;
use super::error::JsonError;
use super::member_names::{Name, Names, Tag};
use super::text::Text;

/// How deep objects and arrays may nest in a header, a payload or a key.
pub const MAX_DEPTH: usize = 32;

/// A position in a JSON text.
///
/// The first error is final: a text stays refused even if a caller's `Deserialize` hides the [`Stop`] that it got.
pub(crate) struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    error: Option<JsonError>,
    name: Name<'a>,
    names: Names,
}

/// Reading stopped; [`Reader::error`] says why.
#[derive(Debug)]
pub(crate) struct Stop;

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the JSON text was refused")
    }
}

impl std::error::Error for Stop {}

/// What a value begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Object,
    Array,
    String,
    Number,
    True,
    False,
    Null,
}

/// An object being read.
pub(crate) struct ObjectMark {
    names: usize,
    first: bool,
}

impl<'a> Reader<'a> {
    /// At the beginning of a text, all of which must be UTF-8.
    #[inline(always)] // it is large, and made in place rather than copied
    pub(crate) fn new(bytes: &'a [u8]) -> Result<Self, JsonError> {
        let text = std::str::from_utf8(bytes).map_err(|_| JsonError::Encoding)?;
        if u32::try_from(text.len()).is_err() {
            return Err(JsonError::Syntax); // positions of names are kept in 32 bits
        }
        Ok(Self {
            text,
            at: 0,
            depth: 0,
            error: None,
            name: Name::default(),
            names: Names::new(),
        })
    }

    /// Notes an error, unless there is an earlier one.
    #[cold]
    pub(crate) fn stop(&mut self, error: JsonError) -> Stop {
        self.error.get_or_insert(error);
        Stop
    }

    /// The error that stopped the reading.
    pub(crate) fn error(&self) -> Option<JsonError> {
        self.error
    }

    pub(super) fn position(&self) -> usize {
        self.at
    }

    pub(super) fn rewind(&mut self, position: usize) {
        self.at = position;
    }

    /// The kind of the next value; the position stays before it.
    #[inline]
    pub(crate) fn kind(&mut self) -> Result<Kind, Stop> {
        match self.token() {
            b'"' => Ok(Kind::String),
            b'-' | b'0'..=b'9' => Ok(Kind::Number),
            b'{' => Ok(Kind::Object),
            b'[' => Ok(Kind::Array),
            b't' => Ok(Kind::True),
            b'f' => Ok(Kind::False),
            b'n' => Ok(Kind::Null),
            _ => Err(self.stop(JsonError::Syntax)),
        }
    }

    /// Enters an object; its members follow by [`Reader::next_name`].
    pub(crate) fn open_object(&mut self) -> Result<ObjectMark, Stop> {
        self.descend(b'{')?;
        Ok(ObjectMark {
            names: self.names.mark(),
            first: true,
        })
    }

    /// Whether another member follows. If so, [`Reader::name`] is its name, and the position is before its value. If not,
    /// the object has ended.
    #[inline]
    pub(crate) fn next_name(&mut self, object: &mut ObjectMark) -> Result<bool, Stop> {
        match self.read_name_fast(object.first) {
            Some(from) => {
                object.first = false;
                self.add_name(object, from)
            }
            None => self.next_name_slow(object),
        }
    }

    #[inline(never)]
    fn next_name_slow(&mut self, object: &mut ObjectMark) -> Result<bool, Stop> {
        if !self.another(b'}', &mut object.first)? {
            self.names.forget(object.names);
            return Ok(false);
        }
        let text = self.string()?;
        let from = self.at - 1 - text.raw_length();
        self.expect(b':')?;
        self.name = Name {
            text,
            tag: Tag::of(&text.unescaped()),
        };
        self.add_name(object, from)
    }

    #[inline(always)]
    fn add_name(&mut self, object: &ObjectMark, from: usize) -> Result<bool, Stop> {
        let length = self.name.text.raw_length();
        match self.names.add(object.names, self.text, self.name.tag, from, length) {
            Ok(()) => Ok(true),
            Err(error) => Err(self.stop(error)),
        }
    }

    /// The name that [`Reader::next_name`] read last.
    #[inline]
    pub(crate) fn name(&self) -> Name<'a> {
        self.name
    }

    /// Reads a name of up to eight bytes without escapes or white space around it, as most names are. One load of eight
    /// bytes finds its end and is its tag. Returns where the name begins; for any other name `None`, and the position
    /// stays.
    #[inline(always)]
    fn read_name_fast(&mut self, first: bool) -> Option<usize> {
        let quote = self.at + usize::from(!first);
        let window = self.bytes().get(quote..)?.first_chunk::<11>()?;
        if window[0] != b'"' || (!first && self.here() != b',') {
            return None;
        }
        let word = u64::from_le_bytes(*window[1..].first_chunk()?);
        let length = specials(word).trailing_zeros() as usize / 8;
        if window.get(1 + length..3 + length)? != b"\":" {
            return None;
        }
        let from = quote + 1;
        let text = Text::new(self.text.get(from..from + length)?, false);
        self.at = from + length + 2;
        self.name = Name {
            text,
            tag: Tag::of_word(word, length),
        };
        Some(from)
    }

    /// Enters an array; its elements follow by [`Reader::next_element`].
    pub(crate) fn open_array(&mut self) -> Result<bool, Stop> {
        self.descend(b'[')?;
        Ok(true)
    }

    /// Whether another element follows; the position is before it. If not, the array has ended.
    pub(crate) fn next_element(&mut self, first: &mut bool) -> Result<bool, Stop> {
        self.another(b']', first)
    }

    /// Reads `true`, `false` or `null`.
    pub(crate) fn literal(&mut self, word: &str) -> Result<(), Stop> {
        self.token();
        if self
            .bytes()
            .get(self.at..)
            .is_some_and(|rest| rest.starts_with(word.as_bytes()))
        {
            self.at += word.len();
            Ok(())
        } else {
            Err(self.stop(JsonError::Syntax))
        }
    }

    /// Reads a value that the caller does not need, as strictly as any other.
    pub(crate) fn skip_value(&mut self) -> Result<(), Stop> {
        match self.kind()? {
            Kind::String => self.string().map(drop),
            Kind::Number => self.number().map(drop),
            Kind::True => self.literal("true"),
            Kind::False => self.literal("false"),
            Kind::Null => self.literal("null"),
            Kind::Object => {
                let mut object = self.open_object()?;
                while self.next_name(&mut object)? {
                    self.skip_value()?;
                }
                Ok(())
            }
            Kind::Array => {
                let mut first = self.open_array()?;
                while self.next_element(&mut first)? {
                    self.skip_value()?;
                }
                Ok(())
            }
        }
    }

    /// Checks that the whole text is one object.
    pub(crate) fn object_only(&mut self) -> Result<(), Stop> {
        if self.kind()? != Kind::Object {
            return Err(self.stop(JsonError::NotAnObject));
        }
        self.skip_value()?;
        self.finish()
    }

    /// Nothing but white space may follow.
    pub(crate) fn finish(&mut self) -> Result<(), Stop> {
        self.token();
        if self.at == self.text.len() && self.error.is_none() {
            Ok(())
        } else {
            Err(self.stop(JsonError::Syntax))
        }
    }

    #[inline]
    fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes()
    }

    /// The byte at the position; at the end NUL, which is no JSON.
    #[inline]
    fn here(&self) -> u8 {
        self.bytes().get(self.at).copied().unwrap_or(0)
    }

    /// Skips white space; the byte after it.
    #[inline]
    fn token(&mut self) -> u8 {
        let byte = self.here();
        if byte > b' ' { byte } else { self.token_after_space() }
    }

    #[inline(never)]
    fn token_after_space(&mut self) -> u8 {
        while let b' ' | b'\n' | b'\r' | b'\t' = self.here() {
            self.at += 1;
        }
        self.here()
    }

    #[inline]
    fn consume(&mut self, byte: u8) -> bool {
        let here = self.here() == byte && byte != 0;
        self.at += usize::from(here);
        here
    }

    #[inline]
    fn expect(&mut self, byte: u8) -> Result<(), Stop> {
        if self.token() == byte {
            self.at += 1;
            Ok(())
        } else {
            Err(self.stop(JsonError::Syntax))
        }
    }

    fn descend(&mut self, open: u8) -> Result<(), Stop> {
        self.expect(open)?;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            Err(self.stop(JsonError::TooDeep))
        } else {
            Ok(())
        }
    }

    /// Whether one more member or element follows; consumes the comma before it, or the closing bracket.
    #[inline]
    fn another(&mut self, close: u8, first: &mut bool) -> Result<bool, Stop> {
        let next = self.token();
        if next == close {
            self.at += 1;
            // Each closing bracket belongs to a `descend`, so this never goes below zero.
            self.depth = self.depth.saturating_sub(1);
            return Ok(false);
        }
        if *first {
            *first = false;
            return Ok(true);
        }
        self.expect(b',')?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests;
