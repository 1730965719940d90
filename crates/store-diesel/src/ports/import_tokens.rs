//! Tokens of another system: taken over, and looked up.

use auth_core::{
    AuditEntry, Change, FlavourName, Generation, ImportMode, ImportOutcome, ImportedDigest, ImportedToken, Realm,
    SignedArrival, Subject, Timestamp, TokenId, TokenImport,
};
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};
use diesel_async::RunQueryDsl;
use permissions::write_list;

use super::backend::Connection;
use super::imports::{begin, finish, owner};
use super::{differences, feed};
use crate::error::Outcome;
use crate::schema::{accounts, children, imported_tokens, roles, tokens};

pub(super) async fn find_imported(conn: &mut Connection, digests: &[String]) -> Outcome<Option<ImportedToken>> {
    let row = imported_tokens::table
        .filter(imported_tokens::digest.eq_any(digests))
        .select((
            imported_tokens::digest,
            imported_tokens::token_id,
            imported_tokens::number,
        ));
    let row: Option<(String, i64, Option<i64>)> = row.first(conn).await.optional()?;
    Ok(row.map(|(digest, token, number)| ImportedToken {
        digest: ImportedDigest::from_stored(digest),
        token: TokenId(token),
        number,
    }))
}

pub(super) async fn import_tokens(
    conn: &mut Connection,
    (realm, flavour): (&Realm, &FlavourName),
    rows: &[TokenImport],
    (mode, now): (ImportMode, Timestamp),
    entry: &AuditEntry,
) -> Outcome<Vec<ImportOutcome>> {
    begin(conn, mode).await?;
    let mut outcomes = Vec::with_capacity(rows.len());
    for row in rows {
        outcomes.push(import_token(conn, (realm, flavour), row, now).await?);
    }
    if finish(conn, mode, entry, "tokens", &outcomes).await? > 0 {
        feed::publish_change_for_a_day(conn, Change::Imported, now).await?;
    }
    Ok(outcomes)
}

async fn import_token(
    conn: &mut Connection,
    (realm, flavour): (&Realm, &FlavourName),
    row: &TokenImport,
    now: Timestamp,
) -> Outcome<ImportOutcome> {
    let present = imported_tokens::table
        .find(row.digest.as_str())
        .select((imported_tokens::flavour, imported_tokens::token_id));
    let present: Option<(String, i64)> = present.first(conn).await.optional()?;
    let owner = owner(conn, realm, &row.owner).await?;
    if let Some((present, token)) = present {
        return match present == **flavour {
            true => present_token(conn, (token, row), owner, now).await,
            false => Ok(ImportOutcome::OtherFlavour(present.into())),
        };
    }
    let Some(id) = owner else {
        return Ok(ImportOutcome::NoOwner);
    };
    match enabled(conn, id).await? {
        Some(owner) => add_token(conn, (realm, flavour), row, &owner, None).await?,
        None => return Ok(ImportOutcome::OwnerDisabled),
    };
    Ok(ImportOutcome::Added)
}

/// What a token is that was imported before.
async fn present_token(
    conn: &mut Connection,
    (token, row): (i64, &TokenImport),
    owner: Option<i64>,
    now: Timestamp,
) -> Outcome<ImportOutcome> {
    let record = tokens::table
        .inner_join(accounts::table)
        .filter(tokens::id.eq(token))
        .select((
            tokens::subject,
            tokens::generation.eq(accounts::generation),
            tokens::revoked_at,
        ));
    let record: Option<(i64, bool, Option<i64>)> = record.first(conn).await.optional()?;
    Ok(match record {
        Some((subject, ..)) if owner != Some(subject) => ImportOutcome::OtherOwner,
        Some((subject, true, None)) => match extend(conn, token, row).await? {
            true => {
                let changed = Change::SubjectRights(Subject(subject));
                feed::publish_change_for_a_day(conn, changed, now).await?;
                ImportOutcome::Extended
            }
            false => ImportOutcome::Present,
        },
        _ => ImportOutcome::RevokedHere,
    })
}

/// Has a token expire when it does at the other system, if that is later. One that was replaced here keeps its end. The record is held first, so
/// that it is not replaced meanwhile.
async fn extend(conn: &mut Connection, token: i64, row: &TokenImport) -> Outcome<bool> {
    let end = row.expires_at.map(Timestamp::as_millis);
    differences::hold_session(conn, TokenId(token)).await?;
    let others = children
        .filter(children.field(tokens::line).eq(tokens::id.nullable()))
        .filter(children.field(tokens::id).ne(tokens::id));
    let is_earlier = end
        .into_sql::<Nullable<BigInt>>()
        .is_null()
        .or(tokens::expires_at.lt(end));
    let extended = tokens::table
        .filter(tokens::id.eq(token))
        .filter(live!())
        .filter(not(exists(others)))
        .filter(tokens::expires_at.is_not_null())
        .filter(is_earlier.assume_not_null());
    let extended = diesel::update(extended).set(tokens::expires_at.eq(end));
    Ok(extended.execute(conn).await? > 0)
}

