//! Changes between the steps of a refresh. Each order is forced, so the tests do not depend on timing.

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

/// Runs `doing` at each step of a refresh. Afterwards all tokens of the session must be refused, whatever the refresh
/// answered.
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
            "{moment:?} {call:?}: this is not a failure of the server"
        );
        let when = format!("when it happened {moment:?} {call:?}");
        harness.is_revoked(&session, &when).await;
        if let Renewal::Renewed(renewed) = answer {
            harness.is_revoked(&renewed, &when).await;
        }
    }
    Ok(())
}

/// A password change wins over a concurrent refresh, in every order: all old tokens are refused when both are done.
pub async fn a_password_change_wins_over_a_refresh(harness: Harness) -> LawResult {
    wins_at_every_step(&harness, |harness, owner, _| {
        Box::pin(async move { harness.change_password(&owner).await.expect("change the password") })
    })
    .await
}

/// A record that is read while its owner loses a permission is not kept: at most the check that had read it gives what it
/// said.
pub async fn a_record_read_beside_a_change_is_not_kept(harness: Harness) -> LawResult {
    harness.require(
        |can| can.current_rights,
        "a token keeps the permissions it was issued with",
    )?;
    let owner = harness.owner().await;
    let session = harness.signed_in(&owner).await;
    let kept = owner.rights[1..].to_vec();
    let action: Action = {
        let (harness, owner, kept) = (harness.clone(), owner.clone(), kept.clone());
        Box::new(move || Box::pin(async move { harness.set_rights(&owner, &kept).await.expect("set the rights") }))
    };
    harness.meanwhile(Moment::After, StoreCall::Find, action).await?;
    harness.accepts(&session.token, "while its owner loses a right").await;
    let rights = harness.accepts(&session.token, "afterwards").await.rights;
    assert_eq!(rights, kept, "afterwards");
    Ok(())
}

/// Disabling the owner wins too.
pub async fn disabling_wins_over_a_refresh(harness: Harness) -> LawResult {
    wins_at_every_step(&harness, |harness, owner, _| {
        Box::pin(async move { harness.set_disabled(&owner, true).await.expect("disable the owner") })
    })
    .await
}

/// A sign-out wins too.
pub async fn a_sign_out_wins_over_a_refresh(harness: Harness) -> LawResult {
    wins_at_every_step(&harness, |harness, _, session| {
        Box::pin(async move {
            harness.sign_out(&session.token).await;
        })
    })
    .await
}

/// A second refresh with the same token, at each step of the first: both get the same successor.
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
        harness.renews(&outer.refresh, "the successor").await;
    }
    Ok(())
}

/// The same with real threads: many sessions of one account are refreshed while the password changes.
pub async fn no_old_session_survives_a_password_change_during_refreshes(harness: Harness) -> LawResult {
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
                        harness.change_password(&owner).await.expect("the harness supports it");
                        None
                    }
                }
            }
        })
        .await;
        for session in answers.iter().flatten().chain(&sessions) {
            harness.is_revoked(session, &format!("after round {round}")).await;
        }
        let fresh = harness.signed_in(&owner).await;
        harness.accepts(&fresh.token, "of the new password").await;
    }
    Ok(())
}
