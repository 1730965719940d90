//! A flood of sign-ins that come back as soon as they are refused, simulated: one core, the real queue, the real pace of
//! refusals, a clock that moves in steps of a millisecond.

use std::collections::{BTreeMap, VecDeque};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bcrypt_batch::Cost;
use tokio::sync::oneshot;

use super::backlog::{Admission, Backlog};
use super::options::HashingOptions;
use super::queue::{Reply, Taken, Waiting};
use super::task::Task;
use crate::contract::clock::{Clock, Timestamp};
use crate::passwords::refusal_pace::{LateRefusal, RefusalLimits, RefusalPace};

/// The work of one core, in microseconds: to take or refuse a request; to hash a batch.
const REQUEST: u64 = 60;
const BATCH: u64 = 110_000;
const WIDTH: usize = 6;

/// What the scheduler leaves to the hashing thread while requests want all of the core, in microseconds of a millisecond.
const LEFT_TO_HASHING: u64 = 100;

const SECONDS: u64 = 15;

/// A client that comes when the flood is over.
const LONE: usize = 1_000_000;

/// Answers every refusal at once: the broken variant.
const AT_ONCE: RefusalLimits = RefusalLimits {
    per_second: u32::MAX,
    latest: Duration::ZERO,
    waiting: usize::MAX,
};

#[derive(Debug, Default)]
struct Millis(AtomicU64);

impl Clock for Millis {
    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(0).plus(self.monotonic())
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::Relaxed))
    }
}

struct Core {
    clock: Arc<Millis>,
    pace: Arc<RefusalPace>,
    backlog: Backlog,
    /// The clients that send a request now.
    sending: VecDeque<usize>,
    /// The clients that wait for the answer to a refusal, by the time of the answer.
    late: BTreeMap<(Duration, usize), LateRefusal>,
    /// What the hashing thread does: its jobs, when it began, and the work left.
    batch: Option<(Vec<Taken>, Duration, u64)>,
    /// The clients that wait for a hash.
    hashing: Vec<(usize, oneshot::Receiver<Result<super::Verdict, super::Busy>>)>,
    done: usize,
    /// Whether refusals are answered when hashing is idle.
    releases: bool,
    /// Whether all clients but [`LONE`] have gone.
    over: bool,
    /// When the login of [`LONE`] was done.
    lone_done: Option<Duration>,
}

impl Core {
    fn new(clients: usize, limits: RefusalLimits) -> Self {
        let clock = Arc::new(Millis::default());
        Self {
            pace: RefusalPace::new(limits),
            clock,
            backlog: Backlog::new(&HashingOptions::default(), 1, WIDTH),
            sending: (0..clients).collect(),
            late: BTreeMap::new(),
            batch: None,
            hashing: Vec::new(),
            done: 0,
            releases: true,
            over: false,
            lone_done: None,
        }
    }

    /// Runs for `seconds`, of which `stalled` milliseconds at first give no time to the hashing thread.
    fn run(&mut self, seconds: u64, stalled: u64) {
        for step in 0..seconds * 1000 {
            self.one_millisecond(step < stalled);
        }
    }

    fn one_millisecond(&mut self, stalled: bool) {
        self.clock.0.fetch_add(1, Ordering::Relaxed);
        let now = self.clock.monotonic();
        while let Some(due) = self.late.first_entry().filter(|first| first.key().0 <= now) {
            let ((_, client), _) = due.remove_entry();
            self.sending.push_back(client);
        }
        let left = 1000 - self.requests();
        self.hash(if stalled { 0 } else { left }, now);
    }

    /// Takes requests for a millisecond, or fewer if there are no more; how many microseconds it took.
    fn requests(&mut self) -> u64 {
        let mut spent = 0;
        while spent + REQUEST <= 1000 - LEFT_TO_HASHING
            && let Some(client) = self.sending.pop_front()
        {
            if self.over && client != LONE {
                continue;
            }
            spent += REQUEST;
            self.request(client);
        }
        spent
    }

