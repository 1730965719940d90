//! The database fails while many clients ask two servers: it is killed, shut down, replaced by its standby, or its disk
//! fails. Every answer is judged as in [`histories`](crate::histories).
//!
//! `TESSERA_OUTAGES=5` lets each happen so many times; otherwise once.

use std::time::Duration;

use store_diesel::{Cluster, FaultyDisk};

use crate::histories::{Clients, Event, Outage, STALENESS, What, judge};
use crate::support::client::Request;
use crate::support::poll;
use crate::support::server::Server;

/// How many answers of 200 there are between one failure and the next, at least.
const WELL: usize = 200;

/// Half a minute and more, in steps of `poll`.
const PATIENCE: usize = 4000;

pub fn a_killed_server_loses_nothing_that_was_answered() {
    restarted("KILL", true);
}

/// Back before the nodes refuse to go on without it.
pub fn a_server_that_is_shut_down_at_once_loses_nothing_that_was_answered() {
    restarted("QUIT", false);
}

fn restarted(signal: &str, until_stale: bool) {
    let cluster = Cluster::start(&[]).unwrap_or_else(|why| panic!("{why}"));
    let trial = Trial::of(&cluster.database());
    trial.run(&format!("PostgreSQL gets SIG{signal} and is started again"), |trial| {
        cluster.stop(signal);
        let from = trial.clients.time();
        if until_stale {
            trial.wait_until_stale(from);
        }
        let to = trial.clients.time();
        cluster.start_again();
        Outage { from, to }
    });
}

/// Each commit was on the standby before it was answered.
pub fn a_promoted_standby_has_everything_that_was_answered() {
    for _ in 0..rounds() {
        let primary = Cluster::start(&[]).unwrap_or_else(|why| panic!("{why}"));
        let url = primary.database();
        let standby = primary.standby().unwrap_or_else(|why| panic!("{why}"));
        primary.wait_for_standbys();
        let (_, name) = url.rsplit_once('/').expect("a URL with a database");
        let both = format!("postgres://tessera@{},{}/{name}", primary.address(), standby.address());
        let trial = Trial::of(&both);
        trial.run_once("PostgreSQL is killed and its synchronous standby promoted", |trial| {
            primary.stop("KILL");
            let from = trial.clients.time();
            trial.wait_until_stale(from);
            let to = trial.clients.time();
            standby.execute("SELECT pg_promote()");
            Outage { from, to }
        });
    }
}

/// PostgreSQL stops by itself where a sync fails, and cannot start until the disk is well.
pub fn a_postgres_whose_disk_fails_loses_nothing_that_was_answered() {
    let cluster = Cluster::start(&["-c", "fsync=on"]).unwrap_or_else(|why| panic!("{why}"));
    let trial = Trial::of(&cluster.database());
    trial.run("PostgreSQL's disk fails", |trial| {
        let disk = FaultyDisk::attach(&cluster.processes(), "EIO");
        let from = trial.clients.time();
        trial.wait_until_ready(false);
        drop(disk);
        cluster.start_again();
        // It answers in between: how long exactly nobody can say.
        Outage { from, to: from }
    });
}

/// Checks go on, since the file can be read.
pub fn an_sqlite_file_whose_disk_fails_loses_nothing_that_was_answered(url: &str) {
    for error in ["EIO", "ENOSPC"] {
        let trial = Trial::of(&format!("{url}-{error}"));
        trial.run(&format!("SQLite's disk fails with {error}"), |trial| {
            let nodes = trial.clients.nodes.each_ref().map(Server::process_id);
            let disk = FaultyDisk::attach(&nodes, error);
            let from = trial.clients.time();
            trial.wait_until_ready(false);
            trial.wait_for(|event| event.asked > from && event.what == What::Check && event.status == 200);
            trial.wait_for(|event| event.asked > from && event.what == What::SignIn && event.status == 503);
            drop(disk);
            Outage { from, to: from }
        });
    }
}

