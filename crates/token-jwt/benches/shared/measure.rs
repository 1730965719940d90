//! Times from criterion, ratios from turns.
//!
//! Criterion measures one thing after another, for seconds each. On a machine with other work each is disturbed
//! differently, and so are their ratios. So the contenders then take turns of less than a millisecond, and the ratios are
//! those of the medians.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::Criterion;

const TURNS: usize = 1001;
const TURN_NANOS: f64 = 400_000.0;

/// Something to be measured.
pub(crate) struct Contender<'a> {
    name: &'static str,
    work: Box<dyn Fn() + 'a>,
    /// The number of calls in a turn.
    calls: u32,
    /// Nanoseconds for one call, one entry a turn.
    turns: Vec<f64>,
}

impl<'a> Contender<'a> {
    pub(crate) fn new<R>(name: &'static str, work: impl Fn() -> R + 'a) -> Self {
        Self {
            name,
            work: Box::new(move || drop(black_box(work()))),
            calls: 1,
            turns: Vec::new(),
        }
    }

    #[allow(clippy::disallowed_methods, reason = "a benchmark reads the time")]
    fn turn(&self) -> f64 {
        let start = Instant::now();
        (0..self.calls).for_each(|_| (self.work)());
        start.elapsed().as_secs_f64() * 1e9 / f64::from(self.calls)
    }

    fn choose_calls(&mut self) {
        let least = (0..20).map(|_| self.turn()).fold(f64::MAX, f64::min);
        self.calls = (TURN_NANOS / least).clamp(1.0, 10_000.0) as u32;
    }

    /// The median turn, and the best: the machine undisturbed.
    fn median_and_best(&mut self) -> (f64, f64) {
        self.turns.sort_by(f64::total_cmp);
        (self.turns[self.turns.len() / 2], self.turns[0])
    }
}

/// Criterion for one short measurement of each contender, reported as text.
pub(crate) fn criterion() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .sample_size(50)
        .without_plots()
}

/// Measures the contenders and prints how each compares with the first. Returns the medians.
pub(crate) fn compare(criterion: &mut Criterion, title: &str, mut contenders: Vec<Contender<'_>>) -> Vec<f64> {
    let mut group = criterion.benchmark_group(title);
    for contender in &contenders {
        group.bench_function(contender.name, |bencher| bencher.iter(&contender.work));
    }
    group.finish();
    contenders.iter_mut().for_each(Contender::choose_calls);
    for _ in 0..TURNS {
        for contender in &mut contenders {
            let nanos = contender.turn();
            contender.turns.push(nanos);
        }
    }
    let results: Vec<_> = contenders.iter_mut().map(Contender::median_and_best).collect();
    let first = results[0];
    println!(
        "{:<30} {:>9}     ratio {:>9}     ratio",
        format!("{title}, by turns"),
        "median",
        "best"
    );
    for (contender, (median, best)) in contenders.iter().zip(&results) {
        let (by_median, by_best) = (median / first.0, best / first.1);
        let (name, median, best) = (contender.name, median / 1e3, best / 1e3);
        println!("  {name:<28} {median:>9.3} µs {by_median:>6.2} {best:>9.3} µs {by_best:>6.2}");
    }
    println!();
    results.into_iter().map(|(median, _)| median).collect()
}
