//! The port of token administration.

use async_trait::async_trait;
use auth_core::{Change, StoreError, Subject, Timestamp, TokenAdminStore, TokenId, TokenSummary};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;

use super::backend::{Connection, Db};
use super::feed;
use crate::error::Outcome;
use crate::rows::SummaryRow;
use crate::schema::{accounts, tokens};

/// Further than any account gets by itself.
const LEAP: i64 = 1_000_000;

#[async_trait]
impl TokenAdminStore for Db {
    async fn tokens_of(
        &self,
        subject: Subject,
        before: Option<TokenId>,
        limit: u32,
    ) -> Result<Vec<TokenSummary>, StoreError> {
        self.read((subject, before, limit), |conn, (subject, before, limit)| {
            tokens_of(conn, *subject, *before, *limit).boxed()
        })
        .await
    }

    async fn end_sessions(&self, subject: Subject, now: Timestamp) -> Result<bool, StoreError> {
        self.write((subject, now), |conn, (subject, now)| {
            feed::supersede(conn, *subject, *now).boxed()
        })
        .await
    }

    async fn end_all_sessions(&self, now: Timestamp) -> Result<u64, StoreError> {
        self.write_patiently(now, |conn, now| end_all_sessions(conn, *now).boxed())
            .await
    }
}

async fn tokens_of(
    conn: &mut Connection,
    subject: Subject,
    before: Option<TokenId>,
    limit: u32,
) -> Outcome<Vec<TokenSummary>> {
    let before = before.map_or(i64::MAX, |before| before.0);
    let rows = tokens::table
        .filter(tokens::subject.eq(subject.0))
        .filter(tokens::id.lt(before))
        .filter(live!())
        .order(tokens::id.desc())
        .limit(limit.into())
        .select(SummaryRow::as_select());
    let rows: Vec<SummaryRow> = rows.load(conn).await?;
    Ok(rows.into_iter().map(TokenSummary::from).collect())
}

async fn end_all_sessions(conn: &mut Connection, now: Timestamp) -> Outcome<u64> {
    diesel::update(accounts::table)
        .set(accounts::generation.eq(accounts::generation + LEAP))
        .execute(conn)
        .await?;
    let ended = diesel::update(tokens::table.filter(tokens::revoked_at.is_null()))
        .set(tokens::revoked_at.eq(now.as_millis()))
        .execute(conn)
        .await?;
    feed::publish_change_for_a_day(conn, Change::AllRights, now).await?;
    Ok(ended as u64)
}
