//! What was answered is there after the process was killed, at whatever moment, and after the disk was full. The process that
//! is killed is this program too.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[path = "support/database.rs"]
mod support;

use std::collections::BTreeSet;
use std::future::Future;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use auth_core::{AuditKey, AuditSealer, AuditVerifier, SecretKey, Subject, SystemClock, TokenId, TokenStore};
use libtest_mimic::{Arguments, Trial};
use store_diesel::{DieselStore, StoreOptions};
use support::things::{NOW, owner, token};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

/// For the process that is to be killed: which file to write to.
const URL: &str = "DURABILITY_URL";

fn main() {
    if let Ok(url) = std::env::var(URL) {
        let runtime = Runtime::new().unwrap();
        return match std::env::var(UNTIL_FULL) {
            Ok(_) => runtime.block_on(write_until_full(&url)),
            Err(_) => runtime.block_on(write_until_killed(&url)),
        };
    }
    let laws = vec![
        law(
            "whatever_was_answered_survives_a_kill",
            whatever_was_answered_survives_a_kill,
        ),
        law(
            "whatever_was_answered_survives_a_full_disk",
            whatever_was_answered_survives_a_full_disk,
        ),
    ];
    libtest_mimic::run(&Arguments::from_args(), laws).exit();
}

fn law<F: Future<Output = ()>>(name: &str, law: impl FnOnce() -> F + Send + 'static) -> Trial {
    Trial::test(name, move || {
        Runtime::new().unwrap().block_on(law());
        Ok(())
    })
}

/// The disk is full when a file has this many blocks of 512 bytes: each write beyond fails, in the middle of whatever it
/// belongs to.
const FULL: [u32; 3] = [600, 1200, 2000];

/// A write that the disk had no room for is an error, what was answered before and after is there, and the same process
/// goes on when there is room again.
async fn whatever_was_answered_survives_a_full_disk() {
    for blocks in FULL {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("tessera.db").display());
        // Tables need more room than the smallest disk has.
        drop(connect(&url).await);
        let full = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\"");
        let mut process = Command::new("sh");
        process.args(["-c", &full]).arg(std::env::current_exe().unwrap());
        let output = process.env(URL, &url).env(UNTIL_FULL, "1").output().unwrap();
        let output = String::from_utf8(output.stdout).unwrap();
        let ids = |what: &str| -> BTreeSet<i64> {
            let lines = output.lines().filter_map(|line| line.strip_prefix(what));
            lines.map(|id| id.trim().parse().unwrap()).collect()
        };
        let (issued, revoked) = (ids("issued"), ids("revoked"));
        assert!(output.contains("no room"), "{blocks} blocks were enough: {output}");
        assert!(!issued.is_empty() && !revoked.is_empty(), "{blocks} blocks: {output}");
        let store = connect(&url).await;
        assert_all_there(&store, &issued, &revoked).await;
        let owner = owner(&store, "when-there-is-room").await;
        assert!(store.tokens().insert(token(owner)).await.unwrap().is_some());
    }
}

/// For the process: it ends when the disk has refused this many writes.
const UNTIL_FULL: &str = "DURABILITY_UNTIL_FULL";
const REFUSED: usize = 20;

async fn write_until_full(url: &str) {
    let store = connect(url).await;
    let owner = owner(&store, &format!("owner-{}", std::process::id())).await;
    let tokens = store.tokens();
    let mut refused = 0;
    while refused < REFUSED {
        let Ok(Some(id)) = tokens.insert(token(owner)).await else {
            println!("no room");
            refused += 1;
            continue;
        };
        println!("issued {id}");
        match tokens.revoke(id, NOW).await {
            Ok(true) if id.0 % 2 == 0 => println!("revoked {id}"),
            Ok(_) => {}
            Err(_) => refused += 1,
        }
    }
}

async fn whatever_was_answered_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("tessera.db").display());
    let (mut issued, mut revoked) = (BTreeSet::new(), BTreeSet::new());
    for lines in [1, 7, 50, 200, 333, 500] {
        for line in answers_before_the_kill(&url, lines) {
            let (what, id) = line.split_once(' ').unwrap();
            let id: i64 = id.parse().unwrap();
            match what {
                "issued" => issued.insert(id),
                "revoked" => revoked.insert(id),
                _ => panic!("{line}"),
            };
        }
        assert_all_there(&connect(&url).await, &issued, &revoked).await;
    }
    assert!(!revoked.is_empty());
}

