//! What a node does when the feed of revocations goes back, is another one, or cannot be read.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[path = "support/log.rs"]
mod log;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use auth_core::{
    Attributes, FeedEntry, FeedState, Generation, NewAccount, NewToken, PresentedToken, Realm, RefreshSession,
    RefreshState, RegistryLimits, Rejection, Replacement, Scopes, Selector, SessionRef, StoreError, Subject, Timestamp,
    TokenDigest, TokenId, TokenRecord, TokenRegistry, TokenStore, Unavailable, VerifyError,
};
use log::Log;
use testkit::{ManualClock, MemoryHarness, Ports, StoreHarness};
use tracing::Level;

const REVOKED: Result<(), VerifyError> = Err(VerifyError::Rejected(Rejection::Revoked));
const STALE: Result<(), VerifyError> = Err(VerifyError::Unavailable(Unavailable::Stale));

/// A store whose data can be replaced by others, as by a restore from a backup, and whose feed can be out of reach,
/// renamed, or without some entries.
#[derive(Debug)]
struct Replaceable {
    data: Mutex<Ports>,
    identity: Mutex<String>,
    feed_fails: AtomicBool,
    find_fails: Mutex<Option<StoreError>>,
    hidden: Mutex<Vec<i64>>,
    open_transaction: AtomicBool,
}

impl Replaceable {
    fn tokens(&self) -> Arc<dyn TokenStore> {
        self.data.lock().unwrap().tokens.clone()
    }
}

#[async_trait]
impl TokenStore for Replaceable {
    async fn feed_state(&self) -> Result<FeedState, StoreError> {
        if self.feed_fails.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable("the feed is out of reach".into()));
        }
        let state = self.tokens().feed_state().await?;
        let open = self.open_transaction.load(Ordering::SeqCst);
        Ok(FeedState {
            identity: self.identity.lock().unwrap().clone(),
            begun: 10,
            finished: if open { 5 } else { 10 },
            ..state
        })
    }

    async fn changes(&self, after: i64, limit: u32) -> Result<Vec<FeedEntry>, StoreError> {
        let hidden = self.hidden.lock().unwrap().clone();
        // A page is full when there are more: those that are hidden leave no hole in it.
        let with_hidden = limit + u32::try_from(hidden.len()).unwrap();
        let mut entries = self.tokens().changes(after, with_hidden).await?;
        entries.retain(|entry| !hidden.contains(&entry.sequence));
        entries.truncate(limit as usize);
        Ok(entries)
    }

    async fn insert(&self, new: NewToken) -> Result<Option<TokenId>, StoreError> {
        self.tokens().insert(new).await
    }

    async fn replace(
        &self,
        old: TokenId,
        new: NewToken,
        ends_at: Timestamp,
    ) -> Result<Option<Replacement>, StoreError> {
        self.tokens().replace(old, new, ends_at).await
    }

    async fn find_or_insert(&self, new: NewToken) -> Result<Option<TokenRecord>, StoreError> {
        self.tokens().find_or_insert(new).await
    }

    async fn find(&self, id: TokenId) -> Result<Option<TokenRecord>, StoreError> {
        let failure = self.find_fails.lock().unwrap().clone();
        match failure {
            Some(failure) => Err(failure),
            None => self.tokens().find(id).await,
        }
    }

    async fn find_session(&self, selector: &Selector) -> Result<Option<RefreshSession>, StoreError> {
        self.tokens().find_session(selector).await
    }

    async fn rotate(&self, id: TokenId, from: &TokenDigest, to: &RefreshState) -> Result<bool, StoreError> {
        self.tokens().rotate(id, from, to).await
    }

    async fn revoke(&self, id: TokenId, now: Timestamp) -> Result<bool, StoreError> {
        self.tokens().revoke(id, now).await
    }

    async fn touch(&self, used: &[(TokenId, Timestamp)]) -> Result<(), StoreError> {
        self.tokens().touch(used).await
    }

    async fn shorten(&self, id: TokenId, until: Timestamp, now: Timestamp) -> Result<bool, StoreError> {
        self.tokens().shorten(id, until, now).await
    }

    async fn purge(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.tokens().purge(before, limit).await
    }
}

