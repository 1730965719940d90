//! One row of another system's table.

use std::borrow::Cow;

use anyhow::{Context, bail};
use auth_core::Timestamp;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};
use serde_json::{Map, Value};

/// Numbers from here on are milliseconds, below they are seconds: the year 5138, or 1973.
const MILLISECONDS: u64 = 100_000_000_000;

/// How much of a value is shown where it is refused, in characters.
const SHOWN: usize = 60;

/// A row, by the names of its columns. An empty text is no value.
#[derive(Debug)]
pub struct Row(pub Map<String, Value>);

impl Row {
    /// A value as text.
    pub fn text(&self, column: &str) -> Option<String> {
        match self.0.get(column)? {
            Value::String(text) if text.is_empty() => None,
            Value::String(text) => Some(text.clone()),
            Value::Null => None,
            // Also what a database keeps as JSON: a list must not be taken for none.
            other => Some(other.to_string()),
        }
    }

    /// A value as text, which must be there.
    pub fn needed(&self, column: &str) -> anyhow::Result<String> {
        self.text(column).with_context(|| format!("{column} is empty"))
    }

    /// Whether there is this column, with a value or without.
    pub fn has(&self, column: &str) -> bool {
        self.0.contains_key(column)
    }

    /// A value that is yes or no, as a number or a word as databases print it. A word that is neither must not pass for one.
    pub fn yes(&self, column: &str) -> anyhow::Result<Option<bool>> {
        let Some(word) = self.text(column) else {
            return Ok(None);
        };
        match word.to_ascii_lowercase().as_str() {
            "1" | "t" | "true" | "yes" => Ok(Some(true)),
            "0" | "f" | "false" | "no" => Ok(Some(false)),
            _ => bail!("{column} is neither yes nor no: {}", shown(&word)),
        }
    }

    /// A moment: seconds or milliseconds since 1970, RFC 3339, or a date, with a time or without, which is UTC where it names no zone.
    pub fn time(&self, column: &str) -> anyhow::Result<Option<Timestamp>> {
        let Some(text) = self.text(column) else {
            return Ok(None);
        };
        if let Ok(number) = text.parse::<i64>() {
            return Ok(Some(match number.unsigned_abs() >= MILLISECONDS {
                true => Timestamp::from_millis(number),
                false => Timestamp::from_seconds(number),
            }));
        }
        let zoned = ["%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M:%S%.f%#z"];
        let plain = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f"];
        let time = DateTime::parse_from_rfc3339(&text)
            .ok()
            .map(|time| time.timestamp_millis());
        let time = time.or_else(|| {
            let mut read = zoned
                .iter()
                .filter_map(|form| DateTime::parse_from_str(&text, form).ok());
            read.next().map(|time| time.timestamp_millis())
        });
        let time = time.or_else(|| {
            let mut read = plain
                .iter()
                .filter_map(|form| NaiveDateTime::parse_from_str(&text, form).ok());
            read.next().map(|time| time.and_utc().timestamp_millis())
        });
        let time = time.or_else(|| {
            let date = NaiveDate::parse_from_str(&text, "%Y-%m-%d").ok()?;
            Some(date.and_time(NaiveTime::MIN).and_utc().timestamp_millis())
        });
        match time {
            Some(millis) => Ok(Some(Timestamp::from_millis(millis))),
            None => bail!(
                "{column} is no time: {}; give seconds or milliseconds since 1970, or a date such as 2026-01-31, \
                 2026-01-31 10:00:00 or 2026-01-31T10:00:00Z",
                shown(&text)
            ),
        }
    }
}

/// A value of a row in a message: quoted, and cut where it is long.
pub fn shown(value: &str) -> String {
    format!("{:?}", cut(value, SHOWN))
}

/// The beginning of a text, of so many characters, with a mark where it goes on.
pub fn cut(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(value: Value) -> Row {
        Row(Map::from_iter([("at".to_owned(), value)]))
    }

    #[test]
    fn what_is_neither_yes_nor_no_passes_for_none_of_them() {
        let yes = |value: Value| row(value).yes("at");
        for (value, meant) in [
            (Value::Bool(true), Some(true)),
            (1.into(), Some(true)),
            ("f".into(), Some(false)),
            (0.into(), Some(false)),
            ("".into(), None),
            (Value::Null, None),
        ] {
            assert_eq!(yes(value.clone()).unwrap(), meant, "{value}");
        }
        for value in ["off", "N", "2"] {
            assert!(yes(value.into()).is_err(), "{value}");
        }
    }

    #[test]
    fn times_are_read_as_each_system_writes_them() {
        let at = |value: Value| row(value).time("at").unwrap().map(Timestamp::as_millis);
        for text in [
            "2023-11-14T22:13:20Z",
            "2023-11-14T22:13:20.000Z",
            "2023-11-14 22:13:20",
            "2023-11-14 22:13:20.000000",
            "2023-11-14 23:13:20+01",
            "2023-11-14T23:13:20.000+0100",
            "1700000000",
            "1700000000000",
        ] {
            assert_eq!(at(text.into()), Some(1_700_000_000_000), "{text}");
        }
        assert_eq!(at(1_700_000_000.into()), Some(1_700_000_000_000));
        assert_eq!(at("2023-11-14".into()), Some(1_699_920_000_000));
        assert_eq!(at(i64::MIN.into()), Some(i64::MIN));
        assert_eq!(at("".into()), None);
        assert_eq!(at(Value::Null), None);
        assert!(row("yesterday".into()).time("at").is_err());
    }
}
