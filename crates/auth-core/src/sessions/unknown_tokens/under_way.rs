//! How many reads of one source are under way at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::lock;
use crate::contract::client_network::ClientNetwork;

/// How many reads of one source are under way at once; further ones wait.
const AT_ONCE: usize = 200;

/// How many may wait.
const WAITING: usize = 1000;

/// The reads of each source that are under way or wait.
#[derive(Debug, Default)]
pub(super) struct Reads(Mutex<HashMap<ClientNetwork, OfSource>>);

#[derive(Debug)]
struct OfSource {
    begun: usize,
    permits: Arc<Semaphore>,
}

/// One read, until this is dropped.
#[derive(Debug)]
pub(super) struct UnderWay<'a> {
    _permit: OwnedSemaphorePermit,
    _place: Place<'a>,
}

/// A read that is under way or waits for that.
#[derive(Debug)]
struct Place<'a> {
    reads: &'a Reads,
    source: ClientNetwork,
}

impl Reads {
    /// Begins a read when its turn comes; `None` where too many wait.
    pub(super) async fn begin(&self, source: ClientNetwork) -> Option<UnderWay<'_>> {
        let (place, permits) = self.enter(source)?;
        // An error is the answer of a semaphore that was closed, and this one never is.
        let permit = permits.acquire_owned().await.ok()?;
        Some(UnderWay {
            _permit: permit,
            _place: place,
        })
    }

    fn enter(&self, source: ClientNetwork) -> Option<(Place<'_>, Arc<Semaphore>)> {
        let mut sources = lock(&self.0);
        let of_source = sources.entry(source).or_insert_with(|| OfSource {
            begun: 0,
            permits: Arc::new(Semaphore::new(AT_ONCE)),
        });
        if of_source.begun >= AT_ONCE + WAITING {
            return None;
        }
        of_source.begun += 1;
        let place = Place { reads: self, source };
        Some((place, of_source.permits.clone()))
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut sources = lock(&self.reads.0);
        if let Some(of_source) = sources.get_mut(&self.source) {
            of_source.begun -= 1;
            if of_source.begun == 0 {
                sources.remove(&self.source);
            }
        }
    }
}
