//! What no port shows, for tests that look behind the ports.

use auth_core::{Realm, Timestamp, TokenId};

use crate::MemoryStore;

impl MemoryStore {
    /// How many records of tokens and sessions there are, dead ones that were not purged included.
    pub fn token_rows(&self) -> u64 {
        self.state().tokens.len() as u64
    }

    /// When a token was last used, as far as that was written.
    pub fn last_used(&self, id: TokenId) -> Option<Timestamp> {
        self.state().tokens.get(&id)?.last_used
    }

    /// What a token's owner calls it.
    pub fn label_of(&self, id: TokenId) -> Option<String> {
        self.state().tokens.get(&id)?.label.clone()
    }

    /// Writes `raw` where the permissions of a role stand, as a damaged row would have it.
    pub fn damage_role(&self, realm: &Realm, role: &str, raw: &str) {
        let mut state = self.state();
        state.roles.insert((realm.clone(), role.to_owned()), raw.to_owned());
    }
}
