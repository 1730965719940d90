//! `tessera audit restart`.

use std::time::Duration;

use auth_core::{AuditEvent, AuditSealer, Provenance};
use clap::Args;
use serde_json::json;

use super::audit_key;
use crate::commands::admin::Admin;
use crate::commands::confirmation::Confirmation;
use crate::commands::patience::patiently;
use crate::commands::progress::Progress;
use crate::commands::report::Report;
use crate::options::Common;

const RISK: &str = "all entries that are there count as genuine from now on, also those that were tampered with. Make a copy of \
                    the database before";

/// Begin a new chain over all entries that are there, after a fault was looked into. Whatever was tampered with counts as
/// genuine from then on, so keep a copy of the database first. Servers may run.
#[derive(Debug, Args)]
pub struct Restart {
    #[command(flatten)]
    confirmation: Confirmation,
}

impl Restart {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        Admin::run(common, async |admin| {
            self.confirmation.ask(common, RISK)?;
            let (audit, key) = (admin.store.audit(), audit_key(admin).await?);
            let sealer = AuditSealer::new(audit, key, admin.clock(), Duration::ZERO);
            let progress = Progress::running("a new chain is begun over all entries");
            let entry = Provenance::current().entry(AuditEvent::AuditRestarted, admin.now());
            let anchor = patiently(async || sealer.restart(entry.clone()).await).await?;
            drop(progress);
            let text = format!(
                "a new chain begins after seal {}; old anchors are of the old one",
                anchor.number
            );
            Ok(Report::new(text, json!({ "anchor": anchor.to_string() })))
        })
    }
}
