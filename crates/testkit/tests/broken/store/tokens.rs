//! What can be wrong with tokens.

use std::time::Duration;

use async_trait::async_trait;
use auth_core::{
    AccountStore, AuditEvent, AuditStore, Change, ChangeWatch, FeedEntry, FeedState, IdleLife, NewToken, Provenance,
    RefreshSession, RefreshState, Replacement, Selector, StoreError, Timestamp, TokenDigest, TokenId, TokenRecord,
    TokenStore,
};
use permissions::RoleStore;
use testkit::ManualClock;

use super::{BrokenStore, Flaw};

impl BrokenStore {
    /// The token as it would be if its owner's generation were the one named.
    async fn updated(&self, new: &NewToken) -> Result<NewToken, StoreError> {
        let account = AccountStore::find(&self.inner, new.subject).await?;
        let generation = account.map_or(new.generation, |account| account.generation);
        Ok(NewToken {
            generation,
            ..new.clone()
        })
    }

    async fn insert_flawed(&self, mut new: NewToken) -> Result<Option<TokenId>, StoreError> {
        if self.has(Flaw::LosesLabels) {
            new.label = None;
        }
        match self.flaw {
            Flaw::NeverIdles => new.idle = None,
            Flaw::MadeTokensAreUnlinked => new.made_from = None,
            Flaw::UsesPassTheEnd => new.idle = new.idle.map(|idle| IdleLife { ends_at: None, ..idle }),
            _ => {}
        }
        if self.has(Flaw::RecordsOutdated) {
            new = self.updated(&new).await?;
        }
        let id = self.inner.insert(new.clone()).await?;
        match id {
            None if self.has(Flaw::IgnoresParents) => new.parent = None,
            None if self.has(Flaw::MakesFromAnyToken) => new.made_from = None,
            None if self.has(Flaw::RefusedLeavesARow) => {
                let updated = self.updated(&new).await?;
                if let Some(id) = self.inner.insert(updated).await? {
                    self.inner.revoke(id, ManualClock::START).await?;
                }
                return Ok(None);
            }
            None => return Ok(None),
            Some(id) => return self.note(id, new).await.map(Some),
        }
        self.inner.insert(new).await
    }

    /// Remembers what was recorded.
    async fn note(&self, id: TokenId, new: NewToken) -> Result<TokenId, StoreError> {
        let record = TokenStore::find(&self.inner, id).await?;
        if let Some(record) = record {
            let mut seen = self.seen();
            if let Some(refresh) = new.refresh.clone() {
                let token = record.clone();
                seen.sessions
                    .insert(refresh.selector, RefreshSession { token, refresh });
            }
            seen.issued.insert(id, (new, record));
            seen.order.push(id);
        }
        Ok(id)
    }

    /// A record that lives no more, if the flaw has it live on.
    async fn revenant(&self, id: TokenId) -> Result<Option<TokenRecord>, StoreError> {
        if self.has(Flaw::ReplacedGoOn) {
            let seen = self.seen();
            return Ok(seen.shared.iter().find(|record| record.id == id).cloned());
        }
        let (record, revoked, parent_revoked, purged) = {
            let seen = self.seen();
            let Some((_, record)) = seen.issued.get(&id) else {
                let last = seen.order.last().and_then(|id| seen.issued.get(id));
                let another = self.has(Flaw::UnknownFindsAnother).then_some(last).flatten();
                return Ok(another.map(|(_, record)| record.clone()));
            };
            let parent_revoked = record.parent.is_some_and(|parent| seen.revoked.contains(&parent));
            (record.clone(), seen.revoked.contains(&id), parent_revoked, seen.purged)
        };
        let enabled = AccountStore::find(&self.inner, record.subject)
            .await?
            .is_some_and(|account| !account.disabled);
        let lives_on = match self.flaw {
            Flaw::FindsRevoked => revoked,
            Flaw::FindsOrphans => parent_revoked,
            Flaw::OlderGenerationLives => enabled && !revoked && !parent_revoked,
            Flaw::PurgeRevives => parent_revoked && purged,
            _ => false,
        };
        Ok(lives_on.then_some(record))
    }

