//! What the clients and operators of a simulation know: from this alone every answer is judged.
//!
//! Times are virtual ones of the whole simulation, which no node sees. An operation is known by its beginning and its
//! end, and what it did happened in between. One without an answer may have been done or not.

pub(super) mod account;
pub(super) mod keys;
mod register;
pub(super) mod session;

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use auth_core::TokenId;

pub(super) use account::{Account, Role};
pub(super) use keys::{Keys, KeysRead};
pub(super) use session::Session;

/// Names of permissions.
pub(super) type Rights = BTreeSet<String>;

/// All that is known.
pub(super) struct Model {
    pub(super) accounts: Vec<Account>,
    pub(super) roles: Vec<Role>,
    pub(super) sessions: Vec<Session>,
    by_id: HashMap<TokenId, usize>,
    /// Of each node: when the latest reading of the feed began that it finished; `None` after its start.
    pub(super) synced: Vec<Option<Duration>>,
    /// The signing keys of each flavour.
    pub(super) keys: Vec<Keys>,
    /// Of each node: when the latest reading of the keys began that it finished.
    pub(super) keys_read: Vec<KeysRead>,
}

impl Model {
    pub(super) fn new(accounts: Vec<Account>, roles: Vec<Role>, flavours: usize, nodes: usize) -> Self {
        Self {
            accounts,
            roles,
            sessions: Vec::new(),
            by_id: HashMap::new(),
            synced: vec![None; nodes],
            keys: (0..flavours).map(|_| Keys::default()).collect(),
            keys_read: vec![Some(Duration::ZERO); nodes],
        }
    }

    /// The place of the session with this number.
    pub(super) fn session(&self, id: TokenId) -> Option<usize> {
        self.by_id.get(&id).copied()
    }

    pub(super) fn add_session(&mut self, session: Session) -> usize {
        let place = self.sessions.len();
        self.by_id.insert(session.id, place);
        self.sessions.push(session);
        place
    }

    /// One of the sessions that share was given out: the later ones replace the earlier.
    pub(super) fn only_the_newest_is_shared(&mut self, given: usize, at: Duration) {
        let (flavour, account) = (self.sessions[given].flavour, self.sessions[given].account);
        let same = |session: &&mut Session| session.flavour == flavour && session.account == account;
        let shared: Vec<&mut Session> = self.sessions.iter_mut().filter(same).collect();
        let newest = shared.iter().map(|session| session.id).max();
        let replaced = shared.into_iter().filter(|session| Some(session.id) != newest);
        replaced.for_each(|session| session.ended(at));
    }

    /// Everything that an account may have been permitted at some moment from `from` to `to`.
    pub(super) fn rights(&self, account: usize, from: Duration, to: Duration) -> Rights {
        let roles = self.accounts[account].role.between(from, to);
        let rights = roles.flat_map(|role| self.roles[*role].rights.between(from, to));
        rights.flatten().cloned().collect()
    }

    /// A node has read the feed to its end.
    pub(super) fn note_sync(&mut self, node: usize, began: Duration) {
        let synced = &mut self.synced[node];
        *synced = (*synced).max(Some(began));
    }

    /// A node has read the signing keys.
    pub(super) fn note_keys_read(&mut self, node: usize, began: Duration) {
        let read = &mut self.keys_read[node];
        *read = (*read).max(Some(began));
    }

    /// Begins something that may end these sessions.
    pub(super) fn begin_end(&mut self, sessions: &[usize]) {
        for place in sessions {
            self.sessions[*place].ends_under_way += 1;
        }
    }

    /// Ends it. `done` is when it was acknowledged; `None`: it may have been done at any time after `start`.
    pub(super) fn finish_end(&mut self, sessions: &[usize], start: Duration, done: Option<Duration>) {
        for place in sessions {
            let session = &mut self.sessions[*place];
            session.ends_under_way -= 1;
            session.may_have_ended(start);
            if let Some(done) = done {
                session.ended(done);
            }
        }
    }

    /// Ends it: it is known that it did nothing.
    pub(super) fn cancel_end(&mut self, sessions: &[usize]) {
        for place in sessions {
            self.sessions[*place].ends_under_way -= 1;
        }
    }
}
