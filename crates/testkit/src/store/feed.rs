//! The feed of changes.

use std::sync::Arc;

use auth_core::{Change, FeedEntry, FeedState};

use super::fixture::{Fixture, HOUR, NOW, token_of};
use crate::law::{LawResult, at_once};
use crate::ports::StoreHarness;

/// Entries are in the order of their numbers, which are positive, given once, and in the order of the changes: a node
/// that reads from zero gets everything.
pub async fn the_feed_is_in_order(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let mut expected = Vec::new();
    for _ in 0..5 {
        let id = fixture.insert(token_of(&owner)).await;
        fixture.revoke(id).await;
        expected.push(Change::Ended(id));
    }
    let feed = fixture.feed().await;
    assert!(feed.iter().all(|entry| entry.sequence > 0), "{feed:?}");
    assert!(feed.is_sorted_by(|a, b| a.sequence < b.sequence), "{feed:?}");
    let ended: Vec<_> = feed
        .iter()
        .map(|entry| entry.change)
        .filter(|c| matches!(c, Change::Ended(_)))
        .collect();
    assert_eq!(ended, expected);
    Ok(())
}

/// The feed can be read in pages of any size: at most so many entries at once, and those after a number, without that
/// number.
pub async fn the_feed_is_read_in_pages(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    for _ in 0..10 {
        let id = fixture.insert(token_of(&owner)).await;
        fixture.revoke(id).await;
    }
    let whole = fixture.feed().await;
    for size in [1, 3, 100] {
        let mut read: Vec<FeedEntry> = Vec::new();
        loop {
            let after = read.last().map_or(0, |entry| entry.sequence);
            let page = fixture.ports.tokens.changes(after, size).await.expect("changes");
            assert!(page.len() <= size as usize, "{} entries of {size}", page.len());
            if page.is_empty() {
                break;
            }
            read.extend(page);
        }
        assert_eq!(read, whole, "in pages of {size}");
    }
    let beyond = fixture.ports.tokens.changes(i64::MAX, 10).await.expect("changes");
    assert_eq!(beyond, []);
    Ok(())
}

/// The highest number given out covers every entry, that of the tokens every token, and neither falls when something is
/// purged: a number that falls means that the data were restored from a backup.
pub async fn the_feed_says_how_far_it_goes(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let mut before = 0;
    for _ in 0..3 {
        let id = fixture.insert(token_of(&owner)).await;
        fixture.revoke(id).await;
        let last = fixture.feed().await.last().map_or(0, |entry| entry.sequence);
        let FeedState { newest, issued, .. } = fixture.feed_state().await;
        assert!(issued >= id.0, "{issued}, and there is {id}");
        assert!(
            newest >= last && newest > before,
            "{newest} after {before}, last {last}"
        );
        let far = NOW.plus(HOUR * 24 * 3650);
        while fixture.ports.tokens.purge(far, 100).await.expect("purge") > 0 {}
        let after = fixture.feed_state().await;
        assert_eq!((after.newest, after.issued), (newest, issued), "after a purge");
        before = newest;
    }
    Ok(())
}

/// While the data go on, the identity stays: a node would drop everything in memory at another one. And what is over had
/// begun.
pub async fn the_feed_keeps_its_identity(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let first = fixture.feed_state().await;
    for _ in 0..3 {
        let id = fixture.insert(token_of(&owner)).await;
        fixture.revoke(id).await;
        let state = fixture.feed_state().await;
        assert_eq!(state.identity, first.identity);
        assert!(state.finished <= state.begun, "{state:?}");
    }
    Ok(())
}

impl Fixture {
    async fn feed_state(&self) -> FeedState {
        self.ports.tokens.feed_state().await.expect("feed_state")
    }
}

/// All changes that are made at the same moment are in the feed.
pub async fn the_feed_misses_nothing_of_a_crowd(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let ended = at_once(fixture.harness.crowd(), |_| {
        let (tokens, new) = (fixture.ports.tokens.clone(), token_of(&owner));
        async move {
            let id = tokens.insert(new).await.expect("insert").expect("an active owner");
            assert!(tokens.revoke(id, super::fixture::NOW).await.expect("revoke"));
            id
        }
    })
    .await;
    let feed = fixture.feed().await;
    for id in ended {
        let published = feed.iter().filter(|entry| entry.change == Change::Ended(id)).count();
        assert_eq!(published, 1, "{id}");
    }
    assert!(feed.is_sorted_by(|a, b| a.sequence < b.sequence), "{feed:?}");
    Ok(())
}
