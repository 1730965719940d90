//! Acts on roles.

use auth_core::{Realm, Timestamp};
use permissions::{Role, RoleName, parse_permission};

use super::patience::patiently;
use super::{Refusal, refuse};
use crate::parts::Stores;

/// A role of these permissions, by their names.
pub fn read<'a>(realm: Realm, name: &str, permissions: impl Iterator<Item = &'a str>) -> Result<Role, Refusal> {
    let refused = |what: &str, name: &str, why: &dyn std::fmt::Display| {
        Refusal::new(format!("{name:?}: {why}")).in_page(format!("The {what} {name:?} cannot be one: {why}."))
    };
    let read = |name: &'a str| parse_permission(name).map_err(|error| refused("permission", name, &error));
    Ok(Role {
        realm,
        name: RoleName::parse(name).map_err(|error| refused("name", name, &error))?,
        permissions: permissions.map(read).collect::<Result<_, _>>()?,
    })
}

/// Creates a role. One that is there is not changed.
pub async fn create(stores: &Stores, role: &Role, now: Timestamp) -> anyhow::Result<()> {
    match patiently(async || stores.roles.create(role, now).await).await? {
        true => Ok(()),
        false => refuse!(
            "The realm {} already has a role {:?}. Nothing has changed. Change that role instead.",
            role.realm,
            role.name.as_str()
        ),
    }
}

/// Creates a role, or replaces its permissions.
pub async fn put(stores: &Stores, role: &Role, now: Timestamp) -> anyhow::Result<()> {
    Ok(patiently(async || stores.roles.put(role, now).await).await?)
}

/// Refuses a role that the realm does not have, because it would silently grant nothing.
pub async fn check_exists(stores: &Stores, realm: &Realm, role: &str) -> anyhow::Result<()> {
    let name = RoleName::parse(role).map_err(|_| {
        Refusal::new(format!("{role:?} is not the name of a role")).in_page(format!("No role is called {role:?}."))
    })?;
    match stores.roles.find(realm, name.as_str()).await? {
        Some(_) => Ok(()),
        None => refuse!(
            "the realm {realm} has no role {role:?}: create it with `tessera role put --realm {realm} --name NAME`, or choose another";
            in page "The realm {realm} has no role {role:?}. Create it on the page Roles, or choose another."
        ),
    }
}
