//! Demotions: a realm keeps an enabled account with a certain role.

use std::sync::Arc;

use auth_core::{Demoted, Demotion, DemotionOutcome, NewAccount, Subject};

use super::fixture::{Fixture, NOW, realm};
use crate::law::{LawResult, at_once};
use crate::ports::StoreHarness;

/// The role that is kept.
const OWNER: &str = "owner";

impl Fixture {
    /// An account with this role.
    async fn with_role(&self, login: &str, role: &str) -> Subject {
        let new = NewAccount {
            role: Some(role.to_owned()),
            ..self.newcomer(login)
        };
        let created = self.ports.accounts.create(new).await.expect("create");
        created.expect("a free name")
    }

    async fn demote(&self, subject: Subject, to: Demoted) -> DemotionOutcome {
        let demoted = self.ports.accounts.demote(&demotion(subject, to)).await;
        demoted.expect("demote")
    }

    /// Whether the account is enabled and has the role.
    async fn is_owner(&self, subject: Subject) -> bool {
        let account = self.account(subject).await;
        !account.disabled && account.role.as_deref() == Some(OWNER)
    }
}

fn demotion(subject: Subject, to: Demoted) -> Demotion {
    Demotion {
        subject,
        to,
        keeps: OWNER.to_owned(),
        now: NOW,
    }
}

fn to_viewer() -> Demoted {
    Demoted::Role("viewer".to_owned())
}

/// Where another enabled account has the role, an account is disabled or gets another role. One that has not the role is in
/// nobody's way, and an unknown one is none.
pub async fn a_demotion_is_done_where_another_keeps_the_role(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let (one, other) = (
        fixture.with_role("one", OWNER).await,
        fixture.with_role("other", OWNER).await,
    );
    let viewer = fixture.with_role("viewer", "viewer").await;
    assert_eq!(fixture.demote(one, to_viewer()).await, DemotionOutcome::Done);
    assert_eq!(fixture.account(one).await.role.as_deref(), Some("viewer"));
    assert_eq!(fixture.demote(viewer, Demoted::Disabled).await, DemotionOutcome::Done);
    assert!(fixture.account(viewer).await.disabled);
    let same = Demoted::Role(OWNER.to_owned());
    assert_eq!(
        fixture.demote(other, same).await,
        DemotionOutcome::Done,
        "it keeps the role"
    );
    assert!(fixture.is_owner(other).await);
    let unknown = Subject(other.0 + 1000);
    assert_eq!(
        fixture.demote(unknown, Demoted::Disabled).await,
        DemotionOutcome::Unknown
    );
    Ok(())
}

/// The last enabled account of a realm with the role stays as it is: disabled ones, and those of other realms, do not count.
pub async fn the_last_one_with_the_role_is_not_demoted(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let (last, disabled) = (
        fixture.with_role("last", OWNER).await,
        fixture.with_role("gone", OWNER).await,
    );
    let elsewhere = NewAccount {
        realm: realm("players"),
        role: Some(OWNER.to_owned()),
        ..fixture.newcomer("elsewhere")
    };
    fixture.ports.accounts.create(elsewhere).await.expect("create");
    assert_eq!(fixture.demote(disabled, Demoted::Disabled).await, DemotionOutcome::Done);
    let before = fixture.account(last).await;
    for to in [Demoted::Disabled, to_viewer()] {
        assert_eq!(fixture.demote(last, to.clone()).await, DemotionOutcome::Last, "{to:?}");
        assert_eq!(fixture.account(last).await, before, "{to:?}: nothing has changed");
    }
    Ok(())
}

/// However many are demoted at the same moment, in whatever way, one keeps the role.
pub async fn of_all_who_are_demoted_at_once_one_stays(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let mut owners = Vec::new();
    for number in 0..fixture.harness.crowd().max(2) {
        owners.push(fixture.with_role(&format!("owner-{number}"), OWNER).await);
    }
    let outcomes = at_once(owners.len(), |caller| {
        let to = if caller % 2 == 0 {
            Demoted::Disabled
        } else {
            to_viewer()
        };
        let (store, demotion) = (fixture.ports.accounts.clone(), demotion(owners[caller], to));
        async move { store.demote(&demotion).await.expect("demote") }
    });
    let refused = outcomes
        .await
        .into_iter()
        .filter(|outcome| *outcome == DemotionOutcome::Last);
    let mut left = 0;
    for owner in &owners {
        left += usize::from(fixture.is_owner(*owner).await);
    }
    assert_eq!((refused.count(), left), (1, 1));
    Ok(())
}
