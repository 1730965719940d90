//! Logins a second at saturation, for each core, against what one hash at a time would give. Target: at least 3.5.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::client::{Client, LOGIN, source};
use crate::server::Server;
use crate::stats::{cores, one_hash};

const CLIENTS: usize = 64;
const FOR: Duration = Duration::from_secs(15);

pub fn run() {
    let hash = one_hash();
    let server = Server::start();
    let rate = logins_per_second(&server.address, CLIENTS, FOR);
    let again = one_hash();
    let hash = (hash + again) / 2;
    let each = rate / cores() as f64;
    println!(
        "{rate:.1} logins/s on {} cores; one hash {:.1} ms",
        cores(),
        hash.as_secs_f64() * 1000.0
    );
    println!(
        "capacity over one hash at a time: {:.2} (target 3.5 or more)",
        each * hash.as_secs_f64()
    );
}

/// What `clients` that log in without pause get through.
pub fn logins_per_second(address: &str, clients: usize, time: Duration) -> f64 {
    let (done, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let begun = Instant::now();
    thread::scope(|scope| {
        for number in 0..clients {
            let (done, stop) = (&done, &stop);
            scope.spawn(move || {
                let mut client = Client::new(address);
                while !stop.load(Ordering::Relaxed) {
                    let answer = client.login(LOGIN, &source(number));
                    done.fetch_add(usize::from(answer.status == 200), Ordering::Relaxed);
                }
            });
        }
        thread::sleep(time);
        stop.store(true, Ordering::Relaxed);
    });
    done.load(Ordering::Relaxed) as f64 / begun.elapsed().as_secs_f64()
}
