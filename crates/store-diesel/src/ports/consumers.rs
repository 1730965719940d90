//! The port of organisations, consumers and clients. A client is an account of its organisation's realm: its login is
//! its e-mail, its name an attribute.

use async_trait::async_trait;
use auth_core::{
    Attributes, AuditEntry, AuditEvent, NewAccount, Provenance, Realm, StoreError, Subject, Timestamp, TokenDigest,
};
use consumer_auth::{Client, ClientsOf, Consumer, ConsumerStore, NewClient, Organisation, SecretRotation};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::upsert::excluded;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;

use super::audit;
use super::backend::{Connection, Db};
use crate::error::Outcome;
use crate::rows::{AccountRow, CLIENT_NAME, ConsumerRow, NewConsumer, OrganisationRow, attributes_text};
use crate::schema::{accounts, consumer_clients, consumers, organisations};

#[async_trait]
impl ConsumerStore for Db {
    async fn find(&self, key: &str) -> Result<Option<Consumer>, StoreError> {
        if is_unstorable(key) {
            return Ok(None);
        }
        self.read(key.to_owned(), |conn, key| find(conn, key).boxed()).await
    }

    async fn find_client(&self, asked: &NewClient) -> Result<Option<Client>, StoreError> {
        if is_unstorable(&asked.consumer) {
            return Ok(None);
        }
        self.read(asked.clone(), |conn, asked| find_client(conn, asked).boxed())
            .await
    }

    async fn find_or_create_client(&self, new: NewClient) -> Result<Option<Client>, StoreError> {
        if is_unstorable(&new.consumer) {
            return Ok(None);
        }
        let by = Provenance::current();
        self.write((new, by), |conn, (new, by)| {
            find_or_create_client(conn, new, by).boxed()
        })
        .await
    }

    async fn clients(&self, of: &ClientsOf, after: Option<Subject>, limit: u32) -> Result<Vec<Subject>, StoreError> {
        let after = after.map_or(i64::MIN, |after| after.0);
        self.read((of.clone(), after, limit), |conn, (of, after, limit)| {
            clients(conn, of, *after, *limit).boxed()
        })
        .await
    }

    async fn organisations(&self, after: Option<i64>, limit: u32) -> Result<Vec<Organisation>, StoreError> {
        let after = after.unwrap_or(i64::MIN);
        self.read((after, limit), |conn, (after, limit)| {
            organisations_after(conn, *after, *limit).boxed()
        })
        .await
    }

    async fn consumers(&self, after: Option<&str>, limit: u32) -> Result<Vec<Consumer>, StoreError> {
        // The order has the empty text before every key, and no key is empty.
        let after = after.unwrap_or_default().replace('\0', "\u{1}");
        self.read((after, limit), |conn, (after, limit)| {
            consumers_after(conn, after, *limit).boxed()
        })
        .await
    }

    async fn create_organisation(&self, organisation: &Organisation) -> Result<bool, StoreError> {
        let given = (organisation.clone(), entry_of(organisation));
        self.write(given, |conn, (organisation, entry)| {
            create_organisation(conn, organisation, entry).boxed()
        })
        .await
    }

    async fn put_organisation(&self, organisation: &Organisation) -> Result<(), StoreError> {
        let given = (organisation.clone(), entry_of(organisation));
        self.write(given, |conn, (organisation, entry)| {
            put_organisation(conn, organisation, entry).boxed()
        })
        .await
    }

