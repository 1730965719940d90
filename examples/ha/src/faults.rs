//! What happens to the cluster, and what must come of it.

use std::thread;
use std::time::Duration;

use anyhow::Context;

use crate::clients::Clients;
use crate::cluster;
use crate::figures::Figures;
use crate::history::{Event, What};
use crate::people::Person;

/// Under load before a fault, and after the cluster is whole again.
const WELL: Duration = Duration::from_secs(8);

/// After which every node knows what was answered by another.
const KNOWN: Duration = Duration::from_secs(2);

/// One way to fail.
pub struct Fault {
    /// As the script has it.
    pub name: &'static str,
    pub what: &'static str,
    /// For how many seconds it lasts before it is healed.
    lasts: u64,
    promise: Promise,
}

/// What is promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promise {
    /// Nothing that was answered is lost.
    NothingIsLost,
    /// Commits do not wait for a standby: what is lost is noticed by every node.
    LossIsNoticed,
    /// The data are others: noticed by every node, and after `token revoke --all` no token is accepted.
    EverythingEnds,
}

use Promise::{EverythingEnds, LossIsNoticed, NothingIsLost};

/// All of them, in the order in which they happen.
pub const FAULTS: [Fault; 8] = [
    Fault::new("kill", "the primary's PostgreSQL is killed", 10, NothingIsLost),
    Fault::new("power", "the primary's machine loses power", 25, NothingIsLost),
    Fault::new("cut", "the network of the primary's machine is cut", 30, NothingIsLost),
    Fault::new(
        "partition",
        "the primary and the other database machines no longer reach each other",
        25,
        NothingIsLost,
    ),
    Fault::new(
        "switchover",
        "the synchronous standby is promoted as planned",
        5,
        NothingIsLost,
    ),
    Fault::new("cut-node", "the network of a Tessera node is cut", 20, NothingIsLost),
    Fault::new(
        "asynchronous",
        "as `partition`, and commits do not wait for a standby",
        25,
        LossIsNoticed,
    ),
    Fault::new(
        "restore",
        "an old copy is restored under running nodes",
        5,
        EverythingEnds,
    ),
];

impl Fault {
    const fn new(name: &'static str, what: &'static str, lasts: u64, promise: Promise) -> Self {
        Self {
            name,
            what,
            lasts,
            promise,
        }
    }

    /// Lets it happen under load, waits until the cluster is whole again, and judges every answer.
    pub fn run(&self, people: &[Person]) -> anyhow::Result<Figures> {
        if self.promise == LossIsNoticed {
            cluster::run(&["synchronous", "off"])?;
        }
        let before = noticed()?;
        let clients = Clients::of(people);
        let from = clients.during(|| self.happen(&clients))?;
        let mut not_kept = Vec::new();
        if self.promise == EverythingEnds {
            cluster::run(&["heal", self.name])?;
        }
        thread::sleep(KNOWN);
        let ended = clients.time();
        clients.check_all();
        let mut events = clients.events();
        if self.promise == EverythingEnds {
            let accepted = events
                .iter()
                .filter(|event| event.asked >= ended && event.status == 200);
            not_kept.extend(accepted.map(|event| format!("accepted although every token was revoked: {event:?}")));
            events.retain(|event| event.asked < ended);
        }
        let noticed: Vec<usize> = noticed()?
            .iter()
            .zip(&before)
            .map(|(after, before)| after - before)
            .collect();
        if self.promise != NothingIsLost && noticed.contains(&0) {
            not_kept.push(format!(
                "not every node has noticed that the database is another: {noticed:?}"
            ));
        }
        if self.promise == LossIsNoticed {
            cluster::run(&["synchronous", "on"])?;
        }
        Ok(Figures::of(self, &events, from, noticed.iter().sum(), not_kept))
    }

    /// Answers when.
    fn happen(&self, clients: &Clients<'_>) -> anyhow::Result<Duration> {
        thread::sleep(WELL);
        if self.promise == EverythingEnds {
            cluster::run(&["copy"])?;
            thread::sleep(WELL);
        }
        let from = clients.time();
        cluster::run(&["fault", self.name])?;
        thread::sleep(Duration::from_secs(self.lasts));
        if self.promise != EverythingEnds {
            cluster::run(&["heal", self.name])?;
            thread::sleep(WELL);
        }
        Ok(from)
    }

    /// Whether a break of the model's rules is a break of the promise.
    pub fn may_lose(&self) -> bool {
        self.promise != NothingIsLost
    }
}

/// How often each node has logged that the database is another than before.
fn noticed() -> anyhow::Result<Vec<usize>> {
    let text = cluster::run(&["noticed"])?;
    let times: Result<Vec<usize>, _> = text.split_whitespace().map(str::parse).collect();
    times.context("a number for each node")
}

/// Whether it signs somebody in.
pub fn is_login(event: &Event) -> bool {
    matches!(event.what, What::SignIn(_)) && event.status == 200
}
