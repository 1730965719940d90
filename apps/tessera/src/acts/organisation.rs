//! Acts on organisations.

use auth_core::StoreError;
use consumer_auth::Organisation;

use super::patience::patiently;
use super::refuse;
use crate::parts::Stores;

/// Creates an organisation. One that is there is not changed.
pub async fn create(stores: &Stores, organisation: &Organisation) -> anyhow::Result<()> {
    check(organisation)?;
    match patiently(async || stores.consumers.create_organisation(organisation).await).await? {
        true => Ok(()),
        false => refuse!(
            "There is an organisation {} already. Nothing has changed. Change it instead, or take another number.",
            organisation.id
        ),
    }
}

/// Creates an organisation, or replaces its data.
pub async fn put(stores: &Stores, organisation: &Organisation) -> anyhow::Result<()> {
    check(organisation)?;
    Ok(patiently(async || stores.consumers.put_organisation(organisation).await).await?)
}

/// The organisation with this number.
pub async fn find(stores: &Stores, id: i64) -> Result<Option<Organisation>, StoreError> {
    // The next one after the number before.
    let found = stores.consumers.organisations(id.checked_sub(1), 1).await?;
    Ok(found.into_iter().find(|one| one.id == id))
}

/// Refuses a name or a subdomain that cannot be one.
pub fn check(organisation: &Organisation) -> anyhow::Result<()> {
    let Organisation { name, subdomain, .. } = organisation;
    let length = name.chars().count();
    if name.trim().is_empty() || length > 255 || name.chars().any(char::is_control) {
        refuse!("name {name:?}: a name is 1 to 255 characters, not blank, without control characters");
    }
    let label = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let edges = subdomain.starts_with('-') || subdomain.ends_with('-');
    if !(1..=63).contains(&subdomain.len()) || !subdomain.bytes().all(label) || edges {
        refuse!("subdomain {subdomain:?}: a subdomain is 1 to 63 characters of a-z 0-9 and -, no - at the ends");
    }
    Ok(())
}
