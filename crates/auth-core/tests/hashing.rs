//! The laws of the hashing threads. No test sleeps: the engine stops at a gate, and time passes only when a test moves the clock.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[path = "support/passwords.rs"]
mod password_support;

use std::num::NonZeroUsize;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use auth_core::{Busy, HashEngine, HashError, HashingOptions, PasswordHasher, SystemEntropy, Verdict};
use bcrypt_batch::{Job, StoredHash, Workspace};
use password_support::{Bench, Recorder, Started, TARGET, TestClock, TestEngine, block_on, hashed, options, source};

type Login<'a> = Started<'a, Result<Verdict, Busy>>;

impl Bench {
    /// A login against a hash of `cost`; the password is wrong.
    fn login(&self, cost: u32, from: u8) -> Login<'_> {
        let stored = hashed("right", cost);
        Started::new(async move {
            self.hasher
                .verify(Some(stored.into()), &"wrong".into(), source(from))
                .await
        })
    }

    /// Keeps the only thread at the gate with one job, so that later jobs wait.
    fn occupied(&self) -> Login<'_> {
        self.recorder.shut();
        let login = self.login(TARGET, 250);
        self.recorder.wait_for_runs(1);
        login
    }
}

/// An engine whose batches take as long as the test says.
#[derive(Debug)]
struct SlowEngine(TestEngine, Arc<std::sync::Mutex<Duration>>, Arc<TestClock>);

impl HashEngine for SlowEngine {
    fn width(&self) -> usize {
        self.0.width()
    }

