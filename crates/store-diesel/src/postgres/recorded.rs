//! One statement that changes a token's row and writes the audit entry about it: they are committed together without a
//! round trip of their own.

use auth_core::AuditEntry;
use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Nullable, Text};

/// `change` returns the changed row's id, subject, realm and flavour. The answer is the token's number of the entry, if a
/// row was changed.
pub(super) struct Recorded<Q> {
    change: Q,
    entry: AuditEntry,
    at: i64,
}

impl<Q> Recorded<Q> {
    pub(super) fn new(change: Q, entry: AuditEntry) -> Self {
        let at = entry.at.as_millis();
        Self { change, entry, at }
    }
}

impl<Q> Query for Recorded<Q> {
    type SqlType = Nullable<BigInt>;
}

impl<Q: QueryId> QueryId for Recorded<Q> {
    type QueryId = Recorded<Q::QueryId>;
    const HAS_STATIC_QUERY_ID: bool = Q::HAS_STATIC_QUERY_ID;
}

impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for Recorded<Q> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let entry = &self.entry;
        pass.push_sql("WITH changed (id, subject, realm, flavour) AS (");
        self.change.walk_ast(pass.reborrow())?;
        pass.push_sql(
            ") INSERT INTO audit_entries
             (token, subject, realm, flavour, at, event, outcome, actor, command, source, request, detail)
             SELECT id, subject, realm, flavour, ",
        );
        pass.push_bind_param::<BigInt, _>(&self.at)?;
        for text in [&entry.event, &entry.outcome] {
            pass.push_sql(", ");
            pass.push_bind_param::<Text, _>(text)?;
        }
        pass.push_sql(", ");
        pass.push_bind_param::<Text, _>(&entry.actor)?;
        for text in [&entry.command, &entry.source, &entry.request, &entry.detail] {
            pass.push_sql(", ");
            pass.push_bind_param::<Nullable<Text>, _>(text)?;
        }
        pass.push_sql(" FROM changed RETURNING token");
        Ok(())
    }
}
