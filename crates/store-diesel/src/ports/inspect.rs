//! A look behind the ports, for tests.

use async_trait::async_trait;
use auth_core::StoreError;
use diesel::dsl::sql;
use diesel::sql_types::{BigInt, Nullable, Text};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use futures_util::FutureExt;

use super::backend::Db;
use crate::inspect::Inspect;

#[async_trait]
impl Inspect for Db {
    async fn number(&self, query: &str) -> Result<Option<i64>, StoreError> {
        self.read(format!("({query})"), |conn, query| {
            async move { Ok(diesel::select(sql::<Nullable<BigInt>>(query)).get_result(conn).await?) }.boxed()
        })
        .await
    }

    async fn text(&self, query: &str) -> Result<Option<String>, StoreError> {
        self.read(format!("({query})"), |conn, query| {
            async move { Ok(diesel::select(sql::<Nullable<Text>>(query)).get_result(conn).await?) }.boxed()
        })
        .await
    }

    async fn execute(&self, statements: &str) -> Result<(), StoreError> {
        self.write(statements.to_owned(), |conn, statements| {
            async move { Ok(conn.batch_execute(statements).await?) }.boxed()
        })
        .await
    }
}
