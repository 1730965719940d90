//! A lone login against one hash by the `bcrypt` crate. Target: at most 1.1.

use crate::client::{Client, LOGIN};
use crate::server::Server;
use crate::stats::{millis, one_hash, percentile};

pub fn run() {
    let server = Server::start();
    let mut client = Client::new(&server.address);
    client.login(LOGIN, "198.51.100.2");
    let mut ratios = Vec::new();
    for _ in 0..5 {
        let hash = one_hash();
        let mut logins: Vec<_> = (0..20).map(|_| client.login(LOGIN, "198.51.100.2").took).collect();
        let login = percentile(&mut logins, 0.5);
        ratios.push(login.as_secs_f64() / hash.as_secs_f64());
        println!("login {:.1} ms, one hash {:.1} ms", millis(login), millis(hash));
    }
    ratios.sort_by(f64::total_cmp);
    println!(
        "lone login / one hash by the bcrypt crate: {:.2} (target 1.1 or less)",
        ratios[2]
    );
}
