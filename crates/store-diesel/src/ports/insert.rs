//! Recording tokens, on the condition that their owner, and the session they belong to, are active.

use std::time::Duration;

use auth_core::{AuditEvent, Change, NewToken, Provenance, Timestamp, TokenId, TokenRecord};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
use diesel_async::RunQueryDsl;
use permissions::write_list;

use super::backend::Connection;
use super::{differences, feed};
use crate::error::Outcome;
use crate::rows::{RefreshRow, TokenRow};
use crate::schema::{accounts, parents, roles, tokens};

/// Records a token of its own. One statement.
pub(super) async fn insert(conn: &mut Connection, new: &NewToken, by: &Provenance) -> Outcome<Option<TokenId>> {
    insert_if_active(conn, new, false, Links::default(), by).await
}

/// Records a token that belongs to a session. The session's row is locked, so it is not revoked meanwhile.
pub(super) async fn insert_child(conn: &mut Connection, new: &NewToken, by: &Provenance) -> Outcome<Option<TokenId>> {
    if let Some(parent) = new.parent {
        differences::hold_session(conn, parent).await?;
    }
    insert_if_active(conn, new, false, Links::default(), by).await
}

/// Records a token that is made from another, or takes the place of another. Whoever calls this holds that one.
pub(super) async fn insert_linked(
    conn: &mut Connection,
    new: &NewToken,
    links: Links,
    by: &Provenance,
) -> Outcome<Option<TokenId>> {
    insert_if_active(conn, new, false, links, by).await
}

/// The live shared record that a grant may be answered with.
pub(super) async fn find_shared(conn: &mut Connection, new: &NewToken) -> Outcome<Option<TokenRecord>> {
    let goes_on = tokens::expires_at
        .is_null()
        .or(tokens::expires_at.gt(new.issued_at.as_millis()));
    let row = live_with_rights!()
        .filter(tokens::shared)
        .filter(tokens::flavour.eq(&*new.flavour))
        .filter(tokens::subject.eq(new.subject.0))
        .filter(tokens::generation.eq(new.generation.0))
        .filter(goes_on)
        .select((TokenRow::as_select(), roles::permissions.nullable()));
    let row: Option<(TokenRow, Option<String>)> = row.first(conn).await.optional()?;
    row.map(|(row, held)| row.into_record(held.as_deref())).transpose()
}

/// The shared record, created if there is none. Callers for one owner run one after the other.
pub(super) async fn find_or_insert(
    conn: &mut Connection,
    new: &NewToken,
    by: &Provenance,
) -> Outcome<Option<TokenRecord>> {
    differences::hold_account(conn, new.subject).await?;
    if let Some(record) = find_shared(conn, new).await? {
        return Ok(Some(record));
    }
    if !owner_is_active(conn, new).await? {
        return Ok(None);
    }
    revoke_replaced(conn, new).await?;
    if let Some(parent) = new.parent {
        differences::hold_session(conn, parent).await?;
    }
    match insert_if_active(conn, new, true, Links::default(), by).await? {
        Some(_) => find_shared(conn, new).await,
        None => Ok(None),
    }
}

/// Whether the owner is enabled and of the grant's generation.
async fn owner_is_active(conn: &mut Connection, new: &NewToken) -> Outcome<bool> {
    let owner = accounts::table
        .filter(accounts::id.eq(new.subject.0))
        .filter(accounts::disabled_at.is_null())
        .filter(accounts::generation.eq(new.generation.0));
    Ok(diesel::select(exists(owner)).get_result(conn).await?)
}

/// Revokes the shared records that can no longer be used, so that there is room for another. Their revocation is
/// published: another node's clock may be behind, and it must not go on accepting them.
async fn revoke_replaced(conn: &mut Connection, new: &NewToken) -> Outcome<()> {
    let now: Timestamp = new.issued_at;
    let old = tokens::table
        .filter(tokens::shared)
        .filter(tokens::revoked_at.is_null())
        .filter(tokens::flavour.eq(&*new.flavour))
        .filter(tokens::subject.eq(new.subject.0));
    let revoked: Vec<i64> = diesel::update(old)
        .set(tokens::revoked_at.eq(now.as_millis()))
        .returning(tokens::id)
        .get_results(conn)
        .await?;
    for id in revoked {
        feed::publish_change_for_a_day(conn, Change::Ended(TokenId(id)), now).await?;
    }
    Ok(())
}

