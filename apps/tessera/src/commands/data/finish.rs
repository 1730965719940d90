//! What both ways of moving share: the master key, the end of the audit chain, the report.

use std::time::Duration;

use anyhow::{Context, bail};
use auth_core::{AuditEvent, AuditKey, AuditSealer, Provenance, SecretKey};
use serde_json::json;
use store_diesel::ConnectError;
use store_diesel::transfer::{TransferDatabase, TransferError, Transferred};

use super::ends::End;
use crate::commands::report::Report;
use crate::keys::{Opened, RootFacts};
use crate::master;
use crate::options::Common;

/// A database that could be opened, or why not, and which.
pub(in crate::commands) fn opened<T>(opened: Result<T, TransferError>, which: &str, end: &End) -> anyhow::Result<T> {
    let shown = end.shown();
    match opened {
        Err(TransferError::Connect(ConnectError::Pending(count))) => bail!(
            "{which} {shown} lacks {count} migrations of this version; nothing was changed. Apply them with `tessera migrate`"
        ),
        opened => opened.with_context(|| format!("{which} {shown}")),
    }
}

/// The root key of the source, which the target has too; `None` if it was set up with none yet.
pub(in crate::commands) fn key_of(facts: &RootFacts, source: &master::Source) -> anyhow::Result<Option<SecretKey>> {
    if facts.check.is_none() {
        return Ok(None);
    }
    let key = master::existing(source)?;
    let Some(key) = key else {
        bail!(
            "the master key of the source is needed, so that its audit log goes on in the target: give it with \
             --master-key-file or TESSERA_MASTER_KEY. Nothing was changed"
        );
    };
    match facts.open(&key)? {
        Opened::Root(root) => Ok(Some(root)),
        Opened::NoneYet => Ok(None),
        Opened::WrongKey => bail!(
            "the master key is not one that opens the source; nothing was changed. Set TESSERA_MASTER_KEY or \
             --master-key-file to the right one"
        ),
    }
}

/// Goes on with the chain of the audit log in the target, and has the target be complete.
pub(super) async fn finish(
    common: &Common,
    target: &TransferDatabase,
    key: Option<&SecretKey>,
    event: AuditEvent,
    from: &str,
) -> anyhow::Result<()> {
    go_on_with_audit(common, target, key).await?;
    complete(common, target, event, from).await
}

/// Goes on with the chain of the audit log in the target.
pub(in crate::commands) async fn go_on_with_audit(
    common: &Common,
    target: &TransferDatabase,
    key: Option<&SecretKey>,
) -> anyhow::Result<()> {
    let Some(key) = key else {
        return Ok(());
    };
    let clock = common.builder().clock_handle();
    let sealer = AuditSealer::new(target.audit(), AuditKey::derive(key), clock, Duration::ZERO);
    sealer.take_over(target).await.context(
        "the audit log of the source cannot go on in the target; see what `tessera audit verify` says of the source",
    )
}

/// Has the target be complete.
pub(in crate::commands) async fn complete(
    common: &Common,
    target: &TransferDatabase,
    event: AuditEvent,
    from: &str,
) -> anyhow::Result<()> {
    let now = common.builder().clock_handle().now();
    let entry = Provenance::current().entry(event, now).detail(from);
    Ok(target.complete(entry).await?)
}

/// What was moved, `how`: a sentence without its end.
pub(super) fn moved(transferred: &Transferred, how: &str) -> Report {
    let before = match transferred.rows_before {
        0 => String::new(),
        rows => format!(", {rows} of them before it was interrupted"),
    };
    let mut lines: Vec<String> = transferred
        .tables
        .iter()
        .map(|(table, digest)| format!("{table}: {} rows, sha256 {}", digest.rows, hex(&digest.sha256)))
        .collect();
    lines.push(format!(
        "{} rows {how}{before}; each table is the same at both ends",
        transferred.rows
    ));
    lines.push("start the servers on the target with the same master key, which was not moved".to_owned());
    let tables = transferred.tables.iter().map(|(table, digest)| {
        let of = json!({ "rows": digest.rows, "sha256": hex(&digest.sha256) });
        ((*table).to_owned(), of)
    });
    let tables: serde_json::Map<_, _> = tables.collect();
    let json = json!({ "rows": transferred.rows, "rows_before": transferred.rows_before, "tables": tables });
    Report::new(lines.join("\n"), json)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
