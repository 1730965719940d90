//! Checks the clock against the newest record in the database.

use std::time::Duration;

use auth_core::Clock;
use store_diesel::DieselStore;

use super::check::Check;
use crate::commands::report::time;

/// How far the clocks of several nodes may differ.
const TOLERANCE: Duration = Duration::from_secs(2);

const ADVICE: &str =
    "set the clocks of all nodes by NTP; until this clock has passed that moment, tokens expire early or late";

pub async fn check(store: &DieselStore, clock: &dyn Clock) -> Check {
    let newest = match store.database_info().await {
        Ok(info) => info.newest,
        Err(error) => return Check::fail("clock", error.to_string(), "look at the database's own log"),
    };
    let now = clock.now();
    match newest {
        Some(newest) if newest.since(now) > TOLERANCE => {
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
            format!("it is {}, and the newest record is from {}", time(now), time(newest)),
        ),
        None => Check::ok("clock", format!("it is {}; there are no records yet", time(now))),
    }
}
