//! An entry as a line of text and as JSON.

use auth_core::{AuditRow, Timestamp};
use chrono::DateTime;
use serde_json::{Value, json};

use crate::commands::report::{plain, time};

/// `17  2026-11-26T05:00:00Z  token_issued  done  client  source=192.0.2.7 …`.
pub fn text(row: &AuditRow) -> String {
    let entry = &row.entry;
    let number = |number: Option<i64>| number.map(|number| number.to_string());
    let fields = [
        ("realm", entry.realm.clone()),
        ("flavour", entry.flavour.clone()),
        ("subject", number(entry.subject)),
        ("token", number(entry.token)),
        ("source", entry.source.clone()),
        ("request", entry.request.clone()),
        ("command", entry.command.as_ref().map(|command| format!("{command:?}"))),
        ("detail", entry.detail.as_ref().map(|detail| format!("{detail:?}"))),
    ];
    let known = fields.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let fields: Vec<_> = known.map(|(name, value)| format!("{name}={}", plain(&value))).collect();
    let head = [
        row.sequence.to_string(),
        time(entry.at),
        plain(&entry.event),
        plain(&entry.outcome),
        plain(&entry.actor),
    ];
    format!("{}  {}", head.join("  "), fields.join(" "))
}

/// All of it.
pub fn json(row: &AuditRow) -> Value {
    let entry = &row.entry;
    json!({
        "number": row.sequence,
        "at": millis(entry.at),
        "event": entry.event,
        "outcome": entry.outcome,
        "actor": entry.actor,
        "command": entry.command,
        "source": entry.source,
        "request": entry.request,
        "realm": entry.realm,
        "flavour": entry.flavour,
        "subject": entry.subject,
        "token": entry.token,
        "detail": entry.detail,
    })
}

/// A moment in the format of RFC 3339, in UTC, to the millisecond.
fn millis(moment: Timestamp) -> String {
    match DateTime::from_timestamp_millis(moment.as_millis()) {
        Some(time) => time.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
        None => "beyond the calendar".into(),
    }
}
