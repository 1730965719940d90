//! A disk that refuses to write and to sync, and one that loses what was not synced: what was answered is there, what was
//! refused was not done, nothing is half done, and the same process goes on when the disk does.
//!
//! `TESSERA_DISK_ALL=1` tries every call and every moment, which takes minutes; otherwise some of them.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[path = "support/answers.rs"]
mod answers;
#[path = "support/power_cut.rs"]
mod power_cut;
#[path = "support/database.rs"]
mod support;

use std::future::Future;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use answers::{Answered, Answers, Found};
use auth_core::{NewToken, Subject};
use libtest_mimic::{Completion, Trial};
use power_cut::{Chance, Disk, Event, Survive, read_recording};
use store_diesel::{DieselStore, FaultyDisk, StoreOptions};
use support::things::{NOW, owner, token};
use support::trials;
use tempfile::TempDir;
use tokio::task::JoinSet;

/// For the process with the failing disk: which file to write to, and whose tokens.
const URL: &str = "DISK_URL";
const OWNER: &str = "DISK_OWNER";

const FILE: &str = "tessera.db";
const CALLERS: usize = 3;
/// Of each caller.
const OPERATIONS: usize = 25;
/// How often an operation is tried until the disk is well again.
const TRIES: usize = 200;

fn main() {
    if let Ok(url) = std::env::var(URL) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        return runtime.block_on(write(&url));
    }
    trials::run(vec![
        with_strace("what_the_disk_refuses_is_not_done", what_the_disk_refuses_is_not_done),
        with_strace("a_power_cut_loses_nothing_that_was_answered", || {
            a_power_cut_loses_nothing_that_was_answered("")
        }),
        with_strace("neither_after_a_sync_that_failed", || async {
            for when in if thorough() { (1..80).collect() } else { vec![3, 41] } {
                a_power_cut_loses_nothing_that_was_answered(&format!("fsync:error=EIO:when={when}")).await;
            }
        }),
        with_strace("a_disk_that_lies_is_found", a_disk_that_lies_is_found),
        trials::test("wrong_databases_are_found", answers::wrong_databases_are_found),
    ]);
}

/// A test that is skipped, with the reason, where calls cannot be made to fail.
fn with_strace<F: Future<Output = ()>>(name: &str, law: impl FnOnce() -> F + Send + 'static) -> Trial {
    Trial::ignorable_test(name, move || match FaultyDisk::skip_reason() {
        Some(reason) => Ok(Completion::ignored_with(reason)),
        None => {
            tokio::runtime::Runtime::new().unwrap().block_on(law());
            Ok(Completion::Completed)
        }
    })
}

fn thorough() -> bool {
    std::env::var_os("TESSERA_DISK_ALL").is_some()
}

/// A call fails for a while, at each point of what SQLite does.
async fn what_the_disk_refuses_is_not_done() {
    let (mut faults, mut checked, mut refused) = (0, 0, 0);
    for (call, error) in [
        ("fsync", "EIO"),
        ("fsync", "ENOSPC"),
        ("pwrite64", "EIO"),
        ("pwrite64", "ENOSPC"),
        ("pread64", "EIO"),
        ("ftruncate", "EIO"),
    ] {
        let mut when = 1;
        while let Some(answers) = write_with(call, error, when).await {
            faults += 1;
            checked += answers.count();
            refused += answers.failed();
            when += if thorough() { 1 + when / 40 } else { 15 + 2 * when };
        }
    }
    eprintln!("{faults} faults, {checked} operations checked, {refused} of them refused, no violation");
    assert!(refused > 0);
}

/// `None`: there is no call of this number.
async fn write_with(call: &str, error: &str, when: usize) -> Option<Answers> {
    let trial = Prepared::new().await;
    // One call, a few, or many.
    let last = when + [0, 3, 20][when % 3];
    let fault = format!("{call}:error={error}:when={when}..{last}");
    let log = trial.folder.path().join("log");
    let files = ["", "-wal", "-journal"].map(|companion| trial.data().join(format!("{FILE}{companion}")));
    let output = trial.run(FaultyDisk::command(
        std::env::current_exe().unwrap(),
        &fault,
        &files,
        &log,
    ));
    let injected = std::fs::read_to_string(&log).unwrap().contains("INJECTED");
    let mut answers = Answers::default();
    output.lines().for_each(|line| answers.take(line));
    let recovered = output.contains("recovered") || output.contains("never opened");
    assert!(recovered, "{fault}: {output}");
    let found = Found::in_store(&connect(&trial.url).await).await;
    assert_eq!(answers.judge(&found), Vec::<String>::new(), "{fault}");
    injected.then_some(answers)
}

/// Cuts at many moments of one run, with any part of what was not synced.
async fn a_power_cut_loses_nothing_that_was_answered(fault: &str) {
    let violations = cut_power(fault).await;
    assert_eq!(violations, Vec::<String>::new(), "{fault}");
}

