//! A filling: what it says of its rows is so, and it writes into an empty database only.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[macro_use]
#[path = "support/database.rs"]
mod support;

use auth_core::RefreshState;
use store_diesel::{FillError, Filling};
use support::Fresh;
use support::things::{NOW, owner};

const FILLING: Filling = Filling {
    tokens: 1000,
    accounts: 100,
    expired: 100,
    revocations: 90,
    audit_entries: 50,
};

tests! {
    both {
        the_rows_are_as_it_says
        a_database_that_holds_anything_else_is_refused
    }
}

async fn the_rows_are_as_it_says(fresh: Fresh) {
    FILLING.fill(&fresh.store, NOW, |_, _| {}).await.unwrap();
    let tokens = fresh.store.tokens();
    let mut refreshed = 0;
    for number in 0..2000 {
        let id = FILLING.live(number);
        let record = tokens.find(id).await.unwrap().unwrap();
        assert!(
            record.subject == FILLING.owner(id) && record.expires_at > Some(NOW),
            "{id}"
        );
        if Filling::is_refreshed(id) {
            let session = tokens.find_session(&Filling::selector(id)).await.unwrap().unwrap();
            assert_eq!(session.token.id, id);
            let current = session.refresh.current;
            let to = RefreshState {
                rotated_at: NOW,
                ..session.refresh
            };
            assert!(tokens.rotate(id, &current, &to).await.unwrap());
            refreshed += 1;
        }
    }
    assert!(refreshed > 500, "{refreshed}");
    let count = async |what: &str| fresh.count(&format!("SELECT count(*) FROM {what}")).await;
    assert_eq!(count("tokens").await, 1000);
    assert_eq!(count("tokens WHERE revoked_at IS NOT NULL").await, 90);
    assert_eq!(count("feed").await, 90);
    assert_eq!(count("audit_entries WHERE event = 'token_issued'").await, 50);
    assert_eq!(
        count(&format!("tokens WHERE expires_at < {}", NOW.as_millis())).await,
        100
    );
    FILLING
        .fill(&fresh.store, NOW, |_, _| panic!("it is filled"))
        .await
        .unwrap();
    assert!(owner(&fresh.store, "the next number is free").await.0 > 100);
}

async fn a_database_that_holds_anything_else_is_refused(fresh: Fresh) {
    owner(&fresh.store, "a person").await;
    let refused = FILLING.fill(&fresh.store, NOW, |_, _| {}).await;
    assert!(matches!(refused, Err(FillError::NotEmpty(_))), "{refused:?}");
    let filled = fresh.another().await;
    FILLING.fill(&filled.store, NOW, |_, _| {}).await.unwrap();
    let other = Filling {
        tokens: 2000,
        ..FILLING
    };
    let refused = other.fill(&filled.store, NOW, |_, _| {}).await;
    assert!(matches!(refused, Err(FillError::NotEmpty(_))), "{refused:?}");
    for database in [&fresh, &filled] {
        let tokens = database.count("SELECT count(*) FROM tokens").await;
        assert!(tokens == 0 || tokens == 1000);
    }
}