/// A node over such a store.
struct Node {
    store: Arc<Replaceable>,
    clock: Arc<ManualClock>,
    registry: TokenRegistry,
}

impl Node {
    async fn new() -> Self {
        let store = Arc::new(Replaceable {
            data: Mutex::new(data().await),
            identity: Mutex::new("one".into()),
            feed_fails: AtomicBool::new(false),
            find_fails: Mutex::default(),
            hidden: Mutex::default(),
            open_transaction: AtomicBool::new(false),
        });
        let clock = Arc::new(ManualClock::new());
        let registry = TokenRegistry::new(store.clone(), clock.clone(), RegistryLimits::default());
        Self { store, clock, registry }
    }

    /// Records so many sessions.
    async fn sessions(&self, count: usize) -> Vec<SessionRef> {
        let mut sessions = Vec::new();
        for _ in 0..count {
            let id = self.store.insert(token()).await.unwrap().unwrap();
            sessions.push(SessionRef {
                id,
                generation: Generation(0),
                subject: Subject(1),
            });
        }
        sessions
    }

    /// Another node revokes it.
    async fn revoked_elsewhere(&self, session: &SessionRef) {
        assert!(self.store.revoke(session.id, ManualClock::START).await.unwrap());
    }

    async fn restore(&self, data: Ports, identity: &str) {
        *self.store.data.lock().unwrap() = data;
        *self.store.identity.lock().unwrap() = identity.into();
    }
}

/// Data with one account.
async fn data() -> Ports {
    let ports = MemoryHarness::new().ports();
    let account = NewAccount {
        subject: Some(Subject(1)),
        realm: Realm::parse("shops").unwrap(),
        login: "shop".into(),
        alias: None,
        role: None,
        attributes: Attributes::new(),
        created_at: ManualClock::START,
    };
    ports.accounts.create(account).await.unwrap().unwrap();
    ports
}

fn token() -> NewToken {
    let realm = Realm::parse("shops").unwrap();
    let grant = auth_core::Grant::new(Subject(1), Generation(0), realm, Scopes::none());
    NewToken {
        expires_at: Some(ManualClock::START.plus(Duration::from_secs(3600))),
        ..NewToken::of(&grant, "device".into(), ManualClock::START)
    }
}

/// Another node revoked it, and this one cannot read the feed at the moment.
#[tokio::test]
async fn what_is_found_revoked_is_refused_here_at_once() {
    let node = Node::new().await;
    node.registry.sync().await.unwrap();
    let [session] = node.sessions(1).await.try_into().unwrap();
    assert_eq!(node.registry.refuse_ended(&session), Ok(()));
    node.revoked_elsewhere(&session).await;
    node.store.feed_fails.store(true, Ordering::SeqCst);
    assert_eq!(
        node.registry.revoke(session.id).await,
        Ok(false),
        "it was revoked before"
    );
    assert_eq!(node.registry.refuse_ended(&session), REVOKED);
}

/// A restored copy has lower numbers: a node that went on from its position would miss revocations until the numbers
/// have caught up.
#[tokio::test]
async fn a_feed_whose_numbers_went_back_is_read_anew() {
    goes_back("one").await;
}

/// A promoted standby may have given out as many numbers by the time a node asks.
#[tokio::test]
async fn another_feed_is_read_anew() {
    goes_back("other").await;
}

