//! Tokens that another system has signed: recorded when they are first presented, once, and for people whom an import has
//! brought; on both databases.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[macro_use]
#[path = "support/database.rs"]
mod support;
#[path = "support/imported.rs"]
mod imported;

use std::sync::Arc;

use auth_core::{
    AccountImport, Issuer, PresentedToken, Rejection, SignedImport, SignedImports, Subject, Timestamp, Verifier,
    VerifyError,
};
use imported::{Node, accounts, person, with_role};
use support::Fresh;
use support::things::{HOUR, NOW};

tests! {
    both {
        the_first_time_records_it_and_every_node_has_the_same_record
        only_people_who_were_imported_and_are_enabled_have_any
        what_was_revoked_here_is_refused_also_when_it_was_never_presented
        one_that_was_revoked_is_not_recorded_again
        it_is_forgotten_when_nobody_can_present_it
    }
}

/// Texts such as `signed.1.a`: of the user 1, for an hour.
#[derive(Debug)]
struct Signed;

impl SignedImports for Signed {
    fn check(&self, text: &str, now: Timestamp) -> Option<Result<SignedImport, Rejection>> {
        let (owner, _) = text.strip_prefix("signed.")?.split_once('.')?;
        let expires_at = NOW.plus(HOUR);
        Some(match now < expires_at {
            true => Ok(SignedImport {
                owner: owner.to_owned(),
                issued_at: NOW,
                expires_at,
            }),
            false => Err(Rejection::Expired),
        })
    }
}

fn node(fresh: &Fresh) -> Node {
    Node::of(fresh).with_signed(Arc::new(Signed))
}

async fn records(fresh: &Fresh) -> i64 {
    let counted = fresh.store.dangerous_number("SELECT COUNT(*) FROM tokens").await;
    counted.unwrap().unwrap()
}

fn is_refused(verified: Result<Vec<String>, VerifyError>) -> bool {
    matches!(verified, Err(VerifyError::Rejected(_)))
}

async fn the_first_time_records_it_and_every_node_has_the_same_record(fresh: Fresh) {
    with_role(&fresh).await;
    let text = "signed.1.a";
    for node in [node(&fresh), node(&fresh)] {
        for _cold_and_warm in 0..2 {
            assert_eq!(
                node.verify(text).await.unwrap(),
                ["read", "write"],
                "all of its owner's role"
            );
        }
        assert!(
            node.issuer
                .verify_in_memory(&PresentedToken::bearer(text))
                .unwrap()
                .is_ok()
        );
        assert!(is_refused(node.verify("unsigned.1.a").await));
        assert_eq!(records(&fresh).await, 1);
        node.clock.advance(HOUR);
        assert_eq!(node.verify(text).await, Err(Rejection::Expired.into()));
    }
}

async fn only_people_who_were_imported_and_are_enabled_have_any(fresh: Fresh) {
    with_role(&fresh).await;
    let disabled = AccountImport {
        disabled: true,
        ..person("2", "bob")
    };
    accounts(&fresh, &[disabled]).await;
    let node = node(&fresh);
    assert!(is_refused(node.verify("signed.2.a").await), "it is disabled");
    assert!(
        is_refused(node.verify("signed.3.a").await),
        "nobody was imported with this key"
    );
    assert_eq!(records(&fresh).await, 0);
}

async fn what_was_revoked_here_is_refused_also_when_it_was_never_presented(fresh: Fresh) {
    with_role(&fresh).await;
    let (before, after) = ("signed.1.a", "signed.1.b");
    let node = node(&fresh);
    assert!(node.verify(before).await.is_ok());
    fresh.store.token_admin().end_sessions(Subject(1), NOW).await.unwrap();
    node.registry.sync().await.unwrap();
    assert!(is_refused(node.verify(before).await));
    assert!(is_refused(node.verify(after).await), "it may have been issued before");
}

async fn one_that_was_revoked_is_not_recorded_again(fresh: Fresh) {
    with_role(&fresh).await;
    let text = "signed.1.a";
    let first = node(&fresh);
    let id = first.issuer.verify(&PresentedToken::bearer(text)).await.unwrap().id();
    assert!(first.issuer.revoke(id).await.unwrap());
    assert!(is_refused(first.verify(text).await));
    assert!(is_refused(node(&fresh).verify(text).await));
    assert_eq!(fresh.store.tokens().purge(NOW.plus(HOUR / 2), 100).await.unwrap(), 1);
    assert_eq!(records(&fresh).await, 0);
    assert!(
        is_refused(node(&fresh).verify(text).await),
        "it has not expired, and its record is gone"
    );
}

async fn it_is_forgotten_when_nobody_can_present_it(fresh: Fresh) {
    with_role(&fresh).await;
    node(&fresh).verify("signed.1.a").await.unwrap();
    let known = async || {
        let query = "SELECT COUNT(*) FROM imported_tokens";
        fresh.store.dangerous_number(query).await.unwrap().unwrap()
    };
    fresh.store.tokens().purge(NOW.plus(HOUR), 100).await.unwrap();
    assert_eq!(known().await, 1);
    let gone = fresh.store.tokens().purge(NOW.plus(2 * HOUR), 100).await.unwrap();
    assert_eq!((gone, known().await, records(&fresh).await), (2, 0, 0));
}
