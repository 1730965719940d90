//! The port of roles.

use async_trait::async_trait;
use auth_core::{AuditEntry, AuditEvent, Change, Provenance, Realm, Scopes, StoreError, Timestamp};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use permissions::{Role, RoleName, RoleStore, read_list, write_list};

use super::backend::{Connection, Db};
use super::{audit, feed};
use crate::error::{DbError, Outcome};
use crate::notices::Topic;
use crate::rows::granted;
use crate::schema::roles;

#[async_trait]
impl RoleStore for Db {
    async fn permissions_of(&self, realm: &Realm, role: &str) -> Result<Scopes, StoreError> {
        self.read((realm.clone(), role.to_owned()), |conn, (realm, role)| {
            permissions_of(conn, realm, role).boxed()
        })
        .await
    }

    async fn find(&self, realm: &Realm, role: &str) -> Result<Option<Role>, StoreError> {
        self.read((realm.clone(), role.to_owned()), |conn, (realm, role)| {
            find(conn, realm, role).boxed()
        })
        .await
    }

    async fn roles(&self, realm: Option<&Realm>) -> Result<Vec<Role>, StoreError> {
        self.read(realm.cloned(), |conn, realm| all(conn, realm.as_ref()).boxed())
            .await
    }

    async fn create(&self, role: &Role, now: Timestamp) -> Result<bool, StoreError> {
        let given = (role.clone(), now, entry_of(role, now));
        self.publish(Topic::Feed, given, |conn, (role, now, entry)| {
            create(conn, role, *now, entry).boxed()
        })
        .await
    }

    async fn put(&self, role: &Role, now: Timestamp) -> Result<(), StoreError> {
        let given = (role.clone(), now, entry_of(role, now));
        self.publish(Topic::Feed, given, |conn, (role, now, entry)| {
            put(conn, role, *now, entry).boxed()
        })
        .await
    }
}

fn entry_of(role: &Role, now: Timestamp) -> AuditEntry {
    let entry = Provenance::current().entry(AuditEvent::RolePut, now);
    entry.realm(&role.realm).detail(&role.summary())
}

async fn permissions_of(conn: &mut Connection, realm: &Realm, role: &str) -> Outcome<Scopes> {
    let stored = stored(conn, realm, role).await?;
    let of = || format!("role {role} of {realm}");
    Ok(stored.map(|stored| granted(&stored, of)).unwrap_or_default())
}

async fn find(conn: &mut Connection, realm: &Realm, role: &str) -> Outcome<Option<Role>> {
    let Some(stored) = stored(conn, realm, role).await? else {
        return Ok(None);
    };
    into_role(realm.clone(), role, &stored).map(Some)
}

async fn all(conn: &mut Connection, realm: Option<&Realm>) -> Outcome<Vec<Role>> {
    let ordered = roles::table.order((roles::realm, roles::name));
    let rows: Vec<(String, String, String)> = match realm {
        None => ordered.load(conn).await?,
        Some(realm) => {
            ordered
                .filter(roles::realm.eq(realm.as_str().to_owned()))
                .load(conn)
                .await?
        }
    };
    let read = |(realm, name, stored): (String, String, String)| into_role(Realm::from_stored(&realm), &name, &stored);
    rows.into_iter().map(read).collect()
}

fn into_role(realm: Realm, name: &str, stored: &str) -> Outcome<Role> {
    let read = RoleName::parse(name).ok().zip(read_list(stored));
    let (name, permissions) = read.ok_or(DbError::Corrupt("a role cannot be read"))?;
    Ok(Role {
        realm,
        name,
        permissions,
    })
}

async fn stored(conn: &mut Connection, realm: &Realm, role: &str) -> Outcome<Option<String>> {
    let row = roles::table.find((realm.as_str(), role)).select(roles::permissions);
    Ok(row.first(conn).await.optional()?)
}

async fn create(conn: &mut Connection, role: &Role, now: Timestamp, entry: &AuditEntry) -> Outcome<bool> {
    let created = diesel::insert_into(roles::table)
        .values((
            roles::realm.eq(role.realm.as_str()),
            roles::name.eq(role.name.as_str()),
            roles::permissions.eq(write_list(&role.permissions)),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    if created == 0 {
        return Ok(false);
    }
    audit::write(conn, entry).await?;
    feed::publish_change_for_a_day(conn, Change::AllRights, now).await?;
    Ok(true)
}

async fn put(conn: &mut Connection, role: &Role, now: Timestamp, entry: &AuditEntry) -> Outcome<()> {
    let permissions = roles::permissions.eq(write_list(&role.permissions));
    diesel::insert_into(roles::table)
        .values((
            roles::realm.eq(role.realm.as_str()),
            roles::name.eq(role.name.as_str()),
            permissions.clone(),
        ))
        .on_conflict((roles::realm, roles::name))
        .do_update()
        .set(permissions)
        .execute(conn)
        .await?;
    audit::write(conn, entry).await?;
    feed::publish_change_for_a_day(conn, Change::AllRights, now).await
}