async fn goes_back(identity: &str) {
    let node = Node::new().await;
    let [forgotten, early, late, kept] = node.sessions(4).await.try_into().unwrap();
    for _ in 0..if identity == "one" { 5 } else { 0 } {
        let [more] = node.sessions(1).await.try_into().unwrap();
        node.revoked_elsewhere(&more).await;
    }
    node.revoked_elsewhere(&forgotten).await;
    node.registry.sync().await.unwrap();
    assert_eq!(node.registry.refuse_ended(&forgotten), REVOKED);
    node.registry.live(late.id).await.unwrap();
    let before = node.registry.counters();
    assert_eq!((before.records, before.reads, before.restarts), (1, 1, 0));
    assert_eq!(before.entries, before.revoked as u64);

    // The copy has the same four sessions, and another revocation.
    node.restore(data().await, identity).await;
    node.sessions(4).await;
    node.revoked_elsewhere(&early).await;
    node.registry.sync().await.unwrap();
    let after = node.registry.counters();
    assert_eq!((after.records, after.revoked, after.restarts), (0, 1, 1));
    assert_eq!(
        node.registry.refuse_ended(&forgotten),
        Ok(()),
        "as the restored data have it"
    );
    assert_eq!(
        node.registry.refuse_ended(&early),
        REVOKED,
        "revoked before the restore"
    );
    node.revoked_elsewhere(&late).await;
    node.registry.sync().await.unwrap();
    assert_eq!(node.registry.refuse_ended(&late), REVOKED, "revoked after the restore");
    let late = node.registry.live(late.id).await.map(drop);
    assert!(matches!(late, Err(VerifyError::Rejected(_))), "{late:?}");
    assert_eq!(node.registry.refuse_ended(&kept), Ok(()));
}

/// Between the discovery and the end of the reading nothing is accepted, also where staleness has no bound.
#[tokio::test]
async fn a_node_that_could_not_read_anew_accepts_nothing() {
    for staleness in [None, Some(Duration::from_secs(5))] {
        let node = Node::new().await;
        let store = Arc::new(testkit::FailingStore::new(node.store.clone()));
        let limits = RegistryLimits {
            staleness,
            ..RegistryLimits::default()
        };
        let registry = TokenRegistry::new(store.clone(), node.clock.clone(), limits);
        let [session] = node.sessions(1).await.try_into().unwrap();
        registry.sync().await.unwrap();
        registry.live(session.id).await.unwrap();
        node.restore(data().await, "other").await;
        node.sessions(1).await;
        node.revoked_elsewhere(&session).await;
        // The second call of the round is the first page.
        store.fail_nth(2, testkit::Moment::Before);
        registry.sync().await.unwrap_err();
        assert_eq!(registry.refuse_ended(&session), STALE, "{staleness:?}");
        assert_eq!(registry.live(session.id).await.map(drop), STALE, "{staleness:?}");
        registry.sync().await.unwrap();
        assert_eq!(registry.refuse_ended(&session), REVOKED, "{staleness:?}");
    }
}

/// A transaction that is open for longer than a minute: its revocation counts from when it becomes visible.
#[tokio::test]
async fn an_entry_that_is_minutes_late_is_not_missed() {
    let node = Node::new().await;
    node.registry.sync().await.unwrap();
    let [first, late, third] = node.sessions(3).await.try_into().unwrap();
    for session in [&first, &late, &third] {
        node.revoked_elsewhere(session).await;
    }
    node.store.hidden.lock().unwrap().push(2);
    node.store.open_transaction.store(true, Ordering::SeqCst);
    for _ in 0..10 {
        node.registry.sync().await.unwrap();
        node.clock.advance(Duration::from_secs(30));
    }
    node.registry.sync().await.unwrap();
    assert_eq!(node.registry.refuse_ended(&late), Ok(()), "not visible yet");
    assert_eq!(node.registry.refuse_ended(&third), REVOKED);
    node.store.hidden.lock().unwrap().clear();
    node.store.open_transaction.store(false, Ordering::SeqCst);
    node.registry.sync().await.unwrap();
    assert_eq!(node.registry.refuse_ended(&late), REVOKED);
    assert_eq!(node.registry.counters().late_entries, 1);
}

