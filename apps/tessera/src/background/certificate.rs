//! Looks for a new certificate, and says how it went.

use std::sync::Arc;
use std::time::Duration;

use super::every;
use crate::server::{Reload, Tls};

/// What renews certificates need not say so: the new one is found within this time.
const LOOK_EVERY: Duration = Duration::from_secs(60);

pub(super) async fn follow(tls: Arc<Tls>) {
    let mut ticks = every(LOOK_EVERY);
    let mut logged = None;
    loop {
        ticks.tick().await;
        let failure = look(&tls);
        if let Some(error) = failure.as_ref().filter(|_| failure != logged) {
            log_failure(error);
        }
        logged = failure;
    }
}

/// Reads the files now. Says what went wrong also where it is the same as before: somebody has just asked.
pub(crate) fn reload(tls: &Tls) {
    if let Some(error) = look(tls) {
        log_failure(&error);
    }
}

/// Takes a new certificate; answers with what is wrong with it.
fn look(tls: &Tls) -> Option<String> {
    match tls.reload() {
        Ok(Reload::Same) => None,
        Ok(Reload::Replaced { not_after }) => {
            tracing::info!(event = "certificate_replaced", not_after);
            None
        }
        Err(error) => Some(error.to_string()),
    }
}

fn log_failure(error: &str) {
    tracing::error!(event = "certificate_not_replaced", error);
}
