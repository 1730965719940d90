//! Operations per second with 32 clients, beside the least that a durable database can do: a commit of one row.
//!
//! `cargo bench -p store-diesel --features test-support`. Both databases work in `TMPDIR`, which should be on a disk.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a benchmark reads the clock and may fail"
)]

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use auth_core::{
    AuditEvent, AuditKey, AuditSealer, AuditVerifier, FoldedLogin, Generation, NewAccount, NewToken, Provenance, Realm,
    RefreshState, Scopes, SecretKey, Selector, Subject, SystemClock, Timestamp, TokenDigest, TokenId,
};
use consumer_auth::{NewClient, Organisation};
use store_diesel::{Cluster, DieselStore, StoreOptions};

const CLIENTS: u64 = 32;
const FOR: Duration = Duration::from_secs(4);
const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = format!("sqlite:{}", folder.path().join("bench.db").display());
    runtime.block_on(measure("sqlite", &file));
    if Cluster::skip_reason().is_none() {
        let cluster = Cluster::start(&["-c", "fsync=on", "-c", "full_page_writes=on"]).unwrap();
        runtime.block_on(measure("postgres", &cluster.database()));
    }
}

async fn measure(name: &str, url: &str) {
    let store = DieselStore::connect(url, &StoreOptions::default()).await.unwrap();
    store.consumers().put_organisation(&organisation(171)).await.unwrap();
    let sealing = tokio::spawn(seal(store.clone()));
    let digest = TokenDigest::of(b"token");
    let put = store.consumers().put_consumer(CONSUMER, &digest, 171, NOW).await;
    assert!(put.unwrap());
    let owner = owner(&store).await;
    println!("{name}");

    let count = Arc::new(AtomicU64::new(0));
    let (consumers, numbers) = (store.consumers(), count.clone());
    let least = rate("commit of one row", None, move || {
        let (consumers, number) = (consumers.clone(), numbers.fetch_add(1, Ordering::Relaxed));
        async move {
            consumers
                .put_organisation(&organisation(1000 + number as i64))
                .await
                .unwrap()
        }
    })
    .await;

    let (tokens, numbers) = (store.tokens(), count.clone());
    rate("sign-in (insert)", Some(least), move || {
        let (tokens, number) = (tokens.clone(), numbers.fetch_add(1, Ordering::Relaxed));
        by_request(async move { assert!(tokens.insert(token(owner, number)).await.unwrap().is_some()) })
    })
    .await;

    let sessions = sessions(&store, owner, &count).await;
    let (tokens, numbers) = (store.tokens(), AtomicU64::new(0));
    rate("refresh (find_session, rotate)", Some(least), move || {
        let at = numbers.fetch_add(1, Ordering::Relaxed);
        let (tokens, id) = (tokens.clone(), sessions[at as usize % sessions.len()]);
        by_request(async move {
            let session = tokens.find_session(&selector(id.1)).await.unwrap().unwrap();
            let to = RefreshState {
                rotated_at: NOW,
                ..session.refresh.clone()
            };
            tokens.rotate(id.0, &session.refresh.current, &to).await.unwrap();
        })
    })
    .await;

    let (consumers, numbers) = (store.consumers(), count.clone());
    rate("find-or-create (new client)", Some(least), move || {
        let (consumers, number) = (consumers.clone(), numbers.fetch_add(1, Ordering::Relaxed));
        async move { drop(consumers.find_or_create_client(client(number)).await.unwrap()) }
    })
    .await;

    let consumers = store.consumers();
    drop(consumers.find_or_create_client(client(u64::MAX)).await.unwrap());
    rate("find-or-create (existing client)", Some(least), move || {
        let consumers = consumers.clone();
        async move { assert!(consumers.find_client(&client(u64::MAX)).await.unwrap().is_some()) }
    })
    .await;

    let (tokens, numbers) = (store.tokens(), count.clone());
    let both = rate("sign-in and sign-out", None, move || {
        let (tokens, number) = (tokens.clone(), numbers.fetch_add(1, Ordering::Relaxed));
        async move {
            let id = tokens.insert(token(owner, number)).await.unwrap().unwrap();
            assert!(tokens.revoke(id, NOW).await.unwrap());
        }
    })
    .await;
    println!("  (two operations: {:.2} of the least each)", 2.0 * both / least);
    sealing.abort();
    audit_log(name, url).await;
}

/// As a server does.
async fn seal(store: DieselStore) {
    let sealer = sealer(&store);
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        sealer.run().await.unwrap();
    }
}

fn audit_key() -> AuditKey {
    AuditKey::derive(&SecretKey::from_bytes([7; 32]))
}

fn sealer(store: &DieselStore) -> AuditSealer {
    AuditSealer::new(
        store.audit(),
        audit_key(),
        Arc::new(SystemClock::new()),
        Duration::from_secs(1),
    )
}

