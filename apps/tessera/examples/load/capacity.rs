//! Logins a second at saturation, for each core, against what one hash at a time would give. Target: at least 3.5.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use bcrypt_batch::{Cost, Job, Password, Workspace};

use crate::client::{Client, LOGIN, source};
use crate::server::{COST, Server};
use crate::stats::{cores, one_hash};

const CLIENTS: usize = 64;
const FOR: Duration = Duration::from_secs(5);
const ROUNDS: usize = 8;

/// Also compares with batches without a server, measured in turns: the capacity of the cores changes with the other
/// load on the machine, the cost of the server does not.
pub fn run() {
    let server = Server::start();
    logins_per_second(&server.address, CLIENTS, Duration::from_secs(2));
    let (mut over_one, mut over_bare) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let hash = one_hash().as_secs_f64();
        let bare = batches_per_second(FOR / 2);
        let logins = logins_per_second(&server.address, CLIENTS, FOR);
        println!(
            "{logins:.1} logins/s; batches alone {bare:.1}/s; one hash {:.1} ms",
            hash * 1000.0
        );
        over_one.push(logins / cores() as f64 * hash);
        over_bare.push(logins / bare);
    }
    let (median, best) = median_and_best(&mut over_one);
    println!(
        "capacity over one hash at a time, {} cores: median {median:.2}, best {best:.2} (target 3.5 or more)",
        cores()
    );
    let (median, best) = median_and_best(&mut over_bare);
    println!("capacity over batches without a server: median {median:.2}, best {best:.2}");
}

fn median_and_best(values: &mut [f64]) -> (f64, f64) {
    values.sort_by(f64::total_cmp);
    (values[values.len() / 2], values[values.len() - 1])
}

/// Hashes a second of all cores together, without other work.
fn batches_per_second(time: Duration) -> f64 {
    let begun = Instant::now();
    let hashes: usize = thread::scope(|scope| {
        let threads: Vec<_> = (0..cores()).map(|_| scope.spawn(|| hash_for(begun, time))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    hashes as f64 / begun.elapsed().as_secs_f64()
}

fn hash_for(begun: Instant, time: Duration) -> usize {
    let mut workspace = Workspace::new();
    let password = Password::new(b"secret").unwrap();
    let mut hashes = 0;
    while begun.elapsed() < time {
        let job = || Job::hash(password, [7; 16], Cost::new(COST).unwrap());
        let mut jobs: Vec<_> = (0..workspace.width()).map(|_| job()).collect();
        workspace.run(&mut jobs);
        hashes += jobs.len();
    }
    hashes
}

/// Logins a second of `clients` that log in without pause.
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
