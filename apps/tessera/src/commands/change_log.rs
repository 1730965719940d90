//! The log line of a command that changed something.

use std::os::unix::fs::MetadataExt;

use auth_core::{Provenance, StoreError};
use keystore::KeyringError;
use serde_json::Value;

use super::report::{Report, plain};
use crate::options::Common;
use crate::telemetry;

/// The commands that only read, by their last word.
const READING: &[&str] = &["show", "list", "export-public", "verify"];

/// What a report may say in the log: numbers and names of records, never a login, an attribute or a secret.
const LOGGED: &[&str] = &[
    "id",
    "account",
    "realm",
    "name",
    "role",
    "organisation",
    "key",
    "kid",
    "flavour",
    "emergency",
    "disabled",
    "sessions_ended",
    "ended",
    "keys_retired",
    "unused_keys_retired",
    "retires_at",
    "keys_sealed",
    "sessions_not_refreshed",
    "shared_tokens",
    "folded",
    "rows",
    "accounts_added",
    "tokens_added",
    "refused",
];

/// What an error says of a command that had begun to change something: a part of it is done.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct HalfDone(pub(super) String);

/// Who runs a command and which, for the audit log.
pub(super) fn provenance(common: &Common) -> Provenance {
    Provenance::operator(&operator(), common.command())
}

/// Logs what a command has changed, or that it failed half way, and prints its report.
pub(super) fn finish(common: &Common, outcome: anyhow::Result<Report>) -> anyhow::Result<()> {
    let report = outcome.inspect_err(|error| log_failure(common, error))?;
    log_change(common, &report);
    report.print(common.json())
}

/// Logs that a command has changed something: which, what, and who ran it. To standard error, as the server does.
fn log_change(common: &Common, report: &Report) {
    let command = common.command();
    if let Some(_log) = log_of(command) {
        let (what, user) = (what(report.json()), user());
        tracing::info!(event = "command_done", command, what, uid = uid(), user);
    }
}

/// Logs that a command failed after it may have changed something: half of it is done, or the database did not say. A
/// command that was refused has changed nothing, and leaves no line.
fn log_failure(common: &Common, error: &anyhow::Error) {
    let why = match (error.downcast_ref::<HalfDone>(), store_error(error)) {
        (Some(half_done), _) => half_done.to_string(),
        (None, Some(error)) => error.to_string(),
        (None, None) => return,
    };
    let command = common.command();
    if let Some(_log) = log_of(command) {
        tracing::warn!(event = "command_failed", command, why, uid = uid(), user = user());
    }
}

/// The failure of the database behind an error. Its text has no value of a statement.
fn store_error(error: &anyhow::Error) -> Option<&StoreError> {
    error.chain().find_map(|cause| match cause.downcast_ref() {
        Some(KeyringError::Store(error)) => Some(error),
        _ => cause.downcast_ref::<StoreError>(),
    })
}

/// The log, for a command that changes something.
fn log_of(command: &str) -> Option<telemetry::Telemetry> {
    if READING.iter().any(|word| command.ends_with(word)) {
        return None;
    }
    // What is wrong with the log is no reason to call the command a failure.
    let failed = |error| eprintln!("tessera: note: {command} is not logged: {error:#}");
    telemetry::start().map_err(failed).ok()
}

/// `id=7 disabled=true`.
fn what(report: &Value) -> String {
    let value = |name: &&str| match report.get(name)? {
        Value::String(text) => Some(format!("{name}={}", plain(text))),
        Value::Number(number) => Some(format!("{name}={number}")),
        Value::Bool(yes) => Some(format!("{name}={yes}")),
        _ => None,
    };
    LOGGED.iter().filter_map(value).collect::<Vec<_>>().join(" ")
}

/// Who runs the command, for the audit log: `root (uid 0)`. The name is the environment's, the number the system's.
fn operator() -> String {
    match uid() {
        Some(uid) => format!("{} (uid {uid})", user()).trim_start().to_owned(),
        None => user(),
    }
}

/// The user's number, as the system knows it.
fn uid() -> Option<u32> {
    std::fs::metadata("/proc/self").ok().map(|process| process.uid())
}

/// The user's name, as the environment has it: that of `sudo`, otherwise that of the login.
fn user() -> String {
    let variable = |name| std::env::var(name).ok().filter(|text: &String| !text.is_empty());
    let name = variable("SUDO_USER").or_else(|| variable("USER")).unwrap_or_default();
    plain(&name.chars().take(64).collect::<String>())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_numbers_and_names_of_records_are_logged() {
        let report = json!({
            "key": "acme", "organisation": 171, "token": "canary", "login": "canary", "alias": "canary",
            "attributes": { "id": "canary" }, "disabled": false, "permissions": ["canary"],
        });
        assert_eq!(what(&report), "organisation=171 key=acme disabled=false");
    }
}
