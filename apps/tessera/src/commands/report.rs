//! The output of a command: text for people, JSON for programs.

use std::fmt::Write as _;
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

/// Rows under a head, in columns two spaces apart.
pub fn table<const N: usize>(head: [&str; N], rows: &[[String; N]]) -> String {
    let head = head.map(str::to_owned);
    let lines = || std::iter::once(&head).chain(rows);
    let widths: [usize; N] = std::array::from_fn(|i| lines().map(|row| row[i].chars().count()).max().unwrap_or(0));
    let mut text = String::new();
    for row in lines() {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            // Writing to a String does not fail.
            let _ = write!(line, "{cell:width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text
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
    fn columns_are_as_wide_as_their_widest_cell() {
        let row = |a: &str, b: &str| [a.to_owned(), b.to_owned()];
        assert_eq!(
            table(["id", "label"], &[row("1", "ñandú"), row("1000", "")]),
            "id    label\n1     ñandú\n1000"
        );
    }

    #[test]
    fn a_moment_prints_as_utc() {
        assert_eq!(time(Timestamp::from_seconds(1_570_112_350)), "2019-10-03T14:19:10Z");
        assert_eq!(time(Timestamp::from_millis(i64::MAX)), "beyond the calendar");
    }
}
