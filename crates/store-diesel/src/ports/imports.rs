//! The ports of what another system had: taken over, and looked up.

use async_trait::async_trait;
use auth_core::{
    AccountImport, AuditEntry, AuditEvent, Change, FlavourName, FoldedLogin, Generation, ImportMode, ImportOutcome,
    ImportStore, ImportedDigest, ImportedToken, ImportedTokenStore, NewAccount, NoPeppers, Provenance, Realm,
    SignedArrival, StoreError, StoredPassword, Subject, Timestamp, TokenId, TokenImport,
};
use diesel::prelude::*;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use futures_util::FutureExt;
use permissions::write_list;

use super::backend::{Connection, Db};
use super::{accounts, audit, differences, feed};
use crate::error::Outcome;
use crate::notices::Topic;
use crate::schema::{accounts as account_rows, imported_accounts, imported_tokens, passwords, roles, tokens};

#[async_trait]
impl ImportedTokenStore for Db {
    async fn find_imported(&self, digests: &[ImportedDigest]) -> Result<Option<ImportedToken>, StoreError> {
        let digests: Vec<String> = digests.iter().map(|digest| digest.as_str().to_owned()).collect();
        self.read(digests, |conn, digests| find_imported(conn, digests).boxed())
            .await
    }

    async fn record_signed(&self, arrival: &SignedArrival) -> Result<Option<ImportedToken>, StoreError> {
        self.write(arrival.clone(), |conn, arrival| record_signed(conn, arrival).boxed())
            .await
    }
}

#[async_trait]
impl ImportStore for Db {
    async fn import_accounts(
        &self,
        realm: &Realm,
        rows: &[AccountImport],
        mode: ImportMode,
        now: Timestamp,
    ) -> Result<Vec<ImportOutcome>, StoreError> {
        let entry = Provenance::current().entry(AuditEvent::MovedIn, now).realm(realm);
        let asked = (realm.clone(), rows.to_vec(), mode, now, entry);
        self.write(asked, |conn, (realm, rows, mode, now, entry)| {
            import_accounts(conn, realm, rows, *mode, *now, entry).boxed()
        })
        .await
    }

    async fn import_tokens(
        &self,
        realm: &Realm,
        flavour: &FlavourName,
        rows: &[TokenImport],
        mode: ImportMode,
        now: Timestamp,
    ) -> Result<Vec<ImportOutcome>, StoreError> {
        let entry = Provenance::current().entry(AuditEvent::MovedIn, now).realm(realm);
        let asked = (
            realm.clone(),
            flavour.clone(),
            rows.to_vec(),
            (mode, now),
            entry.flavour(flavour),
        );
        self.publish(
            Topic::Feed,
            asked,
            |conn, (realm, flavour, rows, (mode, now), entry)| {
                import_tokens(conn, (realm, flavour), rows, (*mode, *now), entry).boxed()
            },
        )
        .await
    }
}

