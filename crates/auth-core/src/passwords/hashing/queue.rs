//! Which job is next: jobs by source, the sources in turn.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use bcrypt_batch::Cost;
use tokio::sync::oneshot;

use crate::passwords::throttle::ClientNetwork;

use super::error::Busy;
use super::task::{Task, Verdict};

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

/// A job that a thread has taken.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) task: Task,
    pub(super) reply: Reply,
}

/// Jobs in the order of their turns. Each turn takes one job of one source. So a source with a hundred jobs waits for its
/// own hundred, and a source with one job waits for at most one of every other source.
#[derive(Debug, Default)]
pub(super) struct FairQueue {
    /// The sources that have jobs here, the next one first.
    turns: VecDeque<ClientNetwork>,
    jobs: HashMap<ClientNetwork, VecDeque<Waiting>>,
    len: usize,
}

impl FairQueue {
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// How many jobs can be taken.
    pub(super) fn ready(&self) -> usize {
        let ready = |jobs: &VecDeque<Waiting>| jobs.iter().filter(|job| job.task.is_some()).count();
        self.jobs.values().map(ready).sum()
    }

    /// How many jobs of this source wait.
    pub(super) fn len_of(&self, source: ClientNetwork) -> usize {
        self.jobs.get(&source).map_or(0, VecDeque::len)
    }

    /// How many jobs would be taken before a further one of this source.
    pub(super) fn ahead_of(&self, source: ClientNetwork) -> usize {
        let own = self.len_of(source);
        let others = self.jobs.iter().filter(|(other, _)| **other != source);
        own + others.map(|(_, jobs)| jobs.len().min(own + 1)).sum::<usize>()
    }

    pub(super) fn push(&mut self, job: Waiting) {
        let jobs = self.jobs.entry(job.source).or_default();
        if jobs.is_empty() {
            self.turns.push_back(job.source);
        }
        jobs.push_back(job);
        self.len += 1;
    }

    /// Sets what a job is to do; whether the job is still here.
    pub(super) fn fill(&mut self, source: ClientNetwork, id: u64, task: Task) -> bool {
        let jobs = self.jobs.get_mut(&source).into_iter().flatten();
        let job = { jobs }.find(|job| job.id == id);
        job.map(|job| job.task = Some(task)).is_some()
    }

    /// Takes out one job, if it is still here.
    pub(super) fn remove(&mut self, source: ClientNetwork, id: u64) -> Option<Waiting> {
        let jobs = self.jobs.get_mut(&source)?;
        let index = jobs.iter().position(|job| job.id == id)?;
        let job = jobs.remove(index)?;
        self.len -= 1;
        self.forget_if_empty(source);
        Some(job)
    }

    /// Takes the job whose turn it is, and after it up to `most` in all whose next step has the same cost.
    pub(super) fn take_alike(&mut self, most: usize) -> Vec<Taken> {
        let mut taken = Vec::with_capacity(most.min(self.len));
        let mut turn = 0;
        let mut cost = None;
        while taken.len() < most && turn < self.turns.len() {
            match self.take_at(turn, cost) {
                Some(job) => {
                    cost = job.task.next_cost();
                    taken.push(job);
                }
                None => turn += 1,
            }
        }
        taken
    }

    /// Takes the latest job of the source that has most of them, if that is more than `fewer`.
    pub(super) fn take_from_longest(&mut self, fewer: usize) -> Option<Waiting> {
        let longest = self.jobs.iter().max_by_key(|(_, jobs)| jobs.len());
        let (&source, _) = longest.filter(|(_, jobs)| jobs.len() > fewer)?;
        let jobs = self.jobs.get_mut(&source)?;
        let job = jobs.pop_back();
        self.len -= usize::from(job.is_some());
        self.forget_if_empty(source);
        job
    }

    /// Takes out every job that `matches`.
    pub(super) fn take_all(&mut self, matches: impl Fn(&Waiting) -> bool) -> Vec<Waiting> {
        let mut taken = Vec::new();
        for jobs in self.jobs.values_mut().filter(|jobs| jobs.iter().any(&matches)) {
            let (out, kept) = jobs.drain(..).partition::<VecDeque<_>, _>(&matches);
            *jobs = kept;
            taken.extend(out);
        }
        self.len -= taken.len();
        self.jobs.retain(|_, jobs| !jobs.is_empty());
        self.turns.retain(|source| self.jobs.contains_key(source));
        taken
    }

    /// Takes the first job of the source at `turn` that is ready and has this cost, and moves the source behind the others.
    fn take_at(&mut self, turn: usize, cost: Option<Cost>) -> Option<Taken> {
        let source = *self.turns.get(turn)?;
        let jobs = self.jobs.get_mut(&source)?;
        let alike = |task: &Task| cost.is_none() || task.next_cost() == cost;
        let index = jobs.iter().position(|job| job.task.as_ref().is_some_and(alike))?;
        let Waiting { task, reply, .. } = jobs.remove(index)?;
        self.len -= 1;
        self.turns.remove(turn);
        if !self.forget_if_empty(source) {
            self.turns.push_back(source);
        }
        task.map(|task| Taken { task, reply })
    }

    /// Whether the source had no job left.
    fn forget_if_empty(&mut self, source: ClientNetwork) -> bool {
        let empty = self.len_of(source) == 0;
        if empty {
            self.jobs.remove(&source);
            self.turns.retain(|other| *other != source);
        }
        empty
    }
}