/// The lines that a record names: of that whose place it takes, and of that which it was made from.
#[derive(Clone, Copy, Default)]
pub(super) struct Links {
    pub(super) line: Option<TokenId>,
    pub(super) made_from: Option<TokenId>,
}

/// One statement: the row is made from the owner's row, if that is as the grant says.
async fn insert_if_active(
    conn: &mut Connection,
    new: &NewToken,
    shared: bool,
    links: Links,
    by: &Provenance,
) -> Outcome<Option<TokenId>> {
    let RefreshRow {
        refresh_selector,
        rotation,
    } = new.refresh.as_ref().map(RefreshRow::from).unwrap_or_default();
    let parent = new.parent.map(|parent| parent.0);
    let idle_ms = new.idle.map(|idle| milliseconds(idle.after));
    let ends_at = new.idle.and_then(|idle| idle.ends_at).map(Timestamp::as_millis);
    let parent_is_active = parents
        .filter(parents.field(tokens::id).nullable().eq(parent))
        .filter(parents.field(tokens::subject).eq(new.subject.0))
        .filter(parents.field(tokens::generation).eq(new.generation.0))
        .filter(parents.field(tokens::revoked_at).is_null());
    let row = accounts::table
        .filter(accounts::id.eq(new.subject.0))
        .filter(accounts::disabled_at.is_null())
        .filter(accounts::generation.eq(new.generation.0))
        .filter(
            parent
                .into_sql::<Nullable<BigInt>>()
                .is_null()
                .or(exists(parent_is_active)),
        )
        .select((
            parent.into_sql::<Nullable<BigInt>>(),
            new.flavour.to_string().into_sql::<Text>(),
            new.realm.as_str().to_owned().into_sql::<Text>(),
            accounts::id,
            accounts::generation,
            write_list(&new.scopes).into_sql::<Text>(),
            new.label.clone().into_sql::<Nullable<Text>>(),
            bytes(new.digest.map(|digest| *digest.as_bytes())).into_sql::<Nullable<Binary>>(),
            bytes(new.salt).into_sql::<Nullable<Binary>>(),
            bytes(new.key.map(|key| *key.as_bytes())).into_sql::<Nullable<Binary>>(),
            shared.into_sql::<Bool>(),
            (
                refresh_selector.into_sql::<Nullable<Binary>>(),
                rotation.refresh_current.into_sql::<Nullable<Binary>>(),
                rotation.refresh_previous.into_sql::<Nullable<Binary>>(),
                rotation.refresh_sealed.into_sql::<Nullable<Binary>>(),
                rotation.refresh_lineage.into_sql::<Nullable<Binary>>(),
                rotation.refresh_rotations.into_sql::<Nullable<BigInt>>(),
                rotation.refresh_rotated_at.into_sql::<Nullable<BigInt>>(),
            ),
            new.issued_at.as_millis().into_sql::<BigInt>(),
            new.expires_at.map(Timestamp::as_millis).into_sql::<Nullable<BigInt>>(),
            idle_ms.into_sql::<Nullable<BigInt>>(),
            ends_at.into_sql::<Nullable<BigInt>>(),
            links.line.map(|line| line.0).into_sql::<Nullable<BigInt>>(),
            links.made_from.map(|line| line.0).into_sql::<Nullable<BigInt>>(),
        ));
    let inserted = diesel::insert_into(tokens::table)
        .values(held!(row))
        .into_columns((
            tokens::parent,
            tokens::flavour,
            tokens::realm,
            tokens::subject,
            tokens::generation,
            tokens::scopes,
            tokens::label,
            tokens::digest,
            tokens::salt,
            tokens::key_digest,
            tokens::shared,
            (
                tokens::refresh_selector,
                tokens::refresh_current,
                tokens::refresh_previous,
                tokens::refresh_sealed,
                tokens::refresh_lineage,
                tokens::refresh_rotations,
                tokens::refresh_rotated_at,
            ),
            tokens::issued_at,
            tokens::expires_at,
            tokens::idle_ms,
            tokens::ends_at,
            tokens::line,
            tokens::made_from,
        ))
        .returning((tokens::id, tokens::subject, tokens::realm, tokens::flavour));
    let entry = by.entry(AuditEvent::TokenIssued, new.issued_at);
    differences::change_token(conn, inserted, entry).await
}

fn bytes<const N: usize>(bytes: Option<[u8; N]>) -> Option<Vec<u8>> {
    bytes.map(|bytes| bytes.to_vec())
}

fn milliseconds(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}
