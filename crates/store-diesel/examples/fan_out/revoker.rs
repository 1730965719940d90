//! Tokens are revoked at an even rate.

use std::sync::Arc;
use std::time::{Duration, Instant};

use store_diesel::DieselStore;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::{Answered, FILLING, now};

/// How many revocations are under way at most.
const AT_ONCE: usize = 64;

/// Revokes tokens for so long, beginning with this one. The answer is the number of the next.
pub async fn revoke(store: &DieselStore, rate: u32, first: u64, time: Duration, answered: &Answered) -> u64 {
    if rate == 0 {
        tokio::time::sleep(time).await;
        return first;
    }
    let (end, mut next) = (Instant::now() + time, first);
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / rate);
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut under_way = JoinSet::new();
    while Instant::now() < end {
        ticks.tick().await;
        let place = places.clone().acquire_owned().await.unwrap();
        let (store, answered, token) = (store.clone(), answered.clone(), FILLING.live(next));
        next += 1;
        under_way.spawn(async move {
            assert!(store.tokens().revoke(token, now()).await.unwrap());
            answered.lock().unwrap().insert(token.0, Instant::now());
            drop(place);
        });
        while under_way.try_join_next().is_some() {}
    }
    under_way.join_all().await;
    next
}
