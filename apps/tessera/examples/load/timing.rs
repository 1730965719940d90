//! Checks that the time of a refused login does not show why it was refused. Target: medians within 10 % of each other.

use std::time::Duration;

use auth_core::{NewAccount, Realm, Timestamp};
use store_diesel::{DieselStore, StoreOptions};

use crate::client::{Client, source};
use crate::server::{COST, Server};
use crate::stats::{millis, percentile};

const LOGINS: usize = 300;

/// Enough accounts that none of them is locked.
const ACCOUNTS: usize = 40;

const KINDS: [(&str, &str); 6] = [
    ("unknown", "wrong password"),
    ("known", "wrong password"),
    ("disabled", "right password"),
    ("nohash", "right password"),
    ("known", OVER_LONG),
    ("old2x", "right password"),
];

const OVER_LONG: &str = "more than seventy-two bytes of password, which bcrypt would cut off at the end";

pub fn run() {
    let server = Server::start();
    tokio::runtime::Runtime::new()
        .unwrap()
        .block_on(accounts(&server.database()));
    let mut client = Client::new(&server.address);
    let mut times: Vec<Vec<Duration>> = vec![Vec::new(); KINDS.len()];
    for round in 0..LOGINS {
        for (kind, (name, password)) in KINDS.iter().enumerate() {
            let login = format!("{name}-{}@example.com", round % ACCOUNTS);
            let body = format!(r#"{{"username":"{login}","password":"{password}"}}"#);
            let answer = client.login(&body, &source(round * KINDS.len() + kind));
            assert!(
                matches!(answer.status, 401 | 404),
                "{name}: {} {}",
                answer.status,
                answer.body
            );
            times[kind].push(answer.took);
        }
    }
    let medians: Vec<Duration> = times.iter_mut().map(|times| percentile(times, 0.5)).collect();
    for ((name, password), median) in KINDS.iter().zip(&medians) {
        let what = if *password == OVER_LONG {
            "over-long password"
        } else {
            password
        };
        println!("{name}, {what}: median {:.2} ms of {LOGINS}", millis(*median));
    }
    let (least, most) = (medians.iter().min().unwrap(), medians.iter().max().unwrap());
    let spread = 100.0 * (most.as_secs_f64() / least.as_secs_f64() - 1.0);
    println!("largest median over smallest: +{spread:.1} % (target 10 % or less)");
}

async fn accounts(url: &str) {
    let store = DieselStore::connect(url, &StoreOptions::default()).await.unwrap();
    let right = bcrypt::hash_with_result("right password", COST).unwrap();
    let good = right.format_for_version(bcrypt::Version::TwoB);
    let old = right.format_for_version(bcrypt::Version::TwoX);
    let now = Timestamp::from_seconds(1);
    for number in 0..ACCOUNTS {
        for (name, hash) in [
            ("known", Some(&good)),
            ("disabled", Some(&good)),
            ("nohash", None),
            ("old2x", Some(&old)),
        ] {
            let new = NewAccount {
                subject: None,
                realm: Realm::parse("pbx").unwrap(),
                login: format!("{name}-{number}@example.com"),
                alias: None,
                role: None,
                attributes: Default::default(),
                created_at: now,
            };
            let subject = store.accounts().create(new).await.unwrap().unwrap();
            if let Some(hash) = hash {
                store.passwords().set(subject, hash, false, now).await.unwrap();
            }
            if name == "disabled" {
                store.accounts().set_disabled(subject, true, now).await.unwrap();
            }
        }
    }
}
