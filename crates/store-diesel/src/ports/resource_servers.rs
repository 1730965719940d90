//! The port of resource servers. They are read as the feed is: on the connection that waits for nothing else.

use async_trait::async_trait;
use auth_core::{AuditEntry, AuditEvent, ChangeWatch, Provenance, StoreError, Timestamp, TokenDigest};
use consumer_auth::{Audience, ResourceServer, ResourceServerStore, SecretRotation};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;

use super::audit;
use super::backend::{Connection, Db};
use super::consumers::is_unstorable;
use crate::error::Outcome;
use crate::notices::Topic;
use crate::rows::{ResourceServerRow, audience_text};
use crate::schema::resource_servers;

#[async_trait]
impl ResourceServerStore for Db {
    async fn resource_servers(&self) -> Result<Vec<ResourceServer>, StoreError> {
        self.read_feed((), |conn, ()| all(conn).boxed()).await
    }

    async fn put_resource_server(
        &self,
        id: &str,
        secret: &TokenDigest,
        audience: &Audience,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let entry = Provenance::current().entry(AuditEvent::ResourceServerPut, now);
        let new = (id.to_owned(), *secret, audience.clone(), now, entry.detail(id));
        self.publish(
            Topic::ResourceServers,
            new,
            |conn, (id, secret, audience, now, entry)| put(conn, id, secret, audience, *now, entry).boxed(),
        )
        .await
    }

    async fn rotate_resource_server(&self, rotation: &SecretRotation) -> Result<bool, StoreError> {
        if is_unstorable(&rotation.key) {
            return Ok(false);
        }
        let entry = Provenance::current().entry(AuditEvent::ResourceServerRotated, rotation.now);
        self.publish(
            Topic::ResourceServers,
            (rotation.clone(), entry.detail(&rotation.key)),
            |conn, (rotation, entry)| rotate(conn, rotation, entry).boxed(),
        )
        .await
    }

    async fn set_audience(&self, id: &str, audience: &Audience) -> Result<bool, StoreError> {
        if is_unstorable(id) {
            return Ok(false);
        }
        let entry = Provenance::current().entry_now(AuditEvent::ResourceServerAudienceSet);
        self.publish(
            Topic::ResourceServers,
            (id.to_owned(), audience.clone(), entry.detail(id)),
            |conn, (id, audience, entry)| set_audience(conn, id, audience, entry).boxed(),
        )
        .await
    }

    async fn set_resource_server_disabled(&self, id: &str, disabled: bool) -> Result<bool, StoreError> {
        if is_unstorable(id) {
            return Ok(false);
        }
        let event = match disabled {
            true => AuditEvent::ResourceServerDisabled,
            false => AuditEvent::ResourceServerEnabled,
        };
        let entry = Provenance::current().entry_now(event);
        self.publish(
            Topic::ResourceServers,
            (id.to_owned(), disabled, entry.detail(id)),
            |conn, (id, disabled, entry)| set_disabled(conn, id, *disabled, entry).boxed(),
        )
        .await
    }

    fn watch_resource_servers(&self) -> ChangeWatch {
        self.watch(Topic::ResourceServers)
    }
}

async fn all(conn: &mut Connection) -> Outcome<Vec<ResourceServer>> {
    let rows = resource_servers::table
        .order(resource_servers::id)
        .select(ResourceServerRow::as_select());
    let rows: Vec<ResourceServerRow> = rows.load(conn).await?;
    rows.into_iter().map(ResourceServerRow::into_resource_server).collect()
}

async fn put(
    conn: &mut Connection,
    id: &str,
    secret: &TokenDigest,
    audience: &Audience,
    now: Timestamp,
    entry: &AuditEntry,
) -> Outcome<()> {
    let digest = resource_servers::secret_digest.eq(secret.as_bytes().to_vec());
    let flavours = resource_servers::flavours.eq(audience_text(audience));
    let no_previous = (
        resource_servers::previous_digest.eq(None::<Vec<u8>>),
        resource_servers::previous_until.eq(None::<i64>),
    );
    diesel::insert_into(resource_servers::table)
        .values((
            resource_servers::id.eq(id),
            resource_servers::created_at.eq(now.as_millis()),
            digest.clone(),
            flavours.clone(),
        ))
        .on_conflict(resource_servers::id)
        .do_update()
        .set((digest, flavours, no_previous, resource_servers::disabled.eq(false)))
        .execute(conn)
        .await?;
    audit::write(conn, entry).await
}

/// One statement: what it swaps is looked at where it is changed.
async fn rotate(conn: &mut Connection, rotation: &SecretRotation, entry: &AuditEntry) -> Outcome<bool> {
    let (from, to) = (rotation.from.as_bytes().to_vec(), rotation.to.as_bytes().to_vec());
    let until = resource_servers::previous_until;
    let no_overlap = until.is_null().or(until.assume_not_null().le(rotation.now.as_millis()));
    let row = resource_servers::table
        .filter(resource_servers::id.eq(&rotation.key))
        .filter(resource_servers::secret_digest.eq(from.clone()))
        .filter(no_overlap);
    let set = (
        resource_servers::secret_digest.eq(to),
        resource_servers::previous_digest.eq(from),
        until.eq(rotation.previous_until.as_millis()),
    );
    let rotated = diesel::update(row).set(set).execute(conn).await? == 1;
    record_if(conn, rotated, entry).await
}

async fn set_audience(conn: &mut Connection, id: &str, audience: &Audience, entry: &AuditEntry) -> Outcome<bool> {
    let row = diesel::update(resource_servers::table.find(id));
    let set = row.set(resource_servers::flavours.eq(audience_text(audience)));
    let found = set.execute(conn).await? == 1;
    record_if(conn, found, entry).await
}

async fn set_disabled(conn: &mut Connection, id: &str, disabled: bool, entry: &AuditEntry) -> Outcome<bool> {
    let row = diesel::update(resource_servers::table.find(id)).set(resource_servers::disabled.eq(disabled));
    let found = row.execute(conn).await? == 1;
    record_if(conn, found, entry).await
}

/// Writes the entry of a change that was made; says whether it was.
async fn record_if(conn: &mut Connection, changed: bool, entry: &AuditEntry) -> Outcome<bool> {
    if changed {
        audit::write(conn, entry).await?;
    }
    Ok(changed)
}
