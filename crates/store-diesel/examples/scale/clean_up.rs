//! Refreshes beside the removal of what has ended, and without it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use auth_core::PurgePace;
use store_diesel::{DieselStore, Filling};

use crate::figures::Figures;
use crate::timing::Times;
use crate::{Done, connect, now, work};

const CLIENTS: u64 = 4;
/// Each client begins a refresh so often.
const EVERY: Duration = Duration::from_millis(20);
const ALONE: Duration = Duration::from_secs(15);

pub async fn run(url: &str, filling: Filling, folder: &str) -> Done {
    let store = connect(url).await?;
    let mut figures = Figures::new("clean-up", url, filling.tokens);
    let stop = Arc::new(AtomicBool::new(false));
    let mut load = Load::start(&store, filling, &stop);
    tokio::time::sleep(ALONE).await;
    let mut alone = load.stop(&stop).await;
    load = Load::start(&store, filling, &stop);
    let (start, mut removed) = (Instant::now(), 0);
    // As the server does it.
    let (mut pace, mut longest) = (PurgePace::default(), Duration::ZERO);
    loop {
        let step = Instant::now();
        let gone = store
            .tokens()
            .purge(now().minus(Duration::from_secs(26 * 3600)), pace.rows())
            .await?;
        if gone == 0 {
            break;
        }
        removed += gone;
        let took = step.elapsed();
        longest = longest.max(took);
        tokio::time::sleep(pace.step_took(took)).await;
    }
    let took = start.elapsed().as_secs_f64();
    let mut beside = load.stop(&stop).await;
    figures.set("removed", removed as f64);
    figures.set("removed/s", removed as f64 / took);
    figures.set("longest step, ms", longest.as_secs_f64() * 1000.0);
    figures.set("refreshes alone", alone.count() as f64);
    figures.set("refreshes beside", beside.count() as f64);
    for (name, share) in [("p50", 0.5), ("p99", 0.99), ("max", 1.0)] {
        figures.set(&format!("refresh {name} alone, ms"), alone.quantile(share) / 1000.0);
        figures.set(&format!("refresh {name} beside, ms"), beside.quantile(share) / 1000.0);
    }
    figures.set("refresh p99, ratio", beside.quantile(0.99) / alone.quantile(0.99));
    figures.write(folder)
}

/// Clients that refresh at an even rate.
struct Load(Vec<tokio::task::JoinHandle<Times>>);

impl Load {
    fn start(store: &DieselStore, filling: Filling, stop: &Arc<AtomicBool>) -> Self {
        stop.store(false, Ordering::Relaxed);
        let numbers = Arc::new(AtomicU64::new(now().as_millis().unsigned_abs()));
        let client = |_| {
            let (store, stop, numbers) = (store.clone(), stop.clone(), numbers.clone());
            tokio::spawn(async move {
                let (mut times, mut ticks) = (Times::default(), tokio::time::interval(EVERY));
                while !stop.load(Ordering::Relaxed) {
                    ticks.tick().await;
                    let number = numbers.fetch_add(1, Ordering::Relaxed);
                    times.time(work::refresh(store.clone(), filling, number, now())).await;
                }
                times
            })
        };
        Self((0..CLIENTS).map(client).collect())
    }

    async fn stop(self, stop: &AtomicBool) -> Times {
        stop.store(true, Ordering::Relaxed);
        let mut all = Vec::new();
        for client in self.0 {
            all.push(client.await.unwrap());
        }
        Times::merge(all)
    }
}
