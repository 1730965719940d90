//! One row of another system's table.

use anyhow::{Context, bail};
use auth_core::Timestamp;
use chrono::{DateTime, NaiveDateTime};
use serde_json::{Map, Value};

/// Numbers from here on are milliseconds, below they are seconds: the year 5138, or 1973.
const MILLISECONDS: i64 = 100_000_000_000;

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

    /// A value that is yes or no: a number, or a word as databases print it.
    pub fn yes(&self, column: &str) -> Option<bool> {
        match self.0.get(column)? {
            Value::Bool(yes) => Some(*yes),
            Value::Number(number) => Some(number.as_i64() != Some(0)),
            Value::String(word) => match word.to_ascii_lowercase().as_str() {
                "1" | "t" | "true" | "yes" => Some(true),
                "0" | "f" | "false" | "no" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    /// A moment: seconds or milliseconds since 1970, RFC 3339, or a date with a time, which is UTC where it names no zone.
    pub fn time(&self, column: &str) -> anyhow::Result<Option<Timestamp>> {
        let Some(text) = self.text(column) else {
            return Ok(None);
        };
        if let Ok(number) = text.parse::<i64>() {
            return Ok(Some(match number.abs() >= MILLISECONDS {
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
        match time {
            Some(millis) => Ok(Some(Timestamp::from_millis(millis))),
            None => bail!("{column} is no time: {text:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(value: Value) -> Row {
        Row(Map::from_iter([("at".to_owned(), value)]))
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
        assert_eq!(at("".into()), None);
        assert_eq!(at(Value::Null), None);
        assert!(row("yesterday".into()).time("at").is_err());
    }
}
