//! The laws of new passwords.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod password_support;

use std::sync::atomic::Ordering;

use auth_core::{
    PasswordChange, PasswordPolicy, PasswordSetter, PolicyViolation, SetPasswordError, SignInError, Subject,
};
use password_support::{Desk, Started, TARGET, block_on, hashed, realm, source};

const OLD: &str = "correct horse";
const NEW: &str = "battery staple";

impl Desk {
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

    /// The outcome of a change beside which something happens, once the stored hash has been read.
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
    let desk = Desk::new();
    let subject = desk.account();
    desk.set(subject, NEW, true).unwrap();
    desk.sign_in("ann", NEW).unwrap();
    assert_eq!(desk.sign_in("ann", OLD), Err(SignInError::WrongPassword));
}

#[test]
fn sessions_end_if_that_is_asked_for() {
    let desk = Desk::new();
    let subject = desk.account();
    desk.set(subject, NEW, false).unwrap();
    assert_eq!(desk.store.row(subject).account.generation.0, 1);
    desk.set(subject, NEW, true).unwrap();
    assert_eq!(desk.store.row(subject).account.generation.0, 2);
}

#[test]
fn what_the_policy_refuses_is_neither_hashed_nor_stored() {
    let desk = Desk::new();
    let subject = desk.account();
    let refused = [
        ("seven77", PolicyViolation::TooShort { chars: 7, least: 8 }),
        (&"x".repeat(73), PolicyViolation::TooLong { bytes: 73 }),
        ("abc\0defgh", PolicyViolation::ContainsNul),
        ("Password1", PolicyViolation::Common),
    ];
    for (password, violation) in refused {
        assert_eq!(desk.set(subject, password, true), Err(violation.into()));
    }
    assert_eq!(desk.hasher.counters().started, 0);
    desk.sign_in("ann", OLD).unwrap();
}

#[test]
fn an_empty_password_is_none_under_any_policy() {
    let desk = Desk::new();
    let subject = desk.account();
    let lax = PasswordPolicy { min_chars: 0 };
    let setter = PasswordSetter::new(desk.store.clone(), desk.hasher.clone(), desk.clock.clone(), lax);
    let outcome = block_on(setter.set(subject, &"".into(), true, source(1)));
    assert_eq!(outcome, Err(PolicyViolation::TooShort { chars: 0, least: 1 }.into()));
}

#[test]
fn seventy_two_bytes_are_taken_whole() {
    let desk = Desk::new();
    let subject = desk.account();
    let longest = "ß".repeat(36);
    desk.set(subject, &longest, true).unwrap();
    desk.sign_in("ann", &longest).unwrap();
    desk.sign_in("ann", &"ß".repeat(35)).unwrap_err();
    desk.sign_in("ann", &format!("{longest}x")).unwrap_err();
}

#[test]
fn an_account_that_is_not_there_gets_no_password() {
    let desk = Desk::new();
    assert_eq!(desk.set(Subject(99), NEW, true), Err(SetPasswordError::NoSuchAccount));
}

#[test]
fn a_change_needs_the_old_password() {
    let desk = Desk::new();
    let subject = desk.account();
    let before = desk.store.row(subject).hash;
    assert_eq!(desk.change("guess", NEW), Err(SignInError::WrongPassword.into()));
    assert_eq!(desk.store.row(subject).hash, before);
    desk.change(OLD, NEW).unwrap();
    desk.sign_in("ann", NEW).unwrap();
}

#[test]
fn guessing_the_old_password_is_throttled_like_any_sign_in() {
    let desk = Desk::new();
    desk.account();
    for _ in 0..10 {
        desk.change("guess", NEW).unwrap_err();
    }
    assert!(matches!(
        desk.change(OLD, NEW),
        Err(SetPasswordError::SignIn(SignInError::Throttled(_)))
    ));
    assert!(matches!(desk.sign_in("ann", OLD), Err(SignInError::Throttled(_))));
}

#[test]
fn a_bad_new_password_tells_nothing_of_the_old_one() {
    let desk = Desk::new();
    desk.account();
    assert_eq!(desk.change(OLD, "short"), desk.change("guess", "short"));
}

#[test]
fn a_password_that_was_reset_during_a_change_stands() {
    let desk = Desk::new();
    let subject = desk.account();
    let reset = hashed("set by an operator", TARGET).to_text();
    let outcome = desk.change_beside(OLD, NEW, || {
        desk.store.edit(subject, |row| row.hash = Some(reset.clone()));
    });
    assert_eq!(outcome, Err(SignInError::WrongPassword.into()));
    let row = desk.store.row(subject);
    assert_eq!((row.hash, row.account.generation.0), (Some(reset), 1));
}

#[test]
fn a_hash_that_was_raised_during_a_change_is_replaced_all_the_same() {
    let desk = Desk::new();
    let subject = desk.store.add("ann", Some(&hashed(OLD, TARGET - 1).to_text()));
    let raised = hashed(OLD, TARGET).to_text();
    let outcome = desk.change_beside(OLD, NEW, || {
        desk.store.edit(subject, |row| row.hash = Some(raised));
    });
    assert_eq!(outcome, Ok(()));
    desk.sign_in("ann", NEW).unwrap();
    assert_eq!(desk.store.row(subject).account.generation.0, 2);
}

#[test]
fn a_change_that_raises_the_old_hash_itself_checks_it_once() {
    let desk = Desk::new();
    desk.store.add("ann", Some(&hashed(OLD, TARGET - 1).to_text()));
    desk.change(OLD, NEW).unwrap();
    assert_eq!(desk.store.reads.load(Ordering::SeqCst), 1);
    desk.sign_in("ann", NEW).unwrap();
}
