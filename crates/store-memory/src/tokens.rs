//! The port of tokens and sessions.

use async_trait::async_trait;
use auth_core::{
    AuditEntry, AuditEvent, Change, ChangeWatch, FeedEntry, FeedState, NewToken, Provenance, RefreshSession,
    RefreshState, Replacement, Selector, StoreError, Timestamp, TokenDigest, TokenId, TokenRecord, TokenStore,
};

use crate::MemoryStore;
use crate::purge::purge;
use crate::state::{State, TokenRow, live};

#[async_trait]
impl TokenStore for MemoryStore {
    async fn insert(&self, new: NewToken) -> Result<Option<TokenId>, StoreError> {
        let mut state = self.state();
        match new.made_from {
            Some(maker) => Ok(state.insert_made(maker, new)),
            None => Ok(state.insert(new, false)),
        }
    }

    async fn replace(
        &self,
        old: TokenId,
        new: NewToken,
        old_ends_at: Timestamp,
    ) -> Result<Option<Replacement>, StoreError> {
        Ok(self.state().replace(old, new, old_ends_at))
    }

    async fn find_or_insert(&self, new: NewToken) -> Result<Option<TokenRecord>, StoreError> {
        let mut state = self.state();
        if !state.is_active(new.subject, new.generation) {
            return Ok(None);
        }
        let id = match state.shared(&new) {
            Some(id) => Some(id),
            None => {
                state.revoke_replaced(&new);
                state.insert(new, true)
            }
        };
        Ok(id.and_then(|id| state.live(id)))
    }

    async fn find(&self, id: TokenId) -> Result<Option<TokenRecord>, StoreError> {
        Ok(self.state().live(id))
    }

    async fn find_session(&self, selector: &Selector) -> Result<Option<RefreshSession>, StoreError> {
        let state = self.state();
        let of_family = |row: &&TokenRow| {
            row.refresh
                .as_ref()
                .is_some_and(|refresh| refresh.selector == *selector)
        };
        let row = state.tokens.values().find(of_family);
        let session = row.and_then(|row| {
            Some(RefreshSession {
                token: state.live(row.record.id)?,
                refresh: row.refresh.clone()?,
            })
        });
        Ok(session)
    }

    async fn rotate(&self, id: TokenId, from: &TokenDigest, to: &RefreshState) -> Result<bool, StoreError> {
        let mut state = self.state();
        let live = state.live(id).is_some();
        let family = state.tokens.get_mut(&id).and_then(|row| row.refresh.as_mut());
        match family.filter(|family| live && family.current == *from) {
            Some(family) => {
                *family = to.clone();
                let entry = Provenance::current().entry(AuditEvent::TokenRefreshed, to.rotated_at);
                state.record_about(id, entry);
                Ok(true)
            }
            None => Ok(false),
        }
    }

    async fn revoke(&self, id: TokenId, now: Timestamp) -> Result<bool, StoreError> {
        let mut state = self.state();
        if state.live(id).is_none() {
            return Ok(false);
        }
        for member in state.belonging_to(id) {
            state.end(member, now);
        }
        Ok(true)
    }

    async fn feed_state(&self) -> Result<FeedState, StoreError> {
        let state = self.state();
        Ok(FeedState {
            identity: "memory".into(),
            newest: state.last_change,
            issued: state.last_token,
            begun: 0,
            finished: 0,
        })
    }

    async fn changes(&self, after: i64, limit: u32) -> Result<Vec<FeedEntry>, StoreError> {
        let state = self.state();
        let entries = state.feed.range(after.saturating_add(1)..);
        Ok(entries.take(limit as usize).map(|(_, entry)| *entry).collect())
    }

    fn watch_feed(&self) -> ChangeWatch {
        live(&self.state().notices.feed)
    }

    async fn touch(&self, used: &[(TokenId, Timestamp)]) -> Result<(), StoreError> {
        let mut state = self.state();
        for (id, at) in used {
            if let Some(row) = state.tokens.get_mut(id) {
                row.use_at(*at);
            }
        }
        Ok(())
    }

    async fn shorten(&self, id: TokenId, until: Timestamp, now: Timestamp) -> Result<bool, StoreError> {
        Ok(self.state().shorten(id, until, now))
    }

    async fn purge(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        Ok(purge(&mut self.state(), before, u64::from(limit)))
    }
}

impl State {
    pub(crate) fn insert(&mut self, new: NewToken, shared: bool) -> Option<TokenId> {
        let active = self.is_active(new.subject, new.generation) && self.parent_is_live(new.parent, new.subject);
        if !active {
            return None;
        }
        self.last_token += 1;
        let id = TokenId(self.last_token);
        let entry = Provenance::current().entry(AuditEvent::TokenIssued, new.issued_at);
        self.tokens.insert(id, row(id, new, shared));
        self.record_about(id, entry);
        Some(id)
    }

    /// Writes an entry about a token that is there.
    pub(crate) fn record_about(&mut self, id: TokenId, entry: AuditEntry) {
        if let Some(row) = self.tokens.get(&id) {
            let record = &row.record;
            let entry = entry.realm(&record.realm).flavour(&record.flavour);
            self.record(entry.subject(record.subject).token(id));
        }
    }

    /// The live shared record that a grant may be answered with.
    fn shared(&self, new: &NewToken) -> Option<TokenId> {
        let usable = |row: &&TokenRow| {
            let unexpired = row.record.expires_at.is_none_or(|end| end > new.issued_at);
            row.shares_with(new) && unexpired && self.is_live(row)
        };
        self.tokens.values().find(usable).map(|row| row.record.id)
    }

    /// Revokes the shared records that another one replaces, and publishes it: another node's clock may be behind, and
    /// it must not go on accepting them.
    fn revoke_replaced(&mut self, new: &NewToken) {
        let old = self.tokens.values_mut().filter(|row| row.shares_with(new));
        let old = old.filter(|row| row.revoked_at.is_none());
        let revoked = old.map(|row| {
            row.revoked_at = Some(new.issued_at);
            row.record.id
        });
        for id in revoked.collect::<Vec<_>>() {
            self.publish_change_for_a_day(Change::Ended(id), new.issued_at);
        }
    }

    /// Until when this record, or one that belongs to it, might be accepted if it were not revoked.
    pub(crate) fn last_end_of(&self, id: TokenId, now: Timestamp) -> Timestamp {
        let family = self.tokens.values().filter(|row| {
            let record = &row.record;
            record.id == id || record.parent == Some(id)
        });
        Self::until(family, now)
    }
}

impl TokenRow {
    fn use_at(&mut self, at: Timestamp) {
        if self.last_used.is_some_and(|last| last >= at) {
            return;
        }
        self.last_used = Some(at);
        if let (Some(idle), Some(end)) = (self.idle, &mut self.record.expires_at) {
            *end = idle.expiry(at).max(*end);
        }
    }

    fn shares_with(&self, new: &NewToken) -> bool {
        self.shared && self.record.flavour == new.flavour && self.record.subject == new.subject
    }
}

fn row(id: TokenId, new: NewToken, shared: bool) -> TokenRow {
    let record = TokenRecord {
        id,
        parent: new.parent,
        flavour: new.flavour,
        realm: new.realm,
        subject: new.subject,
        generation: new.generation,
        scopes: new.scopes,
        digest: new.digest,
        salt: new.salt,
        key: new.key,
        issued_at: new.issued_at,
        expires_at: new.expires_at,
    };
    TokenRow {
        record,
        refresh: new.refresh,
        shared,
        revoked_at: None,
        last_used: None,
        idle: new.idle,
        label: new.label,
        line: id,
        made_from: new.made_from,
    }
}
