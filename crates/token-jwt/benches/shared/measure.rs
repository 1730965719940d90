//! Contenders in one criterion run, and how they compare.
//!
//! Criterion measures one thing after another, so on a machine with other work each meets its own weather. Here they take
//! turns, several rounds of short measurements, and the ratios are of the medians of all samples.

use std::cell::RefCell;
use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, SamplingMode};

const ROUNDS: usize = 3;

/// Something to be measured.
pub(crate) struct Contender<'a> {
    name: &'static str,
    work: Box<dyn Fn(u64) -> Duration + 'a>,
    /// What criterion asked for in this round: how many calls, and the nanoseconds of each.
    round: RefCell<Vec<(u64, f64)>>,
    /// Nanoseconds for one call, one entry a sample of any round.
    samples: Vec<f64>,
}

impl<'a> Contender<'a> {
    #[allow(clippy::disallowed_methods, reason = "a benchmark reads the time")]
    pub(crate) fn new<R>(name: &'static str, work: impl Fn() -> R + 'a) -> Self {
        let work = move |times| {
            let start = Instant::now();
            for _ in 0..times {
                black_box(work());
            }
            start.elapsed()
        };
        Self {
            name,
            work: Box::new(work),
            round: RefCell::default(),
            samples: Vec::new(),
        }
    }

    fn sample(&self, times: u64) -> Duration {
        let took = (self.work)(times);
        let each = took.as_secs_f64() * 1e9 / times as f64;
        self.round.borrow_mut().push((times, each));
        took
    }

    /// Samples are as many calls each; what criterion did to warm up was other numbers.
    fn end_round(&mut self) {
        let round = self.round.take();
        let samples = round
            .iter()
            .filter(|(times, _)| Some(times) == round.last().map(|(last, _)| last));
        self.samples.extend(samples.map(|(_, each)| each));
        self.samples.sort_by(f64::total_cmp);
    }

    /// The median sample, and the best: the machine undisturbed.
    fn median_and_best(&self) -> (f64, f64) {
        (self.samples[self.samples.len() / 2], self.samples[0])
    }
}

/// A run of criterion of short measurements, reported as text.
pub(crate) fn criterion() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(800))
        .sample_size(60)
        .nresamples(10_000)
        .without_plots()
}

/// Measures contenders in turns and prints how each compares with the first. Returns the medians.
pub(crate) fn compare(criterion: &mut Criterion, title: &str, mut contenders: Vec<Contender<'_>>) -> Vec<f64> {
    for round in 1..=ROUNDS {
        let mut group = criterion.benchmark_group(format!("{title}, round {round}"));
        group.sampling_mode(SamplingMode::Flat);
        for contender in &mut contenders {
            group.bench_function(contender.name, |bencher| {
                bencher.iter_custom(|times| contender.sample(times))
            });
            contender.end_round();
        }
        group.finish();
    }
    let results: Vec<_> = contenders.iter().map(Contender::median_and_best).collect();
    let first = results[0];
    println!("\n{title:<30} {:>9}     ratio {:>9}     ratio", "median", "best");
    for (contender, (median, best)) in contenders.iter().zip(&results) {
        let (median, best, by_median, by_best) = (median / 1e3, best / 1e3, median / first.0, best / first.1);
        let name = contender.name;
        println!("  {name:<28} {median:>9.3} µs {by_median:>6.2} {best:>9.3} µs {by_best:>6.2}");
    }
    println!();
    results.into_iter().map(|(median, _)| median).collect()
}