/// However far apart they are: one round reads all that is visible.
#[tokio::test]
async fn late_entries_that_are_pages_apart_are_read_in_one_round() {
    let node = Node::new().await;
    node.registry.sync().await.unwrap();
    let sessions = node.sessions(3000).await;
    for session in &sessions {
        node.revoked_elsewhere(session).await;
    }
    let late = [2, 2900];
    node.store.hidden.lock().unwrap().extend(late);
    node.store.open_transaction.store(true, Ordering::SeqCst);
    for _ in 0..3 {
        node.registry.sync().await.unwrap();
        node.clock.advance(Duration::from_secs(120));
    }
    node.store.hidden.lock().unwrap().clear();
    node.store.open_transaction.store(false, Ordering::SeqCst);
    node.registry.sync().await.unwrap();
    assert_eq!(node.registry.counters().late_entries, 2);
    for session in &sessions {
        assert_eq!(node.registry.refuse_ended(session), REVOKED);
    }
}

/// The stop interrupts the writing of last uses: the last attempt, at the end of the stop, has them.
#[tokio::test]
async fn uses_whose_writing_is_interrupted_are_written_later() {
    let node = Node::new().await;
    let store = Arc::new(testkit::FailingStore::new(node.store.clone()));
    let registry = TokenRegistry::new(store.clone(), node.clock.clone(), RegistryLimits::default());
    registry.note_used(TokenId(1));
    let never = Box::new(|| Box::pin(std::future::pending()) as std::pin::Pin<Box<dyn Future<Output = ()> + Send>>);
    store.meanwhile(testkit::Moment::Before, testkit::StoreCall::Touch, never);
    let interrupted = tokio::time::timeout(Duration::from_millis(10), registry.flush_used());
    assert!(interrupted.await.is_err());
    assert_eq!(registry.flush_used().await, Ok(1));
    assert_eq!(registry.flush_used().await, Ok(0));
}

/// Numbers of another database are other tokens': nothing that was read from the one before is relied on.
#[tokio::test]
async fn records_of_another_feed_are_forgotten() {
    let node = Node::new().await;
    node.registry.sync().await.unwrap();
    let session = node.sessions(1).await[0];
    assert!(
        node.registry.live(session.id).await.is_ok(),
        "and from here on in memory"
    );
    node.restore(data().await, "two").await;
    node.registry.sync().await.unwrap();
    let unknown = Err(VerifyError::Rejected(Rejection::Unknown));
    assert_eq!(node.registry.live(session.id).await.map(drop), unknown);
}

/// After a restore a number may be another session's. Its record decides: owner, generation and flavour.
#[tokio::test]
async fn a_token_that_names_its_session_otherwise_than_the_record_is_unknown() {
    let node = Node::new().await;
    node.registry.sync().await.unwrap();
    let session = node.sessions(1).await[0];
    let flavour = token().flavour;
    let judge = async |session: SessionRef, flavour: &str| node.registry.session(&session, flavour).await.map(drop);
    assert_eq!(judge(session, &flavour).await, Ok(()));
    let unknown = Err(VerifyError::Rejected(Rejection::Unknown));
    let (subject, generation) = (Subject(2), Generation(1));
    assert_eq!(judge(SessionRef { subject, ..session }, &flavour).await, unknown);
    assert_eq!(judge(SessionRef { generation, ..session }, &flavour).await, unknown);
    let another = Err(VerifyError::Rejected(Rejection::WrongFlavour));
    assert_eq!(judge(session, "another").await, another);
}

/// What was unknown in other data may be in these.
#[tokio::test]
async fn a_token_that_was_unknown_before_a_restore_is_looked_up_after_it() {
    let node = Node::new().await;
    node.registry.sync().await.unwrap();
    let restored = data().await;
    let id = restored.tokens.insert(token()).await.unwrap().unwrap();
    let text = format!("{id}|secret");
    let presented = PresentedToken::bearer(&text).from_source([192, 0, 2, 1].into());
    let present = async || node.registry.live_presented(id, &presented, |_| true).await.map(drop);
    assert_eq!(present().await, Err(VerifyError::Rejected(Rejection::Unknown)));
    node.restore(restored, "other").await;
    node.registry.sync().await.unwrap();
    assert_eq!(present().await, Ok(()));
}