async fn assert_all_there(store: &DieselStore, issued: &BTreeSet<i64>, revoked: &BTreeSet<i64>) {
    let check = "SELECT integrity_check FROM pragma_integrity_check";
    assert_eq!(store.dangerous_text(check).await.unwrap().as_deref(), Some("ok"));
    for id in issued {
        let rows = format!("SELECT count(*) FROM tokens WHERE id = {id}");
        assert_eq!(store.dangerous_number(&rows).await.unwrap(), Some(1), "token {id}");
        let live = store.tokens().find(TokenId(*id)).await.unwrap().is_some();
        assert!(!(live && revoked.contains(id)), "token {id} was revoked");
    }
    let published = "SELECT count(*) FROM feed WHERE kind = 'ended'";
    let revoked = "SELECT count(*) FROM tokens WHERE revoked_at IS NOT NULL";
    assert_eq!(
        store.dangerous_number(published).await.unwrap(),
        store.dangerous_number(revoked).await.unwrap(),
        "an end and its entry in the feed come together"
    );
    for (event, tokens) in [
        ("token_issued", "SELECT count(*) FROM tokens"),
        ("token_revoked", revoked),
    ] {
        let entries = format!("SELECT count(*) FROM audit_entries WHERE event = '{event}'");
        assert_eq!(
            store.dangerous_number(&entries).await.unwrap(),
            store.dangerous_number(tokens).await.unwrap(),
            "a change and its entry in the audit log come together"
        );
    }
    assert_chain_is_whole(store).await;
}

/// What the process that was killed has sealed is whole, and this one goes on from there.
async fn assert_chain_is_whole(store: &DieselStore) {
    sealer(store).run().await.unwrap();
    let verdict = AuditVerifier::new(store.audit(), audit_key(), Vec::new())
        .verify(|_| {})
        .await;
    let verdict = verdict.unwrap();
    assert_eq!((verdict.faults, verdict.unsealed), (Vec::new(), 0));
}

fn audit_key() -> AuditKey {
    AuditKey::derive(&SecretKey::from_bytes([7; 32]))
}

fn sealer(store: &DieselStore) -> AuditSealer {
    let clock = Arc::new(SystemClock::new());
    AuditSealer::new(store.audit(), audit_key(), clock, Duration::ZERO)
}

/// What a process printed before it was killed, which was after so many lines at the earliest.
fn answers_before_the_kill(url: &str, lines: usize) -> Vec<String> {
    let mut process = Command::new(std::env::current_exe().unwrap());
    let mut process = process.env(URL, url).stdout(Stdio::piped()).spawn().unwrap();
    let mut output = BufReader::new(process.stdout.take().unwrap()).lines();
    let mut answers: Vec<String> = output.by_ref().take(lines).map(Result::unwrap).collect();
    process.kill().unwrap();
    process.wait().unwrap();
    assert_eq!(answers.len(), lines, "it ended by itself");
    let mut rest: Vec<String> = output.map_while(Result::ok).collect();
    // The last line may have been cut.
    rest.pop();
    answers.extend(rest);
    answers
}

/// Sign-ins, each second one followed by a sign-out, from several callers. Says what was answered, a line each.
async fn write_until_killed(url: &str) {
    let store = connect(url).await;
    let owner = owner(&store, &format!("owner-{}", std::process::id())).await;
    let mut callers = JoinSet::new();
    for _ in 0..8 {
        callers.spawn(write(store.tokens(), owner));
    }
    let sealer = sealer(&store);
    callers.spawn(async move {
        loop {
            sealer.run().await.unwrap();
            tokio::task::yield_now().await;
        }
    });
    // None of them returns: the first failure ends them all.
    callers.join_next().await.unwrap().unwrap();
}

async fn write(tokens: Arc<dyn TokenStore>, owner: Subject) {
    loop {
        let id = tokens.insert(token(owner)).await.unwrap().unwrap();
        println!("issued {id}");
        if id.0 % 2 == 0 && tokens.revoke(id, NOW).await.unwrap() {
            println!("revoked {id}");
        }
    }
}

async fn connect(url: &str) -> DieselStore {
    DieselStore::connect(url, &StoreOptions::default()).await.unwrap()
}
