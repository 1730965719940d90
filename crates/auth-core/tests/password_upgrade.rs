//! Upgrading the cost of a stored hash at a sign-in.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[path = "support/passwords.rs"]
mod password_support;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use auth_core::{PasswordPolicy, PasswordSetter, Subject};
use password_support::{Setup, Started, TARGET, hashed, options, realm, source};

const RIGHT: &str = "correct horse";

impl Setup {
    fn account(&self, cost: u32) -> Subject {
        self.store.add("ann", Some(&hashed(RIGHT, cost).to_text()))
    }

    fn hash_of(&self, subject: Subject) -> String {
        self.store.row(subject).hash.unwrap()
    }

    fn upgrades(&self) -> u64 {
        self.store.upgrades.load(Ordering::SeqCst)
    }
}

#[test]
fn a_sign_in_upgrades_a_lower_cost_with_one_write_and_revokes_nothing() {
    let setup = Setup::new();
    let subject = setup.account(4);
    setup.sign_in("ann", RIGHT).unwrap();
    let row = setup.store.row(subject);
    assert!(row.hash.unwrap().starts_with("$2b$06$"));
    assert_eq!(row.account.generation.0, 1);
    setup.sign_in("ann", RIGHT).unwrap();
    assert_eq!(setup.upgrades(), 1, "the second time there is nothing to raise");
}

#[test]
fn a_hash_of_the_same_or_a_higher_cost_is_kept_and_so_is_one_after_a_wrong_password() {
    let setup = Setup::new();
    for cost in [TARGET, TARGET + 1] {
        setup.account(cost);
        setup.sign_in("ann", RIGHT).unwrap();
    }
    setup.account(4);
    setup.sign_in("ann", "wrong").unwrap_err();
    assert_eq!(setup.upgrades(), 0);
}

#[test]
fn a_store_that_cannot_write_does_not_fail_the_sign_in() {
    let setup = Setup::new();
    let subject = setup.account(4);
    setup.store.read_only.store(true, Ordering::SeqCst);
    setup.sign_in("ann", RIGHT).unwrap();
    assert!(setup.hash_of(subject).starts_with("$2b$04$"));
}

#[test]
fn a_password_set_during_the_hash_is_kept() {
    let setup = Setup::new();
    let subject = setup.account(4);
    setup.recorder.shut();
    let (realm, password) = (realm(), RIGHT.into());
    let sign_in = Started::new(setup.authenticator.check(&realm, "ann", &password, source(1)));
    setup.recorder.wait_for_runs(1);
    let new = hashed("another one", TARGET).to_text();
    setup.store.edit(subject, |row| row.hash = Some(new.clone()));
    setup.recorder.open();
    sign_in.outcome().unwrap();
    assert_eq!(setup.upgrades(), 1);
    assert_eq!(setup.hash_of(subject), new);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_five_hundred_races_of_sign_in_and_change_the_new_password_wins() {
    let mut options = options();
    options.threads = 2.try_into().ok();
    options.cost = auth_core::HashCost::dangerous_for_tests(5).unwrap();
    let setup = Arc::new(Setup::with(options, password_support::boundless()));
    let setter = Arc::new(PasswordSetter::new(
        setup.store.clone(),
        setup.hasher.clone(),
        setup.clock.clone(),
        PasswordPolicy::default(),
    ));
    let subject = setup.account(4);
    let low = setup.hash_of(subject);
    for round in 0..500 {
        setup.store.edit(subject, |row| row.hash = Some(low.clone()));
        let new = format!("new password {round}");
        let sign_in = tokio::spawn({
            let setup = Arc::clone(&setup);
            async move {
                setup
                    .authenticator
                    .check(&realm(), "ann", &RIGHT.into(), source(1))
                    .await
            }
        });
        let change = tokio::spawn({
            let (setter, new) = (Arc::clone(&setter), new.clone());
            async move { setter.set(subject, &new.into(), true, source(2)).await }
        });
        // The sign-in may have come too late; then the old password is wrong.
        let _either = sign_in.await.unwrap();
        change.await.unwrap().unwrap();
        assert!(bcrypt::verify(&new, &setup.hash_of(subject)).unwrap(), "round {round}");
    }
    assert!(setup.upgrades() > 0, "some sign-ins must have come in time");
}
