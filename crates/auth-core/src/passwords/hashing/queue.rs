//! Which job is next: jobs by source, the sources in turn.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use bcrypt_batch::Cost;
use tokio::sync::oneshot;

use crate::passwords::throttle::ClientNetwork;

use super::error::Busy;
use super::task::{Task, Verdict};

/// A job that waits.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) task: Task,
    pub(super) source: ClientNetwork,
    /// When it was submitted, by the monotonic clock.
    pub(super) since: Duration,
    pub(super) reply: oneshot::Sender<Result<Verdict, Busy>>,
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

    /// Takes the job whose turn it is, and after it up to `most` in all whose next step has the same cost.
    pub(super) fn take_alike(&mut self, most: usize) -> Vec<Waiting> {
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

    /// Takes the first job of the source at `turn` that has this cost, and moves the source behind the others.
    fn take_at(&mut self, turn: usize, cost: Option<Cost>) -> Option<Waiting> {
        let source = *self.turns.get(turn)?;
        let jobs = self.jobs.get_mut(&source)?;
        let index = jobs
            .iter()
            .position(|job| cost.is_none() || job.task.next_cost() == cost)?;
        let job = jobs.remove(index)?;
        self.len -= 1;
        self.turns.remove(turn);
        if !self.forget_if_empty(source) {
            self.turns.push_back(source);
        }
        Some(job)
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