fn rounds() -> usize {
    let rounds = std::env::var("TESSERA_OUTAGES").ok();
    rounds.and_then(|rounds| rounds.parse().ok()).unwrap_or(1)
}

/// Clients of two servers whose database fails.
struct Trial {
    clients: Clients,
}

impl Trial {
    fn of(url: &str) -> Self {
        Self {
            clients: Clients::of(url),
        }
    }

    fn run(&self, what: &str, fail: impl Fn(&Self) -> Outage) {
        self.rounds(what, rounds(), fail);
    }

    fn run_once(&self, what: &str, fail: impl Fn(&Self) -> Outage) {
        self.rounds(what, 1, fail);
    }

    /// Lets it fail so many times, with time to recover, judges everything, and prints the figures.
    fn rounds(&self, what: &str, rounds: usize, fail: impl Fn(&Self) -> Outage) {
        let mut outages = Vec::new();
        self.clients.during(0, |clients| {
            for _ in 0..rounds {
                self.wait_for_good_ones(clients.time());
                outages.push(fail(self));
                self.wait_until_ready(true);
            }
            self.wait_for_good_ones(clients.time());
        });
        // What one node has answered, the other knows by now.
        let ended = self.clients.time();
        assert!(poll(PATIENCE, || self.clients.time() > ended + 2 * STALENESS));
        self.clients.check_all();
        self.clients.look(|events| {
            judge(events, &outages);
            report(what, events, &outages);
        });
    }

    /// Until every check is refused, on both nodes.
    fn wait_until_stale(&self, from: Duration) {
        let stale = |event: &Event, node| {
            event.node == node && event.asked > from + STALENESS && event.what == What::Check && event.status == 503
        };
        self.wait_for(|event| stale(event, 0));
        self.wait_for(|event| stale(event, 1));
        let accepted = |event: &Event| event.asked > from && event.what == What::Check && event.status == 200;
        let went_on = self.clients.look(|events| events.iter().any(accepted));
        assert!(went_on, "checks go on for a while without a database");
    }

    fn wait_until_ready(&self, ready: bool) {
        let expected = if ready { 200 } else { 503 };
        for node in &self.clients.nodes {
            let follows = poll(PATIENCE, || node.send(&Request::get("/readyz")).status == expected);
            assert!(follows, "{expected} from /readyz:\n{}", node.err().text());
        }
    }

    fn wait_for(&self, is_it: impl Fn(&Event) -> bool) {
        assert!(poll(PATIENCE, || self.clients.look(|events| events.iter().any(&is_it))));
    }

    /// Sign-ins among them.
    fn wait_for_good_ones(&self, from: Duration) {
        let good = |event: &&Event| event.asked > from && event.status == 200;
        let enough = |events: &[Event]| {
            let good: Vec<_> = events.iter().filter(good).collect();
            good.len() > WELL && good.iter().any(|event| event.what == What::SignIn)
        };
        let enough = || self.clients.look(enough);
        assert!(poll(PATIENCE, enough), "{}", self.clients.nodes[0].err().text());
    }
}

fn report(what: &str, events: &[Event], outages: &[Outage]) {
    let status = |status: u16| events.iter().filter(|event| event.status == status).count();
    let sign_ins = || {
        events
            .iter()
            .filter(|event| event.what == What::SignIn && event.status == 200)
    };
    let without_logins = outages.iter().map(|outage| {
        let last = sign_ins()
            .filter(|event| event.answered <= outage.from)
            .map(|event| event.answered)
            .max();
        let next = sign_ins()
            .filter(|event| event.asked > outage.from)
            .map(|event| event.answered)
            .min();
        next.unwrap_or_default()
            .saturating_sub(last.unwrap_or_default())
            .as_secs_f64()
    });
    let without_logins: Vec<String> = without_logins.map(|seconds| format!("{seconds:.1}")).collect();
    eprintln!(
        "{what}: {} faults, {} answers judged ({} of 503), no violation; seconds without logins: {}",
        outages.len(),
        events.len(),
        status(503),
        without_logins.join(", "),
    );
}
