//! The feed of changes: what is written into it, and until when it matters.

use std::time::Duration;

use auth_core::{Change, FeedEntry, Generation, Subject, Timestamp, TokenId};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::backend::Connection;
use crate::error::Outcome;
use crate::rows::{FeedRow, NewFeedRow};
use crate::schema::{accounts, feed, tokens};

/// For how long a change stays in the feed when no token's expiry says how long it matters.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Adds a change to the feed, where it stays until `until`.
pub(super) async fn publish_change(
    conn: &mut Connection,
    change: Change,
    until: Timestamp,
    now: Timestamp,
) -> Outcome<()> {
    let row = NewFeedRow::new(change, until, now);
    diesel::insert_into(feed::table).values(row).execute(conn).await?;
    Ok(())
}

/// Adds a change to the feed for a day.
pub(super) async fn publish_change_for_a_day(conn: &mut Connection, change: Change, now: Timestamp) -> Outcome<()> {
    publish_change(conn, change, now.plus(DAY), now).await
}

/// Until when a record, or one that belongs to it, might be accepted.
pub(super) async fn until_all_ended(conn: &mut Connection, id: TokenId, now: Timestamp) -> Outcome<Timestamp> {
    let family = || tokens::id.eq(id.0).or(tokens::parent.eq(id.0));
    let latest = tokens::table
        .filter(family())
        .select(diesel::dsl::max(tokens::expires_at));
    let latest: Option<i64> = latest.get_result(conn).await?;
    let endless = tokens::table.filter(family()).filter(ends_with_the_feed!());
    let endless: bool = diesel::select(diesel::dsl::exists(endless)).get_result(conn).await?;
    Ok(until(latest, endless, now))
}

/// Starts an account's next generation, which revokes all its tokens, and publishes it. False if there is no such
/// account.
///
/// The account's row is locked first: from then on no token of the old generation is added, so the latest expiry among
/// them is final.
pub(super) async fn supersede(conn: &mut Connection, subject: Subject, now: Timestamp) -> Outcome<bool> {
    let next = diesel::update(accounts::table.find(subject.0))
        .set(accounts::generation.eq(accounts::generation + 1))
        .returning(accounts::generation);
    let next: Option<i64> = next.get_result(conn).await.optional()?;
    let Some(next) = next else {
        return Ok(false);
    };
    let owned = || tokens::subject.eq(subject.0).and(tokens::generation.eq(next - 1));
    let latest = tokens::table
        .filter(owned())
        .select(diesel::dsl::max(tokens::expires_at));
    let latest: Option<i64> = latest.get_result(conn).await?;
    let endless = tokens::table.filter(owned()).filter(ends_with_the_feed!());
    let endless: bool = diesel::select(diesel::dsl::exists(endless)).get_result(conn).await?;
    let until = until(latest, endless, now).max(now.plus(DAY));
    publish_change(conn, Change::Superseded(subject, Generation(next)), until, now).await?;
    Ok(true)
}

pub(super) async fn changes(conn: &mut Connection, after: i64, limit: u32) -> Outcome<Vec<FeedEntry>> {
    let rows = feed::table
        .filter(feed::sequence.gt(after))
        .order(feed::sequence)
        .limit(limit.into())
        .select(FeedRow::as_select());
    let rows = rows.load(conn).await?;
    Ok(rows.into_iter().map(FeedRow::into_entry).collect())
}

/// Until when a revocation stays in the feed: until the latest expiry of the tokens that it concerns, or for ever where
/// one of them does not expire.
pub(super) fn until(latest: Option<i64>, endless: bool, now: Timestamp) -> Timestamp {
    match (endless, latest) {
        (true, _) => Timestamp::from_millis(i64::MAX),
        (false, Some(latest)) => Timestamp::from_millis(latest),
        (false, None) => now.plus(DAY),
    }
}
