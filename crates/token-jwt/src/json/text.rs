//! A JSON string as it is written, with its escapes.

use std::borrow::Cow;

/// The inside of a JSON string, already checked: every escape in it is complete.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Text<'a> {
    raw: &'a str,
    escaped: bool,
}

impl<'a> Text<'a> {
    pub(super) fn new(raw: &'a str, escaped: bool) -> Self {
        Self { raw, escaped }
    }

    /// The string itself where it can be borrowed.
    pub(crate) fn plain(self) -> Option<&'a str> {
        (!self.escaped).then_some(self.raw)
    }

    /// The string itself; allocates only where there are escapes.
    pub(crate) fn unescaped(self) -> Cow<'a, str> {
        if self.escaped {
            Cow::Owned(self.chars().collect())
        } else {
            Cow::Borrowed(self.raw)
        }
    }

    /// Whether it is exactly this text; allocates nothing.
    pub(crate) fn is(self, other: &str) -> bool {
        if self.escaped {
            self.chars().eq(other.chars())
        } else {
            self.raw == other
        }
    }

    /// Whether both are the same text; allocates nothing.
    pub(super) fn same(self, other: Self) -> bool {
        if self.escaped || other.escaped {
            self.chars().eq(other.chars())
        } else {
            self.raw == other.raw
        }
    }

    /// Bytes of the string as it is written.
    pub(super) fn raw_length(self) -> usize {
        self.raw.len()
    }

    /// Bytes of the string itself.
    pub(crate) fn length(self) -> usize {
        if self.escaped {
            self.chars().map(char::len_utf8).sum()
        } else {
            self.raw.len()
        }
    }

    pub(super) fn chars(self) -> Chars<'a> {
        Chars { rest: self.raw.chars() }
    }
}

/// The characters of a checked string. Every escape in it is complete; an incomplete one would give U+FFFD.
pub(super) struct Chars<'a> {
    rest: std::str::Chars<'a>,
}

impl Iterator for Chars<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        match self.rest.next()? {
            '\\' => Some(self.escape().unwrap_or(char::REPLACEMENT_CHARACTER)),
            other => Some(other),
        }
    }
}

impl Chars<'_> {
    fn escape(&mut self) -> Option<char> {
        match self.rest.next()? {
            'b' => Some('\u{8}'),
            'f' => Some('\u{c}'),
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            'u' => self.code_point(),
            other => Some(other),
        }
    }

    fn code_point(&mut self) -> Option<char> {
        let first = self.four_digits()?;
        if !(0xD800..0xDC00).contains(&first) {
            return char::from_u32(first);
        }
        self.rest.nth(1)?; // the `\u` of the second half
        let second = self.four_digits()?;
        char::from_u32(0x1_0000 + ((first - 0xD800) << 10) + second.checked_sub(0xDC00)?)
    }

    fn four_digits(&mut self) -> Option<u32> {
        (0..4).try_fold(0, |value, _| Some(value << 4 | self.rest.next()?.to_digit(16)?))
    }
}
