//! The work of a hashing thread.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bcrypt_batch::{Cost, Job};

use super::engine::HashEngine;
use super::queue::Taken;
use super::shared::Shared;

/// Hashes until the hasher is dropped.
pub(super) fn hash_until_closed(shared: &Shared, mut engine: Box<dyn HashEngine>, niceness: u8) {
    lower_thread_priority(niceness);
    while let Some(batch) = shared.take() {
        let (jobs, began) = (batch.len(), shared.monotonic());
        // A panic drops the batch's replies: their callers get `Busy`. The thread goes on.
        if catch_unwind(AssertUnwindSafe(|| hash(batch, &mut *engine, shared.target()))).is_err() {
            tracing::error!(event = "password_thread_panicked", jobs);
        }
        shared.done(jobs, shared.monotonic().saturating_sub(began));
    }
}

/// Runs the steps of every job, side by side, and answers each when its last step is done.
fn hash(batch: Vec<Taken>, engine: &mut dyn HashEngine, target: Cost) {
    let mut unfinished = batch;
    unfinished.iter_mut().for_each(|taken| taken.task.run_foreign(target));
    while !unfinished.is_empty() {
        unfinished.sort_by_key(|taken| taken.task.next_cost());
        step(&mut unfinished, engine, target);
        let (going_on, finished): (Vec<_>, Vec<_>) = unfinished
            .into_iter()
            .partition(|taken| taken.task.next_cost().is_some());
        unfinished = going_on;
        for Taken { task, reply, .. } in finished {
            // If the caller has gone meanwhile, the answer is dropped.
            drop(reply.send(Ok(task.into_verdict())));
        }
    }
}

fn step(batch: &mut [Taken], engine: &mut dyn HashEngine, target: Cost) {
    let mut jobs: Vec<Job<'_>> = batch.iter().filter_map(|taken| taken.task.job()).collect();
    engine.run(&mut jobs);
    let results: Vec<_> = jobs.iter().map(|job| (job.matched(), job.hashed().cloned())).collect();
    for (taken, (matched, hashed)) in batch.iter_mut().zip(results) {
        taken.task.advance(matched, hashed, target);
    }
}

/// Gives this thread a lower priority than the other threads of the process. If that fails, it keeps its priority.
#[cfg(target_os = "linux")]
fn lower_thread_priority(niceness: u8) {
    // On Linux the nice value belongs to a thread, contrary to POSIX, and `nice` changes that of the calling thread.
    if niceness > 0
        && let Err(error) = rustix::process::nice(niceness.into())
    {
        tracing::warn!(event = "password_threads_not_nice", %error);
    }
}

#[cfg(not(target_os = "linux"))]
fn lower_thread_priority(_niceness: u8) {}