    async fn flawed_record(&self, mut record: TokenRecord) -> Result<Option<TokenRecord>, StoreError> {
        let issued = self.seen().issued.get(&record.id).map(|(new, _)| new.scopes.clone());
        match self.flaw {
            Flaw::LosesKeys => record.key = None,
            Flaw::NoEndIsTheEndOfTime => {
                record.expires_at = record.expires_at.or(Some(Timestamp::from_millis(i64::MAX)));
            }
            Flaw::NewerGenerationDies if record.generation.0 > 0 => return Ok(None),
            Flaw::HasAClock if record.expires_at.is_some_and(|end| end < ManualClock::START) => return Ok(None),
            Flaw::IssuedRightsStay => record.scopes = issued.unwrap_or_default(),
            Flaw::AllRightsOfTheRole => {
                let account = AccountStore::find(&self.inner, record.subject).await?;
                let role = account.and_then(|account| account.role).unwrap_or_default();
                record.scopes = self.inner.permissions_of(&record.realm, &role).await?;
            }
            _ => {}
        }
        Ok(Some(record))
    }

    /// What a caller who asks for a shared record gets although it should not be, if the flaw says so.
    async fn wrongly_shared(&self, new: &NewToken) -> Result<Option<TokenRecord>, StoreError> {
        let (last_own, first_shared, calls) = {
            let mut seen = self.seen();
            let calls = seen.shared_calls.entry(new.subject).or_default();
            *calls += 1;
            let calls = *calls;
            let last_own = seen.order.last().copied();
            let first_shared = seen.shared.iter().find(|record| record.subject == new.subject).cloned();
            (last_own, first_shared, calls)
        };
        let makes_another = self.has(Flaw::SharesNothing) || (self.has(Flaw::SecondCallerMakesAnother) && calls == 2);
        if makes_another {
            return match self.inner.insert(new.clone()).await? {
                Some(id) => TokenStore::find(&self.inner, id).await,
                None => Ok(None),
            };
        }
        match self.flaw {
            Flaw::SharesOwnRecords => match last_own {
                Some(id) => TokenStore::find(&self.inner, id).await,
                None => Ok(None),
            },
            Flaw::SharesEndedRecords => Ok(first_shared),
            Flaw::SharedRightsStay => {
                let record = self.inner.find_or_insert(new.clone()).await?;
                let scopes = first_shared.map(|first| first.scopes);
                Ok(record.map(|record| TokenRecord {
                    scopes: scopes.unwrap_or(record.scopes.clone()),
                    ..record
                }))
            }
            _ => Ok(None),
        }
    }
}

#[async_trait]
impl TokenStore for BrokenStore {
    async fn insert(&self, new: NewToken) -> Result<Option<TokenId>, StoreError> {
        self.seen().latest = Some(new.issued_at);
        let id = self.insert_flawed(new).await?;
        Ok(id.map(|id| if self.has(Flaw::NamesAgain) { TokenId(1) } else { id }))
    }

    async fn find_or_insert(&self, mut new: NewToken) -> Result<Option<TokenRecord>, StoreError> {
        if let Some(record) = self.wrongly_shared(&new).await? {
            self.seen().shared.push(record.clone());
            return Ok(Some(record));
        }
        match self.flaw {
            Flaw::SharesAcrossFlavours => new.flavour = "any".into(),
            Flaw::SharesExpiredRecords => new.issued_at = Timestamp::from_millis(0),
            Flaw::SharesWithOutdated => new = self.updated(&new).await?,
            _ => {}
        }
        let record = self.inner.find_or_insert(new).await?;
        self.seen().shared.extend(record.clone());
        Ok(record)
    }

    async fn find(&self, id: TokenId) -> Result<Option<TokenRecord>, StoreError> {
        match TokenStore::find(&self.inner, id).await? {
            Some(record) => self.flawed_record(record).await,
            None => self.revenant(id).await,
        }
    }

    async fn find_session(&self, selector: &Selector) -> Result<Option<RefreshSession>, StoreError> {
        let mut found = self.inner.find_session(selector).await?;
        let seen = self.seen();
        match (self.flaw, &mut found) {
            (Flaw::SessionsNeverEnd, Some(session)) => session.token.expires_at = None,
            (Flaw::FirstTokensAreNeverIdle, Some(RefreshSession { refresh, .. })) if refresh.previous.is_none() => {
                refresh.rotated_at = seen
                    .latest
                    .map_or(refresh.rotated_at, |latest| latest.max(refresh.rotated_at));
            }
            _ => {}
        }
        let instead = match self.flaw {
            Flaw::FindsAnySession => seen.sessions.values().next(),
            Flaw::FindsEndedSessions => seen.sessions.get(selector),
            _ => None,
        };
        Ok(found.or(instead.cloned()))
    }