/// The owner's row is held first: of two that are asked at once for one text, the second finds what the first has recorded.
pub(super) async fn record_signed(conn: &mut Connection, arrival: &SignedArrival) -> Outcome<Option<ImportedToken>> {
    let SignedArrival {
        realm, flavour, token, ..
    } = arrival;
    let Some(id) = owner(conn, realm, &token.owner).await? else {
        return Ok(None);
    };
    differences::hold_account(conn, Subject(id)).await?;
    let digests = [arrival.digest.as_str().to_owned()];
    if let Some(found) = find_imported(conn, &digests).await? {
        return Ok(Some(found));
    }
    let owner = enabled(conn, id).await?;
    // Later generations begin when all tokens of an account are revoked. Which of the signed ones were issued before is not known.
    let Some(owner) = owner.filter(|owner| owner.generation == Generation(0)) else {
        return Ok(None);
    };
    let row = TokenImport {
        digest: arrival.digest.clone(),
        number: None,
        owner: token.owner.clone(),
        scopes: None,
        label: None,
        issued_at: token.issued_at,
        expires_at: Some(token.expires_at),
        last_used_at: None,
    };
    let id = add_token(conn, (realm, flavour), &row, &owner, Some(token.expires_at)).await?;
    Ok(Some(ImportedToken {
        digest: row.digest,
        token: TokenId(id),
        number: None,
    }))
}

/// Adds the record and what finds it. `forget_at`: when nothing can bring the token back.
async fn add_token(
    conn: &mut Connection,
    (realm, flavour): (&Realm, &FlavourName),
    row: &TokenImport,
    owner: &Owner,
    forget_at: Option<Timestamp>,
) -> Outcome<i64> {
    let scopes = row.scopes.as_ref().map(write_list);
    let token = (
        tokens::flavour.eq(flavour.to_string()),
        tokens::realm.eq(realm.as_str()),
        tokens::subject.eq(owner.id),
        tokens::generation.eq(owner.generation.0),
        tokens::scopes.eq(scopes.as_ref().unwrap_or(&owner.permissions)),
        tokens::label.eq(&row.label),
        tokens::digest.eq(row.digest.of_record().as_bytes().to_vec()),
        tokens::shared.eq(false),
        tokens::issued_at.eq(row.issued_at.as_millis()),
        tokens::expires_at.eq(row.expires_at.map(Timestamp::as_millis)),
        tokens::last_used_at.eq(row.last_used_at.map(Timestamp::as_millis)),
    );
    let token: i64 = diesel::insert_into(tokens::table)
        .values(token)
        .returning(tokens::id)
        .get_result(conn)
        .await?;
    let known = (
        imported_tokens::digest.eq(row.digest.as_str()),
        imported_tokens::flavour.eq(flavour.to_string()),
        imported_tokens::token_id.eq(token),
        imported_tokens::number.eq(row.number),
        imported_tokens::forget_at.eq(forget_at.map(Timestamp::as_millis)),
    );
    diesel::insert_into(imported_tokens::table)
        .values(known)
        .execute(conn)
        .await?;
    Ok(token)
}

/// Who a token belongs to, and what it has from there.
struct Owner {
    id: i64,
    generation: Generation,
    /// All of the role's, as they are stored.
    permissions: String,
}

/// `None`: the account is disabled or gone.
async fn enabled(conn: &mut Connection, id: i64) -> Outcome<Option<Owner>> {
    let account = accounts::table.find(id).left_join(
        roles::table.on(roles::realm
            .eq(accounts::realm)
            .and(roles::name.nullable().eq(accounts::role))),
    );
    let account = account.select((
        accounts::generation,
        accounts::disabled_at,
        roles::permissions.nullable(),
    ));
    let account: Option<(i64, Option<i64>, Option<String>)> = account.first(conn).await.optional()?;
    Ok(match account {
        Some((generation, None, permissions)) => Some(Owner {
            id,
            generation: Generation(generation),
            permissions: permissions.unwrap_or_else(|| "[]".to_owned()),
        }),
        _ => None,
    })
}
