//! The port of organisations, consumers and clients. A client is an account of its organisation's realm: its login is
//! its e-mail, its name an attribute.

use async_trait::async_trait;
use auth_core::{Attributes, NewAccount, Realm, StoreError, Timestamp, TokenDigest};
use consumer_auth::{Client, Consumer, ConsumerStore, NewClient, Organisation};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel::upsert::excluded;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;

use super::backend::{Connection, Db};
use crate::error::{DbError, Outcome};
use crate::rows::{AccountRow, CLIENT_NAME, ConsumerRow, OrganisationRow, attributes_text};
use crate::schema::{accounts, consumers, organisations};

#[async_trait]
impl ConsumerStore for Db {
    async fn find(&self, key: &str) -> Result<Option<Consumer>, StoreError> {
        if is_unstorable(key) {
            return Ok(None);
        }
        self.read(key.to_owned(), |conn, key| find(conn, key).boxed()).await
    }

    async fn find_or_create_client(&self, new: NewClient) -> Result<Client, StoreError> {
        // Most callers find it, and then do not wait for a writer.
        let found = self.read(new.clone(), |conn, new| find_client(conn, new).boxed());
        match found.await? {
            Some(client) => Ok(client),
            None => {
                self.statement(new, |conn, new| find_or_create_client(conn, new).boxed())
                    .await
            }
        }
    }

    async fn put_organisation(&self, organisation: &Organisation) -> Result<(), StoreError> {
        self.statement(organisation.clone(), |conn, organisation| {
            put_organisation(conn, organisation).boxed()
        })
        .await
    }

    async fn put_consumer(
        &self,
        key: &str,
        token: &TokenDigest,
        organisation: i64,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write(
            (key.to_owned(), *token, organisation, now),
            |conn, (key, token, organisation, now)| put_consumer(conn, key, token, *organisation, *now).boxed(),
        )
        .await
    }

    async fn set_consumer_disabled(&self, key: &str, disabled: bool) -> Result<bool, StoreError> {
        if is_unstorable(key) {
            return Ok(false);
        }
        self.statement((key.to_owned(), disabled), |conn, (key, disabled)| {
            set_consumer_disabled(conn, key, *disabled).boxed()
        })
        .await
    }
}

/// PostgreSQL has no text with NUL in it, so no row has such a key; asking for it would be an error.
fn is_unstorable(key: &str) -> bool {
    key.contains('\0')
}

async fn find(conn: &mut Connection, key: &str) -> Outcome<Option<Consumer>> {
    let row = consumers::table
        .inner_join(organisations::table)
        .filter(consumers::key.eq(key))
        .select((ConsumerRow::as_select(), OrganisationRow::as_select()));
    let row: Option<(ConsumerRow, OrganisationRow)> = row.first(conn).await.optional()?;
    row.map(|(consumer, organisation)| consumer.into_consumer(organisation))
        .transpose()
}

async fn find_client(conn: &mut Connection, new: &NewClient) -> Outcome<Option<Client>> {
    let realm = Realm::of_organisation(new.organisation);
    let row = accounts::table
        .filter(accounts::realm.eq(realm.as_str()))
        .filter(accounts::login_folded.eq(new.folded.as_str()))
        .select(AccountRow::as_select());
    let row: Option<AccountRow> = row.first(conn).await.optional()?;
    row.map(|row| row.into_client(new.organisation)).transpose()
}

/// One statement finds or makes the client: a row that is there is "updated" to what it was, so that it comes back.
async fn find_or_create_client(conn: &mut Connection, new: &NewClient) -> Outcome<Client> {
    let account = account_of(new);
    let row = organisations::table.find(new.organisation).select((
        account.realm.as_str().into_sql::<Text>(),
        account.login.as_str().into_sql::<Text>(),
        new.folded.as_str().into_sql::<Text>().nullable(),
        attributes_text(&account.attributes).into_sql::<Text>(),
        account.created_at.as_millis().into_sql::<BigInt>(),
    ));
    let row = diesel::insert_into(accounts::table)
        .values(row)
        .into_columns((
            accounts::realm,
            accounts::login,
            accounts::login_folded,
            accounts::attributes,
            accounts::created_at,
        ))
        .on_conflict((accounts::realm, accounts::login_folded))
        .do_update()
        .set(accounts::realm.eq(excluded(accounts::realm)))
        .returning(AccountRow::as_returning());
    let row: Option<AccountRow> = row.get_result(conn).await.optional()?;
    let row = row.ok_or(DbError::Corrupt("a client of an organisation that is not there"))?;
    row.into_client(new.organisation)
}

fn account_of(new: &NewClient) -> NewAccount {
    NewAccount {
        subject: None,
        realm: Realm::of_organisation(new.organisation),
        login: new.email.clone(),
        alias: None,
        role: None,
        attributes: Attributes::from_iter([(CLIENT_NAME.to_owned(), new.name.clone().into())]),
        created_at: new.created_at,
    }
}

async fn put_organisation(conn: &mut Connection, organisation: &Organisation) -> Outcome<()> {
    diesel::insert_into(organisations::table)
        .values(OrganisationRow::from(organisation))
        .on_conflict(organisations::id)
        .do_update()
        .set(OrganisationRow::from(organisation))
        .execute(conn)
        .await?;
    Ok(())
}

async fn put_consumer(
    conn: &mut Connection,
    key: &str,
    token: &TokenDigest,
    organisation: i64,
    now: Timestamp,
) -> Outcome<bool> {
    let found = organisations::table.find(organisation);
    let found: bool = diesel::select(exists(found)).get_result(conn).await?;
    if !found {
        return Ok(false);
    }
    let digest = consumers::token_digest.eq(token.as_bytes().to_vec());
    let put = diesel::insert_into(consumers::table)
        .values((
            consumers::key.eq(key),
            consumers::organisation_id.eq(organisation),
            consumers::created_at.eq(now.as_millis()),
            digest.clone(),
        ))
        .on_conflict(consumers::key)
        .do_update()
        .set((digest, consumers::disabled.eq(false)));
    let same_organisation = consumers::organisation_id.eq(excluded(consumers::organisation_id));
    let put = diesel::query_dsl::methods::FilterDsl::filter(put, same_organisation);
    Ok(put.execute(conn).await? == 1)
}

async fn set_consumer_disabled(conn: &mut Connection, key: &str, disabled: bool) -> Outcome<bool> {
    let row = diesel::update(consumers::table.find(key)).set(consumers::disabled.eq(disabled));
    Ok(row.execute(conn).await? == 1)
}
