//! The statements that a store sends, as diesel reports them.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};

static SENT: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Collects what is sent on connections that are opened from now on.
pub(crate) fn collect() {
    take();
    set_default_instrumentation(recorder).expect("nothing panicked that set it");
}

/// What was sent since [`collect`]: each statement once, in order.
pub(crate) fn take() -> BTreeSet<String> {
    std::mem::take(&mut *SENT.lock().unwrap_or_else(PoisonError::into_inner))
}

fn recorder() -> Option<Box<dyn Instrumentation>> {
    Some(Box::new(|event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event
            && let Some(statement) = statement_of(&query.to_string())
        {
            let mut sent = SENT.lock().unwrap_or_else(PoisonError::into_inner);
            sent.insert(statement);
        }
    }))
}

/// The statement without its values, if it is one that reads or changes rows and was not sent by a test.
fn statement_of(shown: &str) -> Option<String> {
    let (statement, _values) = shown.split_once(" -- binds: ").unwrap_or((shown, ""));
    let reads = ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"];
    let is_ours = reads.iter().any(|verb| statement.starts_with(verb)) && !statement.contains("/* test */");
    let words: Vec<&str> = statement.split_whitespace().collect();
    is_ours.then(|| with_short_lists(&words.join(" ")))
}

/// `IN (?, ?, ?)` as `IN (?)`: the plan is the same.
fn with_short_lists(statement: &str) -> String {
    let mut parts = statement.split(" IN (");
    let mut short = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches("?, ");
        short.push_str(" IN (");
        short.push_str(rest);
    }
    short
}

/// A statement in the form in which it is listed: no quotes, one mark for every parameter, and `…` for the middle of a list
/// of columns.
pub(crate) fn short(statement: &str) -> String {
    let plain: String = statement.chars().filter(|c| !['`', '"'].contains(c)).collect();
    let plain = without_numbers_of_parameters(&plain);
    let mut short: Vec<&str> = Vec::new();
    for piece in plain.split(", ") {
        let is_name = piece.chars().all(|c| c.is_ascii_alphanumeric() || "_.?".contains(c));
        match (is_name, short.last()) {
            (true, Some(&"…")) => {}
            (true, _) => short.push("…"),
            (false, _) => short.push(piece),
        }
    }
    short.join(", ")
}

/// `$17` as `?`.
fn without_numbers_of_parameters(statement: &str) -> String {
    let mut parts = statement.split('$');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push('?');
        plain.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    plain
}
