//! The log line of a command that changed something.

use std::os::unix::fs::MetadataExt;

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
];

/// Logs that a command has changed something: which, what, and who ran it. To standard error, as the server does.
pub(super) fn log_change(common: &Common, report: &Report) {
    let command = common.command();
    if READING.iter().any(|word| command.ends_with(word)) {
        return;
    }
    let _log = match telemetry::start() {
        Ok(log) => log,
        // The change is made: what is wrong with the log is no reason to call it a failure.
        Err(error) => return eprintln!("tessera: note: {command} is not logged: {error:#}"),
    };
    let (what, user) = (what(report.json()), user());
    tracing::info!(event = "command_done", command, what, uid = uid(), user);
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
pub(super) fn operator() -> String {
    match uid() {
        Some(uid) => format!("{} (uid {uid})", user()).trim_start().to_owned(),
        None => user(),
    }
}

/// The user's number, as the system knows it.
fn uid() -> Option<u32> {
    std::fs::metadata("/proc/self").ok().map(|process| process.uid())
}

/// The user's name, as the environment has it: whoever ran `sudo`, otherwise who logged in.
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