    fn request(&mut self, client: usize) {
        let (reply, answer) = oneshot::channel();
        let job = Waiting {
            id: client as u64,
            task: Some(Task::decoy(Cost::LOWEST)),
            source: std::net::IpAddr::V4(Ipv4Addr::from(client as u32)).into(),
            since: self.clock.monotonic(),
            reply,
        };
        match self.backlog.admit(job) {
            Admission::Admitted => self.hashing.push((client, answer)),
            Admission::Displaced(_) => unreachable!("every client has an address of its own"),
            Admission::Refused => self.refuse(client),
        }
    }

    fn refuse(&mut self, client: usize) {
        match self.pace.enter() {
            Some(late) if late.time() > Duration::ZERO => {
                let at = self.clock.monotonic() + late.time();
                self.late.insert((at, client), late);
            }
            _ => self.sending.push_back(client),
        }
    }

    /// Gives the hashing thread so much of the core.
    fn hash(&mut self, micros: u64, now: Duration) {
        if self.batch.is_none() {
            let turn = self.backlog.take(now);
            turn.expired.into_iter().for_each(|job| refuse(job.reply));
            self.batch = (!turn.batch.is_empty()).then_some((turn.batch, now, BATCH));
            if self.batch.is_none() && self.releases {
                self.sending
                    .extend(std::mem::take(&mut self.late).into_keys().map(|(_, client)| client));
            }
        }
        let Some((jobs, began, work)) = self.batch.take() else {
            return;
        };
        if work > micros {
            self.batch = Some((jobs, began, work - micros));
            return;
        }
        self.backlog.done(jobs.len(), now - began);
        self.done += jobs.len();
        for Taken { task, reply, .. } in jobs {
            let _answered = reply.send(Ok(task.into_verdict()));
        }
        self.answered();
    }

    /// The clients that have an answer send the next request.
    fn answered(&mut self) {
        for (client, mut answer) in std::mem::take(&mut self.hashing) {
            match answer.try_recv() {
                Err(oneshot::error::TryRecvError::Empty) => self.hashing.push((client, answer)),
                Ok(Err(_)) => self.refuse(client),
                _ if client == LONE => self.lone_done = Some(self.clock.monotonic()),
                _ => self.sending.push_back(client),
            }
        }
    }
}

fn refuse(reply: Reply) {
    let retry_after = Duration::from_secs(1);
    let _answered = reply.send(Err(super::Busy { retry_after }));
}

/// Logins done over those that the core could do.
fn goodput(clients: usize, limits: RefusalLimits, stalled: u64) -> f64 {
    let mut core = Core::new(clients, limits);
    core.run(3, stalled);
    core.done = 0;
    core.run(SECONDS, 0);
    core.done as f64 / (SECONDS * 1_000_000 / BATCH * WIDTH as u64) as f64
}

#[test]
fn a_flood_of_refused_sign_ins_leaves_the_core_to_hashing() {
    for clients in [200, 2000] {
        let paced = goodput(clients, RefusalLimits::default(), 0);
        assert!(paced >= 0.9, "{clients} clients: {paced:.2} of the capacity");
        let broken = goodput(clients, AT_ONCE, 0);
        assert!(broken < 0.2, "answered at once: {broken:.2}");
    }
}

/// How long the first login after a flood of 2,000 clients takes, with its repetitions.
fn lone_login(releases: bool) -> Duration {
    let mut core = Core::new(2000, RefusalLimits::default());
    core.releases = releases;
    core.run(10, 0);
    core.over = true;
    core.sending.push_back(LONE);
    let begun = core.clock.monotonic();
    loop {
        core.one_millisecond(false);
        if let Some(done) = core.lone_done {
            return done - begun;
        }
    }
}

#[test]
fn after_a_flood_a_lone_login_works_within_two_seconds() {
    let took = lone_login(true);
    assert!(took < Duration::from_secs(2), "{took:?}");
    let broken = lone_login(false);
    assert!(broken > Duration::from_secs(2), "refusals stay late: {broken:?}");
}

#[test]
fn after_a_stall_a_few_clients_do_not_keep_the_core_from_hashing() {
    let paced = goodput(48, RefusalLimits::default(), 2500);
    assert!(paced >= 0.9, "{paced:.2} of the capacity");
    let broken = goodput(48, AT_ONCE, 2500);
    assert!(broken < 0.2, "answered at once: {broken:.2}");
}
