//! Sealed keys, facts about the database, and whether it answers.

use async_trait::async_trait;
use auth_core::{StoreError, Timestamp};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;

use super::backend::{Connection, Db};
use super::differences;
use crate::error::Outcome;
use crate::schema::{meta, vault};
use crate::vault::{MetaStore, Ping, StoredKey, VaultStore};

#[async_trait]
impl VaultStore for Db {
    async fn keys(&self) -> Result<Vec<StoredKey>, StoreError> {
        self.read((), |conn, ()| keys(conn).boxed()).await
    }

    async fn put_key_if_absent(&self, key: &StoredKey) -> Result<bool, StoreError> {
        self.statement(key.clone(), |conn, key| put_key(conn, key).boxed())
            .await
    }

    async fn put_first_key(&self, key: &StoredKey) -> Result<bool, StoreError> {
        self.write(key.clone(), |conn, key| put_first_key(conn, key).boxed())
            .await
    }

    async fn set_key_times(
        &self,
        name: &str,
        activates_at: Timestamp,
        retires_at: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        self.statement(
            (name.to_owned(), activates_at, retires_at),
            |conn, (name, activates_at, retires_at)| set_key_times(conn, name, *activates_at, *retires_at).boxed(),
        )
        .await
    }

    async fn delete_key(&self, name: &str) -> Result<bool, StoreError> {
        self.statement(name.to_owned(), |conn, name| delete_key(conn, name).boxed())
            .await
    }
}

#[async_trait]
impl MetaStore for Db {
    async fn value(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(name.to_owned(), |conn, name| value(conn, name).boxed()).await
    }

    async fn put_if_absent(&self, name: &str, value: &[u8]) -> Result<Vec<u8>, StoreError> {
        self.write((name.to_owned(), value.to_vec()), |conn, (name, value)| {
            put_if_absent(conn, name, value).boxed()
        })
        .await
    }
}

#[async_trait]
impl Ping for Db {
    async fn ping(&self) -> Result<(), StoreError> {
        let any = self.read((), |conn, ()| {
            async move {
                let row = meta::table.select(meta::name).limit(1);
                let _: Option<String> = row.first(conn).await.optional()?;
                Ok(())
            }
            .boxed()
        });
        any.await
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = vault)]
struct KeyRow {
    name: String,
    purpose: String,
    sealed: Vec<u8>,
    created_at: i64,
    activates_at: i64,
    retires_at: Option<i64>,
}

impl From<&StoredKey> for KeyRow {
    fn from(key: &StoredKey) -> Self {
        Self {
            name: key.name.clone(),
            purpose: key.purpose.clone(),
            sealed: key.sealed.clone(),
            created_at: key.created_at.as_millis(),
            activates_at: key.activates_at.as_millis(),
            retires_at: key.retires_at.map(Timestamp::as_millis),
        }
    }
}

impl From<KeyRow> for StoredKey {
    fn from(row: KeyRow) -> Self {
        Self {
            name: row.name,
            purpose: row.purpose,
            sealed: row.sealed,
            created_at: Timestamp::from_millis(row.created_at),
            activates_at: Timestamp::from_millis(row.activates_at),
            retires_at: row.retires_at.map(Timestamp::from_millis),
        }
    }
}

async fn keys(conn: &mut Connection) -> Outcome<Vec<StoredKey>> {
    let rows = vault::table
        .order((vault::activates_at, vault::name))
        .select(KeyRow::as_select());
    let rows: Vec<KeyRow> = rows.load(conn).await?;
    Ok(rows.into_iter().map(StoredKey::from).collect())
}

async fn put_key(conn: &mut Connection, key: &StoredKey) -> Outcome<bool> {
    let added = diesel::insert_into(vault::table)
        .values(KeyRow::from(key))
        .on_conflict_do_nothing();
    Ok(added.execute(conn).await? == 1)
}

async fn put_first_key(conn: &mut Connection, key: &StoredKey) -> Outcome<bool> {
    differences::hold_vault(conn).await?;
    let others = vault::table.filter(vault::purpose.eq(&key.purpose));
    let others: bool = diesel::select(exists(others)).get_result(conn).await?;
    match others {
        true => Ok(false),
        false => put_key(conn, key).await,
    }
}

async fn set_key_times(
    conn: &mut Connection,
    name: &str,
    activates_at: Timestamp,
    retires_at: Option<Timestamp>,
) -> Outcome<bool> {
    let times = (
        vault::activates_at.eq(activates_at.as_millis()),
        vault::retires_at.eq(retires_at.map(Timestamp::as_millis)),
    );
    let row = diesel::update(vault::table.find(name)).set(times);
    Ok(row.execute(conn).await? == 1)
}

async fn delete_key(conn: &mut Connection, name: &str) -> Outcome<bool> {
    Ok(diesel::delete(vault::table.find(name)).execute(conn).await? == 1)
}

async fn value(conn: &mut Connection, name: &str) -> Outcome<Option<Vec<u8>>> {
    let row = meta::table.find(name).select(meta::value);
    Ok(row.first(conn).await.optional()?)
}

async fn put_if_absent(conn: &mut Connection, name: &str, value: &[u8]) -> Outcome<Vec<u8>> {
    let row = (meta::name.eq(name), meta::value.eq(value));
    let put = diesel::insert_into(meta::table).values(row).on_conflict_do_nothing();
    put.execute(conn).await?;
    Ok(meta::table.find(name).select(meta::value).first(conn).await?)
}
