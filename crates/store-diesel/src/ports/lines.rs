//! Tokens that were made from others, or took the place of others.
//!
//! A line is a token, and those that took its place one after the other. Its number is that of the first; the column is empty in a
//! record from which nothing was made. What was made from a token of a line names the line.

use auth_core::{NewToken, Provenance, Replacement, Timestamp, TokenId};
use diesel::dsl::{exists, sql};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};
use diesel_async::RunQueryDsl;

use super::backend::Connection;
use super::insert::Links;
use super::revoke::{self, Linked};
use super::{differences, insert};
use crate::error::Outcome;
use crate::rows::EndRow;
use crate::schema::{accounts, tokens};

/// Records a token that the holder of another makes.
pub(super) async fn insert_made(
    conn: &mut Connection,
    maker: TokenId,
    new: &NewToken,
    by: &Provenance,
) -> Outcome<Option<TokenId>> {
    let Some(Held { line, made_from: None }) = hold(conn, maker, new).await? else {
        return Ok(None);
    };
    let links = Links {
        line: None,
        made_from: Some(line),
    };
    insert::insert_linked(conn, new, links, by).await
}

/// Records a token in the place of `old`. Of those that did so before, none stays live.
pub(super) async fn replace(
    conn: &mut Connection,
    old: TokenId,
    new: &NewToken,
    old_ends_at: Timestamp,
    by: &Provenance,
) -> Outcome<Option<Replacement>> {
    if let Some(line) = line_of(conn, old).await? {
        differences::hold_line(conn, line).await?;
    }
    let Some(Held { line, made_from }) = hold(conn, old, new).await? else {
        return Ok(None);
    };
    let new = new.clone().ending_by(end_of_line(conn, line).await?);
    let (now, expires_at) = (new.issued_at, new.expires_at);
    let line = Some(line);
    let Some(id) = insert::insert_linked(conn, &new, Links { line, made_from }, by).await? else {
        return Ok(None);
    };
    for later in between(conn, line, old, id).await? {
        revoke::end(conn, later, Linked::Perhaps, now, by).await?;
    }
    revoke::shorten(conn, old, old_ends_at, now, by).await?;
    let old = tokens::table.find(old.0).select(EndRow::as_select());
    let old_ends_at = old.first(conn).await?.ends_at().unwrap_or(old_ends_at);
    Ok(Some(Replacement {
        id,
        expires_at,
        old_ends_at,
    }))
}

/// The line of a record, if it has one.
pub(super) async fn line_of(conn: &mut Connection, id: TokenId) -> Outcome<Option<TokenId>> {
    let line: Option<Option<i64>> = tokens::table
        .find(id.0)
        .select(tokens::line)
        .first(conn)
        .await
        .optional()?;
    Ok(line.flatten().map(TokenId))
}

/// Whether a record is live.
pub(super) async fn is_live(conn: &mut Connection, id: TokenId) -> Outcome<bool> {
    let record = tokens::table.filter(tokens::id.eq(id.0)).filter(live!());
    Ok(diesel::select(exists(record)).get_result(conn).await?)
}

/// The live records of a line, and of those that were made from it, the first ones first.
pub(super) async fn belonging_to(conn: &mut Connection, line: TokenId) -> Outcome<Vec<TokenId>> {
    let ids = tokens::table
        .filter(tokens::line.eq(line.0).or(tokens::made_from.eq(line.0)))
        .filter(live!())
        .order(tokens::id)
        .select(tokens::id);
    let ids: Vec<i64> = ids.load(conn).await?;
    Ok(ids.into_iter().map(TokenId).collect())
}

/// The place of a record from which another is made.
struct Held {
    line: TokenId,
    made_from: Option<TokenId>,
}

/// Begins the line of a live record that has not expired, if it has none: nothing comes out of what has ended. No other transaction revokes or replaces it before this one ends.
async fn hold(conn: &mut Connection, id: TokenId, new: &NewToken) -> Outcome<Option<Held>> {
    let record = tokens::table
        .filter(tokens::id.eq(id.0))
        .filter(tokens::subject.eq(new.subject.0))
        .filter(
            tokens::expires_at
                .is_null()
                .or(tokens::expires_at.gt(new.issued_at.as_millis())),
        )
        .filter(live!());
    let begun = sql::<Nullable<BigInt>>("coalesce(line, id)");
    let held = diesel::update(record)
        .set(tokens::line.eq(begun))
        .returning((tokens::line, tokens::made_from));
    let held: Option<(Option<i64>, Option<i64>)> = held.get_result(conn).await.optional()?;
    Ok(held.map(|(line, made_from)| Held {
        line: line.map_or(id, TokenId),
        made_from: made_from.map(TokenId),
    }))
}

/// When a line ends at the latest: when its newest record does, revoked or not. Those that were replaced end sooner.
async fn end_of_line(conn: &mut Connection, line: TokenId) -> Outcome<Option<Timestamp>> {
    let newest = tokens::table
        .filter(tokens::line.eq(line.0))
        .order(tokens::id.desc())
        .select(EndRow::as_select());
    let newest: EndRow = newest.first(conn).await?;
    Ok(newest.ends_at())
}

/// The records of a line with numbers between these two.
async fn between(
    conn: &mut Connection,
    line: Option<TokenId>,
    after: TokenId,
    before: TokenId,
) -> Outcome<Vec<TokenId>> {
    let ids = tokens::table
        .filter(tokens::line.eq(line.map(|line| line.0)))
        .filter(tokens::id.gt(after.0))
        .filter(tokens::id.lt(before.0))
        .filter(tokens::revoked_at.is_null())
        .order(tokens::id)
        .select(tokens::id);
    let ids: Vec<i64> = ids.load(conn).await?;
    Ok(ids.into_iter().map(TokenId).collect())
}
