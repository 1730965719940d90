//! The tasks of the audit log: seal it, sum up refused sign-ins, remove what is old enough, write anchors into the log.

use std::sync::Arc;
use std::time::Duration;

use auth_core::{AuditAnchor, AuditKey, AuditSealer, AuditStore, Clock, PasswordAuthenticator, SealError, StoreError};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::every;
use crate::composition::Composition;

/// An entry is sealed about this long after it was committed.
const SEAL_EVERY: Duration = Duration::from_secs(1);
const SUM_UP_EVERY: Duration = Duration::from_secs(60);
const PURGE_EVERY: Duration = Duration::from_secs(10 * 60);

/// The pause between two steps of a purge, in which other queries can use the database.
const BREATH: Duration = Duration::from_millis(50);

/// How often the end of the chain is written into the log, if it has moved.
const ANCHOR_EVERY: u32 = 60;

/// What the tasks need.
#[derive(Clone, Debug)]
pub(crate) struct AuditTasks {
    sealer: Arc<AuditSealer>,
    store: Arc<dyn AuditStore>,
    passwords: Arc<PasswordAuthenticator>,
    clock: Arc<dyn Clock>,
    keep: Duration,
}

impl AuditTasks {
    pub(crate) fn of(made: &Composition, keep: Duration) -> Self {
        let (store, key) = (made.server.stores.audit.clone(), AuditKey::derive(&made.root));
        let sealer = AuditSealer::new(store.clone(), key, made.clock.clone(), SEAL_EVERY);
        Self {
            sealer: Arc::new(sealer),
            store,
            passwords: made.server.passwords.clone(),
            clock: made.clock.clone(),
            keep,
        }
    }

    pub(super) fn start(self, tasks: &mut JoinSet<()>) {
        tasks.spawn(seal(self.sealer.clone()));
        tasks.spawn(sum_up(self.clone()));
        tasks.spawn(purge(self));
    }

    /// What a server that stops leaves to no other.
    pub(super) async fn finish(&self) {
        if let Err(error) = self.write_refused().await {
            tracing::warn!(event = "audit_not_written", %error);
        }
        match self.sealer.run_now().await {
            Ok(sealed) => log_anchor(sealed.anchor),
            Err(error) => log_failure(&error),
        }
    }

    async fn write_refused(&self) -> Result<(), StoreError> {
        let entries = self.passwords.refused_sign_ins(self.clock.now());
        match entries.is_empty() {
            true => Ok(()),
            false => self.store.append(&entries).await,
        }
    }
}

/// Says once when sealing begins and ceases to fail.
async fn seal(sealer: Arc<AuditSealer>) {
    let mut ticks = every(SEAL_EVERY);
    let (mut failing, mut logged, mut rounds) = (false, None, 0);
    loop {
        ticks.tick().await;
        let outcome = sealer.run().await;
        match &outcome {
            Err(error) if !failing => log_failure(error),
            Ok(_) if failing => tracing::info!(event = "audit_sealed_again"),
            _ => {}
        }
        failing = outcome.is_err();
        rounds += 1;
        let anchor = outcome.ok().and_then(|sealed| sealed.anchor);
        if rounds % ANCHOR_EVERY == 0 && anchor.is_some() && anchor != logged {
            log_anchor(anchor);
            logged = anchor;
        }
    }
}

async fn sum_up(tasks: AuditTasks) {
    let mut ticks = every(SUM_UP_EVERY);
    loop {
        ticks.tick().await;
        if let Err(error) = tasks.write_refused().await {
            tracing::warn!(event = "audit_not_written", %error);
        }
    }
}

async fn purge(tasks: AuditTasks) {
    loop {
        sleep(PURGE_EVERY).await;
        let before = tasks.clock.now().minus(tasks.keep);
        loop {
            match tasks.sealer.purge(before).await {
                Ok(0) => break,
                Ok(_) => sleep(BREATH).await,
                Err(error) => {
                    log_failure(&error);
                    break;
                }
            }
        }
    }
}

fn log_anchor(anchor: Option<AuditAnchor>) {
    if let Some(anchor) = anchor {
        tracing::info!(event = "audit_anchor", %anchor);
    }
}

fn log_failure(error: &SealError) {
    match error {
        SealError::Broken(why) => tracing::error!(
            event = "audit_chain_broken",
            why,
            "entries are written and not sealed: run `tessera audit verify`"
        ),
        error => tracing::error!(event = "audit_not_sealed", %error),
    }
}