async fn find_imported(conn: &mut Connection, digests: &[String]) -> Outcome<Option<ImportedToken>> {
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

async fn import_accounts(
    conn: &mut Connection,
    realm: &Realm,
    rows: &[AccountImport],
    mode: ImportMode,
    now: Timestamp,
    entry: &AuditEntry,
) -> Outcome<Vec<ImportOutcome>> {
    begin(conn, mode).await?;
    let mut outcomes = Vec::with_capacity(rows.len());
    for row in rows {
        outcomes.push(import_account(conn, realm, row, now).await?);
    }
    finish(conn, mode, entry, "accounts", &outcomes).await?;
    Ok(outcomes)
}

async fn import_account(
    conn: &mut Connection,
    realm: &Realm,
    row: &AccountImport,
    now: Timestamp,
) -> Outcome<ImportOutcome> {
    if let Some(id) = owner(conn, realm, &row.source_id).await? {
        return present(conn, id, row, now).await;
    }
    let new = NewAccount {
        subject: None,
        realm: realm.clone(),
        login: row.login.clone(),
        alias: row.alias.clone(),
        role: row.role.clone(),
        attributes: row.attributes.clone(),
        created_at: row.created_at,
    };
    let Some(Subject(id)) = accounts::insert_named(conn, &new).await? else {
        return Ok(ImportOutcome::NameTaken);
    };
    let known = (
        imported_accounts::realm.eq(realm.as_str()),
        imported_accounts::source_id.eq(&row.source_id),
        imported_accounts::account_id.eq(id),
    );
    diesel::insert_into(imported_accounts::table)
        .values(known)
        .execute(conn)
        .await?;
    if let Some(hash) = &row.hash {
        let password = (
            passwords::account_id.eq(id),
            passwords::hash.eq(hash),
            passwords::changed_at.eq(now.as_millis()),
        );
        diesel::insert_into(passwords::table)
            .values(password)
            .execute(conn)
            .await?;
    }
    if row.disabled {
        diesel::update(account_rows::table.find(id))
            .set(account_rows::disabled_at.eq(now.as_millis()))
            .execute(conn)
            .await?;
    }
    Ok(ImportOutcome::Added)
}

/// What an account is that was imported with the row's key: the row's, if it has the same login name, in any case. One that was
/// removed may have had it.
async fn present(conn: &mut Connection, id: i64, row: &AccountImport, now: Timestamp) -> Outcome<ImportOutcome> {
    let stored = account_rows::table
        .find(id)
        .select((account_rows::login, account_rows::disabled_at));
    let stored: Option<(String, Option<i64>)> = stored.first(conn).await.optional()?;
    let Some((login, disabled_at)) = stored else {
        return Ok(ImportOutcome::Present);
    };
    let is_same = login == row.login || FoldedLogin::parse(&login).ok() == FoldedLogin::parse(&row.login).ok();
    if !is_same {
        return Ok(ImportOutcome::OtherLogin);
    }
    let is_other_state = disabled_at.is_some() != row.disabled;
    let is_replaced = replace_pepper(conn, id, row, now).await?;
    Ok(match (is_replaced, is_other_state) {
        (true, _) => ImportOutcome::NewPepper(is_other_state),
        (false, true) => ImportOutcome::OtherState,
        (false, false) => ImportOutcome::Present,
    })
}

/// Replaces the hash that an earlier import has brought, if only its pepper was another one. A hash with which somebody has signed
/// in, or that was set here, is another bcrypt hash.
async fn replace_pepper(conn: &mut Connection, id: i64, row: &AccountImport, now: Timestamp) -> Outcome<bool> {
    let Some(hash) = &row.hash else {
        return Ok(false);
    };
    let stored = passwords::table.find(id).select(passwords::hash);
    let stored: Option<String> = stored.first(conn).await.optional()?;
    let peppers = row.peppers.as_deref().unwrap_or(&NoPeppers);
    let Some(stored) = stored.filter(|stored| StoredPassword::differs_in_pepper(stored, hash, peppers)) else {
        return Ok(false);
    };
    let same = passwords::table.find(id).filter(passwords::hash.eq(stored));
    let new = (passwords::hash.eq(hash), passwords::changed_at.eq(now.as_millis()));
    Ok(diesel::update(same).set(new).execute(conn).await? == 1)
}

async fn import_tokens(
    conn: &mut Connection,
    (realm, flavour): (&Realm, &FlavourName),
    rows: &[TokenImport],
    (mode, now): (ImportMode, Timestamp),
    entry: &AuditEntry,
) -> Outcome<Vec<ImportOutcome>> {
    begin(conn, mode).await?;
    let mut outcomes = Vec::with_capacity(rows.len());
    for row in rows {
        outcomes.push(import_token(conn, realm, flavour, row).await?);
    }
    if finish(conn, mode, entry, "tokens", &outcomes).await? > 0 {
        feed::publish_change_for_a_day(conn, Change::Imported, now).await?;
    }
    Ok(outcomes)
}

async fn import_token(
    conn: &mut Connection,
    realm: &Realm,
    flavour: &FlavourName,
    row: &TokenImport,
) -> Outcome<ImportOutcome> {
    let present = imported_tokens::table
        .find(row.digest.as_str())
        .select((imported_tokens::flavour, imported_tokens::token_id));
    let present: Option<(String, i64)> = present.first(conn).await.optional()?;
    let owner = owner(conn, realm, &row.owner).await?;
    if let Some((present, token)) = present {
        return match present == **flavour {
            true => present_token(conn, token, owner).await,
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
async fn present_token(conn: &mut Connection, token: i64, owner: Option<i64>) -> Outcome<ImportOutcome> {
    let record = tokens::table
        .inner_join(account_rows::table)
        .filter(tokens::id.eq(token))
        .select((
            tokens::subject,
            tokens::generation.eq(account_rows::generation),
            tokens::revoked_at,
        ));
    let record: Option<(i64, bool, Option<i64>)> = record.first(conn).await.optional()?;
    Ok(match record {
        Some((subject, ..)) if owner != Some(subject) => ImportOutcome::OtherOwner,
        Some((_, true, None)) => ImportOutcome::Present,
        _ => ImportOutcome::RevokedHere,
    })
}

/// The owner's row is held first: of two that are asked at once for one text, the second finds what the first has recorded.
async fn record_signed(conn: &mut Connection, arrival: &SignedArrival) -> Outcome<Option<ImportedToken>> {
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
    let account = account_rows::table.find(id).left_join(
        roles::table.on(roles::realm
            .eq(account_rows::realm)
            .and(roles::name.nullable().eq(account_rows::role))),
    );
    let account = account.select((
        account_rows::generation,
        account_rows::disabled_at,
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

/// The account that a user of the other system became.
async fn owner(conn: &mut Connection, realm: &Realm, source_id: &str) -> Outcome<Option<i64>> {
    let row = imported_accounts::table
        .find((realm.as_str(), source_id))
        .select(imported_accounts::account_id);
    Ok(row.first(conn).await.optional()?)
}

async fn begin(conn: &mut Connection, mode: ImportMode) -> Outcome<()> {
    match mode {
        ImportMode::Apply => Ok(()),
        ImportMode::Try => Ok(conn.batch_execute("SAVEPOINT tried").await?),
    }
}

/// Takes back what was only tried, and records what was added. How many rows that is.
async fn finish(
    conn: &mut Connection,
    mode: ImportMode,
    entry: &AuditEntry,
    what: &str,
    outcomes: &[ImportOutcome],
) -> Outcome<usize> {
    if mode == ImportMode::Try {
        conn.batch_execute("ROLLBACK TO SAVEPOINT tried; RELEASE SAVEPOINT tried")
            .await?;
        return Ok(0);
    }
    let of = |is: fn(&ImportOutcome) -> bool| outcomes.iter().filter(|outcome| is(outcome)).count();
    let added = of(|outcome| *outcome == ImportOutcome::Added);
    let peppers = of(|outcome| matches!(outcome, ImportOutcome::NewPepper(_)));
    for (count, what) in [(added, what), (peppers, "peppers")] {
        if count > 0 {
            audit::write(conn, &entry.clone().detail(&format!("{count} {what}"))).await?;
        }
    }
    Ok(added)
}
