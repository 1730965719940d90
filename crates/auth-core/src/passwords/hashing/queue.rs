//! Which job is next: the jobs in the order of their turns.

mod turns;

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::contract::client_network::ClientNetwork;

use super::error::Busy;
use super::task::{Need, Task, Verdict};

use turns::{Turn, Turns};

/// Where the result of a job goes.
pub(super) type Reply = oneshot::Sender<Result<Verdict, Busy>>;

/// A job that waits.
#[derive(Debug)]
pub(super) struct Waiting {
    /// Differs from that of every other job.
    pub(super) id: u64,
    /// `None` while its caller does not know yet what is to be hashed: the job keeps its place and is not taken.
    pub(super) task: Option<Task>,
    pub(super) source: ClientNetwork,
    /// When it was submitted, by the monotonic clock.
    pub(super) since: Duration,
    pub(super) reply: Reply,
}

impl Waiting {
    fn is_foreign(&self) -> bool {
        self.task.as_ref().is_some_and(|task| task.need() == Need::Foreign)
    }
}

/// A job that a thread has taken.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) task: Task,
    /// When it was submitted, by the monotonic clock.
    pub(super) since: Duration,
    pub(super) reply: Reply,
}

/// Jobs in the order of their turns. In each round a source has one job. So a source with a hundred jobs waits for its own
/// hundred, and a source with one job waits for at most one of every other source. Of a whole IPv6 network there are at
/// most four jobs in a round for a /56, and sixteen for a /48.
#[derive(Debug, Default)]
pub(super) struct FairQueue {
    jobs: BTreeMap<Place, Waiting>,
    turns: Turns,
    /// How many jobs wait, by source.
    waiting: HashMap<ClientNetwork, usize>,
    /// How many jobs have come so far.
    pushed: u64,
}

/// By turn; jobs of the same turn in the order in which they came.
type Place = (Turn, u64);

impl FairQueue {
    pub(super) fn len(&self) -> usize {
        self.jobs.len()
    }

    /// How many jobs can be taken.
    pub(super) fn ready(&self) -> usize {
        self.jobs.values().filter(|job| job.task.is_some()).count()
    }

    /// How many jobs of this source wait.
    pub(super) fn len_of(&self, source: ClientNetwork) -> usize {
        self.waiting.get(&source).copied().unwrap_or(0)
    }

    /// How many jobs would be taken before a further one of this source. One that needs a thread for itself counts as many as
    /// a thread takes otherwise: `width`.
    pub(super) fn ahead_of(&self, source: ClientNetwork, width: usize) -> usize {
        let turn = self.turns.next_of(source);
        let ahead = self.jobs.range(..(turn + 1, 0));
        ahead.map(|(_, job)| if job.is_foreign() { width } else { 1 }).sum()
    }

    pub(super) fn push(&mut self, job: Waiting) {
        let turn = self.turns.take_next(job.source);
        *self.waiting.entry(job.source).or_default() += 1;
        self.pushed += 1;
        self.jobs.insert((turn, self.pushed), job);
    }

    /// Sets what a job is to do; whether the job is still here.
    pub(super) fn fill(&mut self, id: u64, task: Task) -> bool {
        let job = self.jobs.values_mut().find(|job| job.id == id);
        job.map(|job| job.task = Some(task)).is_some()
    }

    /// Takes out one job, if it is still here.
    pub(super) fn remove(&mut self, id: u64) -> Option<Waiting> {
        let (&place, _) = self.jobs.iter().find(|(_, job)| job.id == id)?;
        self.withdraw(place)
    }

    /// Takes the first job that is ready, and after it up to `most` in all whose next step has the same cost. A job with a
    /// hash of another scheme is taken alone: no other waits for it.
    pub(super) fn take_alike(&mut self, most: usize) -> Vec<Taken> {
        let mut need = None;
        let alike = |(place, job): (&Place, &Waiting)| {
            let next = job.task.as_ref()?.need();
            (*need.get_or_insert(next) == next).then_some(*place)
        };
        let mut places: Vec<_> = self.jobs.iter().filter_map(alike).take(most).collect();
        if need == Some(Need::Foreign) {
            places.truncate(1);
        }
        if let Some((turn, _)) = places.first() {
            self.turns.reached(*turn);
        }
        let taken = places.into_iter().filter_map(|place| self.remove_at(place));
        let taken = taken.filter_map(|job| {
            let Waiting { task, since, reply, .. } = job;
            task.map(|task| Taken { task, since, reply })
        });
        taken.collect()
    }

    /// Takes the job that would be taken last, if its turn is after the next one of this source.
    pub(super) fn take_last_after(&mut self, source: ClientNetwork) -> Option<Waiting> {
        let (&place, _) = self.jobs.last_key_value()?;
        (place.0 > self.turns.next_of(source)).then(|| self.withdraw(place))?
    }

    /// Takes out every job that `matches`.
    pub(super) fn take_all(&mut self, matches: impl Fn(&Waiting) -> bool) -> Vec<Waiting> {
        let matching = self.jobs.iter().filter(|(_, job)| matches(job));
        let places: Vec<_> = matching.map(|(&place, _)| place).collect();
        places.into_iter().filter_map(|place| self.withdraw(place)).collect()
    }

    /// Takes out a job that is not served.
    fn withdraw(&mut self, place: Place) -> Option<Waiting> {
        let job = self.remove_at(place)?;
        self.turns.give_back(job.source);
        Some(job)
    }

    fn remove_at(&mut self, place: Place) -> Option<Waiting> {
        let job = self.jobs.remove(&place)?;
        if let Some(waiting) = self.waiting.get_mut(&job.source) {
            *waiting -= 1;
            if *waiting == 0 {
                self.waiting.remove(&job.source);
            }
        }
        if self.jobs.is_empty() {
            self.turns.restart();
        }
        Some(job)
    }
}
