//! `/auth/verify` requests/s over `/healthz` requests/s of the same server, each flavour, warm. Target: 0.85 or more.

use std::thread;
use std::time::{Duration, Instant};

use crate::client::{Client, token_headers};
use crate::server::Server;

const FOR: Duration = Duration::from_secs(2);
const ROUNDS: usize = 5;
const CONNECTIONS: usize = 8;

pub fn run() {
    let server = Server::start();
    for (flavour, headers) in tokens(&server.address) {
        let mut ratios: Vec<f64> = (0..ROUNDS)
            .map(|_| {
                let health = rate(&server.address, "/healthz", &headers);
                rate(&server.address, "/auth/verify", &headers) / health
            })
            .collect();
        ratios.sort_by(f64::total_cmp);
        println!(
            "{flavour}: /auth/verify over /healthz {:.2} (target 0.85 or more)",
            ratios[ROUNDS / 2]
        );
    }
}

/// One token of each flavour, as request headers.
pub fn tokens(address: &str) -> [(&'static str, String); 4] {
    let bearer = |path: &str, body: &str| {
        let answer = Client::new(address).send("POST", path, "content-type: application/json\r\n", body);
        let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        format!("authorization: Bearer {}\r\n", body["token"].as_str().unwrap())
    };
    let workshop = r#"{"email":"workshop@email.dk","password":"qwerty"}"#;
    let player = r#"{"username":"gmachia","password":"9yUQc%ewEf^(Tw4","device_name":"load"}"#;
    let client = r#"{"email":"a@example.com","name":"A","consumer":{"key":"demo-key","token":"demo-token-7f3c9a51"},"organization_id":171}"#;
    [
        ("mechanics", bearer("/api/v2/mechanics/tokens", workshop)),
        ("login", token_headers(address)),
        ("device", bearer("/api/tokens/create", player)),
        ("integration", bearer("/api/v1/integration/auth/token", client)),
    ]
}

pub fn rate(address: &str, path: &str, headers: &str) -> f64 {
    let begun = Instant::now();
    let counts = thread::scope(|scope| {
        let ask = || {
            let (mut client, mut count) = (Client::new(address), 0_u32);
            while begun.elapsed() < FOR {
                assert_eq!(client.send("GET", path, headers, "").status, 200);
                count += 1;
            }
            count
        };
        let threads: Vec<_> = (0..CONNECTIONS).map(|_| scope.spawn(ask)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum::<u32>()
    });
    f64::from(counts) / begun.elapsed().as_secs_f64()
}
