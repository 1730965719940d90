//! What is logged about a sign-in.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[path = "support/log.rs"]
mod log;
#[path = "support/passwords.rs"]
mod password_support;

use std::sync::atomic::Ordering;

use log::Log;
use password_support::{Setup, TARGET, hashed, source};
use serde_json::Value;
use tracing::Level;

const RIGHT: &str = "correct horse";

/// The events logged during `work`, of any level.
fn events(work: impl FnOnce()) -> Vec<Value> {
    let log = Log::begin(Level::TRACE);
    work();
    let events = log.take();
    assert!(!format!("{events:?}").contains("horse"), "{events:?}");
    events
}

/// The only event of one sign-in.
fn event(setup: &Setup, login: &str, password: &str) -> Value {
    let events = events(|| drop(setup.sign_in(login, password)));
    assert_eq!(events.len(), 1, "{events:?}");
    events[0].clone()
}

#[test]
fn each_outcome_is_one_event_with_realm_source_and_account() {
    let setup = Setup::new();
    let subject = setup.store.add("canary-ann", Some(&hashed(RIGHT, TARGET).to_text()));
    let failed = |reason| move |fields: &Value| fields["event"] == "login_failed" && fields["reason"] == reason;
    let check = |password, law: &dyn Fn(&Value) -> bool| {
        let fields = event(&setup, "canary-ann", password);
        assert!(law(&fields), "{fields}");
        assert_eq!(fields["realm"], "workshops");
        assert_eq!(fields["source"], source(1).to_string());
        assert_eq!(fields["subject"], subject.to_string());
    };
    check(RIGHT, &|fields| fields["event"] == "login_ok");
    check("canary-wrong", &failed("wrong_password"));
    setup.store.edit(subject, |row| row.account.disabled = true);
    check(RIGHT, &failed("disabled"));
    setup.store.edit(subject, |row| {
        row.account.disabled = false;
        row.hash = None;
    });
    check(RIGHT, &failed("no_password"));
}

#[test]
fn an_unusable_hash_is_a_warning() {
    let setup = Setup::new();
    let hash = hashed(RIGHT, TARGET).to_text().replace("$2b$", "$2x$");
    setup.store.add("ann", Some(&hash));
    let events = events(|| drop(setup.sign_in("ann", RIGHT)));
    assert_eq!(events[0]["level"], "WARN");
    let reason = events[0]["reason"].as_str().unwrap().to_owned();
    assert!(
        reason.starts_with("unusable_hash") && !reason.contains(&hash[7..20]),
        "{reason}"
    );
}

#[test]
fn an_unknown_name_is_logged_as_a_tag_that_is_the_same_for_its_spellings_only() {
    let setup = Setup::new();
    let tag = |login: &str| {
        let fields = event(&setup, login, "canary-password");
        assert_eq!(fields["event"], "login_failed");
        assert!(fields.get("subject").is_none());
        fields["name"].as_str().unwrap().to_owned()
    };
    let canary = tag("canary-name");
    assert_eq!(canary.len(), 17);
    assert_eq!(tag(" CANARY-Name"), canary);
    assert_ne!(tag("canary-other"), canary);
}

#[test]
fn an_unchecked_password_is_logged_differently_from_a_wrong_one() {
    let setup = Setup::new();
    setup.store.down.store(true, Ordering::SeqCst);
    assert_eq!(event(&setup, "ann", RIGHT)["event"], "login_unavailable");
    setup.store.down.store(false, Ordering::SeqCst);
    for _ in 0..10 {
        event(&setup, "ann", "canary-wrong");
    }
    assert_eq!(event(&setup, "ann", RIGHT)["event"], "login_throttled");
}

#[test]
fn an_upgraded_hash_is_logged_and_so_is_a_failed_upgrade() {
    let setup = Setup::new();
    setup.store.add("ann", Some(&hashed(RIGHT, 4).to_text()));
    let events = || {
        let events = events(|| drop(setup.sign_in("ann", RIGHT)));
        events
            .iter()
            .map(|event| event["event"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    setup.store.read_only.store(true, Ordering::SeqCst);
    assert_eq!(events(), ["password_not_upgraded", "login_ok"]);
    setup.store.read_only.store(false, Ordering::SeqCst);
    assert_eq!(events(), ["password_upgraded", "login_ok"]);
}
