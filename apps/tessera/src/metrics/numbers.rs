//! Some of the numbers of the page, for the console: read from the same sources.

use std::time::Duration;

use super::exporter::Sources;
use super::labels::{CHECKS, LOGINS, OK, REFUSALS};

/// What a node counts, at this moment.
#[derive(Debug)]
pub(crate) struct Numbers {
    /// Since the server started.
    pub(crate) uptime: Duration,
    /// Sign-ins by password since then, of all flavours, by how they ended.
    pub(crate) logins: Vec<(&'static str, u64)>,
    /// Requests that flavours refused since then, by reason.
    pub(crate) refusals: Vec<(&'static str, u64)>,
    /// Checks of tokens since then: those that were accepted, and the others.
    pub(crate) checks: [u64; 2],
    /// Passwords that wait for a thread, and that are being hashed.
    pub(crate) queue: [usize; 2],
    /// Since the feed of revocations was last read to its end; `None` before the first time.
    pub(crate) feed_age: Option<Duration>,
    /// Open connections, and how many there may be.
    pub(crate) connections: [usize; 2],
    /// Records of tokens in memory, and how many there may be.
    pub(crate) records: [usize; 2],
    /// What `/readyz` answers, part by part.
    pub(crate) ready: Vec<(&'static str, bool)>,
}

impl Sources {
    /// The numbers of this moment.
    pub(super) fn numbers(&self) -> Numbers {
        let checks = totals(&self.tally.sum(|counts| &counts.checks));
        let accepted = checks.get(OK).copied().unwrap_or_default();
        let refused = checks.iter().sum::<u64>() - accepted;
        debug_assert_eq!(CHECKS[OK], "ok");
        let logins: Vec<_> = self.flavours.iter().map(|one| one.logins.outcomes()).collect();
        let refusals = self.tally.sum(|counts| &counts.refusals);
        let (hashing, connections) = (self.hasher.counters(), self.connections.status());
        Numbers {
            uptime: self.clock.monotonic().saturating_sub(self.started),
            logins: LOGINS.into_iter().zip(totals(&logins)).collect(),
            refusals: REFUSALS.into_iter().zip(totals(&refusals)).collect(),
            checks: [accepted, refused],
            queue: [hashing.waiting, hashing.running],
            feed_age: self.registry.staleness(),
            connections: [connections.open, connections.limit],
            records: [self.registry.counters().records, self.registry.limits().records],
            ready: self.health.parts().to_vec(),
        }
    }
}

/// The sum of each column.
fn totals<const N: usize>(rows: &[[u64; N]]) -> [u64; N] {
    let mut sums = [0; N];
    for row in rows {
        for (sum, count) in sums.iter_mut().zip(row) {
            *sum += count;
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_added_up() {
        assert_eq!(totals(&[[1, 2], [10, 20]]), [11, 22]);
        assert_eq!(totals::<2>(&[]), [0, 0]);
    }
}
