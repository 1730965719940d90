//! Signing in by password.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[path = "support/passwords.rs"]
mod password_support;

use std::sync::atomic::Ordering;
use std::time::Duration;

use auth_core::{SignInError, Subject, Unavailable};
use password_support::{Setup, Started, TARGET, hashed, options, realm, source};

const RIGHT: &str = "correct horse";

impl Setup {
    /// Adds an account with the password [`RIGHT`].
    fn account(&self, login: &str, cost: u32) -> Subject {
        self.store.add(login, Some(&hashed(RIGHT, cost).to_text()))
    }

    /// Each kind of refusal: its name, a login, a password.
    fn refusals(&self) -> Vec<(&'static str, &'static str, String)> {
        self.account("wrong", TARGET);
        self.account("low-cost", 4);
        let disabled = self.account("disabled", TARGET);
        self.store.edit(disabled, |row| row.account.disabled = true);
        self.store.add("no-hash", None);
        let good = hashed(RIGHT, TARGET).to_text();
        for (login, hash) in [
            ("2x", good.replace("$2b$", "$2x$")),
            ("malformed", good[..59].to_owned()),
            ("empty-hash", String::new()),
            ("cost-3", good.replace("$06$", "$03$")),
            ("cost-17", good.replace("$06$", "$17$")),
            ("cost-31", good.replace("$06$", "$31$")),
        ] {
            self.store.add(login, Some(&hash));
        }
        let same = |login| (login, login, RIGHT.to_owned());
        vec![
            ("unknown", "unknown", RIGHT.into()),
            ("unknown: an impossible name", "a\u{1}b", RIGHT.into()),
            ("wrong", "wrong", "battery staple".into()),
            ("wrong, hash of a lower cost", "low-cost", "battery staple".into()),
            ("over-long", "wrong", "x".repeat(4096)),
            ("over-long, unknown", "unknown", "x".repeat(4096)),
            ("73 bytes", "wrong", "x".repeat(73)),
            ("NUL", "wrong", format!("{RIGHT}\0{RIGHT}")),
            ("empty", "wrong", String::new()),
            same("disabled"),
            same("no-hash"),
            same("2x"),
            same("malformed"),
            same("empty-hash"),
            same("cost-3"),
            same("cost-17"),
            same("cost-31"),
        ]
    }
}

#[test]
fn the_right_password_signs_in_with_every_spelling_of_the_name() {
    let setup = Setup::new();
    let subject = setup.account("Ann@example.com", TARGET);
    for login in ["Ann@example.com", " ANN@EXAMPLE.COM "] {
        assert_eq!(setup.sign_in(login, RIGHT).unwrap().subject, subject);
    }
}

#[test]
fn a_password_counts_byte_for_byte() {
    let setup = Setup::new();
    setup.account("ann", TARGET);
    for password in ["Correct horse", " correct horse", "correct horse ", "correct  horse"] {
        assert_eq!(
            setup.sign_in("ann", password),
            Err(SignInError::WrongPassword),
            "{password:?}"
        );
    }
}

#[test]
fn a_refusal_reveals_only_whether_the_login_exists() {
    let setup = Setup::patient();
    for (kind, login, password) in setup.refusals() {
        let expected = match kind.contains("unknown") {
            true => SignInError::UnknownLogin,
            false => SignInError::WrongPassword,
        };
        assert_eq!(setup.sign_in(login, &password), Err(expected), "{kind}");
    }
}

#[test]
fn every_sign_in_takes_the_work_of_one_hash_and_one_job() {
    let setup = Setup::patient();
    setup.account("right", TARGET);
    let mut kinds = setup.refusals();
    kinds.push(("right", "right", RIGHT.into()));
    for (kind, login, password) in kinds {
        let before = setup.hasher.counters().started;
        let _verdict = setup.sign_in(login, &password);
        assert_eq!(setup.recorder.take_work(), 1 << TARGET, "{kind}");
        assert_eq!(setup.hasher.counters().started, before + 1, "{kind}");
    }
}

#[test]
fn an_enabled_account_signs_in_with_the_password_it_had() {
    let setup = Setup::new();
    let subject = setup.account("ann", TARGET);
    setup.store.edit(subject, |row| row.account.disabled = true);
    assert_eq!(setup.sign_in("ann", RIGHT), Err(SignInError::WrongPassword));
    setup.store.edit(subject, |row| row.account.disabled = false);
    setup.sign_in("ann", RIGHT).unwrap();
}

#[test]
fn while_locked_even_the_right_password_is_not_checked() {
    let setup = Setup::new();
    setup.account("ann", TARGET);
    let outcomes: Vec<_> = (0..11).map(|_| setup.sign_in("ann", "wrong")).collect();
    assert!(outcomes[..10].iter().all(|o| *o == Err(SignInError::WrongPassword)));
    let (started, reads) = (
        setup.hasher.counters().started,
        setup.store.reads.load(Ordering::SeqCst),
    );

    setup.clock.advance(Duration::from_millis(500));
    let refused = setup.sign_in("ann", RIGHT).unwrap_err();
    assert!(matches!(refused, SignInError::Throttled(_)));
    assert_eq!(refused.retry_after(), Some(60), "rounded up");
    assert_eq!(setup.hasher.counters().started, started);
    assert_eq!(setup.store.reads.load(Ordering::SeqCst), reads);
    setup.clock.advance(Duration::from_secs(60));
    setup.sign_in("ann", RIGHT).unwrap();
}

