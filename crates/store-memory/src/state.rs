//! The tables, and the operations on them that several ports share.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use auth_core::{
    Account, Change, ChangeNotices, ChangeWatch, FeedEntry, FoldedLogin, Generation, IdleLife, NewAccount, Realm,
    RefreshState, Scopes, Subject, Timestamp, TokenDigest, TokenId, TokenRecord,
};
use consumer_auth::{Organisation, PreviousSecret, ResourceServer};
use keystore::StoredKey;
use permissions::read_list;

use crate::audit::Log;
use crate::imports::ImportedRow;

/// For how long a change stays in the feed when no token's expiry says how long it matters.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The latest moment that can be written.
const FOR_EVER: Timestamp = Timestamp::from_millis(i64::MAX);

#[derive(Default)]
pub(crate) struct State {
    pub(crate) tokens: BTreeMap<TokenId, TokenRow>,
    pub(crate) accounts: BTreeMap<Subject, AccountRow>,
    /// Who became which account, by the realm and the key in the other system.
    pub(crate) imported_accounts: BTreeMap<(Realm, String), Subject>,
    /// By digest.
    pub(crate) imported_tokens: BTreeMap<String, ImportedRow>,
    /// The permissions of each role as text, so that a row can be damaged.
    pub(crate) roles: BTreeMap<(Realm, String), String>,
    pub(crate) organisations: BTreeMap<i64, Organisation>,
    pub(crate) consumers: BTreeMap<String, ConsumerRow>,
    /// Which consumer has vouched for which client.
    pub(crate) vouched: BTreeSet<(String, Subject)>,
    pub(crate) resource_servers: BTreeMap<String, ResourceServer>,
    pub(crate) keys: BTreeMap<String, StoredKey>,
    pub(crate) feed: BTreeMap<i64, FeedEntry>,
    pub(crate) log: Log,
    /// The highest numbers ever given out. Rows are removed; their numbers are never given again.
    pub(crate) last_token: i64,
    pub(crate) last_subject: i64,
    pub(crate) last_change: i64,
    pub(crate) notices: Notices,
}

/// Who is to be woken by a change of what.
#[derive(Default)]
pub(crate) struct Notices {
    pub(crate) feed: ChangeNotices,
    pub(crate) keys: ChangeNotices,
    pub(crate) resource_servers: ChangeNotices,
}

pub(crate) struct TokenRow {
    /// As written: `scopes` are the issued ones.
    pub(crate) record: TokenRecord,
    pub(crate) refresh: Option<RefreshState>,
    /// Whether `find_or_insert` may answer with it.
    pub(crate) shared: bool,
    pub(crate) revoked_at: Option<Timestamp>,
    pub(crate) last_used: Option<Timestamp>,
    pub(crate) idle: Option<IdleLife>,
    pub(crate) label: Option<String>,
    /// The first token of its line: its own number where nothing took its place.
    pub(crate) line: TokenId,
    /// The line of the token that it was made from.
    pub(crate) made_from: Option<TokenId>,
}

pub(crate) struct AccountRow {
    pub(crate) account: Account,
    pub(crate) hash: Option<String>,
    /// When its generation began.
    pub(crate) generation_since: Timestamp,
}

pub(crate) struct ConsumerRow {
    pub(crate) token: TokenDigest,
    pub(crate) previous: Option<PreviousSecret>,
    pub(crate) disabled: bool,
    pub(crate) organisation: i64,
}

/// A watch on what this process alone changes.
pub(crate) fn live(notices: &ChangeNotices) -> ChangeWatch {
    notices.set_live(true);
    notices.watch()
}

impl State {
    /// The record, if it is live, with the rights its owner still has.
    pub(crate) fn live(&self, id: TokenId) -> Option<TokenRecord> {
        let row = self.tokens.get(&id)?;
        self.is_live(row).then(|| TokenRecord {
            scopes: row.record.scopes.and(&self.held_by(row.record.subject)),
            ..row.record.clone()
        })
    }

    pub(crate) fn is_live(&self, row: &TokenRow) -> bool {
        let record = &row.record;
        row.revoked_at.is_none()
            && self.is_active(record.subject, record.generation)
            && self.parent_is_live(record.parent, record.subject)
    }

    /// Whether the owner is enabled and of this generation.
    pub(crate) fn is_active(&self, subject: Subject, generation: Generation) -> bool {
        let account = self.accounts.get(&subject).map(|row| &row.account);
        account.is_some_and(|account| !account.disabled && account.generation == generation)
    }

