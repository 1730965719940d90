//! The port of tokens and sessions.

use async_trait::async_trait;
use auth_core::{
    AuditEvent, ChangeWatch, FeedEntry, FeedState, NewToken, Provenance, RefreshSession, RefreshState, Replacement,
    Selector, StoreError, Timestamp, TokenDigest, TokenId, TokenRecord, TokenStore,
};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;

use super::backend::{Connection, Db};
use super::{differences, feed, insert, lines, purge, revoke};
use crate::error::Outcome;
use crate::notices::Topic;
use crate::rows::{RefreshRow, RotationRow, TokenRow};
use crate::schema::{accounts, roles, tokens};

/// How many times of last use are written in one transaction, so that other writers do not wait for long.
const TOUCHED_AT_ONCE: usize = 500;

#[async_trait]
impl TokenStore for Db {
    async fn insert(&self, new: NewToken) -> Result<Option<TokenId>, StoreError> {
        let by = Provenance::current();
        match (new.parent, new.made_from) {
            (None, None) => {
                self.statement((new, by), |conn, (new, by)| insert::insert(conn, new, by).boxed())
                    .await
            }
            (_, Some(maker)) => {
                self.write((maker, new, by), |conn, (maker, new, by)| {
                    lines::insert_made(conn, *maker, new, by).boxed()
                })
                .await
            }
            (Some(_), None) => {
                self.write((new, by), |conn, (new, by)| insert::insert_child(conn, new, by).boxed())
                    .await
            }
        }
    }

    async fn replace(
        &self,
        old: TokenId,
        new: NewToken,
        old_ends_at: Timestamp,
    ) -> Result<Option<Replacement>, StoreError> {
        let by = Provenance::current();
        self.publish(
            Topic::Feed,
            (old, new, old_ends_at, by),
            |conn, (old, new, ends_at, by)| lines::replace(conn, *old, new, *ends_at, by).boxed(),
        )
        .await
    }

    async fn find_or_insert(&self, new: NewToken) -> Result<Option<TokenRecord>, StoreError> {
        // Most callers find it, and then do not wait for a writer.
        let found = self.read(new.clone(), |conn, new| insert::find_shared(conn, new).boxed());
        if let Some(record) = found.await? {
            return Ok(Some(record));
        }
        self.write((new, Provenance::current()), |conn, (new, by)| {
            insert::find_or_insert(conn, new, by).boxed()
        })
        .await
    }

    async fn find(&self, id: TokenId) -> Result<Option<TokenRecord>, StoreError> {
        self.read_for_check(id, |conn, id| find(conn, *id).boxed()).await
    }

    async fn find_session(&self, selector: &Selector) -> Result<Option<RefreshSession>, StoreError> {
        self.read(*selector, |conn, selector| find_session(conn, selector).boxed())
            .await
    }

    async fn rotate(&self, id: TokenId, from: &TokenDigest, to: &RefreshState) -> Result<bool, StoreError> {
        let by = Provenance::current();
        self.statement((id, *from, to.clone(), by), |conn, (id, from, to, by)| {
            rotate(conn, *id, from, to, by).boxed()
        })
        .await
    }

    async fn revoke(&self, id: TokenId, now: Timestamp) -> Result<bool, StoreError> {
        self.publish(Topic::Feed, (id, now, Provenance::current()), |conn, (id, now, by)| {
            revoke::revoke(conn, *id, *now, by).boxed()
        })
        .await
    }

    async fn feed_state(&self) -> Result<FeedState, StoreError> {
        let state = self.read_feed((), |conn, ()| differences::feed_state(conn).boxed());
        let state = state.await?;
        self.note_identity(&state.identity);
        Ok(state)
    }

    async fn changes(&self, after: i64, limit: u32) -> Result<Vec<FeedEntry>, StoreError> {
        self.read_feed((after, limit), |conn, (after, limit)| {
            feed::changes(conn, *after, *limit).boxed()
        })
        .await
    }

    async fn touch(&self, used: &[(TokenId, Timestamp)]) -> Result<(), StoreError> {
        for batch in used.chunks(TOUCHED_AT_ONCE) {
            self.write(batch.to_vec(), |conn, used| differences::note_used(conn, used).boxed())
                .await?;
        }
        Ok(())
    }

    async fn now(&self) -> Result<Option<Timestamp>, StoreError> {
        self.read((), |conn, ()| differences::now(conn).boxed()).await
    }

    async fn shorten(&self, id: TokenId, until: Timestamp, now: Timestamp) -> Result<bool, StoreError> {
        let by = Provenance::current();
        self.publish(Topic::Feed, (id, until, now, by), |conn, (id, until, now, by)| {
            revoke::shorten(conn, *id, *until, *now, by).boxed()
        })
        .await
    }

    async fn purge(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        purge::purge(self, before, limit).await
    }

    fn watch_feed(&self) -> ChangeWatch {
        self.watch(Topic::Feed)
    }
}

async fn find(conn: &mut Connection, id: TokenId) -> Outcome<Option<TokenRecord>> {
    let row = live_with_rights!()
        .filter(tokens::id.eq(id.0))
        .select((TokenRow::as_select(), roles::permissions.nullable()));
    let row: Option<(TokenRow, Option<String>)> = row.first(conn).await.optional()?;
    row.map(|(row, held)| row.into_record(held.as_deref())).transpose()
}

async fn find_session(conn: &mut Connection, selector: &Selector) -> Outcome<Option<RefreshSession>> {
    let row = live_with_rights!()
        .filter(tokens::refresh_selector.eq(selector.0.to_vec()))
        .select((
            TokenRow::as_select(),
            roles::permissions.nullable(),
            RefreshRow::as_select(),
        ));
    let row: Option<(TokenRow, Option<String>, RefreshRow)> = row.first(conn).await.optional()?;
    row.map(|(row, held, refresh)| {
        Ok(RefreshSession {
            token: row.into_record(held.as_deref())?,
            refresh: refresh.into_state()?,
        })
    })
    .transpose()
}

/// One statement: the digest it swaps and the life it depends on are looked at where they are changed.
async fn rotate(
    conn: &mut Connection,
    id: TokenId,
    from: &TokenDigest,
    to: &RefreshState,
    by: &Provenance,
) -> Outcome<bool> {
    let family = tokens::table
        .filter(tokens::id.eq(id.0))
        .filter(tokens::refresh_current.eq(from.as_bytes().to_vec()))
        .filter(live!());
    let moved = diesel::update(family).set(RotationRow::from(to)).returning((
        tokens::id,
        tokens::subject,
        tokens::realm,
        tokens::flavour,
    ));
    let entry = by.entry(AuditEvent::TokenRefreshed, to.rotated_at);
    Ok(differences::change_token(conn, moved, entry).await?.is_some())
}
