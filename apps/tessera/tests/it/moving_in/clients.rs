//! Clients that do not pause, and what they have seen.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::Scope;

use crate::support::client::{Connection, Request, Response};
use crate::support::poll;

/// How many answers each client has seen from each side before a test goes on.
pub const ANSWERS: u64 = 50;

/// Clients, each in a closed loop, and how often each has seen what.
#[derive(Default)]
pub struct Clients {
    seen: Mutex<Vec<BTreeMap<String, u64>>>,
    failed: Mutex<Option<String>>,
    is_over: AtomicBool,
}

impl Clients {
    /// One more, which repeats this step until the test is over or the step fails. The step gives what it has seen, or what must not be.
    pub fn start<'scope>(
        &'scope self,
        scope: &'scope Scope<'scope, '_>,
        mut step: impl FnMut() -> Result<String, String> + Send + 'scope,
    ) {
        let mut seen = self.seen.lock().expect("no client panicked");
        let index = seen.len();
        seen.push(BTreeMap::new());
        scope.spawn(move || {
            while !self.is_over.load(Ordering::SeqCst) {
                match step() {
                    Ok(what) => {
                        *self.seen.lock().expect("no client panicked")[index]
                            .entry(what)
                            .or_default() += 1
                    }
                    Err(why) => {
                        self.failed.lock().expect("no client panicked").get_or_insert(why);
                        return;
                    }
                }
            }
        });
    }

    /// Waits until each client has seen this so many times, or one has failed.
    pub fn wait_for(&self, what: &str, count: u64) {
        let enough = |seen: &BTreeMap<String, u64>| seen.get(what).is_some_and(|seen| *seen >= count);
        let is_so = || {
            let failed = self.failed.lock().expect("no client panicked").is_some();
            failed || self.seen.lock().expect("no client panicked").iter().all(enough)
        };
        assert!(poll(12_000, is_so), "a client does not see this: {what}");
    }

    pub fn restart_count(&self) {
        for seen in self.seen.lock().expect("no client panicked").iter_mut() {
            seen.clear();
        }
    }

    /// The first thing that a client has seen and must not see.
    pub fn failed(self) -> Option<String> {
        self.failed.into_inner().expect("no client panicked")
    }
}

/// The answer to a request on a connection of its own.
///
/// # Errors
/// Why there is none.
pub fn ask(server: SocketAddr, request: Request) -> Result<Response, String> {
    let mut connection = Connection::open(server).map_err(|error| error.to_string())?;
    connection.write(&request.header("Connection", "close").bytes(server));
    connection.receive().map_err(|error| error.to_string())
}

/// Clients end with the test, also where it fails.
pub struct EndAtDrop<'a>(pub &'a Clients);

impl Drop for EndAtDrop<'_> {
    fn drop(&mut self) {
        self.0.is_over.store(true, Ordering::SeqCst);
    }
}
