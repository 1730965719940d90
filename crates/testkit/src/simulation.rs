//! A seeded simulation of whole nodes over one store.
//!
//! Several nodes, each with its clock, its connection, its memory and its services, run on one thread over one store, in
//! virtual time. Clients sign in, present, refresh, change their passwords and sign out; operators revoke, disable, reset
//! passwords, edit roles, rotate and replace signing keys. Calls to the store are slow, fail, or are done and lose their
//! answer; entries of the feed become visible late and out of order; clocks are wrong and are set; nodes restart;
//! connections are cut; callers go away. Every answer is judged by a model of what its caller can know: by its
//! [rules](Rule).
//!
//! Everything is drawn from the seed, so that a seed always gives the same history.

mod client;
mod commands;
mod feed;
mod history;
mod judge;
mod judge_passwords;
mod kernel;
mod key_line;
mod last_look;
mod line;
mod model;
mod node;
mod operator;
mod password;
mod people;
mod rule;
mod scheduler;
mod weather;
mod world;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use auth_core::{Clock, Issuer, RefreshPolicy, Sharing};
use keystore::{ActiveKeys, KeyFollower, KeyFormat};

use crate::in_process::{Parts, Sessions};
use crate::ports::Ports;

pub use judge::{Answer, Exchange, Question, judge_history};
pub use judge_passwords::{PasswordExchange, PasswordQuestion, judge_passwords};
pub use rule::Rule;
pub use world::simulate;

/// How wrong the wall clock of a node is at most, in either direction.
pub const MAX_OFFSET: Duration = Duration::from_secs(2);

/// By how much a token may outlive its expiry, since clocks differ.
pub const LEEWAY: Duration = Duration::from_secs(5);

/// For how long the sessions of the simulation can be refreshed, and those of servers whose history is judged.
pub const POLICY: RefreshPolicy = RefreshPolicy {
    grace: Duration::from_secs(30),
    idle: Duration::from_secs(200),
    absolute: Duration::from_secs(300),
};

/// The life of access tokens that suits the sessions of the simulation.
pub const ACCESS_LIFE: Duration = Duration::from_secs(40);

/// What is simulated.
pub struct Setup {
    /// The ports of one empty store.
    pub ports: Ports,
    /// Its flavours.
    pub flavours: Vec<Flavour>,
    /// Replaces the service of each flavour on each node, for example by a broken one.
    pub wrap: Wrap,
    /// How many operations there are.
    pub operations: usize,
    /// How wrong the wall clock of a node is at most, in either direction; no more than [`MAX_OFFSET`].
    pub skew: Duration,
    /// Whether entries of the feed may become visible after later ones.
    pub late_rows: bool,
}

/// Replaces a service by one around it, which reads the clock of its node.
pub type Wrap = Box<dyn Fn(Arc<dyn Sessions>, Arc<dyn Clock>) -> Arc<dyn Sessions>>;

/// Makes the issuer of a flavour on one node.
pub enum Build {
    /// With the same keys each time.
    Fixed(BuildFixed),
    /// With keys of this format, which operators rotate and replace.
    Signing(Arc<dyn KeyFormat>, BuildSigning),
}

/// Makes an issuer with keys of its own.
pub type BuildFixed = Box<dyn Fn(&Parts) -> Arc<dyn Issuer>>;

/// Makes an issuer with these keys.
pub type BuildSigning = Box<dyn Fn(&Parts, &ActiveKeys) -> Following>;

/// An issuer, and what gives it other keys while it runs.
pub struct Following {
    /// The issuer.
    pub issuer: Arc<dyn Issuer>,
    /// What takes its keys.
    pub follower: Arc<dyn KeyFollower>,
}

/// One flavour.
pub struct Flavour {
    /// Its name.
    pub name: &'static str,
    /// Makes its issuer on each node.
    pub build: Build,
    /// Whether its sessions are refreshed.
    pub refreshes: bool,
    /// Whether its sign-ins share one session.
    pub sharing: Sharing,
    /// Whether its tokens lose a permission when their owner loses it; otherwise at the next refresh.
    pub rights_at_once: bool,
}

/// What came of a simulation.
#[derive(Clone, Debug)]
pub struct Report {
    /// The seed.
    pub seed: u64,
    /// How many operations were done and judged.
    pub operations: usize,
    /// How many answers there were of each kind.
    pub answers: BTreeMap<&'static str, u64>,
    /// How many faults there were of each kind.
    pub faults: String,
    /// The virtual time that passed.
    pub time: Duration,
    /// The digest of all events in order: equal for equal histories.
    pub digest: String,
    /// The first rule that was broken.
    pub violation: Option<Violation>,
}

/// A rule that was broken.
#[derive(Clone, Debug)]
pub struct Violation {
    /// The rule.
    pub rule: Rule,
    /// What contradicts it.
    pub how: String,
    /// The last events before.
    pub history: Vec<String>,
}

impl fmt::Debug for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} operations over {:?}", self.operations, self.flavours)
    }
}

impl fmt::Debug for Following {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.issuer.fmt(f)
    }
}

impl fmt::Debug for Build {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fixed(_) => "Fixed",
            Self::Signing(..) => "Signing",
        })
    }
}

impl fmt::Debug for Flavour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, operations, .. } = self;
        let hours = self.time.as_secs() / 3600;
        write!(
            f,
            "seed {seed}: {operations} operations in {hours} virtual hours; {}",
            self.faults
        )?;
        for (answer, times) in &self.answers {
            write!(f, "; {answer} {times}")?;
        }
        let Some(violation) = &self.violation else {
            return write!(f, "; no rule broken");
        };
        writeln!(f)?;
        violation.history.iter().try_for_each(|event| writeln!(f, "{event}"))?;
        write!(f, "BROKEN by seed {seed}: {}: {}", violation.rule, violation.how)
    }
}
