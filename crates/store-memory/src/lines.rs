//! Tokens that were made from others, or took the place of others.

use auth_core::{AuditEvent, Change, NewToken, Provenance, Replacement, Timestamp, TokenId};

use crate::state::{State, TokenRow};

impl State {
    /// Records a token that the holder of another makes.
    pub(crate) fn insert_made(&mut self, maker: TokenId, new: NewToken) -> Option<TokenId> {
        let maker = self.held(maker, &new)?;
        if maker.made_from.is_some() {
            return None;
        }
        let made_from = Some(maker.line);
        self.insert(NewToken { made_from, ..new }, false)
    }

    /// Records a token in the place of `old`.
    pub(crate) fn replace(&mut self, old: TokenId, new: NewToken, old_ends_at: Timestamp) -> Option<Replacement> {
        let (row, now) = (self.held(old, &new)?, new.issued_at);
        let (line, made_from) = (row.line, row.made_from);
        let in_line = |row: &&TokenRow| row.line == line;
        let newest = self.tokens.values().rev().find(in_line)?;
        let new = NewToken { made_from, ..new }.ending_by(newest.ends_at());
        let expires_at = new.expires_at;
        let id = self.insert(new, false)?;
        let later = self.tokens.range(TokenId(old.0 + 1)..id).map(|(_, row)| row);
        let later: Vec<TokenId> = later.filter(in_line).map(|row| row.record.id).collect();
        for id in later {
            self.end(id, now);
        }
        self.tokens.get_mut(&id)?.line = line;
        self.shorten(old, old_ends_at, now);
        let old_ends_at = self.tokens.get(&old)?.ends_at().unwrap_or(old_ends_at);
        Some(Replacement {
            id,
            expires_at,
            old_ends_at,
        })
    }

    /// What is revoked with this record: its line, and what was made from that. The tokens of its session are, as they are found
    /// by their session.
    pub(crate) fn belonging_to(&self, id: TokenId) -> Vec<TokenId> {
        let line = self.tokens.get(&id).map(|row| row.line);
        let belongs = |row: &&TokenRow| Some(row.line) == line || (line.is_some() && row.made_from == line);
        let belonging = self.tokens.values().filter(belongs);
        belonging.map(|row| row.record.id).collect()
    }

    /// Whether another record has taken the place of this one.
    pub(crate) fn is_replaced(&self, id: TokenId) -> bool {
        self.tokens.values().any(|row| row.record.id != id && row.line == id)
    }

    /// Revokes a live record, and publishes it.
    pub(crate) fn end(&mut self, id: TokenId, now: Timestamp) {
        if self.live(id).is_none() {
            return;
        }
        let until = self.last_end_of(id, now);
        if let Some(row) = self.tokens.get_mut(&id) {
            row.revoked_at = Some(now);
        }
        self.publish_change(Change::Ended(id), until);
        self.record_about(id, Provenance::current().revocation(now));
    }

    /// Has a live record expire at `until` at the latest. Says whether it was live.
    pub(crate) fn shorten(&mut self, id: TokenId, until: Timestamp, now: Timestamp) -> bool {
        let live = self.tokens.get(&id).is_some_and(|row| self.is_live(row));
        if let Some(row) = self.tokens.get_mut(&id).filter(|_| live) {
            let end = &mut row.record.expires_at;
            *end = Some(end.map_or(until, |end| end.min(until)));
            if let Some(idle) = &mut row.idle {
                idle.ends_at = Some(idle.ends_at.map_or(until, |end| end.min(until)));
            }
            let subject = row.record.subject;
            self.publish_change_for_a_day(Change::SubjectRights(subject), now);
            self.record_about(id, Provenance::current().entry(AuditEvent::TokenShortened, now));
        }
        live
    }

    /// The live record from which its owner makes another; it has not expired.
    fn held(&self, id: TokenId, new: &NewToken) -> Option<&TokenRow> {
        let row = self.tokens.get(&id)?;
        let has_expired = row.record.expires_at.is_some_and(|end| end <= new.issued_at);
        (self.is_live(row) && !has_expired && row.record.subject == new.subject).then_some(row)
    }
}

impl TokenRow {
    /// When it expires at the latest, however it is used.
    pub(crate) fn ends_at(&self) -> Option<Timestamp> {
        self.idle.map_or(self.record.expires_at, |idle| idle.ends_at)
    }
}
