//! Setting and changing passwords.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[path = "support/passwords.rs"]
mod password_support;

use std::sync::atomic::Ordering;

use auth_core::{
    PasswordChange, PasswordPolicy, PasswordSetter, PolicyViolation, SetPasswordError, SignInError, Subject,
};
use password_support::{Setup, Started, TARGET, block_on, hashed, realm, source};

const OLD: &str = "correct horse";
const NEW: &str = "battery staple";

impl Setup {
    fn setter(&self) -> PasswordSetter {
        PasswordSetter::new(
            self.store.clone(),
            self.hasher.clone(),
            self.clock.clone(),
            PasswordPolicy::default(),
        )
    }

    fn account(&self) -> Subject {
        self.store.add("ann", Some(&hashed(OLD, TARGET).to_text()))
    }

    fn set(&self, subject: Subject, password: &str, end_sessions: bool) -> Result<(), SetPasswordError> {
        block_on(self.setter().set(subject, &password.into(), end_sessions, source(1)))
    }

    fn change(&self, old: &str, new: &str) -> Result<(), SetPasswordError> {
        self.wishing(old, new, |setter, change| {
            block_on(setter.change(&self.authenticator, change))
        })
    }

    /// The outcome of a change during which something else happens, after the stored hash was read.
    fn change_beside(&self, old: &str, new: &str, beside: impl FnOnce()) -> Result<(), SetPasswordError> {
        self.wishing(old, new, |setter, change| {
            self.recorder.shut();
            let change = Started::new(setter.change(&self.authenticator, change));
            self.recorder.wait_for_runs(1);
            beside();
            self.recorder.open();
            change.outcome()
        })
    }

    fn wishing<T>(&self, old: &str, new: &str, ask: impl FnOnce(&PasswordSetter, &PasswordChange<'_>) -> T) -> T {
        let change = PasswordChange {
            realm: &realm(),
            login: "ann",
            old: &old.into(),
            new: &new.into(),
            end_sessions: true,
            source: source(1),
        };
        ask(&self.setter(), &change)
    }
}

#[test]
fn a_new_password_signs_in_and_the_old_one_does_not() {
    let setup = Setup::new();
    let subject = setup.account();
    setup.set(subject, NEW, true).unwrap();
    setup.sign_in("ann", NEW).unwrap();
    assert_eq!(setup.sign_in("ann", OLD), Err(SignInError::WrongPassword));
}

#[test]
fn sessions_are_revoked_on_request() {
    let setup = Setup::new();
    let subject = setup.account();
    setup.set(subject, NEW, false).unwrap();
    assert_eq!(setup.store.row(subject).account.generation.0, 1);
    setup.set(subject, NEW, true).unwrap();
    assert_eq!(setup.store.row(subject).account.generation.0, 2);
}

#[test]
fn what_the_policy_refuses_is_neither_hashed_nor_stored() {
    let setup = Setup::new();
    let subject = setup.account();
    let refused = [
        ("seven77", PolicyViolation::TooShort { chars: 7, least: 8 }),
        (&"x".repeat(73), PolicyViolation::TooLong { bytes: 73 }),
        ("abc\0defgh", PolicyViolation::ContainsNul),
        ("Password1", PolicyViolation::Common),
    ];
    for (password, violation) in refused {
        assert_eq!(setup.set(subject, password, true), Err(violation.into()));
    }
    assert_eq!(setup.hasher.counters().started, 0);
    setup.sign_in("ann", OLD).unwrap();
}

#[test]
fn an_empty_password_is_refused_under_any_policy() {
    let setup = Setup::new();
    let subject = setup.account();
    let lax = PasswordPolicy { min_chars: 0 };
    let setter = PasswordSetter::new(setup.store.clone(), setup.hasher.clone(), setup.clock.clone(), lax);
    let outcome = block_on(setter.set(subject, &"".into(), true, source(1)));
    assert_eq!(outcome, Err(PolicyViolation::TooShort { chars: 0, least: 1 }.into()));
}

#[test]
fn all_of_seventy_two_bytes_count() {
    let setup = Setup::new();
    let subject = setup.account();
    let longest = "ß".repeat(36);
    setup.set(subject, &longest, true).unwrap();
    setup.sign_in("ann", &longest).unwrap();
    setup.sign_in("ann", &"ß".repeat(35)).unwrap_err();
    setup.sign_in("ann", &format!("{longest}x")).unwrap_err();
}

#[test]
fn an_unknown_account_gets_no_password() {
    let setup = Setup::new();
    assert_eq!(setup.set(Subject(99), NEW, true), Err(SetPasswordError::NoSuchAccount));
}

#[test]
fn a_change_needs_the_old_password() {
    let setup = Setup::new();
    let subject = setup.account();
    let before = setup.store.row(subject).hash;
    assert_eq!(setup.change("guess", NEW), Err(SignInError::WrongPassword.into()));
    assert_eq!(setup.store.row(subject).hash, before);
    setup.change(OLD, NEW).unwrap();
    setup.sign_in("ann", NEW).unwrap();
}

#[test]
fn guessing_the_old_password_is_throttled_like_any_sign_in() {
    let setup = Setup::new();
    setup.account();
    for _ in 0..10 {
        setup.change("guess", NEW).unwrap_err();
    }
    assert!(matches!(
        setup.change(OLD, NEW),
        Err(SetPasswordError::SignIn(SignInError::Throttled(_)))
    ));
    assert!(matches!(setup.sign_in("ann", OLD), Err(SignInError::Throttled(_))));
}

#[test]
fn a_rejected_new_password_reveals_nothing_about_the_old_one() {
    let setup = Setup::new();
    setup.account();
    assert_eq!(setup.change(OLD, "short"), setup.change("guess", "short"));
}

#[test]
fn a_password_that_was_reset_during_a_change_is_kept() {
    let setup = Setup::new();
    let subject = setup.account();
    let reset = hashed("set by an operator", TARGET).to_text();
    let outcome = setup.change_beside(OLD, NEW, || {
        setup.store.edit(subject, |row| row.hash = Some(reset.clone()));
    });
    assert_eq!(outcome, Err(SignInError::WrongPassword.into()));
    let row = setup.store.row(subject);
    assert_eq!((row.hash, row.account.generation.0), (Some(reset), 1));
}

#[test]
fn a_hash_that_was_upgraded_during_a_change_is_replaced() {
    let setup = Setup::new();
    let subject = setup.store.add("ann", Some(&hashed(OLD, TARGET - 1).to_text()));
    let raised = hashed(OLD, TARGET).to_text();
    let outcome = setup.change_beside(OLD, NEW, || {
        setup.store.edit(subject, |row| row.hash = Some(raised));
    });
    assert_eq!(outcome, Ok(()));
    setup.sign_in("ann", NEW).unwrap();
    assert_eq!(setup.store.row(subject).account.generation.0, 2);
}

#[test]
fn a_change_that_upgrades_the_old_hash_itself_checks_it_once() {
    let setup = Setup::new();
    setup.store.add("ann", Some(&hashed(OLD, TARGET - 1).to_text()));
    setup.change(OLD, NEW).unwrap();
    assert_eq!(setup.store.reads.load(Ordering::SeqCst), 1);
    setup.sign_in("ann", NEW).unwrap();
}
