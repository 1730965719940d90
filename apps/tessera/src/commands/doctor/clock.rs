//! Checks the clock against the database's, and against the newest record in it.

use std::sync::Arc;

use auth_core::{CLOCK_SKEW, Clock, RegistryLimits, StoreError, Timestamp, TokenRegistry};
use store_diesel::DieselStore;

use super::check::Check;
use crate::commands::report::time;

const ADVICE: &str =
    "set the clocks of all nodes by NTP; until this clock has passed that moment, tokens expire early or late";

pub async fn check(store: &DieselStore, clock: Arc<dyn Clock>) -> Check {
    let now = clock.now();
    let (ahead_ms, newest) = match look(store, clock).await {
        Ok(found) => found,
        Err(error) => return Check::fail("clock", error.to_string(), "look at the database's own log"),
    };
    if ahead_ms.is_some_and(|ahead| u128::from(ahead.unsigned_abs()) > CLOCK_SKEW.as_millis()) {
        let found = format!("it is {}, {}", time(now), beside_the_database(ahead_ms));
        return Check::fail("clock", found, ADVICE);
    }
    match newest {
        Some(newest) if newest.since(now) > CLOCK_SKEW => {
            let ahead = newest.since(now).as_secs();
            let found = format!(
                "it is {}, and the newest record is from {} ({ahead} s ahead)",
                time(now),
                time(newest)
            );
            Check::fail("clock", found, ADVICE)
        }
        Some(newest) => Check::ok(
            "clock",
            format!(
                "it is {}, {}; the newest record is from {}",
                time(now),
                beside_the_database(ahead_ms),
                time(newest)
            ),
        ),
        None => {
            let found = format!(
                "it is {}, {}; there are no records yet",
                time(now),
                beside_the_database(ahead_ms)
            );
            Check::ok("clock", found)
        }
    }
}

/// By how many milliseconds the clock is ahead of the database's, and the time of the newest record.
async fn look(store: &DieselStore, clock: Arc<dyn Clock>) -> Result<(Option<i64>, Option<Timestamp>), StoreError> {
    let registry = TokenRegistry::new(store.tokens(), clock, RegistryLimits::default());
    let newest = store.database_info().await?.newest;
    Ok((registry.compare_clocks().await?, newest))
}

fn beside_the_database(ahead_ms: Option<i64>) -> String {
    match ahead_ms {
        None => "the same clock as the database's".to_owned(),
        Some(ahead) if ahead < 0 => format!("{} ms behind the database's clock", ahead.unsigned_abs()),
        Some(ahead) => format!("{ahead} ms ahead of the database's clock"),
    }
}