/// The size of an entry, and how fast the log is checked and read.
async fn audit_log(name: &str, url: &str) {
    const ENTRIES: i64 = 200_000;
    let store = DieselStore::connect(url, &StoreOptions::default()).await.unwrap();
    let size = async || match name {
        "sqlite" => {
            store
                .dangerous_number("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
                .await
        }
        _ => {
            let size =
                "SELECT (pg_total_relation_size('audit_entries') + pg_total_relation_size('audit_seals'))::bigint";
            store.dangerous_number(size).await
        }
    };
    let sealer = sealer(&store);
    while sealer.run().await.unwrap().entries > 0 {}
    let before = size().await.unwrap().unwrap();
    for batch in 0..ENTRIES / 500 {
        let entries: Vec<_> = (batch * 500..batch * 500 + 500).map(entry).collect();
        store.audit().append(&entries).await.unwrap();
    }
    let start = Instant::now();
    let mut sealed = 0;
    while sealed < ENTRIES as u64 {
        tokio::time::sleep(Duration::from_millis(1)).await;
        sealed += sealer.run().await.unwrap().entries;
    }
    let rate = |entries: u64, since: Instant| entries as f64 / since.elapsed().as_secs_f64();
    println!("  seal                               {:9.0}/s", rate(sealed, start));
    let grown = size().await.unwrap().unwrap() - before;
    println!(
        "  bytes for an entry                 {:9.0}",
        grown as f64 / ENTRIES as f64
    );
    let start = Instant::now();
    let verdict = AuditVerifier::new(store.audit(), audit_key(), Vec::new())
        .verify(|_| {})
        .await
        .unwrap();
    assert_eq!(verdict.faults, []);
    println!(
        "  verify                             {:9.0}/s",
        rate(verdict.entries, start)
    );
    let start = Instant::now();
    let filter = auth_core::AuditFilter {
        subject: Some(-1),
        ..Default::default()
    };
    let found = store.audit().find_entries(&filter, None, 50).await.unwrap();
    assert!(found.is_empty());
    println!(
        "  search                             {:9.0}/s",
        rate(verdict.entries, start)
    );
}

/// With the provenance of a request.
fn by_request<F: Future>(call: F) -> impl Future<Output = F::Output> {
    Provenance::client([192, 0, 2, 7].into(), "4f1d0c9e8b1a4d369a590b1c2d3e4f50").scope(call)
}

/// As a refresh leaves it.
fn entry(number: i64) -> auth_core::AuditEntry {
    let by = Provenance::client(
        [192, 0, 2, (number % 250) as u8].into(),
        "4f1d0c9e8b1a4d369a590b1c2d3e4f50",
    );
    let entry = by.entry(AuditEvent::TokenRefreshed, NOW).subject(Subject(number));
    let realm = Realm::parse("workshops").unwrap();
    entry.token(TokenId(number)).realm(&realm).flavour("mechanics")
}

async fn rate<F: Future<Output = ()> + Send>(
    name: &str,
    least: Option<f64>,
    call: impl Fn() -> F + Send + Sync + 'static,
) -> f64 {
    let call = Arc::new(call);
    let (start, done) = (Instant::now(), Arc::new(AtomicU64::new(0)));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (call, done) = (call.clone(), done.clone());
            tokio::spawn(async move {
                while start.elapsed() < FOR {
                    call().await;
                    done.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for client in clients {
        client.await.unwrap();
    }
    let rate = done.load(Ordering::Relaxed) as f64 / start.elapsed().as_secs_f64();
    match least {
        Some(least) => println!("  {name:34} {rate:9.0}/s  {:.2}", rate / least),
        None => println!("  {name:34} {rate:9.0}/s"),
    }
    rate
}

async fn owner(store: &DieselStore) -> Subject {
    let account = NewAccount {
        subject: None,
        realm: Realm::parse("bench").unwrap(),
        login: format!("owner-{}", std::process::id()),
        alias: None,
        role: None,
        attributes: Default::default(),
        created_at: NOW,
    };
    store.accounts().create(account).await.unwrap().unwrap()
}

async fn sessions(store: &DieselStore, owner: Subject, count: &AtomicU64) -> Vec<(TokenId, u64)> {
    let mut sessions = Vec::new();
    for _ in 0..200 {
        let number = count.fetch_add(1, Ordering::Relaxed);
        let new = NewToken {
            refresh: Some(family(number)),
            ..token(owner, number)
        };
        sessions.push((store.tokens().insert(new).await.unwrap().unwrap(), number));
    }
    sessions
}

fn token(owner: Subject, number: u64) -> NewToken {
    NewToken {
        flavour: "bench".into(),
        realm: Realm::parse("bench").unwrap(),
        subject: owner,
        generation: Generation(0),
        scopes: Scopes::none(),
        label: None,
        digest: Some(TokenDigest::of(&number.to_le_bytes())),
        salt: None,
        key: None,
        parent: None,
        made_from: None,
        refresh: None,
        issued_at: NOW,
        expires_at: Some(NOW.plus(Duration::from_secs(900))),
        idle: None,
    }
}

fn organisation(id: i64) -> Organisation {
    Organisation {
        id,
        name: "Ping Pong".into(),
        subdomain: "pingpong".into(),
        utc_offset_seconds: -14400,
    }
}

fn family(number: u64) -> RefreshState {
    RefreshState {
        selector: selector(number),
        current: TokenDigest::of(&number.to_le_bytes()),
        previous: Some(TokenDigest::of(b"previous")),
        sealed: Some([7; 16]),
        lineage: vec![3; 256],
        rotations: 40,
        rotated_at: NOW,
    }
}

fn selector(number: u64) -> Selector {
    let mut selector = [0; 32];
    selector[..8].copy_from_slice(&number.to_le_bytes());
    Selector(selector)
}

const CONSUMER: &str = "partner";

fn client(number: u64) -> NewClient {
    let email = format!("client-{number}@example.com");
    NewClient {
        consumer: CONSUMER.into(),
        organisation: 171,
        folded: FoldedLogin::parse(&email).unwrap(),
        email,
        name: "Somebody".into(),
        created_at: NOW,
    }
}
