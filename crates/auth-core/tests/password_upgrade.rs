//! The laws of raising the cost of a stored hash at a sign-in.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod password_support;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use auth_core::{PasswordPolicy, PasswordSetter, Subject};
use password_support::{Desk, Started, TARGET, hashed, options, realm, source};

const RIGHT: &str = "correct horse";

impl Desk {
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
fn a_sign_in_raises_a_lower_cost_with_one_write_and_ends_nothing() {
    let desk = Desk::new();
    let subject = desk.account(4);
    desk.sign_in("ann", RIGHT).unwrap();
    let row = desk.store.row(subject);
    assert!(row.hash.unwrap().starts_with("$2b$06$"));
    assert_eq!(row.account.generation.0, 1);
    desk.sign_in("ann", RIGHT).unwrap();
    assert_eq!(desk.upgrades(), 1, "the second time there is nothing to raise");
}

#[test]
fn the_same_or_a_higher_cost_is_left_alone_and_so_is_what_a_wrong_password_meets() {
    let desk = Desk::new();
    for cost in [TARGET, TARGET + 1] {
        desk.account(cost);
        desk.sign_in("ann", RIGHT).unwrap();
    }
    desk.account(4);
    desk.sign_in("ann", "wrong").unwrap_err();
    assert_eq!(desk.upgrades(), 0);
}

#[test]
fn a_store_that_cannot_write_does_not_fail_the_sign_in() {
    let desk = Desk::new();
    let subject = desk.account(4);
    desk.store.read_only.store(true, Ordering::SeqCst);
    desk.sign_in("ann", RIGHT).unwrap();
    assert!(desk.hash_of(subject).starts_with("$2b$04$"));
}

#[test]
fn a_password_set_during_the_hash_stays() {
    let desk = Desk::new();
    let subject = desk.account(4);
    desk.recorder.shut();
    let (realm, password) = (realm(), RIGHT.into());
    let sign_in = Started::new(desk.authenticator.check(&realm, "ann", &password, source(1)));
    desk.recorder.wait_for_runs(1);
    let new = hashed("another one", TARGET).to_text();
    desk.store.edit(subject, |row| row.hash = Some(new.clone()));
    desk.recorder.open();
    sign_in.outcome().unwrap();
    assert_eq!(desk.upgrades(), 1);
    assert_eq!(desk.hash_of(subject), new);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_five_hundred_races_of_sign_in_and_change_the_new_password_wins() {
    let mut options = options();
    options.threads = 2.try_into().ok();
    options.cost = auth_core::HashCost::dangerous_for_tests(5).unwrap();
    let desk = Arc::new(Desk::with(options, password_support::boundless()));
    let setter = Arc::new(PasswordSetter::new(
        desk.store.clone(),
        desk.hasher.clone(),
        desk.clock.clone(),
        PasswordPolicy::default(),
    ));
    let subject = desk.account(4);
    let low = desk.hash_of(subject);
    for round in 0..500 {
        desk.store.edit(subject, |row| row.hash = Some(low.clone()));
        let new = format!("new password {round}");
        let sign_in = tokio::spawn({
            let desk = Arc::clone(&desk);
            async move {
                desk.authenticator
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
        assert!(bcrypt::verify(&new, &desk.hash_of(subject)).unwrap(), "round {round}");
    }
    assert!(desk.upgrades() > 0, "some sign-ins must have come in time");
}
