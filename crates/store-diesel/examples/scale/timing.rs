//! How long things take.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const CLIENTS: u64 = 32;

/// The times that one thing took.
#[derive(Default)]
pub struct Times(Vec<Duration>);

impl Times {
    pub async fn time<T>(&mut self, work: impl Future<Output = T>) -> T {
        let start = Instant::now();
        let done = work.await;
        self.0.push(start.elapsed());
        done
    }

    pub fn merge(all: impl IntoIterator<Item = Self>) -> Self {
        Self(all.into_iter().flat_map(|times| times.0).collect())
    }

    /// The time below which this share of them lies, in microseconds.
    pub fn quantile(&mut self, share: f64) -> f64 {
        self.0.sort_unstable();
        let at = (self.0.len() as f64 * share) as usize;
        let time = self.0.get(at.min(self.0.len().saturating_sub(1)));
        time.map_or(f64::NAN, |time| time.as_secs_f64() * 1e6)
    }

    pub fn count(&self) -> usize {
        self.0.len()
    }
}

/// How often 32 clients do it in a second. Each call gets another number.
pub async fn rate<F: Future<Output = ()> + Send>(
    during: Duration,
    numbers: &Arc<AtomicU64>,
    work: impl Fn(u64) -> F + Send + Sync + 'static,
) -> f64 {
    let (work, start) = (Arc::new(work), Instant::now());
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (work, numbers) = (work.clone(), numbers.clone());
            tokio::spawn(async move {
                let mut done = 0;
                while start.elapsed() < during {
                    work(numbers.fetch_add(1, Ordering::Relaxed)).await;
                    done += 1;
                }
                done
            })
        })
        .collect();
    let mut done = 0;
    for client in clients {
        done += client.await.unwrap();
    }
    f64::from(done) / start.elapsed().as_secs_f64()
}