    async fn rotate(&self, id: TokenId, from: &TokenDigest, to: &RefreshState) -> Result<bool, StoreError> {
        let mut to = to.clone();
        if self.has(Flaw::RefusedRotationsAreEntries) {
            let entry = Provenance::current().entry(AuditEvent::TokenRefreshed, to.rotated_at);
            self.inner.append(&[entry]).await?;
        }
        if self.has(Flaw::LosesLineage) {
            to.lineage.clear();
        }
        if self.has(Flaw::RotationAddsARow) {
            let new = self.seen().issued.get(&id).map(|(new, _)| new.clone());
            if let Some(new) = new {
                let row = NewToken {
                    refresh: None,
                    expires_at: None,
                    ..new
                };
                self.inner.insert(row).await?;
            }
        }
        let moved = self.inner.rotate(id, from, &to).await?;
        if moved {
            self.seen().moved_from.push(*from);
            return Ok(true);
        }
        let session = self.inner.find_session(&to.selector).await?;
        let lives = session.as_ref().is_some_and(|session| session.token.id == id);
        let moved_before = self.seen().moved_from.contains(from);
        match (self.flaw, session) {
            (Flaw::PredecessorMoves, Some(session)) if session.refresh.previous == Some(*from) => {
                self.inner.rotate(id, &session.refresh.current, &to).await
            }
            (Flaw::RotatesTwice, Some(session)) if moved_before => {
                self.inner.rotate(id, &session.refresh.current, &to).await
            }
            (Flaw::MovesEndedSessions, _) => Ok(!lives && self.seen().issued.contains_key(&id)),
            _ => Ok(false),
        }
    }

