//! The port of token administration.

use async_trait::async_trait;
use auth_core::{
    AuditEntry, AuditEvent, Change, Provenance, StoreError, Subject, Timestamp, TokenAdminStore, TokenId, TokenSummary,
};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;

use super::backend::{Connection, Db};
use super::{audit, feed};
use crate::error::Outcome;
use crate::notices::Topic;
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
        let entry = Provenance::current()
            .entry(AuditEvent::SessionsEnded, now)
            .subject(subject);
        self.publish(Topic::Feed, (subject, now, entry), |conn, (subject, now, entry)| {
            end_sessions(conn, *subject, *now, entry).boxed()
        })
        .await
    }

    async fn end_all_sessions(&self, now: Timestamp) -> Result<u64, StoreError> {
        let by = Provenance::current();
        self.publish_patiently(Topic::Feed, (now, by), |conn, (now, by)| {
            end_all_sessions(conn, *now, by).boxed()
        })
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

async fn end_sessions(conn: &mut Connection, subject: Subject, now: Timestamp, entry: &AuditEntry) -> Outcome<bool> {
    let found = feed::supersede(conn, subject, now).await?;
    if found {
        audit::write(conn, entry).await?;
    }
    Ok(found)
}

async fn end_all_sessions(conn: &mut Connection, now: Timestamp, by: &Provenance) -> Outcome<u64> {
    diesel::update(accounts::table)
        .set(accounts::generation.eq(accounts::generation + LEAP))
        .execute(conn)
        .await?;
    let ended = diesel::update(tokens::table.filter(tokens::revoked_at.is_null()))
        .set(tokens::revoked_at.eq(now.as_millis()))
        .execute(conn)
        .await?;
    let entry = by.entry(AuditEvent::AllSessionsEnded, now);
    audit::write(conn, &entry.detail(&format!("{ended} revoked"))).await?;
    feed::publish_change_for_a_day(conn, Change::AllRights, now).await?;
    Ok(ended as u64)
}
