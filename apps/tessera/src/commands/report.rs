//! The output of a command: text for people, JSON for programs.

use std::io::{ErrorKind, Write as _};

use auth_core::Timestamp;
use chrono::DateTime;
use serde_json::Value;

/// The output of a command in both forms.
pub struct Report {
    text: String,
    json: Value,
}

impl Report {
    /// `text` is one or more lines, without a line break at the end.
    pub fn new(text: impl Into<String>, json: Value) -> Self {
        let text = text.into();
        Self { text, json }
    }

    /// The same, and what may go wrong because of it: a line for people, a member `warning` for programs.
    pub fn with_warning(mut self, warning: &str) -> Self {
        self.text = format!("{}\nwarning: {warning}", self.text);
        self.json["warning"] = warning.into();
        self
    }

    /// What it says, for people.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it says, for programs.
    pub fn json(&self) -> &Value {
        &self.json
    }

    /// Prints it to standard output. A reader that closes the pipe early is not an error.
    pub fn print(&self, json: bool) -> anyhow::Result<()> {
        let text = if json { self.json.to_string() } else { self.text.clone() };
        match writeln!(std::io::stdout().lock(), "{text}") {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
            _ => Ok(()),
        }
    }
}

/// A moment in the format of RFC 3339, in UTC, to the second.
pub fn time(moment: Timestamp) -> String {
    match DateTime::from_timestamp_millis(moment.as_millis()) {
        Some(time) => time.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        None => "beyond the calendar".into(),
    }
}

/// A text that users chose, safe to print on a terminal: control characters, and those that change the direction of
/// text, are escaped.
pub fn plain(text: &str) -> String {
    let shown = |c: char| match c {
        '"' | '\'' | '\\' => c.to_string(),
        c => c.escape_debug().collect(),
    };
    text.chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(plain("bad\u{1b}[2J\u{202e}\n"), "bad\\u{1b}[2J\\u{202e}\\n");
        assert_eq!(plain("Peter's \"tablet\" ñ 漢"), "Peter's \"tablet\" ñ 漢");
    }

    #[test]
    fn a_moment_prints_as_utc() {
        assert_eq!(time(Timestamp::from_seconds(1_570_112_350)), "2019-10-03T14:19:10Z");
        assert_eq!(time(Timestamp::from_millis(i64::MAX)), "beyond the calendar");
    }
}
