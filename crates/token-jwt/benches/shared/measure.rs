//! Medians of interleaved rounds: on a machine with other work, contenders that take turns meet the same weather.

use std::hint::black_box;
use std::time::Instant;

/// Something to be measured.
pub(crate) struct Contender<'a> {
    pub(crate) name: String,
    run: Box<dyn FnMut() + 'a>,
    batch: u32,
    rounds: Vec<f64>,
}

impl<'a> Contender<'a> {
    pub(crate) fn new<R>(name: impl Into<String>, mut work: impl FnMut() -> R + 'a) -> Self {
        let run = Box::new(move || drop(black_box(work())));
        Self {
            name: name.into(),
            run,
            batch: 1,
            rounds: Vec::new(),
        }
    }

    #[allow(clippy::disallowed_methods, reason = "a benchmark reads the time")]
    fn round(&mut self) -> f64 {
        let start = Instant::now();
        (0..self.batch).for_each(|_| (self.run)());
        start.elapsed().as_secs_f64() * 1e9 / f64::from(self.batch)
    }

    /// The best round and the median one.
    fn best_and_median(&mut self) -> (f64, f64) {
        self.rounds.sort_by(f64::total_cmp);
        let at = |index: usize| self.rounds.get(index).copied().unwrap_or(f64::NAN);
        (at(0), at(self.rounds.len() / 2))
    }
}

/// Measures contenders in turns and prints, for each, its median round and its best, which nothing disturbed, and how both
/// compare with the first contender's. Returns the medians.
pub(crate) fn compare(title: &str, mut contenders: Vec<Contender<'_>>) -> Vec<f64> {
    const ROUND_NANOS: f64 = 400_000.0;
    const ROUNDS: usize = 301;
    for contender in &mut contenders {
        let warm = (0..20).map(|_| contender.round()).fold(f64::MAX, f64::min);
        contender.batch = (ROUND_NANOS / warm).clamp(1.0, 10_000.0) as u32;
    }
    for _ in 0..ROUNDS {
        for contender in &mut contenders {
            let nanos = contender.round();
            contender.rounds.push(nanos);
        }
    }
    let results: Vec<(f64, f64)> = contenders.iter_mut().map(Contender::best_and_median).collect();
    println!("{title:<30} {:>9}     ratio {:>9}     ratio", "median", "best");
    let (first_best, first_median) = results.first().copied().unwrap_or((f64::NAN, f64::NAN));
    for (contender, (best, median)) in contenders.iter().zip(&results) {
        println!(
            "  {:<28} {:>9.3} µs {:>6.2} {:>9.3} µs {:>6.2}",
            contender.name,
            median / 1000.0,
            median / first_median,
            best / 1000.0,
            best / first_best,
        );
    }
    results.into_iter().map(|(_, median)| median).collect()
}