    async fn revoke(&self, id: TokenId, now: Timestamp) -> Result<bool, StoreError> {
        let also: Vec<TokenId> = {
            let mut seen = self.seen();
            seen.latest = Some(now);
            seen.revoked.insert(id);
            let owner = seen.issued.get(&id).map(|(new, _)| new.subject);
            let parent = seen.issued.get(&id).and_then(|(new, _)| new.parent);
            match self.flaw {
                Flaw::EndsAllOfTheOwner => {
                    let same = seen.issued.iter().filter(|(_, (new, _))| Some(new.subject) == owner);
                    same.map(|(id, _)| *id).filter(|other| *other != id).collect()
                }
                Flaw::EndsTheSessionToo => parent.into_iter().collect(),
                _ => Vec::new(),
            }
        };
        for other in also {
            self.inner.revoke(other, now).await?;
        }
        if self.has(Flaw::NoticesTooSoon) {
            self.notices.notify();
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let ended = self.inner.revoke(id, now).await?;
        Ok(ended || self.has(Flaw::EverybodyEnded))
    }

    async fn feed_state(&self) -> Result<FeedState, StoreError> {
        let mut state = self.inner.feed_state().await?;
        match self.flaw {
            Flaw::FeedForgetsItsNumbers => {
                let visible = self.inner.changes(0, u32::MAX).await?;
                state.newest = visible.last().map_or(0, |entry| entry.sequence);
            }
            Flaw::FeedForgetsItsTokens => state.issued = 0,
            Flaw::FeedChangesItsIdentity => state.identity = format!("{}", state.newest),
            _ => {}
        }
        Ok(state)
    }

    async fn changes(&self, after: i64, limit: u32) -> Result<Vec<FeedEntry>, StoreError> {
        let limit = if self.has(Flaw::FeedUnbounded) { u32::MAX } else { limit };
        let mut entries = self.inner.changes(after, limit).await?;
        match self.flaw {
            Flaw::ReplacesInSilence => {
                let seen = self.seen();
                let is_shared = |id| seen.shared.iter().any(|record| record.id == id);
                entries.retain(|entry| !matches!(entry.change, Change::Ended(id) if is_shared(id)));
            }
            Flaw::ImportsInSilence => entries.retain(|entry| entry.change != Change::Imported),
            Flaw::EndsInSilence => entries.retain(|entry| !matches!(entry.change, Change::Ended(_))),
            Flaw::FeedLosesSome => entries.retain(|entry| entry.sequence % 3 != 0),
            Flaw::RoleEditsInSilence => entries.retain(|entry| entry.change != Change::AllRights),
            Flaw::RoleChangesInSilence => entries.retain(|entry| !matches!(entry.change, Change::SubjectRights(_))),
            Flaw::BarsInSilence => entries.retain(|entry| !matches!(entry.change, Change::Superseded(..))),
            Flaw::PurgesTheFeed if self.seen().purged => entries.clear(),
            Flaw::FeedBackwards => entries.reverse(),
            Flaw::EndIsTooSoonForgotten => entries.iter_mut().for_each(|entry| entry.until = ManualClock::START),
            Flaw::EndlessIsForgotten => {
                let tomorrow = ManualClock::START.plus(Duration::from_secs(24 * 60 * 60));
                entries
                    .iter_mut()
                    .for_each(|entry| entry.until = entry.until.min(tomorrow));
            }
            _ => {}
        }
        Ok(entries)
    }

    fn watch_feed(&self) -> ChangeWatch {
        self.flawed_watch(self.inner.watch_feed())
    }

    async fn touch(&self, used: &[(TokenId, Timestamp)]) -> Result<(), StoreError> {
        self.seen().uses.extend(used.iter().copied());
        if !self.has(Flaw::StopsAtUnknownUses) {
            return self.inner.touch(used).await;
        }
        for (id, at) in used {
            if TokenStore::find(&self.inner, *id).await?.is_none() {
                return Ok(());
            }
            self.inner.touch(&[(*id, *at)]).await?;
        }
        Ok(())
    }

    async fn shorten(&self, id: TokenId, until: Timestamp, now: Timestamp) -> Result<bool, StoreError> {
        match self.flaw {
            Flaw::ShortensNothing => Ok(TokenStore::find(&self.inner, id).await?.is_some()),
            Flaw::ShorteningPostpones => {
                let far = until.plus(Duration::from_secs(365 * 24 * 60 * 60));
                self.inner.shorten(id, far, now).await
            }
            _ => self.inner.shorten(id, until, now).await,
        }
    }

    async fn replace(
        &self,
        old: TokenId,
        new: NewToken,
        old_ends_at: Timestamp,
    ) -> Result<Option<Replacement>, StoreError> {
        match self.flaw {
            Flaw::ReplacementsAreUnlinked => {
                let (expires_at, now) = (new.expires_at, new.issued_at);
                let Some(id) = self.inner.insert(new).await? else {
                    return Ok(None);
                };
                self.inner.shorten(old, old_ends_at, now).await?;
                Ok(Some(Replacement {
                    id,
                    expires_at,
                    old_ends_at,
                }))
            }
            Flaw::ReplacedTokensGoOn => {
                let far = old_ends_at.plus(Duration::from_secs(365 * 24 * 60 * 60));
                self.inner.replace(old, new, far).await
            }
            Flaw::ReplacementsEndWithTheOverlap => {
                let record = TokenStore::find(&self.inner, old).await?;
                let new = new.ending_by(record.and_then(|record| record.expires_at));
                self.inner.replace(old, new, old_ends_at).await
            }
            _ => self.inner.replace(old, new, old_ends_at).await,
        }
    }

    async fn now(&self) -> Result<Option<Timestamp>, StoreError> {
        if !self.has(Flaw::TellsWrongTimes) {
            return self.inner.now().await;
        }
        let mut seen = self.seen();
        seen.times_told += 1;
        Ok(Some(Timestamp::from_seconds(1_700_000_000 + 60 * seen.times_told)))
    }

    async fn purge(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.seen().purged = true;
        if self.has(Flaw::PurgesEndless) || self.has(Flaw::PurgesTheCurrentGeneration) {
            let hit = |record: &TokenRecord| match self.flaw {
                Flaw::PurgesEndless => record.expires_at.is_none(),
                _ => record.generation.0 > 0,
            };
            let ids: Vec<TokenId> = self.seen().issued.keys().copied().collect();
            for id in ids {
                let record = TokenStore::find(&self.inner, id).await?;
                if record.is_some_and(|record| hit(&record)) {
                    self.inner.revoke(id, Timestamp::from_millis(0)).await?;
                }
            }
        }
        let (before, limit) = match self.flaw {
            Flaw::PurgesNothing => return Ok(0),
            Flaw::PurgesAtTheMoment => (before.plus(std::time::Duration::from_millis(1)), limit),
            Flaw::PurgesAllAtOnce => (before, u32::MAX),
            _ => (before, limit),
        };
        self.inner.purge(before, limit).await
    }
}
