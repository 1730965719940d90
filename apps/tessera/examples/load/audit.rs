//! Logins and refreshes of a server over those of one that writes no audit entries, by turns, on both databases. Target: 0.85 or
//! more.
//!
//! In the other server's database a trigger takes each entry, so its statements are the same, it has no row to write, and nothing to
//! seal.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use store_diesel::{Cluster, DieselStore, StoreOptions};

use crate::client::{Client, source};
use crate::server::Server;

const ROUNDS: usize = 9;
const FOR: Duration = Duration::from_secs(2);
const CONNECTIONS: usize = 16;

const PATH: &str = "/api/v2/mechanics/tokens";
const JSON: &str = "content-type: application/json\r\n";
const LOGIN: &str = r#"{"email":"workshop@email.dk","password":"qwerty"}"#;

const ON_SQLITE: &str = "CREATE TRIGGER dropped BEFORE INSERT ON audit_entries BEGIN SELECT RAISE(IGNORE); END";
/// A trigger that drops the row would be taken for a change of nothing: token and entry are one statement. This one takes it.
const ON_POSTGRES: &str = "CREATE FUNCTION taken() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
     ALTER TABLE audit_entries RENAME TO kept_entries;
     CREATE VIEW audit_entries AS SELECT * FROM kept_entries;
     CREATE TRIGGER taken INSTEAD OF INSERT ON audit_entries FOR EACH ROW EXECUTE FUNCTION taken()";

pub fn run() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| format!("sqlite:{}", folder.path().join(name).display());
    measure("sqlite", &file("with.db"), &file("without.db"), ON_SQLITE);
    match Cluster::skip_reason() {
        None => {
            let cluster = Cluster::start(&["-c", "fsync=on", "-c", "full_page_writes=on"]).unwrap();
            measure("postgres", &cluster.database(), &cluster.database(), ON_POSTGRES);
        }
        Some(why) => println!("postgres: skipped: {why}"),
    }
}

fn measure(name: &str, with: &str, without: &str, drop_entries: &str) {
    let (with, without) = (Server::on(with, &[]), Server::on(without, &[]));
    execute(&without.database(), drop_entries);
    for (what, rate) in [("refreshes", refreshes as fn(&Server) -> f64), ("logins", logins)] {
        let mut ratios: Vec<f64> = (0..ROUNDS)
            .map(|round| match round % 2 {
                0 => rate(&with) / rate(&without),
                _ => 1.0 / (rate(&without) / rate(&with)),
            })
            .collect();
        ratios.sort_by(f64::total_cmp);
        let [low, median, high] = [1, 2, 3].map(|quarter| ratios[ROUNDS * quarter / 4]);
        println!(
            "{name}: {what} with the audit log over without {median:.2}, quartiles {low:.2} and {high:.2} (target 0.85 or more)"
        );
    }
}

/// Each connection refreshes a session of its own, again and again.
fn refreshes(server: &Server) -> f64 {
    rate(|number| {
        let mut client = Client::new(&server.address);
        let mut token = refresh_token(&client.send("POST", PATH, &head(number), LOGIN).body);
        move || {
            let body = format!(r#"{{"refreshToken":"{token}"}}"#);
            token = refresh_token(&client.send("POST", PATH, JSON, &body).body);
        }
    })
}

fn logins(server: &Server) -> f64 {
    rate(|number| {
        let mut client = Client::new(&server.address);
        move || drop(refresh_token(&client.send("POST", PATH, &head(number), LOGIN).body))
    })
}

fn head(number: usize) -> String {
    format!("{JSON}x-forwarded-for: {}\r\n", source(number))
}

fn refresh_token(body: &str) -> String {
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    body["refreshToken"].as_str().expect("a refresh token").to_owned()
}

/// How often all connections together do it in a second. What a connection prepares does not count.
fn rate<F: FnMut()>(connection: impl Fn(usize) -> F + Sync) -> f64 {
    let ready = Barrier::new(CONNECTIONS);
    let each = |number| {
        let mut act = connection(number);
        ready.wait();
        let (begun, mut count) = (Instant::now(), 0_u32);
        while begun.elapsed() < FOR {
            act();
            count += 1;
        }
        f64::from(count) / begun.elapsed().as_secs_f64()
    };
    thread::scope(|scope| {
        let each = &each;
        let threads: Vec<_> = (0..CONNECTIONS)
            .map(|number| scope.spawn(move || each(number)))
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    })
}

fn execute(database: &str, statements: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let store = DieselStore::connect(database, &StoreOptions::default()).await.unwrap();
        store.dangerous_execute(statements).await.unwrap();
    });
}
