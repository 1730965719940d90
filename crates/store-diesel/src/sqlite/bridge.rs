//! The one bridge from SQLite's blocking calls to the ports' asynchronous code.
//!
//! A [`Bridge`] stays on a thread of its own ([`worker`](super::worker)). It does each call at once, on that thread,
//! and answers with a future that is ready. So a whole operation costs one hop to the thread and back, however many
//! statements it has, and nothing can be cancelled halfway.

use super::open::FileIdentity;
use std::future::{Ready, ready};

use diesel::connection::{Connection, LoadConnection, SimpleConnection};
use diesel::query_builder::{AsQuery, AstPass, Query, QueryFragment, QueryId};
use diesel::row::IntoOwnedRow;
use diesel::sqlite::Sqlite;
use diesel::{QueryResult, SqliteConnection};
use diesel_async::{AsyncConnectionCore, SimpleAsyncConnection};
use futures_util::stream;

/// A connection to SQLite that the ports' code can use.
pub(crate) struct Bridge {
    connection: SqliteConnection,
    file: Option<FileIdentity>,
}

type SqliteRow = <SqliteConnection as LoadConnection>::Row<'static, 'static>;
type OwnedRow = <SqliteRow as IntoOwnedRow<'static, Sqlite>>::OwnedRow;
type Rows = stream::Iter<std::vec::IntoIter<QueryResult<OwnedRow>>>;

impl Bridge {
    /// `file`: the one that it is connected to; `None` for memory.
    pub(super) fn new(connection: SqliteConnection, file: Option<FileIdentity>) -> Self {
        Self { connection, file }
    }

    /// The file that it is connected to, wherever that is by now.
    pub(super) fn file(&self) -> Option<FileIdentity> {
        self.file
    }

    pub(super) fn blocking(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }

    fn rows<T>(&mut self, query: T) -> QueryResult<Rows>
    where
        T: AsQuery,
        T::Query: QueryFragment<Sqlite> + QueryId,
    {
        let mut cache = Default::default();
        let cursor = LoadConnection::load(&mut self.connection, Untyped(query.as_query()))?;
        let rows = cursor.map(|row| Ok(IntoOwnedRow::into_owned(row?, &mut cache)));
        Ok(stream::iter(rows.collect::<Vec<_>>()))
    }
}

/// A query whose columns are typed by the code that reads its rows, as diesel-async has it.
struct Untyped<Q>(Q);

impl<Q> Query for Untyped<Q> {
    type SqlType = diesel::sql_types::Untyped;
}

impl<Q: QueryId> QueryId for Untyped<Q> {
    type QueryId = Q::QueryId;
    const HAS_STATIC_QUERY_ID: bool = Q::HAS_STATIC_QUERY_ID;
}

impl<Q: QueryFragment<Sqlite>> QueryFragment<Sqlite> for Untyped<Q> {
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        self.0.walk_ast(pass)
    }
}

impl SimpleAsyncConnection for Bridge {
    async fn batch_execute(&mut self, query: &str) -> QueryResult<()> {
        self.connection.batch_execute(query)
    }
}

impl AsyncConnectionCore for Bridge {
    type ExecuteFuture<'conn, 'query> = Ready<QueryResult<usize>>;
    type LoadFuture<'conn, 'query> = Ready<QueryResult<Rows>>;
    type Stream<'conn, 'query> = Rows;
    type Row<'conn, 'query> = OwnedRow;
    type Backend = Sqlite;

    fn load<'conn, 'query, T>(&'conn mut self, source: T) -> Self::LoadFuture<'conn, 'query>
    where
        T: AsQuery + 'query,
        T::Query: QueryFragment<Sqlite> + QueryId + 'query,
    {
        ready(self.rows(source))
    }

    fn execute_returning_count<'conn, 'query, T>(&'conn mut self, source: T) -> Self::ExecuteFuture<'conn, 'query>
    where
        T: QueryFragment<Sqlite> + QueryId + 'query,
    {
        ready(self.connection.execute_returning_count(&source))
    }
}
