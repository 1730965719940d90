//! Ending tokens: at once, with everything that belongs to them, or at a moment.

use auth_core::{AuditEntry, AuditEvent, Change, Provenance, Subject, Timestamp, TokenId};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;

use super::backend::Connection;
use super::{audit, differences, feed, lines};
use crate::error::Outcome;
use crate::schema::{accounts, tokens};

/// Subject, realm and flavour of a record.
type Owner = (i64, String, String);

/// Revokes a record, with its session's tokens, its line, and what was made from that.
pub(super) async fn revoke(conn: &mut Connection, id: TokenId, now: Timestamp, by: &Provenance) -> Outcome<bool> {
    // Most records have no line. One statement says so and ends them.
    if end(conn, id, Linked::No, now, by).await? {
        return Ok(true);
    }
    let Some(line) = lines::line_of(conn, id).await? else {
        return Ok(false);
    };
    differences::hold_line(conn, line).await?;
    if !lines::is_live(conn, id).await? {
        return Ok(false);
    }
    // Those that others add while this one waits are not held, and something may be made from them until they are ended. Nothing is
    // made from one that is, so this comes to an end.
    loop {
        let members = lines::belonging_to(conn, line).await?;
        if members.is_empty() {
            return Ok(true);
        }
        for member in members {
            end(conn, member, Linked::Perhaps, now, by).await?;
        }
    }
}

/// Which records are ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Linked {
    /// One from which nothing was made, and which has taken no place.
    No,
    /// Any. The caller holds its line.
    Perhaps,
}

/// Revokes a live record and the tokens of its session, and publishes it. False if it is not live, or linked where it may not be.
pub(super) async fn end(
    conn: &mut Connection,
    id: TokenId,
    linked: Linked,
    now: Timestamp,
    by: &Provenance,
) -> Outcome<bool> {
    let at = tokens::revoked_at.eq(now.as_millis());
    let may_be_linked = (linked == Linked::Perhaps).into_sql::<Bool>();
    let record = tokens::table
        .filter(tokens::id.eq(id.0))
        .filter(tokens::line.is_null().or(may_be_linked))
        .filter(live!());
    let ended = diesel::update(record).set(at).returning((
        tokens::expires_at,
        ends_with_the_feed!(),
        (tokens::subject, tokens::realm, tokens::flavour),
    ));
    let ended: Option<(Option<i64>, bool, Owner)> = ended.get_result(conn).await.optional()?;
    let Some((end, endless, (subject, realm, flavour))) = ended else {
        return Ok(false);
    };
    let entry = AuditEntry {
        realm: Some(realm),
        ..by.revocation(now).token(id).subject(Subject(subject)).flavour(&flavour)
    };
    audit::write(conn, &entry).await?;
    // A statement of its own, which sees what was added until the record was ended.
    let children = tokens::table
        .filter(tokens::parent.eq(id.0))
        .filter(tokens::revoked_at.is_null());
    let until = match diesel::update(children).set(at).execute(conn).await? {
        0 => feed::until(end, endless, now),
        _ => feed::until_all_ended(conn, id, now).await?,
    };
    feed::publish_change(conn, Change::Ended(id), until, now).await?;
    Ok(true)
}

/// Has a live record expire at a moment, unless it expires earlier.
pub(super) async fn shorten(
    conn: &mut Connection,
    id: TokenId,
    until: Timestamp,
    now: Timestamp,
    by: &Provenance,
) -> Outcome<bool> {
    let is_later = tokens::expires_at
        .is_null()
        .or(tokens::expires_at.gt(until.as_millis()));
    let record = tokens::table.filter(tokens::id.eq(id.0)).filter(live!());
    let owner = record.select((tokens::subject, tokens::realm, tokens::flavour));
    let owner: Option<Owner> = owner.first(conn).await.optional()?;
    let Some((subject, realm, flavour)) = owner else {
        return Ok(false);
    };
    let shortened = diesel::update(tokens::table.filter(tokens::id.eq(id.0)).filter(is_later))
        .set(tokens::expires_at.eq(until.as_millis()));
    shortened.execute(conn).await?;
    let goes_on_later = tokens::ends_at.is_null().or(tokens::ends_at.gt(until.as_millis()));
    let idles = tokens::table
        .filter(tokens::id.eq(id.0))
        .filter(tokens::idle_ms.is_not_null());
    let bounded = diesel::update(idles.filter(goes_on_later)).set(tokens::ends_at.eq(until.as_millis()));
    bounded.execute(conn).await?;
    let entry = AuditEntry {
        realm: Some(realm),
        ..by.entry(AuditEvent::TokenShortened, now)
            .token(id)
            .subject(Subject(subject))
            .flavour(&flavour)
    };
    audit::write(conn, &entry).await?;
    feed::publish_change_for_a_day(conn, Change::SubjectRights(Subject(subject)), now).await?;
    Ok(true)
}