/// A client that guesses behind a shared address locks out none of its tokens that this node knows.
#[tokio::test]
async fn a_token_in_memory_is_accepted_from_a_source_that_used_up_its_reads() {
    let node = Node::new().await;
    node.registry.sync().await.unwrap();
    let [session, other] = node.sessions(2).await.try_into().unwrap();
    let present = async |id: TokenId, text: &str| {
        let presented = PresentedToken::bearer(text).from_source([192, 0, 2, 1].into());
        node.registry.live_presented(id, &presented, |_| true).await.map(drop)
    };
    assert_eq!(present(session.id, "known").await, Ok(()));
    for number in 0..200 {
        let unknown = present(TokenId(1000), &number.to_string()).await;
        assert_eq!(unknown, Err(VerifyError::Rejected(Rejection::Unknown)));
    }
    let refused = Err(VerifyError::Unavailable(Unavailable::TooManyUnknown));
    assert_eq!(present(other.id, "not in memory").await, refused);
    assert_eq!(present(session.id, "known").await, Ok(()));
}

#[tokio::test]
async fn news_may_be_as_old_as_the_limit_and_no_older() {
    let node = Node::new().await;
    let [session] = node.sessions(1).await.try_into().unwrap();
    let limits = RegistryLimits {
        records: 10,
        staleness: Some(Duration::from_secs(3)),
    };
    let registry = TokenRegistry::new(node.store.clone(), node.clock.clone(), limits);
    assert_eq!(registry.limits(), limits);
    assert_eq!(registry.staleness(), None, "nothing was read");
    registry.sync().await.unwrap();
    assert_eq!(registry.staleness(), Some(Duration::ZERO));
    node.clock.advance(Duration::from_secs(3));
    assert_eq!(registry.staleness(), limits.staleness);
    assert_eq!(registry.refuse_ended(&session), Ok(()));
    node.clock.advance(Duration::from_millis(1));
    assert_eq!(registry.refuse_ended(&session), STALE);
}

/// A revocation is kept for as long as a clock that was wrong could make its token valid again.
#[tokio::test]
async fn what_ended_is_purged_when_it_was_kept_long_enough() {
    let node = Node::new().await;
    for session in node.sessions(3).await {
        node.revoked_elsewhere(&session).await;
    }
    let millisecond = Duration::from_millis(1);
    node.clock.advance(TokenRegistry::KEEP - millisecond);
    assert_eq!(node.registry.purge(100).await, Ok(0));
    node.clock.advance(millisecond * 2);
    assert!(node.registry.purge(100).await.unwrap() >= 3);
}

/// A damaged record is presented again and again; its line in the log would be too.
#[tokio::test]
async fn a_damaged_record_is_logged_once_and_no_more_than_a_thousand_of_them_are() {
    let node = Node::new().await;
    node.registry.sync().await.unwrap();
    let log = Log::begin(Level::INFO);
    let new_lines = || log.take().len();

    *node.store.find_fails.lock().unwrap() = Some(StoreError::Unavailable("a moment".into()));
    node.registry.live(TokenId(1)).await.unwrap_err();
    assert_eq!(new_lines(), 0, "nothing is damaged");
    *node.store.find_fails.lock().unwrap() = Some(StoreError::Corrupt("no realm".into()));
    for number in [1, 1, 2, 1] {
        node.registry.live(TokenId(number)).await.unwrap_err();
    }
    assert_eq!(new_lines(), 2);
    for number in 0..2000 {
        node.registry.live(TokenId(number)).await.unwrap_err();
    }
    assert_eq!(new_lines(), 998);
}