    /// Whether the session a token belongs to, if any, is its owner's and live.
    pub(crate) fn parent_is_live(&self, parent: Option<TokenId>, subject: Subject) -> bool {
        let Some(parent) = parent else {
            return true;
        };
        let parent = self.tokens.get(&parent);
        parent.is_some_and(|parent| parent.record.subject == subject && self.is_live(parent))
    }

    /// Adds a change to the feed, where it stays until `until`.
    pub(crate) fn publish_change(&mut self, change: Change, until: Timestamp) {
        self.last_change += 1;
        let entry = FeedEntry {
            sequence: self.last_change,
            change,
            until,
        };
        self.feed.insert(entry.sequence, entry);
        self.notices.feed.notify();
    }

    /// Adds a change to the feed for a day.
    pub(crate) fn publish_change_for_a_day(&mut self, change: Change, now: Timestamp) {
        self.publish_change(change, now.plus(DAY));
    }

    /// Until when the revocation of these records stays in the feed: a day from now if none of them says.
    pub(crate) fn until<'a>(rows: impl Iterator<Item = &'a TokenRow>, now: Timestamp) -> Timestamp {
        let latest = rows.filter_map(TokenRow::published_until).max();
        latest.unwrap_or(now.plus(DAY))
    }

    /// Starts a new generation of an account, which revokes all its tokens, and publishes it.
    pub(crate) fn supersede(&mut self, subject: Subject, now: Timestamp) {
        let Some(row) = self.accounts.get_mut(&subject) else {
            return;
        };
        let (old, next) = (row.account.generation, Generation(row.account.generation.0 + 1));
        row.account.generation = next;
        row.generation_since = now;
        let records = self.tokens.values();
        let owned = records.filter(|row| row.record.subject == subject && row.record.generation == old);
        let until = Self::until(owned, now).max(now.plus(DAY));
        self.publish_change(Change::Superseded(subject, next), until);
    }

    /// The account that signs in to this realm with this name.
    pub(crate) fn account_named(&self, realm: &Realm, name: &FoldedLogin) -> Option<&AccountRow> {
        let mut accounts = self.accounts.values();
        accounts.find(|row| row.account.realm == *realm && row.names().contains(name))
    }

    /// Creates an account whose name and number were found to be free.
    pub(crate) fn add_account(&mut self, new: NewAccount) -> Subject {
        let subject = new.subject.unwrap_or(Subject(self.last_subject + 1));
        self.last_subject = self.last_subject.max(subject.0);
        let account = Account {
            subject,
            realm: new.realm,
            login: new.login,
            alias: new.alias,
            role: new.role,
            generation: Generation(0),
            disabled: false,
            attributes: new.attributes,
            created_at: new.created_at,
        };
        let row = AccountRow {
            account,
            hash: None,
            generation_since: new.created_at,
        };
        self.accounts.insert(subject, row);
        subject
    }

    /// What holders of a role may do; nothing for a role that does not exist or cannot be read.
    pub(crate) fn permissions_of(&self, realm: &Realm, role: &str) -> Scopes {
        let stored = self.roles.get(&(realm.clone(), role.to_owned()));
        stored.and_then(|text| read_list(text)).unwrap_or_default()
    }

    pub(crate) fn held_by(&self, subject: Subject) -> Scopes {
        let account = self.accounts.get(&subject).map(|row| &row.account);
        let role = account.and_then(|account| Some((&account.realm, account.role.as_deref()?)));
        role.map_or_else(Scopes::none, |(realm, role)| self.permissions_of(realm, role))
    }
}

impl TokenRow {
    /// Until when its revocation stays in the feed: until it would have expired, and for ever if it never would. `None`
    /// for an opaque token that does not expire: every check reads its record.
    fn published_until(&self) -> Option<Timestamp> {
        let is_signed = self.record.digest.is_none();
        self.record.expires_at.or(is_signed.then_some(FOR_EVER))
    }
}

impl AccountRow {
    /// The names it signs in with, folded.
    pub(crate) fn names(&self) -> Vec<FoldedLogin> {
        folded_names(&self.account.login, self.account.alias.as_deref())
    }
}

/// A login and an alias as they are compared. A name that cannot be typed cannot be used to sign in.
pub(crate) fn folded_names(login: &str, alias: Option<&str>) -> Vec<FoldedLogin> {
    let names = [Some(login), alias].into_iter().flatten();
    names.filter_map(|name| FoldedLogin::parse(name).ok()).collect()
}
