//! Facts about the database, and whether it answers.

use async_trait::async_trait;
use auth_core::StoreError;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;

use super::backend::{Connection, Db};
use crate::error::Outcome;
use crate::meta::{MetaStore, Ping};
use crate::schema::meta;

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

    async fn check_writing(&self) -> Result<(), StoreError> {
        self.statement((), |conn, ()| write_mark(conn).boxed()).await
    }
}

/// Writes a row anew, which needs room and the right to write.
async fn write_mark(conn: &mut Connection) -> Outcome<()> {
    const MARK: &str = "written";
    let row = (meta::name.eq(MARK), meta::value.eq(&b"1"[..]));
    let put = diesel::insert_into(meta::table)
        .values(row)
        .on_conflict(meta::name)
        .do_update()
        .set(meta::value.eq(&b"1"[..]));
    put.execute(conn).await?;
    Ok(())
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
