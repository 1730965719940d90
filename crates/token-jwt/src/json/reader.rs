//! The walk over a JSON text: white space, strings, numbers, literals, and the bounds on all of them.

use std::fmt;

use super::names::Names;
use super::text::Text;
use super::{JsonFault, MAX_DEPTH, Number};

/// A position in a JSON text.
///
/// The first fault is kept and final: whatever a caller's `Deserialize` makes of the [`Stop`] it was handed, the text
/// stays refused.
pub(crate) struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    names: Names<'a>,
    fault: Option<JsonFault>,
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
    pub(crate) fn new(bytes: &'a [u8]) -> Result<Self, JsonFault> {
        let text = std::str::from_utf8(bytes).map_err(|_| JsonFault::Encoding)?;
        Ok(Self {
            text,
            at: 0,
            depth: 0,
            names: Names::new(),
            fault: None,
        })
    }

    /// Notes a fault, unless an earlier one stands.
    pub(crate) fn stop(&mut self, fault: JsonFault) -> Stop {
        self.fault.get_or_insert(fault);
        Stop
    }

    /// The fault that stopped the reading.
    pub(crate) fn fault(&self) -> Option<JsonFault> {
        self.fault
    }

    pub(super) fn position(&self) -> usize {
        self.at
    }

    pub(super) fn rewind(&mut self, position: usize) {
        self.at = position;
    }

    /// What the next value is; the position stays in front of it.
    pub(crate) fn kind(&mut self) -> Result<Kind, Stop> {
        match self.next_token() {
            Some(b'{') => Ok(Kind::Object),
            Some(b'[') => Ok(Kind::Array),
            Some(b'"') => Ok(Kind::String),
            Some(b'-' | b'0'..=b'9') => Ok(Kind::Number),
            Some(b't') => Ok(Kind::True),
            Some(b'f') => Ok(Kind::False),
            Some(b'n') => Ok(Kind::Null),
            _ => Err(self.stop(JsonFault::Syntax)),
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

    /// The name of the next member, the position being in front of its value; `None` after the last, the object
    /// being left.
    pub(crate) fn next_name(&mut self, object: &mut ObjectMark) -> Result<Option<Text<'a>>, Stop> {
        if !self.another(b'}', &mut object.first)? {
            self.names.forget(object.names);
            return Ok(None);
        }
        let name = self.string()?;
        self.names.add(object.names, name).map_err(|fault| self.stop(fault))?;
        self.expect(b':')?;
        Ok(Some(name))
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

    /// Reads a string.
    pub(crate) fn string(&mut self) -> Result<Text<'a>, Stop> {
        self.expect(b'"')?;
        let (start, mut escaped) = (self.at, false);
        loop {
            let rest = self.bytes().get(self.at..).unwrap_or_default();
            let plain = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20));
            self.at += plain.unwrap_or(rest.len());
            match self.bytes().get(self.at) {
                Some(b'"') => {
                    let raw = self.text.get(start..self.at).unwrap_or_default();
                    self.at += 1;
                    return Ok(Text::new(raw, escaped));
                }
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                _ => return Err(self.stop(JsonFault::Syntax)),
            }
        }
    }

    /// Reads a number by the grammar of RFC 8259 section 6.
    pub(crate) fn number(&mut self) -> Result<Number, Stop> {
        self.skip_space();
        let start = self.at;
        let negative = self.eat(b'-');
        let whole = self.at;
        let digits = self.digits();
        if digits == 0 || (digits > 1 && self.bytes().get(whole) == Some(&b'0')) {
            return Err(self.stop(JsonFault::Syntax));
        }
        let mut integer = true;
        if self.eat(b'.') {
            integer = false;
            self.some_digits()?;
        }
        if self.eat(b'e') || self.eat(b'E') {
            integer = false;
            let _sign = self.eat(b'+') || self.eat(b'-');
            self.some_digits()?;
        }
        let text = self.text.get(start..self.at).unwrap_or_default();
        number_of(text, integer, negative).ok_or_else(|| self.stop(JsonFault::NumberRange))
    }

    /// Reads `true`, `false` or `null`.
    pub(crate) fn literal(&mut self, word: &str) -> Result<(), Stop> {
        self.skip_space();
        if self.text.get(self.at..).is_some_and(|rest| rest.starts_with(word)) {
            self.at += word.len();
            Ok(())
        } else {
            Err(self.stop(JsonFault::Syntax))
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
                while self.next_name(&mut object)?.is_some() {
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

    /// Nothing but white space may follow.
    pub(crate) fn finish(&mut self) -> Result<(), Stop> {
        match self.next_token() {
            None if self.fault.is_none() => Ok(()),
            _ => Err(self.stop(JsonFault::Syntax)),
        }
    }

    fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes()
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.bytes().get(self.at) {
            self.at += 1;
        }
    }

    fn next_token(&mut self) -> Option<u8> {
        self.skip_space();
        self.bytes().get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let here = self.bytes().get(self.at) == Some(&byte);
        self.at += usize::from(here);
        here
    }

    fn expect(&mut self, byte: u8) -> Result<(), Stop> {
        self.skip_space();
        if self.eat(byte) {
            Ok(())
        } else {
            Err(self.stop(JsonFault::Syntax))
        }
    }

    fn descend(&mut self, open: u8) -> Result<(), Stop> {
        self.expect(open)?;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            Err(self.stop(JsonFault::TooDeep))
        } else {
            Ok(())
        }
    }

    /// Whether one more member or element follows; eats the comma before it, or the closing bracket.
    fn another(&mut self, close: u8, first: &mut bool) -> Result<bool, Stop> {
        let next = self.next_token();
        if next == Some(close) {
            self.at += 1;
            // Every close has had its `descend`, so that this cannot wrap.
            self.depth = self.depth.saturating_sub(1);
            return Ok(false);
        }
        if !std::mem::replace(first, false) {
            self.expect(b',')?;
        }
        Ok(true)
    }

    fn digits(&mut self) -> usize {
        let rest = self.bytes().get(self.at..).unwrap_or_default();
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        count
    }

    fn some_digits(&mut self) -> Result<(), Stop> {
        if self.digits() == 0 {
            Err(self.stop(JsonFault::Syntax))
        } else {
            Ok(())
        }
    }

    /// Checks one escape; the position is at its backslash.
    fn escape(&mut self) -> Result<(), Stop> {
        self.at += 1;
        match self.bytes().get(self.at) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.at += 1;
                Ok(())
            }
            Some(b'u') => self.unicode_escape(),
            _ => Err(self.stop(JsonFault::Syntax)),
        }
    }

    /// Checks `uXXXX`; a first half of a surrogate pair must be followed by its second half, which never comes alone.
    fn unicode_escape(&mut self) -> Result<(), Stop> {
        match self.code_unit()? {
            0xD800..0xDC00 => {
                if !(self.eat(b'\\') && self.bytes().get(self.at) == Some(&b'u')) {
                    return Err(self.stop(JsonFault::Encoding));
                }
                match self.code_unit()? {
                    0xDC00..0xE000 => Ok(()),
                    _ => Err(self.stop(JsonFault::Encoding)),
                }
            }
            0xDC00..0xE000 => Err(self.stop(JsonFault::Encoding)),
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
            _ => Err(self.stop(JsonFault::Syntax)),
        }
    }
}

/// Longer numbers are an attack on whoever parses them.
const MAX_NUMBER: usize = 64;

fn number_of(text: &str, integer: bool, negative: bool) -> Option<Number> {
    if text.len() > MAX_NUMBER {
        return None;
    }
    if integer
        && !negative
        && let Ok(value) = text.parse()
    {
        return Some(Number::Unsigned(value));
    }
    if integer
        && negative
        && let Ok(value @ ..=-1) = text.parse()
    {
        return Some(Number::Negative(value));
    }
    let value: f64 = text.parse().ok()?;
    value.is_finite().then_some(Number::Float(value))
}
