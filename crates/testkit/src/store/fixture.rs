//! The fixture of the laws about stores: a realm, a role, owners and tokens.

use std::sync::Arc;
use std::time::Duration;

use auth_core::{
    Account, Attributes, Change, FeedEntry, FoldedLogin, Generation, NewAccount, NewToken, Realm, RefreshState, Scope,
    Scopes, Selector, Subject, Timestamp, TokenDigest, TokenId, TokenRecord,
};
use permissions::{Role, RoleName};

use crate::ManualClock;
use crate::ports::{Ports, StoreHarness};

pub(super) const NOW: Timestamp = ManualClock::START;
pub(super) const HOUR: Duration = Duration::from_secs(60 * 60);
pub(super) const ROLE: &str = "member";

/// A store with one role in one realm.
pub(super) struct Fixture {
    pub(super) harness: Arc<dyn StoreHarness>,
    pub(super) ports: Ports,
    pub(super) realm: Realm,
}

impl Fixture {
    pub(super) async fn new(harness: Arc<dyn StoreHarness>) -> Self {
        let ports = harness.ports();
        let fixture = Self {
            harness,
            ports,
            realm: realm("workshops"),
        };
        fixture.allow(ROLE, "read write delete").await;
        fixture
    }

    /// Sets the permissions of a role.
    pub(super) async fn allow(&self, role: &str, permissions: &str) {
        self.allow_in(&self.realm, role, permissions).await;
    }

    pub(super) async fn allow_in(&self, realm: &Realm, role: &str, permissions: &str) {
        let role = Role {
            realm: realm.clone(),
            name: RoleName::parse(role).expect("a role's name"),
            permissions: scopes(permissions),
        };
        self.ports.roles.put(&role, NOW).await.expect("put a role");
    }

    /// A new account with the role.
    pub(super) async fn owner(&self, login: &str) -> Account {
        let created = self.ports.accounts.create(self.newcomer(login)).await;
        self.account(created.expect("create").expect("a free name")).await
    }

    pub(super) fn newcomer(&self, login: &str) -> NewAccount {
        NewAccount {
            subject: None,
            realm: self.realm.clone(),
            login: login.into(),
            alias: None,
            role: Some(ROLE.into()),
            attributes: Attributes::new(),
            created_at: NOW,
        }
    }

    pub(super) async fn account(&self, subject: Subject) -> Account {
        let account = self.ports.accounts.find(subject).await.expect("find an account");
        account.expect("the account is there")
    }

    /// Records a token; this must succeed.
    pub(super) async fn insert(&self, new: NewToken) -> TokenId {
        let id = self.ports.tokens.insert(new).await.expect("insert");
        id.expect("an active owner")
    }

    pub(super) async fn refused(&self, new: NewToken) -> bool {
        self.ports.tokens.insert(new).await.expect("insert").is_none()
    }

    pub(super) async fn find(&self, id: TokenId) -> Option<TokenRecord> {
        self.ports.tokens.find(id).await.expect("find a token")
    }

    pub(super) async fn is_live(&self, id: TokenId) -> bool {
        self.find(id).await.is_some()
    }

    pub(super) async fn revoke(&self, id: TokenId) -> bool {
        self.ports.tokens.revoke(id, NOW).await.expect("revoke")
    }

    pub(super) async fn disable(&self, subject: Subject, disabled: bool) -> bool {
        let set = self.ports.accounts.set_disabled(subject, disabled, NOW).await;
        set.expect("set_disabled")
    }

    pub(super) async fn set_password(&self, subject: Subject, hash: &str, end_sessions: bool) -> bool {
        let set = self.ports.passwords.set(subject, hash, end_sessions, NOW).await;
        set.expect("set a password")
    }

    /// The stored hash behind a login.
    pub(super) async fn hash_of(&self, login: &str) -> Option<String> {
        let login = FoldedLogin::parse(login).expect("a name that can be typed");
        let found = self.ports.passwords.find(&self.realm, &login).await;
        found.expect("find a credential").expect("an account").hash
    }

    /// The whole feed, from the start.
    pub(super) async fn feed(&self) -> Vec<FeedEntry> {
        self.ports.tokens.changes(0, 100_000).await.expect("changes")
    }

    /// How many entries the feed has of this change.
    pub(super) async fn published(&self, change: Change) -> usize {
        let feed = self.feed().await;
        feed.iter().filter(|entry| entry.change == change).count()
    }

    /// The one entry of the feed with this change.
    pub(super) async fn entry(&self, change: Change) -> FeedEntry {
        let feed = self.feed().await;
        let mut entries = feed.into_iter().filter(|entry| entry.change == change);
        let entry = entries
            .next()
            .unwrap_or_else(|| panic!("the feed has no entry of {change:?}"));
        assert!(entries.next().is_none(), "the feed has {change:?} twice");
        entry
    }
}

pub(super) fn realm(name: &str) -> Realm {
    Realm::parse(name).expect("the name of a realm")
}

pub(super) fn scopes(names: &str) -> Scopes {
    Scopes::parse_list(names).expect("names of rights")
}

pub(super) fn scope_names(scopes: &Scopes) -> Vec<&str> {
    scopes.iter().map(Scope::as_str).collect()
}

/// A token of an account, valid for an hour.
pub(super) fn token_of(owner: &Account) -> NewToken {
    NewToken {
        flavour: "mechanics".into(),
        realm: owner.realm.clone(),
        subject: owner.subject,
        generation: owner.generation,
        scopes: scopes("read write delete"),
        label: None,
        digest: None,
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

/// A session of an account with a refresh family.
pub(super) fn session_of(owner: &Account, family: u8) -> NewToken {
    NewToken {
        refresh: Some(family_at(family, 0)),
        ..token_of(owner)
    }
}

/// A refresh family after so many rotations. Every field that can be set is.
pub(super) fn family_at(family: u8, rotations: u8) -> RefreshState {
    RefreshState {
        selector: Selector([family; 32]),
        current: generation_digest(family, rotations),
        previous: rotations
            .checked_sub(1)
            .map(|previous| generation_digest(family, previous)),
        sealed: (rotations > 0).then_some([rotations; 16]),
        lineage: vec![rotations; 8 * usize::from(rotations)],
        rotations: rotations.into(),
        rotated_at: NOW.plus(Duration::from_millis(rotations.into())),
    }
}

pub(super) fn generation_digest(family: u8, rotations: u8) -> TokenDigest {
    TokenDigest::of(&[family, rotations])
}

/// The generation after this one.
pub(super) fn next(generation: Generation) -> Generation {
    Generation(generation.0 + 1)
}