#[test]
fn unknown_logins_lock_like_existing_ones() {
    let setup = Setup::new();
    setup.account("ann", TARGET);
    let lock_of =
        |login| (0..100).position(|_| matches!(setup.sign_in(login, "wrong"), Err(SignInError::Throttled(_))));
    assert_eq!(lock_of("ann"), Some(10));
    assert_eq!(lock_of("unknown"), Some(10));
}

#[test]
fn a_thousand_unknown_names_from_one_address_end_in_a_lock() {
    let setup = Setup::new();
    let answered = (0..1000)
        .filter(|n| setup.sign_in(&format!("unknown-{n}"), "x") == Err(SignInError::UnknownLogin))
        .count();
    assert_eq!(answered, 50);
    assert_eq!(setup.hasher.counters().started, 50);
}

#[test]
fn a_hundred_guesses_at_once_learn_ten_results_and_the_right_one_is_too_late() {
    let mut options = options();
    options.queue = 1024.try_into().unwrap();
    let setup = Setup::with(options, Default::default());
    setup.account("ann", TARGET);
    setup.recorder.shut();
    let passwords: Vec<_> = (0..100).map(|n| if n == 99 { RIGHT } else { "wrong" }.into()).collect();
    let (realm, check) = (realm(), &setup.authenticator);
    let guesses: Vec<_> = passwords
        .iter()
        .map(|password| Started::new(check.check(&realm, "ann", password, source(1))))
        .collect();
    assert!(setup.hasher.counters().waiting >= 90, "side by side");
    setup.recorder.open();
    let outcomes: Vec<_> = guesses.into_iter().map(Started::outcome).collect();
    let answered = outcomes
        .iter()
        .filter(|o| **o == Err(SignInError::WrongPassword))
        .count();
    assert_eq!(answered, 10);
    assert!(
        outcomes[10..]
            .iter()
            .all(|o| matches!(o, Err(SignInError::Throttled(_))))
    );
}

#[test]
fn a_full_queue_answers_busy_for_existing_and_unknown_logins_without_a_query_and_counts_no_failure() {
    let setup = Setup::new();
    setup.account("ann", TARGET);
    setup.recorder.shut();
    let (realm, password) = (realm(), "wrong".into());
    let fill = |n: u8| Started::new(setup.authenticator.check(&realm, "ann", &password, source(n)));
    let taken = fill(0);
    setup.recorder.wait_for_runs(1);
    let _waiting: Vec<_> = (1..=8).map(fill).collect();
    let reads = setup.store.reads.load(Ordering::SeqCst);
    for login in ["ann", "unknown"] {
        let outcome = Started::new(setup.authenticator.check(&realm, login, &password, source(100))).now();
        assert!(matches!(outcome, Some(Err(SignInError::Busy(_)))), "{outcome:?}");
    }
    let read = setup.store.reads.load(Ordering::SeqCst) - reads;
    assert_eq!(read, 0, "a refused sign-in costs no query");
    assert_eq!(setup.throttle.counters().failures, 0);
    setup.recorder.open();
    drop(taken);
}

#[test]
fn a_failing_store_is_neither_a_result_nor_a_failure() {
    let setup = Setup::new();
    setup.store.down.store(true, Ordering::SeqCst);
    for _ in 0..20 {
        let outcome = setup.sign_in("ann", RIGHT);
        assert!(
            matches!(outcome, Err(SignInError::Unavailable(Unavailable::Store(_)))),
            "{outcome:?}"
        );
    }
    setup.store.down.store(false, Ordering::SeqCst);
    setup.account("ann", TARGET);
    setup.sign_in("ann", RIGHT).unwrap();
}

#[test]
fn the_account_is_the_one_that_the_password_was_checked_against() {
    let setup = Setup::new();
    let subject = setup.account("ann", TARGET);
    setup.recorder.shut();
    let (realm, password) = (realm(), RIGHT.into());
    let sign_in = Started::new(setup.authenticator.check(&realm, "ann", &password, source(1)));
    setup.recorder.wait_for_runs(1);
    setup.store.edit(subject, |row| row.account.generation.0 += 1);
    setup.recorder.open();
    assert_eq!(sign_in.outcome().unwrap().generation.0, 1, "an issuer will refuse it");
}

#[test]
fn a_thousand_failures_from_elsewhere_do_not_extend_a_lock() {
    let setup = Setup::new();
    setup.account("ann", TARGET);
    for n in 0..1000_u32 {
        let outside = std::net::Ipv4Addr::from(0x0a00_0000 + n).into();
        let _refused_in_the_end = setup.sign_in_from(outside, "ann", "wrong");
    }
    let Err(SignInError::Throttled(refused)) = setup.sign_in("ann", RIGHT) else {
        panic!("not throttled")
    };
    assert!(refused.retry_after <= Duration::from_secs(15 * 60));
    setup.clock.advance(refused.retry_after);
    setup.sign_in("ann", RIGHT).unwrap();
}