    async fn create_consumer(
        &self,
        key: &str,
        token: &TokenDigest,
        organisation: i64,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let row = NewConsumer::of(key, token, organisation, now);
        self.write((row, put_entry(key, organisation, now)), |conn, (row, entry)| {
            create_consumer(conn, row, entry).boxed()
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
        let row = NewConsumer::of(key, token, organisation, now);
        self.write((row, put_entry(key, organisation, now)), |conn, (row, entry)| {
            put_consumer(conn, row, entry).boxed()
        })
        .await
    }

    async fn rotate_consumer(&self, rotation: &SecretRotation) -> Result<bool, StoreError> {
        if is_unstorable(&rotation.key) {
            return Ok(false);
        }
        let entry = Provenance::current().entry(AuditEvent::ConsumerRotated, rotation.now);
        self.write(
            (rotation.clone(), entry.detail(&rotation.key)),
            |conn, (rotation, entry)| rotate_consumer(conn, rotation, entry).boxed(),
        )
        .await
    }

    async fn set_consumer_disabled(&self, key: &str, disabled: bool) -> Result<bool, StoreError> {
        if is_unstorable(key) {
            return Ok(false);
        }
        let event = match disabled {
            true => AuditEvent::ConsumerDisabled,
            false => AuditEvent::ConsumerEnabled,
        };
        let entry = Provenance::current().entry_now(event).detail(key);
        self.write((key.to_owned(), disabled, entry), |conn, (key, disabled, entry)| {
            set_consumer_disabled(conn, key, *disabled, entry).boxed()
        })
        .await
    }
}

fn entry_of(organisation: &Organisation) -> AuditEntry {
    let entry = Provenance::current().entry_now(AuditEvent::OrganisationPut);
    let entry = entry.realm(&Realm::of_organisation(organisation.id));
    entry.detail(&organisation.summary())
}

/// PostgreSQL has no text with NUL in it, so no row has such a key; asking for it would be an error.
pub(super) fn is_unstorable(key: &str) -> bool {
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

async fn organisations_after(conn: &mut Connection, after: i64, limit: u32) -> Outcome<Vec<Organisation>> {
    let rows = organisations::table
        .filter(organisations::id.gt(after))
        .order(organisations::id)
        .limit(limit.into())
        .select(OrganisationRow::as_select());
    let rows: Vec<OrganisationRow> = rows.load(conn).await?;
    rows.into_iter().map(OrganisationRow::into_organisation).collect()
}

async fn consumers_after(conn: &mut Connection, after: &str, limit: u32) -> Outcome<Vec<Consumer>> {
    let rows = consumers::table
        .inner_join(organisations::table)
        .filter(consumers::key.gt(after.to_owned()))
        .order(consumers::key)
        .limit(limit.into())
        .select((ConsumerRow::as_select(), OrganisationRow::as_select()));
    let rows: Vec<(ConsumerRow, OrganisationRow)> = rows.load(conn).await?;
    let read = |(consumer, organisation): (ConsumerRow, OrganisationRow)| consumer.into_consumer(organisation);
    rows.into_iter().map(read).collect()
}

/// The client, if this consumer has vouched for it before and still may.
async fn find_client(conn: &mut Connection, new: &NewClient) -> Outcome<Option<Client>> {
    let realm = Realm::of_organisation(new.organisation);
    let row = consumer_clients::table
        .inner_join(accounts::table)
        .inner_join(consumers::table)
        .filter(consumers::key.eq(&new.consumer))
        .filter(consumers::organisation_id.eq(new.organisation))
        .filter(consumers::disabled.eq(false))
        .filter(accounts::realm.eq(realm.as_str()))
        .filter(accounts::login_folded.eq(new.folded.as_str()))
        .select(AccountRow::as_select());
    let row: Option<AccountRow> = row.first(conn).await.optional()?;
    row.map(|row| row.into_client(new.organisation)).transpose()
}

/// Whether the consumer is an enabled one of this organisation; no other transaction changes it before this one ends.
async fn hold_consumer(conn: &mut Connection, key: &str, organisation: i64) -> Outcome<bool> {
    let consumer = consumers::table
        .filter(consumers::key.eq(key))
        .filter(consumers::organisation_id.eq(organisation))
        .filter(consumers::disabled.eq(false))
        .select(consumers::key);
    let consumer: Option<String> = held!(consumer).first(conn).await.optional()?;
    Ok(consumer.is_some())
}

/// The consumer's row is held: it is not disabled before what it creates, and that it did, is there to be found.
async fn find_or_create_client(conn: &mut Connection, new: &NewClient, by: &Provenance) -> Outcome<Option<Client>> {
    if !hold_consumer(conn, &new.consumer, new.organisation).await? {
        return Ok(None);
    }
    let row = create_client(conn, new).await?;
    let vouched = (
        consumer_clients::consumer_key.eq(&new.consumer),
        consumer_clients::account_id.eq(row.id()),
        consumer_clients::since.eq(new.created_at.as_millis()),
    );
    let first = diesel::insert_into(consumer_clients::table)
        .values(vouched)
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    if first == 1 {
        let entry = by.entry(AuditEvent::ClientVouched, new.created_at);
        let entry = entry.realm(&Realm::of_organisation(new.organisation));
        let entry = entry.subject(Subject(row.id())).detail(&new.consumer);
        audit::write(conn, &entry).await?;
    }
    row.into_client(new.organisation).map(Some)
}

/// One statement finds or creates the client: a row that is there is "updated" to what it was, so that it comes back.
async fn create_client(conn: &mut Connection, new: &NewClient) -> Outcome<AccountRow> {
    let account = account_of(new);
    let row = (
        accounts::realm.eq(account.realm.as_str()),
        accounts::login.eq(account.login.as_str()),
        accounts::login_folded.eq(new.folded.as_str()),
        accounts::attributes.eq(attributes_text(&account.attributes)),
        accounts::created_at.eq(account.created_at.as_millis()),
    );
    let row = diesel::insert_into(accounts::table)
        .values(row)
        .on_conflict((accounts::realm, accounts::login_folded))
        .do_update()
        .set(accounts::realm.eq(excluded(accounts::realm)))
        .returning(AccountRow::as_returning());
    Ok(row.get_result(conn).await?)
}

async fn clients(conn: &mut Connection, of: &ClientsOf, after: i64, limit: u32) -> Outcome<Vec<Subject>> {
    let ids: Vec<i64> = match of {
        ClientsOf::Consumer(key) => {
            let rows = consumer_clients::table
                .filter(consumer_clients::consumer_key.eq(key))
                .filter(consumer_clients::account_id.gt(after))
                .order(consumer_clients::account_id)
                .limit(limit.into())
                .select(consumer_clients::account_id);
            rows.load(conn).await?
        }
        ClientsOf::Organisation(id) => {
            let rows = accounts::table
                .filter(accounts::realm.eq(Realm::of_organisation(*id).as_str().to_owned()))
                .filter(accounts::id.gt(after))
                .order(accounts::id)
                .limit(limit.into())
                .select(accounts::id);
            rows.load(conn).await?
        }
    };
    Ok(ids.into_iter().map(Subject).collect())
}

/// One statement: what it swaps is looked at where it is changed.
async fn rotate_consumer(conn: &mut Connection, rotation: &SecretRotation, entry: &AuditEntry) -> Outcome<bool> {
    let (from, to) = (rotation.from.as_bytes().to_vec(), rotation.to.as_bytes().to_vec());
    let no_overlap = consumers::previous_until
        .is_null()
        .or(consumers::previous_until.assume_not_null().le(rotation.now.as_millis()));
    let row = consumers::table
        .filter(consumers::key.eq(&rotation.key))
        .filter(consumers::token_digest.eq(from.clone()))
        .filter(no_overlap);
    let set = (
        consumers::token_digest.eq(to),
        consumers::previous_digest.eq(from),
        consumers::previous_until.eq(rotation.previous_until.as_millis()),
    );
    let rotated = diesel::update(row).set(set).execute(conn).await? == 1;
    if rotated {
        audit::write(conn, entry).await?;
    }
    Ok(rotated)
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

async fn create_organisation(conn: &mut Connection, organisation: &Organisation, entry: &AuditEntry) -> Outcome<bool> {
    let created = diesel::insert_into(organisations::table)
        .values(OrganisationRow::from(organisation))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    if created == 1 {
        audit::write(conn, entry).await?;
    }
    Ok(created == 1)
}

async fn put_organisation(conn: &mut Connection, organisation: &Organisation, entry: &AuditEntry) -> Outcome<()> {
    diesel::insert_into(organisations::table)
        .values(OrganisationRow::from(organisation))
        .on_conflict(organisations::id)
        .do_update()
        .set(OrganisationRow::from(organisation))
        .execute(conn)
        .await?;
    audit::write(conn, entry).await
}

fn put_entry(key: &str, organisation: i64, now: Timestamp) -> AuditEntry {
    let entry = Provenance::current().entry(AuditEvent::ConsumerPut, now);
    entry.realm(&Realm::of_organisation(organisation)).detail(key)
}

async fn is_organisation(conn: &mut Connection, id: i64) -> Outcome<bool> {
    let found = organisations::table.find(id);
    Ok(diesel::select(exists(found)).get_result(conn).await?)
}

async fn create_consumer(conn: &mut Connection, row: &NewConsumer, entry: &AuditEntry) -> Outcome<bool> {
    if !is_organisation(conn, row.organisation_id).await? {
        return Ok(false);
    }
    let created = diesel::insert_into(consumers::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    if created == 1 {
        audit::write(conn, entry).await?;
    }
    Ok(created == 1)
}

async fn put_consumer(conn: &mut Connection, row: &NewConsumer, entry: &AuditEntry) -> Outcome<bool> {
    if !is_organisation(conn, row.organisation_id).await? {
        return Ok(false);
    }
    let digest = consumers::token_digest.eq(&row.token_digest);
    let no_previous = (
        consumers::previous_digest.eq(None::<Vec<u8>>),
        consumers::previous_until.eq(None::<i64>),
    );
    let put = diesel::insert_into(consumers::table)
        .values(row)
        .on_conflict(consumers::key)
        .do_update()
        .set((digest, no_previous, consumers::disabled.eq(false)));
    let same_organisation = consumers::organisation_id.eq(excluded(consumers::organisation_id));
    let put = diesel::query_dsl::methods::FilterDsl::filter(put, same_organisation);
    let changed = put.execute(conn).await? == 1;
    if changed {
        audit::write(conn, entry).await?;
    }
    Ok(changed)
}

async fn set_consumer_disabled(conn: &mut Connection, key: &str, disabled: bool, entry: &AuditEntry) -> Outcome<bool> {
    let row = diesel::update(consumers::table.find(key)).set(consumers::disabled.eq(disabled));
    let found = row.execute(conn).await? == 1;
    if found {
        audit::write(conn, entry).await?;
    }
    Ok(found)
}
