//! `tessera audit verify`.

use anyhow::bail;
use auth_core::{AuditVerdict, AuditVerifier, Fault};
use clap::Args;
use serde_json::json;

use super::anchors::Anchors;
use super::audit_key;
use crate::commands::admin::Admin;
use crate::commands::progress::Progress;
use crate::commands::report::{Report, time};
use crate::options::Common;

/// Check that no entry was changed, removed, added or reordered, and that the end is there. The exit status is 1 if
/// something is wrong. Changes nothing; servers may run.
#[derive(Debug, Args)]
pub struct Verify {
    #[command(flatten)]
    anchors: Anchors,
}

impl Verify {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        let anchors = self.anchors.read()?;
        let mut first = None;
        Admin::run(common, async |admin| {
            let verifier = AuditVerifier::new(admin.store.audit(), audit_key(admin).await?, anchors);
            let progress = Progress::counting("entries checked");
            let verdict = verifier.verify(|entries| progress.at(entries)).await?;
            drop(progress);
            first = verdict.faults.first().cloned();
            Ok(report(&verdict))
        })?;
        match first {
            None => Ok(()),
            Some(fault) => bail!(
                "the audit log is not as it was written: {fault}. Keep a copy of the database and find out who could write \
                 to it; `tessera audit restart` begins a new chain"
            ),
        }
    }
}

fn report(verdict: &AuditVerdict) -> Report {
    let mut lines: Vec<String> = verdict.faults.iter().map(|fault| format!("wrong: {fault}")).collect();
    let checked = format!("{} entries in {} seals", verdict.entries, verdict.seals);
    lines.push(match verdict.faults.len() {
        0 => format!("{checked} are as they were written"),
        faults => format!("{checked} were checked, {faults} faults found"),
    });
    if let Some(number) = verdict.removed_until {
        lines.push(format!("seals up to {number} are not kept any more"));
    }
    if verdict.anchors_too_old > 0 {
        lines.push(format!("{} anchors are of seals before that", verdict.anchors_too_old));
    }
    if let Some(since) = verdict.unsealed_since {
        let since = time(since);
        lines.push(format!("{} entries since {since} are not sealed yet", verdict.unsealed));
    }
    if let Some(end) = verdict.end {
        lines.push(format!("the end is {end}"));
    }
    let faults: Vec<_> = verdict.faults.iter().map(fault).collect();
    let json = json!({
        "ok": verdict.faults.is_empty(),
        "faults": faults,
        "entries": verdict.entries,
        "seals": verdict.seals,
        "unsealed": verdict.unsealed,
        "unsealed_since": verdict.unsealed_since.map(time),
        "removed_until": verdict.removed_until,
        "anchors_too_old": verdict.anchors_too_old,
        "end": verdict.end.map(|end| end.to_string()),
    });
    Report::new(lines.join("\n"), json)
}

fn fault(fault: &Fault) -> serde_json::Value {
    json!({
        "kind": fault.kind.as_str(),
        "seal": fault.seal,
        "entry": fault.sequence,
        "text": fault.text,
    })
}
