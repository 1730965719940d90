//! What no port shows, for tests.

use auth_core::{Realm, Timestamp, TokenId};

use crate::MemoryStore;

impl MemoryStore {
    /// How many records of tokens and sessions there are, with those that are revoked or expired but not purged.
    pub fn token_rows(&self) -> u64 {
        self.state().tokens.len() as u64
    }

    /// When a token was last used, if that was written.
    pub fn last_used(&self, id: TokenId) -> Option<Timestamp> {
        self.state().tokens.get(&id)?.last_used
    }

    /// What a token's owner calls it.
    pub fn label_of(&self, id: TokenId) -> Option<String> {
        self.state().tokens.get(&id)?.label.clone()
    }

    /// Writes `raw` in place of a role's permissions, as in a damaged row.
    pub fn damage_role(&self, realm: &Realm, role: &str, raw: &str) {
        let mut state = self.state();
        state.roles.insert((realm.clone(), role.to_owned()), raw.to_owned());
    }
}
