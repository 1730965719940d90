//! New passwords: set by an operator, or changed by an owner who knows the old one.

use std::sync::Arc;

use auth_core::{Change, Subject};

use super::fixture::{Fixture, HOUR, NOW, token_of};
use crate::law::{LawResult, at_once};
use crate::ports::StoreHarness;

const OLD: &str = "$2b$12$old";
const NEW: &str = "$2b$12$new";
const RESET: &str = "$2b$12$reset";

/// The ways to set a new password.
const WAYS: [Way; 2] = [Way::Set, Way::Changed];

#[derive(Clone, Copy, Debug)]
enum Way {
    Set,
    Changed,
}

impl Fixture {
    pub(super) async fn change_password(&self, subject: Subject, old: &str, new: &str, end_sessions: bool) -> bool {
        let changed = self.ports.passwords.change(subject, old, new, end_sessions, NOW);
        changed.await.expect("change a password")
    }

    /// Gives an account whose hash is [`OLD`] another one.
    async fn renew(&self, way: Way, subject: Subject, end_sessions: bool) {
        let renewed = match way {
            Way::Set => self.set_password(subject, NEW, end_sessions).await,
            Way::Changed => self.change_password(subject, OLD, NEW, end_sessions).await,
        };
        assert!(renewed, "{way:?}");
    }
}

/// A password change that is to revoke the account's sessions starts a new generation and publishes it, for as long as
/// any token of the account might be accepted.
pub async fn a_password_change_ends_sessions(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let bystander = fixture.owner("other@email.dk").await;
    let others = fixture.insert(token_of(&bystander)).await;
    for way in WAYS {
        let login = format!("{way:?}@email.dk");
        let owner = fixture.owner(&login).await;
        assert!(fixture.set_password(owner.subject, OLD, false).await);
        let id = fixture.insert(token_of(&owner)).await;
        fixture.renew(way, owner.subject, true).await;
        assert_eq!(fixture.hash_of(&login).await.as_deref(), Some(NEW), "{way:?}");
        let changed = fixture.account(owner.subject).await;
        assert!(changed.generation > owner.generation, "{way:?}");
        assert!(!changed.disabled);
        let entry = fixture
            .entry(Change::Superseded(owner.subject, changed.generation))
            .await;
        assert!(entry.until >= NOW.plus(HOUR), "{way:?}: {entry:?}");
        assert!(!fixture.is_live(id).await, "{way:?}");
    }
    assert!(fixture.is_live(others).await, "another owner's");
    Ok(())
}

/// Where it is not to revoke them, it does not.
pub async fn a_password_change_may_leave_sessions(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    for way in WAYS {
        let login = format!("{way:?}@email.dk");
        let owner = fixture.owner(&login).await;
        assert!(fixture.set_password(owner.subject, OLD, false).await);
        let id = fixture.insert(token_of(&owner)).await;
        let before = fixture.feed().await;
        fixture.renew(way, owner.subject, false).await;
        assert_eq!(fixture.hash_of(&login).await.as_deref(), Some(NEW), "{way:?}");
        assert_eq!(fixture.account(owner.subject).await.generation, owner.generation);
        assert!(fixture.is_live(id).await, "{way:?}");
        assert_eq!(fixture.feed().await, before, "{way:?}");
    }
    Ok(())
}

/// A change that was made with the old password loses to a reset after that password was checked: it changes nothing,
/// revokes nothing and publishes nothing.
pub async fn a_change_loses_to_a_reset_in_between(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    assert!(
        !fixture.change_password(owner.subject, "", NEW, true).await,
        "there was no hash"
    );
    assert_eq!(fixture.hash_of("workshop@email.dk").await, None);
    fixture.set_password(owner.subject, OLD, false).await;
    fixture.set_password(owner.subject, RESET, false).await;
    let id = fixture.insert(token_of(&owner)).await;
    let before = fixture.feed().await;
    for old in [OLD, "", "$2B$12$RESET"] {
        for end_sessions in [true, false] {
            assert!(
                !fixture.change_password(owner.subject, old, NEW, end_sessions).await,
                "{old:?}"
            );
        }
    }
    assert_eq!(fixture.hash_of("workshop@email.dk").await.as_deref(), Some(RESET));
    assert_eq!(fixture.account(owner.subject).await.generation, owner.generation);
    assert!(fixture.is_live(id).await);
    assert_eq!(fixture.feed().await, before);
    Ok(())
}

/// Of the changes that were checked against one hash, at most one succeeds; and a reset at the same moment is kept,
/// whether it came before that change or after it.
pub async fn a_reset_is_kept_among_changes(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    for round in 0..10 {
        fixture.set_password(owner.subject, OLD, false).await;
        let changed = at_once(fixture.harness.crowd(), |caller| {
            let (passwords, subject) = (fixture.ports.passwords.clone(), owner.subject);
            async move {
                let end_sessions = caller % 2 == 0;
                if caller == 0 {
                    let reset = passwords.set(subject, RESET, end_sessions, NOW).await;
                    assert!(reset.expect("set a password"));
                    return false;
                }
                let changed = passwords.change(subject, OLD, NEW, end_sessions, NOW).await;
                changed.expect("change a password")
            }
        })
        .await;
        assert!(changed.iter().filter(|changed| **changed).count() <= 1, "round {round}");
        assert_eq!(
            fixture.hash_of("workshop@email.dk").await.as_deref(),
            Some(RESET),
            "round {round}"
        );
    }
    Ok(())
}
