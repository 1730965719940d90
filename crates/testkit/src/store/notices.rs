//! What wakes those who watch a store.

use std::sync::Arc;
use std::time::Duration;

use auth_core::{Change, ChangeWatch, TokenStore};
use consumer_auth::{Audience, SecretRotation};
use tokio::time::timeout;

use super::fixture::{Fixture, HOUR, NOW, token_of};
use super::key_fixture::{Keys, SHOPS, hours, key};
use crate::law::{LawResult, NotApplicable};
use crate::ports::StoreHarness;

/// For how long a change may be under way, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(10);

/// For how long a watch is silent once nothing is under way.
const QUIET: Duration = Duration::from_millis(100);

/// How often it may wake before it sleeps.
const WAKES: usize = 100;

/// Whatever adds an entry to the feed wakes who watches it: a revocation, a disabled account, a password change, another
/// role, an edited role, the end of an owner's sessions and of all.
pub async fn a_change_in_the_feed_wakes_who_watches(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let id = fixture.insert(token_of(&owner)).await;
    let tokens = fixture.ports.tokens.clone();
    let mut watch = tokens.watch_feed();
    settle(&*tokens, &mut watch).await?;
    fixture.revoke(id).await;
    woken(&*tokens, &mut watch, "a revocation").await?;
    let set = fixture.ports.accounts.set_role(owner.subject, None, NOW).await;
    assert!(set.expect("set_role"));
    woken(&*tokens, &mut watch, "another role").await?;
    fixture.allow("other", "read").await;
    woken(&*tokens, &mut watch, "an edited role").await?;
    assert!(fixture.set_password(owner.subject, "hash", true).await);
    woken(&*tokens, &mut watch, "a password").await?;
    let changed = fixture
        .ports
        .passwords
        .change(owner.subject, "hash", "other", true, NOW);
    assert!(changed.await.expect("change a password"));
    woken(&*tokens, &mut watch, "a changed password").await?;
    let ended = fixture.ports.token_admin.end_sessions(owner.subject, NOW).await;
    assert!(ended.expect("end_sessions"));
    woken(&*tokens, &mut watch, "the end of an owner's sessions").await?;
    let ended = fixture.ports.token_admin.end_all_sessions(NOW).await;
    ended.expect("end_all_sessions");
    woken(&*tokens, &mut watch, "the end of all sessions").await?;
    fixture.disable(owner.subject, true).await;
    woken(&*tokens, &mut watch, "a disabled account").await
}

/// Whatever adds or changes a key wakes who watches for it.
pub async fn a_change_of_keys_wakes_who_watches(harness: Arc<dyn StoreHarness>) -> LawResult {
    let keys = Keys::new(&*harness);
    let tokens = harness.ports().tokens;
    let mut watch = keys.store.watch_keys();
    settle(&*tokens, &mut watch).await?;
    assert!(keys.insert_first(&key("first", SHOPS)).await);
    woken(&*tokens, &mut watch, "a first key").await?;
    keys.rotated(&key("second", SHOPS), hours(10)).await;
    woken(&*tokens, &mut watch, "a rotation").await?;
    keys.retire("first", hours(5)).await;
    woken(&*tokens, &mut watch, "a retirement").await?;
    keys.emergency(&key("third", SHOPS), NOW).await;
    woken(&*tokens, &mut watch, "an emergency").await?;
    keys.replace_all(&[key("fourth", SHOPS)], NOW).await;
    woken(&*tokens, &mut watch, "an emergency for everything").await
}

/// Whatever adds or changes a resource server wakes who watches for it.
pub async fn a_change_of_resource_servers_wakes_who_watches(harness: Arc<dyn StoreHarness>) -> LawResult {
    let (servers, tokens) = (harness.ports().resource_servers, harness.ports().tokens);
    let digest = |secret: &str| auth_core::TokenDigest::of(secret.as_bytes());
    let mut watch = servers.watch_resource_servers();
    settle(&*tokens, &mut watch).await?;
    let first = digest("first");
    let put = servers.put_resource_server("games-api", &first, &Audience::All, NOW);
    put.await.expect("put a resource server");
    woken(&*tokens, &mut watch, "a new one").await?;
    let rotation = SecretRotation {
        key: "games-api".into(),
        from: digest("first"),
        to: digest("second"),
        previous_until: NOW.plus(HOUR),
        now: NOW,
    };
    let rotated = servers.rotate_resource_server(&rotation).await;
    assert!(rotated.expect("rotate_resource_server"));
    woken(&*tokens, &mut watch, "another secret").await?;
    let audience = Audience::Flavours(["device".to_owned()].into());
    let set = servers.set_audience("games-api", &audience).await;
    assert!(set.expect("set_audience"));
    woken(&*tokens, &mut watch, "another audience").await?;
    let disabled = servers.set_resource_server_disabled("games-api", true).await;
    assert!(disabled.expect("set_resource_server_disabled"));
    woken(&*tokens, &mut watch, "a disabled one").await
}

/// A watch does not wake, and sleep again, before its change can be read: who reads when it wakes reads the change.
pub async fn what_woke_a_watch_can_be_read(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let id = fixture.insert(token_of(&owner)).await;
    let tokens = fixture.ports.tokens.clone();
    let mut watch = tokens.watch_feed();
    settle(&*tokens, &mut watch).await?;
    let reading = tokio::spawn(async move {
        let is_there = async || {
            let feed = tokens.changes(0, 100_000).await.expect("changes");
            feed.iter().any(|entry| entry.change == Change::Ended(id))
        };
        loop {
            watch.changed().await;
            if is_there().await {
                return;
            }
        }
    });
    assert!(fixture.revoke(id).await);
    let read = timeout(PATIENCE, reading).await;
    read.expect("it woke when there was something to read")
        .expect("the reader");
    Ok(())
}

/// A watch sleeps while nothing changes, and one that was made later does too: a node that is always awake reads without
/// end.
pub async fn a_watch_sleeps_while_nothing_changes(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let tokens = fixture.ports.tokens.clone();
    for _ in 0..2 {
        let id = fixture.insert(token_of(&owner)).await;
        settle(&*tokens, &mut tokens.watch_feed()).await?;
        fixture.revoke(id).await;
    }
    settle(&*tokens, &mut fixture.ports.keys.watch_keys()).await?;
    settle(&*tokens, &mut fixture.ports.resource_servers.watch_resource_servers()).await
}

/// Waits until the watch sleeps. Meanwhile the store is read, as by a node: it may listen where it reads.
async fn settle(tokens: &dyn TokenStore, watch: &mut ChangeWatch) -> LawResult {
    let live = async {
        while !watch.is_live() {
            tokens.feed_state().await.expect("feed_state");
            let _ = timeout(QUIET, watch.changed()).await;
        }
    };
    let live = timeout(PATIENCE, live).await;
    live.map_err(|_| NotApplicable("the store does not notice changes"))?;
    for _ in 0..WAKES {
        if timeout(QUIET, watch.changed()).await.is_err() {
            return Ok(());
        }
    }
    panic!("it woke {WAKES} times, and nothing had changed");
}

/// The watch wakes; then it sleeps again.
async fn woken(tokens: &dyn TokenStore, watch: &mut ChangeWatch, by: &str) -> LawResult {
    let woken = timeout(PATIENCE, watch.changed()).await;
    assert!(woken.is_ok(), "{by} woke nobody");
    settle(tokens, watch).await
}
