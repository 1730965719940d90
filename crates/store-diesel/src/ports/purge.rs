//! Removing what ended long enough ago, in small steps: the search only reads, and the removal holds up writers for a
//! moment at a time.
//!
//! Each search asks for the order of an index. Without it, PostgreSQL may choose to read the table from its beginning, where
//! there are ended rows enough at first; every later step would then pass over all that the earlier ones have removed.

use std::collections::BTreeSet;

use auth_core::{StoreError, Timestamp};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::backend::{Connection, Db};
use crate::error::Outcome;
use crate::schema::{feed, imported_tokens, tokens};

/// How many rows go in one transaction.
const AT_ONCE: usize = 500;

/// Before when it must have ended, and at most how much of it is wanted.
type Search = (Timestamp, u32);

type Find = for<'c> fn(&'c mut Connection, &'c Search) -> BoxFuture<'c, Outcome<Vec<i64>>>;

type Remove = for<'c> fn(&'c mut Connection, &'c (Search, Vec<i64>)) -> BoxFuture<'c, Outcome<usize>>;

/// Removes at most `limit` rows, and says how many.
///
/// A record that was revoked stays so, and what was found may be removed later without another look. One that has expired is looked at again: an
/// import may have given it a later end. A session goes after everything that belongs to it, and a superseding change after everything that it ended.
pub(super) async fn purge(db: &Db, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
    let steps: [(Find, Remove); 4] = [
        (
            |conn, search| expired(conn, search).boxed(),
            |conn, found| remove_expired(conn, found).boxed(),
        ),
        (
            |conn, search| revoked(conn, search).boxed(),
            |conn, (_, ids)| remove_tokens(conn, ids).boxed(),
        ),
        (
            |conn, search| superseded(conn, search).boxed(),
            |conn, (_, ids)| remove_tokens(conn, ids).boxed(),
        ),
        (
            |conn, search| settled_changes(conn, search).boxed(),
            |conn, (_, sequences)| remove_changes(conn, sequences).boxed(),
        ),
    ];
    let mut gone = 0;
    for (find, remove) in steps {
        let left = limit.saturating_sub(u32::try_from(gone).unwrap_or(u32::MAX));
        if left == 0 {
            break;
        }
        let found = db.read((before, left), find).await?;
        for ids in found.chunks(AT_ONCE) {
            gone += db.statement(((before, left), ids.to_vec()), remove).await?;
        }
    }
    let left = limit.saturating_sub(u32::try_from(gone).unwrap_or(u32::MAX));
    gone += purge_forgotten(db, (before, left)).await?;
    Ok(gone as u64)
}

/// Removes what is known of signed tokens of another system that nobody can present any more.
async fn purge_forgotten(db: &Db, search: Search) -> Result<usize, StoreError> {
    let mut gone = 0;
    if search.1 > 0 {
        let found = db.read(search, |conn, search| forgotten(conn, search).boxed()).await?;
        for digests in found.chunks(AT_ONCE) {
            let remove = db.statement(digests.to_vec(), |conn, digests| remove_imported(conn, digests).boxed());
            gone += remove.await?;
        }
    }
    Ok(gone)
}

async fn expired(conn: &mut Connection, (before, limit): &Search) -> Outcome<Vec<i64>> {
    let ended = tokens::table
        .filter(tokens::expires_at.lt(before.as_millis()))
        .filter(leaf!())
        .order(tokens::expires_at);
    Ok(ended.select(tokens::id).limit((*limit).into()).load(conn).await?)
}

async fn revoked(conn: &mut Connection, (before, limit): &Search) -> Outcome<Vec<i64>> {
    let ended = tokens::table
        .filter(tokens::revoked_at.lt(before.as_millis()))
        .filter(leaf!())
        .order(tokens::revoked_at);
    Ok(ended.select(tokens::id).limit((*limit).into()).load(conn).await?)
}

/// Tokens of generations that were superseded: the feed says when. One that was superseded several times may be found
/// several times, within the limit: to have the database look for each once, it would first have to find them all.
async fn superseded(conn: &mut Connection, (before, limit): &Search) -> Outcome<Vec<i64>> {
    let older = tokens::subject
        .nullable()
        .eq(feed::subject)
        .and(tokens::generation.nullable().lt(feed::generation));
    let ended = feed::table
        .inner_join(tokens::table.on(older))
        .filter(is_superseding())
        .filter(feed::at.lt(before.as_millis()))
        .filter(leaf!())
        .order(feed::at);
    let ids = ended.select(tokens::id).limit((*limit).into());
    let ids: Vec<i64> = ids.load(conn).await?;
    Ok(BTreeSet::from_iter(ids).into_iter().collect())
}

async fn settled_changes(conn: &mut Connection, (before, limit): &Search) -> Outcome<Vec<i64>> {
    let settled = feed::table
        .filter(feed::until.lt(before.as_millis()))
        .order(feed::until);
    Ok(settled.select(feed::sequence).limit((*limit).into()).load(conn).await?)
}

async fn forgotten(conn: &mut Connection, (before, limit): &Search) -> Outcome<Vec<String>> {
    let ended = imported_tokens::table
        .filter(imported_tokens::forget_at.lt(before.as_millis()))
        .order(imported_tokens::forget_at);
    let digests = ended.select(imported_tokens::digest).limit((*limit).into());
    Ok(digests.load(conn).await?)
}

async fn remove_imported(conn: &mut Connection, digests: &[String]) -> Outcome<usize> {
    let ended = imported_tokens::table.filter(imported_tokens::digest.eq_any(digests));
    Ok(diesel::delete(ended).execute(conn).await?)
}

async fn remove_expired(conn: &mut Connection, ((before, _), ids): &(Search, Vec<i64>)) -> Outcome<usize> {
    let ended = tokens::table
        .filter(tokens::id.eq_any(ids))
        .filter(tokens::expires_at.lt(before.as_millis()));
    Ok(diesel::delete(ended).execute(conn).await?)
}

async fn remove_tokens(conn: &mut Connection, ids: &[i64]) -> Outcome<usize> {
    let ended = tokens::table.filter(tokens::id.eq_any(ids));
    Ok(diesel::delete(ended).execute(conn).await?)
}

async fn remove_changes(conn: &mut Connection, sequences: &[i64]) -> Outcome<usize> {
    let settled = feed::table.filter(feed::sequence.eq_any(sequences));
    Ok(diesel::delete(settled).execute(conn).await?)
}

/// Spelt as in the index that serves it, which a bound value would not match.
fn is_superseding() -> diesel::expression::SqlLiteral<Bool> {
    diesel::dsl::sql("feed.kind = 'superseded'")
}
