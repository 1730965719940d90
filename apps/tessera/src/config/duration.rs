//! Lengths of time in settings.

use std::fmt;
use std::time::Duration;

use anyhow::Context;
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// A length of time: a whole number of seconds (`900`), or with a unit (`"15m"`, `"12h"`, `"30d"`, `"10s"`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub Duration);

impl Span {
    /// A length in seconds.
    pub const fn seconds(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    /// A length in days.
    pub const fn days(days: u64) -> Self {
        Self::seconds(days * 86_400)
    }

    /// Parses a length of time in the format of settings and arguments.
    pub fn parse(text: &str) -> Option<Self> {
        let unit = UNITS.iter().find(|(unit, _)| text.ends_with(*unit));
        let (number, factor) = unit.map_or((text, 1), |(_, factor)| (&text[..text.len() - 1], *factor));
        let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        let seconds = digits.then(|| number.parse::<u64>().ok())??.checked_mul(factor)?;
        Some(Self::seconds(seconds))
    }

    /// The same, of a command's argument.
    ///
    /// # Errors
    /// What is allowed.
    pub fn argument(text: &str) -> anyhow::Result<Self> {
        Self::parse(text).context("a whole number of seconds, or with a unit such as 10m, 12h, 7d")
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let fits = |(_, factor): &&(char, u64)| seconds > 0 && seconds.is_multiple_of(*factor);
        let (unit, factor) = UNITS.iter().find(fits).unwrap_or(&('s', 1));
        write!(f, "{}{unit}", seconds / factor)
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SpanVisitor)
    }
}

struct SpanVisitor;

impl Visitor<'_> for SpanVisitor {
    type Value = Span;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number of seconds, or a text such as \"10s\", \"15m\", \"12h\", \"30d\"")
    }

    fn visit_u64<E: de::Error>(self, seconds: u64) -> Result<Span, E> {
        Ok(Span::seconds(seconds))
    }

    fn visit_i64<E: de::Error>(self, seconds: i64) -> Result<Span, E> {
        let unsigned = u64::try_from(seconds).map_err(|_| E::invalid_value(de::Unexpected::Signed(seconds), &self))?;
        Ok(Span::seconds(unsigned))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Span, E> {
        Span::parse(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_parsed() {
        for text in ["0s", "10s", "15m", "12h", "30d", "90s"] {
            assert_eq!(Span::parse(text).map(|span| span.to_string()).as_deref(), Some(text));
        }
        assert_eq!(Span::parse("900"), Some(Span::seconds(900)));
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "d",
            "-1",
            "1.5h",
            "10 s",
            "10w",
            "１０s",
            "99999999999999999999d",
            "9999999999999999999d",
        ] {
            assert_eq!(Span::parse(text), None, "{text:?}");
        }
    }
}