/// The judge notices a disk that says that it has synced and has not.
async fn a_disk_that_lies_is_found() {
    assert!(!cut_power("fsync:retval=0:when=5+").await.is_empty());
}

async fn cut_power(fault: &str) -> Vec<String> {
    let trial = Prepared::new().await;
    let mut disk = Disk::of(&trial.data());
    let log = trial.folder.path().join("log");
    trial.run(FaultyDisk::recorded(std::env::current_exe().unwrap(), fault, &log));
    let events = read_recording(&String::from_utf8_lossy(&std::fs::read(&log).unwrap()));
    let step = if thorough() { 1 } else { events.len() / 40 + 1 };
    let (mut answers, mut violations, mut cuts) = (Answers::default(), Vec::new(), 0);
    for (index, event) in events.iter().enumerate() {
        // The same for all images of one moment: what a failed sync has lost stays lost.
        disk.apply(event, &mut Chance(index as u64));
        if let Event::Answer(lines) = event {
            lines.lines().for_each(|line| answers.take(line));
        }
        if index % step == 0 || index + 1 == events.len() {
            for survive in [Survive::None, Survive::All, Survive::Some] {
                cuts += 1;
                let found = after_cut(&disk, survive, index).await;
                let wrong = answers.judge(&found);
                violations.extend(wrong.iter().map(|wrong| format!("event {index}, {survive:?}: {wrong}")));
            }
        }
    }
    assert!(answers.done() > OPERATIONS, "{answers:?}");
    eprintln!(
        "{fault} {cuts} cuts, {} operations, {} violations",
        answers.count(),
        violations.len()
    );
    violations
}

async fn after_cut(disk: &Disk, survive: Survive, seed: usize) -> Found {
    let folder = tempfile::tempdir().unwrap();
    disk.cut(survive, &mut Chance(seed as u64 + 1), folder.path());
    let url = format!("sqlite:{}", folder.path().join(FILE).display());
    match connect_once(&url).await {
        Some(store) => Found::in_store(&store).await,
        None => Found::default(),
    }
}

/// A database with an account.
struct Prepared {
    folder: TempDir,
    url: String,
    owner: Subject,
}

impl Prepared {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("data")).unwrap();
        let url = format!("sqlite:{}", folder.path().join("data").join(FILE).display());
        let owner = owner(&connect(&url).await, "workshop@email.dk").await;
        Self { folder, url, owner }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// What the process printed.
    fn run(&self, mut command: Command) -> String {
        let command = command.env(URL, &self.url).env(OWNER, self.owner.to_string());
        let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }
}

/// Sign-ins, each second one followed by a sign-out, from several callers; at the end until the disk is well.
async fn write(url: &str) {
    let owner = Subject(std::env::var(OWNER).unwrap().parse().unwrap());
    let mut store = connect_once(url).await;
    for _ in 0..TRIES {
        if store.is_none() {
            store = connect_once(url).await;
        }
    }
    // `strace` counts calls by thread, and each try has threads of its own: to them the disk never becomes well.
    let Some(store) = store else {
        return say("never opened\n");
    };
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        let store = store.clone();
        callers.spawn(async move {
            for number in 0..OPERATIONS {
                // So that the log is emptied into the file in between, and not only after a thousand pages.
                let _set = store.dangerous_execute("PRAGMA wal_autocheckpoint = 20").await;
                operate(&store, owner, &format!("{caller}-{number}"), number % 2 == 0).await;
            }
        });
    }
    while let Some(ended) = callers.join_next().await {
        ended.unwrap();
    }
    for number in 0..TRIES {
        if operate(&store, owner, &format!("late-{number}"), true).await && store.check_writing().await.is_ok() {
            say("recovered\n");
            return;
        }
    }
}

async fn operate(store: &DieselStore, owner: Subject, label: &str, revokes: bool) -> bool {
    let new = NewToken {
        label: Some(label.to_owned()),
        ..token(owner)
    };
    let issued = store.tokens().insert(new).await;
    say(&Answers::line("issued", label, Answered::of(&issued)));
    let (Ok(Some(id)), true) = (&issued, revokes) else {
        return issued.is_ok();
    };
    let revoked = store.tokens().revoke(*id, NOW).await;
    say(&Answers::line("revoked", label, Answered::of(&revoked)));
    revoked.is_ok()
}

/// In one write.
fn say(line: &str) {
    use std::io::Write;
    std::io::stdout().write_all(line.as_bytes()).unwrap();
}

fn options() -> StoreOptions {
    let mut options = StoreOptions::default();
    options.readers = 1;
    options
}

async fn connect_once(url: &str) -> Option<DieselStore> {
    DieselStore::connect(url, &options()).await.ok()
}

async fn connect(url: &str) -> DieselStore {
    DieselStore::connect(url, &options()).await.unwrap()
}
