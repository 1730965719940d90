//! Reads, checks, changes, start-up and memory.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use auth_core::{RegistryLimits, SystemClock, TokenRegistry};
use store_diesel::{DieselStore, Filling};

use crate::figures::Figures;
use crate::timing::{Times, rate};
use crate::{Done, connect, now, work};

const FOR: Duration = Duration::from_secs(3);

/// How many records are cached to see what memory they take.
const HELD: u64 = 50_000;

pub async fn run(url: &str, filling: Filling, folder: &str) -> Done {
    let mut figures = Figures::new("measure", url, filling.tokens);
    start_up(url, &mut figures).await?;
    let store = connect(url).await?;
    reads(&store, &filling, &mut figures).await;
    warm_checks(&store, &filling, &mut figures).await;
    changes(&store, filling, &mut figures).await;
    figures.write(folder)
}

/// Until everything that checks need is here: the tables looked at, keys read, all revocations read.
async fn start_up(url: &str, figures: &mut Figures) -> Done {
    let mut times = Times::default();
    let mut memory = 0.0;
    for _ in 0..5 {
        let before = resident();
        let start = async {
            let store = connect(url).await.unwrap();
            let registry = registry(&store, 100_000);
            store.keys().keys().await.unwrap();
            registry.sync().await.unwrap();
            (store, registry)
        };
        let _started = times.time(start).await;
        memory = f64::max(memory, resident() - before);
    }
    figures.set("start-up, ms", times.quantile(0.5) / 1000.0);
    figures.set("start-up memory, MiB", memory / 1024.0 / 1024.0);
    Ok(())
}

fn registry(store: &DieselStore, records: usize) -> TokenRegistry {
    let limits = RegistryLimits {
        records,
        staleness: None,
    };
    TokenRegistry::new(store.tokens(), Arc::new(SystemClock::new()), limits)
}

/// Taken in turns, one after the other, so that whatever slows the machine down slows all.
async fn reads(store: &DieselStore, filling: &Filling, figures: &mut Figures) {
    let cold = registry(store, 1);
    let [mut key, mut check, mut list] = <[Times; 3]>::default();
    let start = Instant::now();
    for number in 0.. {
        if start.elapsed() > 3 * FOR {
            break;
        }
        let id = |turn: u64| work::live(filling, 3 * number + turn);
        let found = key.time(store.dangerous_issued_at(id(0))).await;
        assert!(found.unwrap().is_some());
        check.time(cold.live(id(1))).await.unwrap();
        let owner = filling.owner(id(2));
        let listed = list.time(store.token_admin().tokens_of(owner, None, 50)).await;
        assert!(!listed.unwrap().is_empty());
    }
    let least = key.quantile(0.5);
    figures.set("primary-key read, µs", least);
    figures.set("cold check, ratio", check.quantile(0.5) / least);
    figures.set("cold check p99, ratio", check.quantile(0.99) / key.quantile(0.99));
    figures.set("list, ratio", list.quantile(0.5) / least);
}

async fn warm_checks(store: &DieselStore, filling: &Filling, figures: &mut Figures) {
    let (before, registry) = (resident(), registry(store, 200_000));
    let held = HELD.min(filling.tokens / 2);
    let ids: Vec<_> = (0..held).map(|number| filling.live(number * 7)).collect();
    for id in &ids {
        registry.live(*id).await.unwrap();
    }
    figures.set("resident bytes for a held session", (resident() - before) / held as f64);
    let start = Instant::now();
    let mut checks = 0_u32;
    while start.elapsed() < FOR / 3 {
        for id in ids.iter().take(1000) {
            registry.live(*id).await.unwrap();
            checks += 1;
        }
    }
    let nanos = start.elapsed().as_secs_f64() * 1e9 / f64::from(checks);
    figures.set("warm check, ns", nanos);
}

async fn changes(store: &DieselStore, filling: Filling, figures: &mut Figures) {
    let (numbers, now) = (Arc::new(AtomicU64::new(now().as_millis().unsigned_abs())), now());
    // Before and after: a disk that becomes slower meanwhile is noticed.
    let committed = |store: DieselStore| move |number| work::commit(store.clone(), number);
    let before = rate(FOR, &numbers, committed(store.clone())).await;
    let s = store.clone();
    let issue = rate(FOR, &numbers, move |number| {
        work::issue(s.clone(), filling, number, now)
    })
    .await;
    let s = store.clone();
    let refresh = rate(FOR, &numbers, move |number| {
        work::refresh(s.clone(), filling, number, now)
    })
    .await;
    let middle = rate(FOR, &numbers, committed(store.clone())).await;
    let s = store.clone();
    let revoke = rate(FOR, &numbers, move |number| {
        work::revoke(s.clone(), filling, number, now)
    })
    .await;
    let after = rate(FOR, &numbers, committed(store.clone())).await;
    let least = (before + middle + after) / 3.0;
    figures.set("commits/s", least);
    figures.set("commits/s, lowest", before.min(middle).min(after));
    figures.set("commits/s, highest", before.max(middle).max(after));
    figures.set("issue, ratio", issue / least);
    figures.set("refresh, ratio", refresh / least);
    figures.set("revoke, ratio", revoke / least);
}

/// The memory that this process has, in bytes.
fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kilobytes.unwrap_or(f64::NAN) * 1024.0
}
