//! Loads the demo data of all dialects, once for each database, and only with `--demo`.

use std::net::{IpAddr, Ipv4Addr};

use anyhow::Context;
use auth_core::{Attributes, NewAccount, PasswordHasher, Realm, Scope, Scopes, Subject, Timestamp, TokenDigest};
use consumer_auth::Audience;
use futures_util::future::join_all;
use permissions::{Role, RoleName};
use secrecy::SecretString;

use crate::extension::{Catalog, DemoConsumer, DemoData, DemoPerson, DemoRole};
use crate::parts::Stores;

/// The cost of the hashes in the demo data.
const PREPARED_COST: u32 = 12;

/// The name under which a database records that it has the demo data.
const LOADED: &str = "demo_data";

/// The same for the resource server.
const RESOURCE_SERVER_LOADED: &str = "demo_resource_server";

/// The id and the secret of the demo's resource server.
pub(crate) const RESOURCE_SERVER: &str = "demo-rs";
pub(crate) const RESOURCE_SERVER_SECRET: &str = "demo-rs-secret";

/// Loads the demo data unless the database has them. Several nodes may do so at once: every step finds or creates.
pub(crate) async fn load(
    catalog: &Catalog,
    stores: &Stores,
    hasher: &PasswordHasher,
    cost: u32,
    now: Timestamp,
) -> anyhow::Result<()> {
    if stores.meta.value(LOADED).await?.is_some() {
        return Ok(());
    }
    let data: Vec<DemoData> = catalog.dialects().iter().map(|dialect| dialect.demo_data()).collect();
    for demo_role in data.iter().flat_map(|data| &data.roles) {
        stores.roles.put(&role(demo_role)?, now).await?;
    }
    let people: Vec<&DemoPerson> = data.iter().flat_map(|data| &data.people).collect();
    let hashes = join_all(people.iter().map(|person| hash_of(person, hasher, cost))).await;
    for (person, hash) in people.into_iter().zip(hashes) {
        // `None`: another node has just created it, and sets its password.
        if let Some(subject) = stores.accounts.create(account(person, now)?).await? {
            stores.passwords.set(subject, &hash?, false, now).await?;
        }
    }
    for organisation in data.iter().flat_map(|data| &data.organisations) {
        stores.consumers.put_organisation(organisation).await?;
    }
    for DemoConsumer {
        key,
        token,
        organisation,
    } in data.iter().flat_map(|data| &data.consumers)
    {
        let digest = TokenDigest::of(token.as_bytes());
        stores.consumers.put_consumer(key, &digest, *organisation, now).await?;
    }
    stores.meta.put_if_absent(LOADED, b"1").await?;
    Ok(())
}

/// The resource server of the demo. A database that got its demo data from an earlier version has none yet.
pub(crate) async fn load_resource_server(stores: &Stores, now: Timestamp) -> anyhow::Result<()> {
    if stores.meta.value(RESOURCE_SERVER_LOADED).await?.is_some() {
        return Ok(());
    }
    let secret = TokenDigest::of(RESOURCE_SERVER_SECRET.as_bytes());
    let servers = &stores.resource_servers;
    servers
        .put_resource_server(RESOURCE_SERVER, &secret, &Audience::All, now)
        .await?;
    stores.meta.put_if_absent(RESOURCE_SERVER_LOADED, b"1").await?;
    Ok(())
}

/// A person's hash at the configured cost: the prepared one, or a new one.
async fn hash_of(person: &DemoPerson, hasher: &PasswordHasher, cost: u32) -> anyhow::Result<String> {
    if let Some(hash) = person.hash.filter(|_| cost == PREPARED_COST) {
        return Ok(hash.to_owned());
    }
    let source = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let hash = hasher.hash(&SecretString::from(person.password), source).await?;
    Ok(hash.to_text())
}

fn role(role: &DemoRole) -> anyhow::Result<Role> {
    let permissions = role.permissions.iter().map(|name| Scope::parse(name));
    let permissions: Result<Scopes, _> = permissions.collect();
    Ok(Role {
        realm: realm(role.realm)?,
        name: RoleName::parse(role.name).with_context(|| format!("demo data: the role name {}", role.name))?,
        permissions: permissions.with_context(|| format!("demo data: a permission of {}", role.name))?,
    })
}

fn account(person: &DemoPerson, now: Timestamp) -> anyhow::Result<NewAccount> {
    let attributes: Option<&Attributes> = person.attributes.as_object();
    Ok(NewAccount {
        subject: person.subject.map(Subject),
        realm: realm(person.realm)?,
        login: person.login.into(),
        alias: person.alias.map(str::to_owned),
        role: person.role.map(str::to_owned),
        attributes: attributes.cloned().unwrap_or_default(),
        created_at: now,
    })
}

fn realm(name: &str) -> anyhow::Result<Realm> {
    Realm::parse(name).with_context(|| format!("demo data: the realm name {name}"))
}
