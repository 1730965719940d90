//! A look behind the ports, for tests.

use async_trait::async_trait;
use auth_core::StoreError;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use futures_util::FutureExt;

use super::backend::Db;
use crate::inspect::Inspect;
use crate::schema::tokens;

/// Begins what tests send, so that it can be distinguished from what the ports send.
const MARK: &str = "/* test */";

#[async_trait]
impl Inspect for Db {
    async fn number(&self, query: &str) -> Result<Option<i64>, StoreError> {
        self.read(format!("{MARK} ({query})"), |conn, query| {
            async move { Ok(diesel::select(sql::<Nullable<BigInt>>(query)).get_result(conn).await?) }.boxed()
        })
        .await
    }

    async fn text(&self, query: &str) -> Result<Option<String>, StoreError> {
        self.read(format!("{MARK} ({query})"), |conn, query| {
            async move { Ok(diesel::select(sql::<Nullable<Text>>(query)).get_result(conn).await?) }.boxed()
        })
        .await
    }

    async fn execute(&self, statements: &str) -> Result<(), StoreError> {
        self.write(format!("{MARK} {statements}"), |conn, statements| {
            async move { Ok(conn.batch_execute(statements).await?) }.boxed()
        })
        .await
    }

    async fn issued_at(&self, id: i64) -> Result<Option<i64>, StoreError> {
        self.read(id, |conn, id| {
            let row = tokens::table.find(*id).select(tokens::issued_at);
            async move { Ok(row.first(conn).await.optional()?) }.boxed()
        })
        .await
    }
}
