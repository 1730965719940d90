//! Accounts, tokens and clients to test with.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use auth_core::{
    Attributes, FoldedLogin, Generation, NewAccount, NewToken, Realm, RefreshState, Scopes, Selector, Subject,
    Timestamp, TokenDigest,
};
use consumer_auth::{NewClient, Organisation};
use keystore::{KeyPurpose, StoredKey};
use store_diesel::DieselStore;
use tokio::sync::Barrier;

pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);
pub(crate) const HOUR: Duration = Duration::from_secs(3600);

pub(crate) fn realm() -> Realm {
    Realm::parse("workshops").expect("a realm")
}

pub(crate) fn account(login: &str) -> NewAccount {
    NewAccount {
        subject: None,
        realm: realm(),
        login: login.to_owned(),
        alias: None,
        role: None,
        attributes: Attributes::new(),
        created_at: NOW,
    }
}

pub(crate) async fn owner(store: &DieselStore, login: &str) -> Subject {
    let made = store.accounts().create(account(login)).await.expect("a store");
    made.expect("a free name")
}

pub(crate) fn token(owner: Subject) -> NewToken {
    NewToken {
        flavour: "device".into(),
        realm: realm(),
        subject: owner,
        generation: Generation(0),
        scopes: Scopes::none(),
        label: None,
        digest: Some(TokenDigest::of(b"secret")),
        salt: None,
        key: None,
        parent: None,
        made_from: None,
        refresh: None,
        issued_at: NOW,
        expires_at: Some(NOW.plus(HOUR)),
        idle: None,
    }
}

/// A key that signs from now on.
pub(crate) fn key(name: &str, purpose: &str) -> StoredKey {
    StoredKey {
        name: name.to_owned(),
        purpose: KeyPurpose::from_stored(purpose),
        sealed: vec![1, 2, 3],
        created_at: NOW,
        activates_at: NOW,
        retires_at: None,
    }
}

pub(crate) fn session(owner: Subject, family: u8) -> NewToken {
    NewToken {
        refresh: Some(generation(family, 0)),
        ..token(owner)
    }
}

/// The state of a refresh family after so many rotations.
pub(crate) fn generation(family: u8, rotations: u8) -> RefreshState {
    let digest = |rotations| TokenDigest::of(&[family, rotations]);
    RefreshState {
        selector: Selector([family; 32]),
        current: digest(rotations),
        previous: rotations.checked_sub(1).map(digest),
        sealed: None,
        lineage: Vec::new(),
        rotations: rotations.into(),
        rotated_at: NOW,
    }
}

/// The consumer of the organisation.
pub(crate) const CONSUMER: &str = "partner";

/// An organisation with a consumer.
pub(crate) async fn organisation(store: &DieselStore) {
    let organisation = Organisation {
        id: 171,
        name: "Ping Pong".to_owned(),
        subdomain: "pingpong".to_owned(),
        utc_offset_seconds: -14400,
    };
    let put = store.consumers().put_organisation(&organisation).await;
    put.expect("an organisation");
    let token = TokenDigest::of(b"token");
    let put = store.consumers().put_consumer(CONSUMER, &token, 171, NOW).await;
    assert!(put.expect("a consumer"));
}

pub(crate) fn client(email: &str) -> NewClient {
    NewClient {
        consumer: CONSUMER.into(),
        organisation: 171,
        folded: FoldedLogin::parse(email).expect("an address"),
        email: email.to_owned(),
        name: "Somebody".to_owned(),
        created_at: NOW,
    }
}

/// Runs so many callers that begin at the same moment, on one node or the other, and gathers their answers.
pub(crate) async fn crowd<T, F>(
    nodes: &[DieselStore; 2],
    callers: usize,
    call: impl Fn(DieselStore, usize) -> F,
) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let start = Arc::new(Barrier::new(callers));
    let spawn = |caller: usize| {
        let (start, call) = (start.clone(), call(nodes[caller % 2].clone(), caller));
        tokio::spawn(async move {
            start.wait().await;
            call.await
        })
    };
    let tasks: Vec<_> = (0..callers).map(spawn).collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.expect("no caller panics"));
    }
    answers
}
