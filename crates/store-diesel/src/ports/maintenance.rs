//! Operations on a whole database.

use async_trait::async_trait;
use auth_core::{AuditEntry, AuditEvent, Provenance, Realm, StoreError, Subject, Timestamp};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use keystore::StoredKey;

use super::backend::{Connection, Db};
use super::{audit, differences, keys};
use crate::error::Outcome;
use crate::maintenance::{FactChange, Maintenance, RootKeyChange, RootKeyDependents, StoredNames};
use crate::schema::{accounts, meta, tokens, vault};

type NamesRow = (i64, String, String, Option<String>, Option<String>, Option<String>);

#[async_trait]
impl Maintenance for Db {
    async fn root_key_dependents(&self, now: Timestamp) -> Result<RootKeyDependents, StoreError> {
        self.read(now, |conn, now| dependents(conn, *now).boxed()).await
    }

    async fn change_root_key(&self, change: &RootKeyChange) -> Result<bool, StoreError> {
        let by = Provenance::current();
        self.write_patiently((change.clone(), by), |conn, (change, by)| {
            change_root_key(conn, change, by).boxed()
        })
        .await
    }

    async fn change_master_keys(&self, change: &FactChange, entry: AuditEntry) -> Result<bool, StoreError> {
        self.write((change.clone(), entry), |conn, (change, entry)| {
            change_master_keys(conn, change, entry).boxed()
        })
        .await
    }

    async fn names(&self, after: Option<Subject>, limit: u32) -> Result<Vec<StoredNames>, StoreError> {
        let after = after.map_or(i64::MIN, |after| after.0);
        self.read((after, limit), |conn, (after, limit)| {
            names(conn, *after, *limit).boxed()
        })
        .await
    }

    async fn put_folded_names(&self, names: &StoredNames, now: Timestamp) -> Result<bool, StoreError> {
        let by = Provenance::current();
        self.write((names.clone(), now, by), |conn, (names, now, by)| {
            put_folded_names(conn, names, *now, by).boxed()
        })
        .await
    }
}

async fn dependents(conn: &mut Connection, now: Timestamp) -> Outcome<RootKeyDependents> {
    let goes_on = || tokens::expires_at.is_null().or(tokens::expires_at.gt(now.as_millis()));
    let refreshed = tokens::table
        .filter(live!())
        .filter(goes_on())
        .filter(tokens::refresh_current.is_not_null());
    let refreshed: i64 = refreshed.count().get_result(conn).await?;
    let shared = tokens::table.filter(live!()).filter(goes_on()).filter(tokens::shared);
    let shared: i64 = shared.count().get_result(conn).await?;
    Ok(RootKeyDependents {
        refreshed_sessions: refreshed.unsigned_abs(),
        shared_tokens: shared.unsigned_abs(),
    })
}

async fn change_root_key(conn: &mut Connection, change: &RootKeyChange, by: &Provenance) -> Outcome<bool> {
    differences::hold_keys(conn).await?;
    let stored: Vec<StoredKey> = keys::keys(conn).await?;
    if stored != change.keys_before {
        return Ok(false);
    }
    for fact in &change.facts {
        if fact_now(conn, fact.name).await? != fact.before {
            return Ok(false);
        }
    }
    for key in &change.keys_after {
        let row = diesel::update(vault::table.find(&key.name)).set(vault::sealed.eq(&key.sealed));
        row.execute(conn).await?;
    }
    for fact in &change.facts {
        put_fact(conn, fact).await?;
    }
    let shared = diesel::update(tokens::table.filter(tokens::shared)).set(tokens::shared.eq(false));
    shared.execute(conn).await?;
    audit::write(conn, &by.entry(AuditEvent::MasterKeyChanged, change.now)).await?;
    Ok(true)
}

async fn change_master_keys(conn: &mut Connection, change: &FactChange, entry: &AuditEntry) -> Outcome<bool> {
    differences::hold_keys(conn).await?;
    if fact_now(conn, change.name).await? != change.before {
        return Ok(false);
    }
    put_fact(conn, change).await?;
    audit::write(conn, entry).await?;
    Ok(true)
}

async fn fact_now(conn: &mut Connection, name: &str) -> Outcome<Option<Vec<u8>>> {
    let fact = meta::table.find(name).select(meta::value);
    Ok(fact.first(conn).await.optional()?)
}

async fn put_fact(conn: &mut Connection, fact: &FactChange) -> Outcome<()> {
    let row = (meta::name.eq(fact.name), meta::value.eq(&fact.after));
    let put = diesel::insert_into(meta::table)
        .values(row)
        .on_conflict(meta::name)
        .do_update()
        .set(meta::value.eq(&fact.after));
    put.execute(conn).await?;
    Ok(())
}

async fn names(conn: &mut Connection, after: i64, limit: u32) -> Outcome<Vec<StoredNames>> {
    let rows = accounts::table
        .filter(accounts::id.gt(after))
        .order(accounts::id)
        .limit(limit.into())
        .select((
            accounts::id,
            accounts::realm,
            accounts::login,
            accounts::login_folded,
            accounts::alias,
            accounts::alias_folded,
        ));
    let rows: Vec<NamesRow> = rows.load(conn).await?;
    let of_row = |(id, realm, login, login_folded, alias, alias_folded): NamesRow| StoredNames {
        subject: Subject(id),
        realm: Realm::from_stored(&realm),
        login,
        login_folded,
        alias,
        alias_folded,
    };
    Ok(rows.into_iter().map(of_row).collect())
}

async fn put_folded_names(
    conn: &mut Connection,
    names: &StoredNames,
    now: Timestamp,
    by: &Provenance,
) -> Outcome<bool> {
    differences::hold_names(conn, &names.realm).await?;
    let folded = [&names.login_folded, &names.alias_folded];
    let folded: Vec<&str> = folded.into_iter().filter_map(Option::as_deref).collect();
    let others = || {
        accounts::table
            .filter(accounts::realm.eq(names.realm.as_str().to_owned()))
            .filter(accounts::id.ne(names.subject.0))
    };
    let login = others().filter(accounts::login_folded.eq_any(folded.clone()));
    let alias = others().filter(accounts::alias_folded.eq_any(folded));
    if diesel::select(exists(login).or(exists(alias))).get_result(conn).await? {
        return Ok(false);
    }
    let row = diesel::update(accounts::table.find(names.subject.0)).set((
        accounts::login_folded.eq(&names.login_folded),
        accounts::alias_folded.eq(&names.alias_folded),
    ));
    let changed = row.execute(conn).await? == 1;
    if changed {
        let entry = by.entry(AuditEvent::AccountNamesFolded, now);
        audit::write(conn, &entry.subject(names.subject).realm(&names.realm)).await?;
    }
    Ok(changed)
}
