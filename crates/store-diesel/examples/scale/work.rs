//! The operations that are measured.

use std::time::Duration;

use auth_core::{
    Generation, NewToken, Provenance, Realm, RefreshState, Scope, Scopes, Subject, Timestamp, TokenDigest, TokenId,
};
use consumer_auth::Organisation;
use store_diesel::{DieselStore, Filling};

/// A number of a live token far from that of the call before.
pub fn live(filling: &Filling, number: u64) -> TokenId {
    filling.live(number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 16)
}

/// A live session with a refresh family.
fn refreshed(filling: &Filling, number: u64) -> TokenId {
    (0..)
        .map(|step| live(filling, number + step * 1_000_003))
        .find(|id| Filling::is_refreshed(*id))
        .expect("four of ten are")
}

/// The least that makes something durable: an organisation is stored, with its audit entry.
pub async fn commit(store: DieselStore, number: u64) {
    let organisation = Organisation {
        id: 1_000_000 + number as i64,
        name: "Ping Pong".into(),
        subdomain: "pingpong".into(),
        utc_offset_seconds: 0,
    };
    store.consumers().put_organisation(&organisation).await.unwrap();
}

pub async fn issue(store: DieselStore, filling: Filling, number: u64, now: Timestamp) {
    let owner = filling.owner(live(&filling, number));
    let issued = by_request(store.tokens().insert(token(owner, number, now))).await;
    assert!(issued.unwrap().is_some());
}

/// As the server does: the family is found, and its token replaced by the next.
pub async fn refresh(store: DieselStore, filling: Filling, number: u64, now: Timestamp) {
    let id = refreshed(&filling, number);
    let work = async {
        let session = store.tokens().find_session(&Filling::selector(id)).await.unwrap();
        let Some(session) = session else {
            return;
        };
        let current = session.refresh.current;
        let to = RefreshState {
            previous: Some(current),
            sealed: Some([7; 16]),
            rotations: session.refresh.rotations + 1,
            rotated_at: now,
            ..session.refresh
        };
        store.tokens().rotate(id, &current, &to).await.unwrap();
    };
    by_request(work).await;
}

pub async fn revoke(store: DieselStore, filling: Filling, number: u64, now: Timestamp) {
    by_request(store.tokens().revoke(live(&filling, number), now))
        .await
        .unwrap();
}

/// With the provenance of a request.
fn by_request<F: Future>(call: F) -> impl Future<Output = F::Output> {
    Provenance::client([192, 0, 2, 7].into(), "4f1d0c9e8b1a4d369a590b1c2d3e4f50").scope(call)
}

fn token(owner: Subject, number: u64, now: Timestamp) -> NewToken {
    let scopes: Scopes = ["read", "write"]
        .map(|name| Scope::parse(name).unwrap())
        .into_iter()
        .collect();
    NewToken {
        flavour: "device".into(),
        realm: Realm::parse(Filling::REALM).unwrap(),
        subject: owner,
        generation: Generation(0),
        scopes,
        label: None,
        digest: Some(TokenDigest::of(&number.to_le_bytes())),
        salt: None,
        key: None,
        parent: None,
        made_from: None,
        refresh: None,
        issued_at: now,
        expires_at: Some(now.plus(Duration::from_secs(900))),
        idle: None,
    }
}
