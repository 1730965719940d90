//! The walk over a JSON text: objects, arrays, literals, white space, and the bounds on all of them.

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
/// The first fault is kept and final: whatever a caller's `Deserialize` makes of the [`Stop`] it was handed, the text
/// stays refused.
pub(crate) struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    fault: Option<JsonError>,
    name: Name<'a>,
    names: Names,
}

/// Reading stopped; why is in [`Reader::fault`].
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
    /// At the beginning of a text that must be UTF-8 as a whole, whoever looks at its parts.
    #[inline(always)] // it is large, and made once: in place and not copied there
    pub(crate) fn new(bytes: &'a [u8]) -> Result<Self, JsonError> {
        let text = std::str::from_utf8(bytes).map_err(|_| JsonError::Encoding)?;
        if u32::try_from(text.len()).is_err() {
            return Err(JsonError::Syntax); // positions of names are kept in 32 bits
        }
        Ok(Self {
            text,
            at: 0,
            depth: 0,
            fault: None,
            name: Name::default(),
            names: Names::new(),
        })
    }

    /// Notes a fault, unless an earlier one stands.
    #[cold]
    pub(crate) fn stop(&mut self, fault: JsonError) -> Stop {
        self.fault.get_or_insert(fault);
        Stop
    }

    /// The fault that stopped the reading.
    pub(crate) fn fault(&self) -> Option<JsonError> {
        self.fault
    }

    pub(super) fn position(&self) -> usize {
        self.at
    }

    pub(super) fn rewind(&mut self, position: usize) {
        self.at = position;
    }

    /// What the next value is; the position stays in front of it.
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

    /// Whether another member follows: then [`Reader::name`] is its name, and the position is in front of its value. Else
    /// the object is left.
    #[inline]
    pub(crate) fn next_name(&mut self, object: &mut ObjectMark) -> Result<bool, Stop> {
        match self.read_name_fast(object.first) {
            Some(from) => {
                object.first = false;
                self.add_name(object, from)
            }
            None => self.next_unusual_name(object),
        }
    }

    #[inline(never)]
    fn next_unusual_name(&mut self, object: &mut ObjectMark) -> Result<bool, Stop> {
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
            Err(fault) => Err(self.stop(fault)),
        }
    }

    /// The name that [`Reader::next_name`] came to last.
    #[inline]
    pub(crate) fn name(&self) -> Name<'a> {
        self.name
    }

    /// A name of up to eight bytes without escapes, and no white space around it: most names of most tokens. One load
    /// finds its end and is its tag.
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

    /// Whether an element follows, the position being in front of it; else the array is left.
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

    /// Reads a value that nobody asked for, as strictly as any other.
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
        if self.at == self.text.len() && self.fault.is_none() {
            Ok(())
        } else {
            Err(self.stop(JsonError::Syntax))
        }
    }

    #[inline]
    fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes()
    }

    /// The byte at the position; NUL, which JSON has no use for outside of strings, at the end.
    #[inline]
    fn here(&self) -> u8 {
        self.bytes().get(self.at).copied().unwrap_or(0)
    }

    /// The byte at the position once white space is behind it.
    #[inline]
    fn token(&mut self) -> u8 {
        let byte = self.here();
        if byte > b' ' { byte } else { self.token_behind_space() }
    }

    #[inline(never)]
    fn token_behind_space(&mut self) -> u8 {
        while let b' ' | b'\n' | b'\r' | b'\t' = self.here() {
            self.at += 1;
        }
        self.here()
    }

    #[inline]
    fn eat(&mut self, byte: u8) -> bool {
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

    /// Whether one more member or element follows; eats the comma before it, or the closing bracket.
    #[inline]
    fn another(&mut self, close: u8, first: &mut bool) -> Result<bool, Stop> {
        let next = self.token();
        if next == close {
            self.at += 1;
            // Every close has had its `descend`, so that this cannot wrap.
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
