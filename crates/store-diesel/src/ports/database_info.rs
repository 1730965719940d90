//! What a database reports about itself, for operators.

use async_trait::async_trait;
use auth_core::{StoreError, Timestamp};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;

use super::backend::{Connection, Db};
use super::differences;
use crate::database_info::{DatabaseInfo, InfoStore};
use crate::error::Outcome;
use crate::schema::{accounts, feed, tokens, vault};

#[async_trait]
impl InfoStore for Db {
    async fn database_info(&self) -> Result<DatabaseInfo, StoreError> {
        self.read((), |conn, ()| database_info(conn).boxed()).await
    }
}

async fn database_info(conn: &mut Connection) -> Outcome<DatabaseInfo> {
    let (engine, settings) = differences::settings(conn).await?;
    let newest = newest(conn).await?;
    Ok(DatabaseInfo {
        engine,
        settings,
        newest,
    })
}

/// The rows of the highest numbers are the latest, so that nothing is searched.
async fn newest(conn: &mut Connection) -> Outcome<Option<Timestamp>> {
    let account = accounts::table.order(accounts::id.desc()).select(accounts::created_at);
    let account: Option<i64> = account.first(conn).await.optional()?;
    let token = tokens::table.order(tokens::id.desc()).select(tokens::issued_at);
    let token: Option<i64> = token.first(conn).await.optional()?;
    let change = feed::table.order(feed::sequence.desc()).select(feed::at);
    let change: Option<i64> = change.first(conn).await.optional()?;
    let key: Option<i64> = vault::table
        .select(diesel::dsl::max(vault::created_at))
        .get_result(conn)
        .await?;
    let newest = [account, token, change, key].into_iter().flatten().max();
    Ok(newest.map(Timestamp::from_millis))
}
