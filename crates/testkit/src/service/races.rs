//! What happens between the steps of a refresh. Each order is forced, so that no luck is needed to see it.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use super::fixture::{Harness, ServiceAssertions};
use crate::failing::{Action, Moment, StoreCall};
use crate::harness::{Owner, Renewal, Session};
use crate::issuer::fixture::IssuerAssertions;
use crate::law::{LawResult, at_once};

/// The moments of a refresh at which something else can happen.
const STEPS: [(Moment, StoreCall); 4] = [
    (Moment::Before, StoreCall::FindSession),
    (Moment::After, StoreCall::FindSession),
    (Moment::Before, StoreCall::Rotate),
    (Moment::After, StoreCall::Rotate),
];

type Doing = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Has `doing` happen at each step of a refresh; afterwards nothing of the session may be alive, whatever the refresh
/// was answered.
async fn wins_at_every_step(harness: &Harness, doing: fn(Harness, Owner, Session) -> Doing) -> LawResult {
    for (moment, call) in STEPS {
        let owner = harness.owner().await;
        let session = harness.signed_in(&owner).await;
        let action: Action = {
            let (harness, owner, session) = (harness.clone(), owner.clone(), session.clone());
            Box::new(move || doing(harness, owner, session))
        };
        harness.meanwhile(moment, call, action).await?;
        let answer = harness.refresh(&session.refresh).await;
        assert!(
            !matches!(answer, Renewal::Unavailable),
            "{moment:?} {call:?}: this is no trouble of ours"
        );
        let when = format!("when it happened {moment:?} {call:?}");
        harness.is_dead(&session, &when).await;
        if let Renewal::Renewed(renewed) = answer {
            harness.is_dead(&renewed, &when).await;
        }
    }
    Ok(())
}

/// A password change wins over a refresh that runs beside it, in every order: nothing old is alive when both are done.
pub async fn a_password_change_wins_over_a_refresh(harness: Harness) -> LawResult {
    wins_at_every_step(&harness, |harness, owner, _| {
        Box::pin(async move { harness.change_password(&owner).await.expect("change the password") })
    })
    .await
}

/// So does barring.
pub async fn barring_wins_over_a_refresh(harness: Harness) -> LawResult {
    wins_at_every_step(&harness, |harness, owner, _| {
        Box::pin(async move { harness.set_disabled(&owner, true).await.expect("bar somebody") })
    })
    .await
}

/// So does signing out.
pub async fn a_sign_out_wins_over_a_refresh(harness: Harness) -> LawResult {
    wins_at_every_step(&harness, |harness, _, session| {
        Box::pin(async move {
            harness.sign_out(&session.token).await;
        })
    })
    .await
}

/// A second refresh with the same token, at each step of the first: both get the one successor.
pub async fn a_refresh_within_a_refresh_gets_the_same_successor(harness: Harness) -> LawResult {
    for (moment, call) in STEPS {
        let owner = harness.owner().await;
        let session = harness.signed_in(&owner).await;
        let inner: Arc<Mutex<Option<Renewal>>> = Arc::default();
        let action: Action = {
            let (harness, token, inner) = (harness.clone(), session.refresh.clone(), inner.clone());
            Box::new(move || {
                Box::pin(async move {
                    let answer = harness.refresh(&token).await;
                    *inner.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
                })
            })
        };
        harness.meanwhile(moment, call, action).await?;
        let outer = harness
            .renews(&session.refresh, &format!("the outer one, {moment:?} {call:?}"))
            .await;
        let inner = inner.lock().unwrap_or_else(PoisonError::into_inner).take();
        let inner = inner.expect("it happened").renewed().expect("the inner one");
        assert_eq!(inner.refresh, outer.refresh, "{moment:?} {call:?}");
        harness.renews(&outer.refresh, "the one successor").await;
    }
    Ok(())
}

/// The same with real threads: refreshes of many sessions of one account run while the password changes.
pub async fn nothing_old_survives_a_password_change_among_refreshes(harness: Harness) -> LawResult {
    for round in 0..harness.rounds() {
        let owner = harness.owner().await;
        let mut sessions = Vec::new();
        for _ in 0..8 {
            sessions.push(harness.signed_in(&owner).await);
        }
        let answers = at_once(sessions.len() + 1, |caller| {
            let (harness, owner) = (harness.clone(), owner.clone());
            let refresh = sessions.get(caller).map(|session| session.refresh.clone());
            async move {
                match refresh {
                    Some(refresh) => harness.refresh(&refresh).await.renewed(),
                    None => {
                        harness.change_password(&owner).await.expect("a harness that can");
                        None
                    }
                }
            }
        })
        .await;
        for session in answers.iter().flatten().chain(&sessions) {
            harness.is_dead(session, &format!("after round {round}")).await;
        }
        let fresh = harness.signed_in(&owner).await;
        harness.accepts(&fresh.token, "of the new password").await;
    }
    Ok(())
}
