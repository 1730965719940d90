//! One hash of the `bcrypt` crate against 1 to 8 hashes at once: `cargo bench -p bcrypt-batch`, about a minute.
//!
//! The contenders take turns, so that other load on the machine affects all of them equally. The table shows the median
//! and the best turn of each; the best turn is the machine undisturbed. On a busy machine, no turn of half a second may
//! be undisturbed: `cargo bench -p bcrypt-batch -- 5` makes many short turns of cost 5, which repeat the same work less
//! often. The last table shows the effect of other programs on the same physical core: see [`by_free_capacity`].
//! Without `--bench` (as `cargo test --benches` runs it) it makes one turn of cost 4.

#![allow(clippy::unwrap_used, reason = "a benchmark may panic on a surprise")]
#![allow(clippy::disallowed_methods, reason = "a benchmark measures time")]

use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

use bcrypt_batch::{Cost, Job, Password, Workspace};

const SALT: [u8; 16] = [0x5a; 16];
const PASSWORD: &[u8] = b"correct horse battery staple";

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let full = arguments.iter().any(|argument| argument == "--bench");
    let chosen = arguments.iter().find_map(|argument| argument.parse().ok());
    let exponent = chosen.unwrap_or(if full { 10 } else { 4 });
    // As much work at every cost up to 10, and at least one turn.
    let turns = if full { (40 << 10 >> exponent).max(1) } else { 1 };
    let cost = Cost::new(exponent).unwrap();
    println!("cost {exponent}, {turns} turns each, milliseconds for one hash\n");
    one_core(cost, turns);
    all_cores(cost, turns / 4 + 1);
    by_free_capacity(if full { 1600 } else { 8 });
}

/// The widths on one thread.
fn one_core(cost: Cost, turns: usize) {
    let mut workspaces: Vec<_> = (1..=Workspace::MAX_WIDTH).map(Workspace::with_width).collect();
    let mut oracle = Times::default();
    let mut widths = vec![Times::default(); workspaces.len()];
    for _ in 0..turns {
        oracle.add(timed(|| hash_with_oracle(cost)), 1);
        for (workspace, times) in workspaces.iter_mut().zip(&mut widths) {
            times.add(timed(|| hash_batch(workspace, cost)), workspace.width());
        }
    }
    println!(
        "{:<22}{:>9}{:>9}{:>9}{:>9}",
        "one core", "median", "ratio", "best", "ratio"
    );
    oracle.print("bcrypt crate", &oracle);
    for (workspace, times) in workspaces.iter().zip(&widths) {
        times.print(&format!("{} at once", workspace.width()), &oracle);
    }
}

/// One thread for each core, all hashing. The gain is smaller if two of the system's cores share one physical core.
fn all_cores(cost: Cost, turns: usize) {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let (mut oracle, mut batch) = (Times::default(), Times::default());
    for _ in 0..turns {
        // Equally long turns of both.
        let hashes = Workspace::BEST_WIDTH;
        let time = timed(|| on_each(cores, || (0..hashes).for_each(|_| hash_with_oracle(cost))));
        oracle.add(time, cores * hashes);
        let time = timed(|| {
            on_each(cores, || {
                let mut workspace = Workspace::new();
                (0..3).for_each(|_| hash_batch(&mut workspace, cost));
            });
        });
        batch.add(time, cores * hashes * 3);
    }
    println!(
        "\n{:<22}{:>9}{:>9}{:>9}{:>9}",
        format!("{cores} threads"),
        "median",
        "ratio",
        "best",
        "ratio"
    );
    oracle.print("bcrypt crate", &oracle);
    batch.print(&format!("{} at once", Workspace::BEST_WIDTH), &oracle);
}

/// How the gain depends on the other hyper-thread of the same core.
///
/// A batch uses what a single hash leaves idle: load ports and instruction slots. A probe that has nothing to do with
/// bcrypt measures whether they are free: independent look-ups in a small table. Each turn of cost 5 has a probe before
/// and after it; the turns are then sorted by the probes and shown in eighths.
fn by_free_capacity(turns: usize) {
    let cost = Cost::new(5).unwrap();
    let mut workspace = Workspace::new();
    let mut measured: Vec<[f64; 3]> = (0..turns)
        .map(|_| {
            let before = look_ups();
            let batch = timed(|| hash_batch(&mut workspace, cost)).as_secs_f64() / workspace.width() as f64;
            let after = look_ups();
            let alone = timed(|| hash_with_oracle(cost)).as_secs_f64();
            [before.max(after), alone, batch]
        })
        .collect();
    measured.sort_by(|one, other| one[0].total_cmp(&other[0]));
    println!(
        "\nby the free capacity of the core, cost 5, medians of {} turns each",
        turns / 8
    );
    println!("{:<22}{:>9}{:>9}{:>9}{:>9}", "", "ns/load", "crate", "batch", "ratio");
    for (number, eighth) in (1..).zip(measured.chunks(turns / 8)) {
        let [probe, alone, batch] = [0, 1, 2].map(|column| {
            let mut values: Vec<f64> = eighth.iter().map(|row| row[column]).collect();
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        });
        let millis = [alone * 1e3, batch * 1e3];
        println!(
            "{:<22}{probe:>9.3}{:>9.2}{:>9.2}{:>9.2}",
            format!("eighth {number}"),
            millis[0],
            millis[1],
            alone / batch
        );
    }
}

/// Nanoseconds for one of many independent look-ups.
fn look_ups() -> f64 {
    const ROUNDS: usize = 100_000;
    let table = black_box([[1_u32; 256]; 4]);
    let mut sums = [0_u32; 4];
    let time = timed(|| {
        for round in 0..ROUNDS {
            let at = usize::from(round as u8);
            for (sum, lane) in sums.iter_mut().zip(0..4) {
                *sum = sum.wrapping_add(table[lane][at] ^ table[3 - lane][at ^ 1]);
            }
        }
        black_box(sums);
    });
    time.as_secs_f64() * 1e9 / (ROUNDS * 8) as f64
}

fn on_each(threads: usize, work: impl Fn() + Sync) {
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(&work);
        }
    });
}

fn hash_with_oracle(cost: Cost) {
    black_box(bcrypt::hash_with_salt(black_box(PASSWORD), cost.exponent(), SALT).unwrap());
}

/// As many hashes as the workspace does at once.
fn hash_batch(workspace: &mut Workspace, cost: Cost) {
    let password = Password::new(black_box(PASSWORD)).unwrap();
    let mut jobs: Vec<_> = (0..workspace.width())
        .map(|_| Job::hash(password, SALT, cost))
        .collect();
    workspace.run(&mut jobs);
    black_box(jobs);
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

/// Milliseconds for one hash, one entry a turn.
#[derive(Clone, Default)]
struct Times(Vec<f64>);

impl Times {
    fn add(&mut self, time: Duration, hashes: usize) {
        self.0.push(time.as_secs_f64() * 1e3 / hashes as f64);
        self.0.sort_by(f64::total_cmp);
    }

    fn median(&self) -> f64 {
        self.0[self.0.len() / 2]
    }

    fn best(&self) -> f64 {
        self.0[0]
    }

    /// A row: the times, and their speed relative to the oracle.
    fn print(&self, name: &str, oracle: &Self) {
        let (median, best) = (self.median(), self.best());
        let (by_median, by_best) = (oracle.median() / median, oracle.best() / best);
        println!("{name:<22}{median:>9.2}{by_median:>9.2}{best:>9.2}{by_best:>9.2}");
    }
}