    fn run(&mut self, jobs: &mut [Job<'_>]) {
        self.0.run(jobs);
        self.2.advance(*self.1.lock().unwrap());
    }
}

fn threads(threads: usize) -> HashingOptions {
    HashingOptions {
        threads: NonZeroUsize::new(threads),
        ..options()
    }
}

fn queue(queue: usize) -> HashingOptions {
    HashingOptions {
        queue: NonZeroUsize::new(queue).unwrap(),
        ..options()
    }
}

fn finish(logins: Vec<Login<'_>>) {
    for login in logins {
        login.outcome().unwrap();
    }
}

#[test]
fn a_password_matches_its_own_hash_and_no_other() {
    let bench = Bench::new(options());
    let verify = |password: &str| {
        let stored = Some(hashed("right", TARGET));
        block_on(bench.hasher.verify(stored.map(Into::into), &password.into(), source(1)))
            .unwrap()
            .matched
    };
    assert!(verify("right"));
    assert!(!verify("wrong"));
    assert!(!verify(""));
}

#[test]
fn a_new_hash_has_the_configured_cost_and_a_salt_of_its_own() {
    let bench = Bench::new(options());
    let hash = || {
        block_on(bench.hasher.hash(&"right".into(), source(1)))
            .unwrap()
            .to_text()
    };
    let (one, other) = (hash(), hash());
    assert!(one.starts_with("$2b$06$"), "{one}");
    assert_ne!(one, other);
    assert!(bcrypt::verify("right", &one).unwrap());
}

#[test]
fn a_password_that_bcrypt_would_truncate_is_not_hashed() {
    let bench = Bench::new(options());
    for password in ["x".repeat(73), "abc\0abc".into(), String::new()] {
        let outcome = block_on(bench.hasher.hash(&password.into(), source(1)));
        assert!(matches!(outcome, Err(HashError::Unusable(_))), "{outcome:?}");
    }
    assert_eq!(bench.hasher.counters().started, 0);
}

#[test]
fn a_single_login_does_not_wait_for_others() {
    let bench = Bench::new(options());
    bench.login(TARGET, 1).outcome().unwrap();
    assert_eq!(bench.recorder.runs(), [[TARGET]]);
    assert_eq!(bench.hasher.counters().batches[0], 1);
}

#[test]
fn two_logins_go_to_two_idle_threads() {
    let bench = Bench::new(threads(2));
    bench.recorder.shut();
    let logins = vec![bench.login(TARGET, 1), bench.login(TARGET, 1)];
    bench.recorder.wait_for_runs(2);
    assert_eq!(bench.recorder.runs(), [[TARGET], [TARGET]]);
    bench.recorder.open();
    finish(logins);
}

#[test]
fn waiting_logins_are_hashed_together_up_to_the_width() {
    let bench = Bench::of_width(queue(64), 5);
    let mut logins = vec![bench.occupied()];
    logins.extend((0..7).map(|_| bench.login(TARGET, 1)));
    bench.recorder.open();
    finish(logins);
    let widths: Vec<_> = bench.recorder.runs().iter().map(Vec::len).collect();
    assert_eq!(widths, [1, 5, 2]);
    assert_eq!(bench.hasher.counters().batches[..5], [1, 1, 0, 0, 1]);
}

#[test]
fn a_batch_has_one_cost_and_the_other_cost_is_next() {
    let bench = Bench::of_width(queue(64), 5);
    let mut logins = vec![bench.occupied()];
    // Above the cost of new hashes, so that each login is one hash.
    logins.extend([6, 7, 6, 7, 7].map(|cost| bench.login(cost, 1)));
    bench.recorder.open();
    finish(logins);
    assert_eq!(bench.recorder.runs()[1..], [vec![6, 6], vec![7, 7, 7]]);
}

#[test]
fn a_login_whose_caller_has_gone_is_never_started() {
    let bench = Bench::of_width(queue(64), 1);
    let first = bench.occupied();
    let second = bench.login(TARGET, 1);
    drop(bench.login(TARGET, 1));
    bench.recorder.open();
    finish(vec![first, second]);
    let counters = bench.hasher.counters();
    assert_eq!((counters.started, counters.abandoned), (2, 1));
    assert_eq!(
        bench.hasher.waits().buckets.iter().sum::<u64>(),
        2,
        "one wait for each job that was started"
    );
}

#[test]
fn a_login_whose_caller_has_gone_leaves_the_queue_at_once() {
    let bench = Bench::new(queue(8));
    let first = bench.occupied();
    let waiting: Vec<_> = (1..=6).map(|from| bench.login(TARGET, from)).collect();
    assert_eq!(bench.hasher.counters().waiting, 6);
    drop(waiting);
    let counters = bench.hasher.counters();
    assert_eq!((counters.waiting, counters.abandoned), (0, 6));
    bench.recorder.open();
    finish(vec![first]);
}

#[test]
fn a_place_counts_as_a_waiting_job_and_is_not_hashed_before_its_password_is_known() {
    let bench = Bench::of_width(queue(4), 1);
    let first = bench.occupied();
    let place = bench.hasher.admit(source(1)).unwrap();
    // The cost shows which one had its turn.
    let mut logins: Vec<_> = (2..=4).map(|from| bench.login(7, from)).collect();
    assert!(bench.hasher.admit(source(5)).is_err(), "the queue is full");
    bench.recorder.open();
    logins.push(first);
    finish(logins);
    assert_eq!(bench.hasher.counters().waiting, 1, "the place is kept");
    block_on(place.verify(Some(hashed("right", TARGET).into()), &"right".into())).unwrap();
    assert_eq!(bench.recorder.runs().concat(), [TARGET, 7, 7, 7, TARGET]);
}

#[test]
fn a_place_keeps_its_turn() {
    let bench = Bench::of_width(queue(8), 1);
    let first = bench.occupied();
    let place = bench.hasher.admit(source(1)).unwrap();
    let later = bench.login(7, 2);
    let password = "wrong".into();
    let filled = Started::new(place.verify(Some(hashed("right", TARGET).into()), &password));
    bench.recorder.open();
    finish(vec![first, filled, later]);
    assert_eq!(bench.recorder.runs().concat(), [TARGET, TARGET, 7]);
}

#[test]
fn however_slow_the_last_batches_were_the_threads_have_work_and_the_estimate_recovers() {
    let (clock, recorder) = (Arc::new(TestClock::default()), Arc::new(Recorder::default()));
    // A stall: one batch takes a minute.
    let time = Arc::new(std::sync::Mutex::new(Duration::from_secs(60)));
    let engine = || {
        let inner = TestEngine {
            recorder: recorder.clone(),
            workspace: Workspace::with_width(1),
            ended: None,
            takes: None,
        };
        SlowEngine(inner, time.clone(), clock.clone())
    };
    let hasher = PasswordHasher::start_with(queue(64), clock.clone(), Arc::new(SystemEntropy), || Box::new(engine()));
    let bench = Bench {
        hasher: hasher.unwrap(),
        recorder: recorder.clone(),
        clock: clock.clone(),
    };
    bench.login(TARGET, 1).outcome().unwrap();
    *time.lock().unwrap() = Duration::from_millis(1);
    // Each of these is admitted, and measures the time anew.
    for _ in 0..30 {
        bench.login(TARGET, 1).outcome().unwrap();
    }
    recorder.shut();
    let mut logins = vec![bench.login(TARGET, 1)];
    recorder.wait_for_runs(32);
    logins.extend((0..30).map(|_| bench.login(TARGET, 1)));
    recorder.open();
    finish(logins);
}

#[test]
fn a_full_queue_refuses_at_once_and_callers_who_have_gone_make_room() {
    let bench = Bench::new(queue(4));
    let first = bench.occupied();
    let mut logins: Vec<_> = (1..=4).map(|from| bench.login(TARGET, from)).collect();
    let refused = bench.login(TARGET, 5).now().expect("at once").unwrap_err();
    assert!((1..=8).contains(&refused.retry_after.as_secs()));
    assert_eq!(bench.hasher.counters().refused, 1);

    logins.pop();
    logins.push(bench.login(TARGET, 5));
    assert_eq!(bench.hasher.counters().waiting, 4);
    bench.recorder.open();
    logins.push(first);
    finish(logins);
}

#[test]
fn callers_refused_together_get_different_retry_times() {
    let bench = Bench::new(queue(1));
    let _occupied = [bench.occupied(), bench.login(TARGET, 1)];
    let seconds = |_| bench.login(TARGET, 1).now().unwrap().unwrap_err().retry_after.as_secs();
    let answers: std::collections::HashSet<_> = (0..200).map(seconds).collect();
    assert!(
        answers.len() > 4 && answers.iter().all(|s| (1..=8).contains(s)),
        "{answers:?}"
    );
    bench.recorder.open();
}

#[test]
fn no_source_has_more_than_half_of_the_queue() {
    let bench = Bench::new(queue(8));
    let _occupied = bench.occupied();
    let mut flood: Vec<_> = (0..20).map(|_| bench.login(TARGET, 1)).collect();
    assert_eq!(bench.hasher.counters().waiting, 4);
    drop(flood.remove(0));
    flood.extend((0..3).map(|_| bench.login(TARGET, 1)));
    assert_eq!(
        bench.hasher.counters().waiting,
        4,
        "one that has gone makes room for one"
    );
    assert!(bench.login(TARGET, 2).now().is_none(), "another source waits");
    bench.recorder.open();
    drop(flood);
}

#[test]
fn in_a_full_queue_a_new_source_displaces_the_one_with_most_jobs() {
    let bench = Bench::new(queue(5));
    let first = bench.occupied();
    let mut crowd: Vec<_> = (0..3).map(|_| bench.login(TARGET, 1)).collect();
    let mut others = vec![first, bench.login(TARGET, 2), bench.login(TARGET, 2)];
    others.push(bench.login(TARGET, 3));
    let displaced = crowd.pop().unwrap().now().expect("an answer at once");
    assert!(displaced.is_err());
    // All of the others now have one or two: none of them is displaced by a second one.
    assert!(bench.login(TARGET, 3).now().expect("at once").is_err());
    bench.recorder.open();
    finish(others);
    finish(crowd);
}

#[test]
fn sources_take_turns() {
    let bench = Bench::of_width(queue(64), 1);
    let mut logins = vec![bench.occupied()];
    // The cost shows which source had its turn.
    logins.extend((0..4).map(|_| bench.login(7, 1)));
    logins.extend((0..2).map(|_| bench.login(8, 2)));
    bench.recorder.open();
    finish(logins);
    assert_eq!(bench.recorder.runs().concat(), [TARGET, 7, 8, 7, 8, 7, 7]);
}

#[test]
fn one_ipv6_network_is_one_source() {
    let bench = Bench::new(queue(8));
    let _occupied = bench.occupied();
    let password = "x".into();
    let call = |host| {
        let source = format!("2001:db8::{host}").parse().unwrap();
        Started::new(bench.hasher.verify(None, &password, source))
    };
    let calls: Vec<_> = (0..20).map(call).collect();
    assert_eq!(bench.hasher.counters().waiting, 4);
    bench.recorder.open();
    drop(calls);
}

#[test]
fn past_its_deadline_a_login_is_refused_and_not_started() {
    let bench = Bench::new(HashingOptions {
        deadline: Duration::from_secs(10),
        ..options()
    });
    let first = bench.occupied();
    let late = bench.login(TARGET, 1);
    bench.clock.advance(Duration::from_millis(1));
    let in_time = bench.login(TARGET, 1);
    bench.clock.advance(Duration::from_secs(10));
    bench.recorder.open();
    assert!(late.outcome().is_err());
    finish(vec![first, in_time]);
    let counters = bench.hasher.counters();
    assert_eq!((counters.started, counters.expired), (2, 1));
}

#[test]
fn a_source_that_would_wait_too_long_is_refused_at_once_and_another_is_not() {
    let (clock, recorder) = (Arc::new(TestClock::default()), Arc::new(Recorder::default()));
    let second = Duration::from_secs(1);
    let engine = || TestEngine {
        recorder: recorder.clone(),
        workspace: Workspace::with_width(1),
        ended: None,
        takes: Some((clock.clone(), second)),
    };
    // Two thirds of it are 3 s.
    let options = HashingOptions {
        patience: second * 9 / 2,
        ..queue(64)
    };
    let hasher = PasswordHasher::start_with(options, clock.clone(), Arc::new(SystemEntropy), || Box::new(engine()));
    let bench = Bench {
        hasher: hasher.unwrap(),
        recorder: recorder.clone(),
        clock: clock.clone(),
    };
    bench.login(TARGET, 1).outcome().unwrap();
    recorder.shut();
    // One second each: one at the gate, one before it and its own make three; with two before it they are four.
    let mut logins = vec![bench.login(TARGET, 1)];
    recorder.wait_for_runs(2);
    logins.extend([bench.login(TARGET, 1), bench.login(TARGET, 1)]);
    assert!(bench.login(TARGET, 1).now().expect("at once").is_err());
    logins.push(bench.login(TARGET, 2));
    assert_eq!(bench.hasher.counters().waiting, 3);
    recorder.open();
    finish(logins);
}

#[test]
fn every_verification_takes_the_work_of_one_hash() {
    let bench = Bench::new(options());
    let long = "x".repeat(4096);
    let stored = |cost| Some(hashed("right", cost));
    let kinds: [(&str, Option<StoredHash>, &str); 9] = [
        ("unknown login", None, "wrong"),
        ("wrong", stored(6), "wrong"),
        ("right", stored(6), "right"),
        ("wrong, two costs lower", stored(4), "wrong"),
        ("wrong, one cost lower", stored(5), "wrong"),
        ("over-long", stored(6), &long),
        ("over-long, lower cost", stored(4), &long),
        ("NUL", stored(6), "right\0right"),
        ("over-long, unknown login", None, &long),
    ];
    for (kind, stored, password) in kinds {
        block_on(bench.hasher.verify(stored.map(Into::into), &password.into(), source(1))).unwrap();
        assert_eq!(bench.recorder.take_work(), 1 << TARGET, "{kind}");
    }
}

#[test]
fn a_right_password_of_a_lower_cost_is_hashed_again() {
    let bench = Bench::new(options());
    let verify = |cost, password: &str| {
        let stored = Some(hashed("right", cost));
        block_on(bench.hasher.verify(stored.map(Into::into), &password.into(), source(1))).unwrap()
    };
    let verdict = verify(4, "right");
    let text = verdict.upgraded.expect("hashed anew").to_text();
    assert!(verdict.matched && text.starts_with("$2b$06$"));
    assert!(bcrypt::verify("right", &text).unwrap());
    assert!(verify(4, "wrong").upgraded.is_none());
    assert!(verify(6, "right").upgraded.is_none());
    assert!(verify(7, "right").upgraded.is_none());
}

#[test]
fn logins_of_lower_cost_stay_in_one_batch_to_the_end() {
    let bench = Bench::of_width(queue(64), 5);
    let mut logins = vec![bench.occupied()];
    logins.extend((0..3).map(|_| bench.login(4, 1)));
    bench.recorder.open();
    finish(logins);
    assert_eq!(bench.recorder.runs()[1..], [vec![4; 3], vec![4; 3], vec![5; 3]]);
}

#[test]
fn a_panic_refuses_its_batch_and_the_thread_goes_on() {
    let bench = Bench::new(options());
    bench.recorder.panic_once();
    assert!(bench.login(TARGET, 1).outcome().is_err());
    bench.login(TARGET, 1).outcome().unwrap();
}

#[test]
fn a_dropped_hasher_ends_its_threads() {
    let (sender, ended) = mpsc::channel();
    let engine = || TestEngine {
        recorder: Arc::default(),
        workspace: Workspace::new(),
        ended: Some(sender.clone()),
        takes: None,
    };
    let clock = Arc::new(TestClock::default());
    let hasher = PasswordHasher::start_with(threads(3), clock, Arc::new(SystemEntropy), || Box::new(engine()));
    drop(hasher.unwrap());
    for _ in 0..3 {
        ended.recv_timeout(Duration::from_secs(60)).unwrap();
    }
}

#[test]
fn the_threads_are_idle_when_they_have_done_all_their_work() {
    let bench = Bench::new(threads(1));
    let work = bench.occupied();
    assert!(Started::new(bench.hasher.idle()).now().is_none(), "one is at work");
    let idle = Started::new(bench.hasher.idle());
    bench.recorder.open();
    idle.outcome();
    finish(vec![work]);
}

#[test]
fn a_waiting_password_does_not_print() {
    let bench = Bench::new(options());
    let _occupied = bench.occupied();
    let (stored, password) = (hashed("hunter2-canary", TARGET), "hunter2-canary".into());
    let text = stored.to_text();
    let waiting = Started::new(bench.hasher.verify(Some(stored.into()), &password, source(1)));
    let shown = format!("{:?}", bench.hasher);
    assert!(shown.contains("Candidate(redacted)"), "{shown}");
    assert!(!shown.contains("canary") && !shown.contains(&text[7..]), "{shown}");
    bench.recorder.open();
    drop(waiting);
}

#[cfg(target_os = "linux")]
#[test]
fn the_threads_have_a_lower_priority_than_the_others() {
    // The nineteenth field of proc_pid_stat(5); the name, in parentheses, is the second.
    let niceness = |task: std::path::PathBuf| -> Option<(String, i32)> {
        let name = std::fs::read_to_string(task.join("comm")).ok()?;
        let stat = std::fs::read_to_string(task.join("stat")).ok()?;
        let nice = stat.rsplit(')').next()?.split_whitespace().nth(16)?.parse().ok()?;
        Some((name.trim().to_owned(), nice))
    };
    let bench = Bench::new(HashingOptions {
        niceness: 7,
        ..options()
    });
    bench.login(TARGET, 1).outcome().unwrap();
    // The tests may have a low priority themselves.
    let (_, own) = niceness("/proc/thread-self".into()).unwrap();
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let tasks: Vec<_> = tasks.filter_map(|task| niceness(task.unwrap().path())).collect();
    assert!(tasks.contains(&("password-0".into(), (own + 7).min(19))), "{tasks:?}");
}

#[test]
fn the_many_networks_of_one_ipv6_network_do_not_crowd_out_others() {
    let bench = Bench::of_width(queue(8), 1);
    let first = bench.occupied();
    let password = "x".into();
    let network = |n: usize| format!("2001:db8:0:{n:x}::1").parse().unwrap();
    let login = |n| Started::new(bench.hasher.verify(None, &password, network(n)));
    let mut crowd: Vec<_> = (0..8).map(login).collect();
    assert_eq!(bench.hasher.counters().waiting, 8, "the queue is full");
    // The cost shows whose turn it was.
    let others = vec![first, bench.login(7, 1), bench.login(8, 2)];
    let displaced: Vec<_> = crowd
        .drain(6..)
        .map(|login| login.now().expect("an answer at once"))
        .collect();
    assert!(displaced.iter().all(Result::is_err), "the last two made room");
    bench.recorder.open();
    finish(others);
    finish(crowd);
    let runs = bench.recorder.runs().concat();
    assert_eq!(runs, [TARGET, TARGET, 7, 8, TARGET, TARGET, TARGET, TARGET, TARGET]);
}
