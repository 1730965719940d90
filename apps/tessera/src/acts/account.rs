//! Acts on accounts.

use std::net::IpAddr;

use anyhow::Context;
use auth_core::{Account, Attributes, FoldedLogin, NewAccount, PasswordSetter, Timestamp};
use secrecy::SecretString;

use super::patience::patiently;
use super::{Refusal, refuse};
use crate::config::Flavour;
use crate::parts::Stores;

/// Creates an account with a password. The password is checked before, and set right after.
pub async fn create(
    stores: &Stores,
    setter: &PasswordSetter,
    new: NewAccount,
    password: &SecretString,
    source: IpAddr,
) -> anyhow::Result<Account> {
    setter.policy().check(password)?;
    let taken = taken(&new);
    let created = patiently(async || stores.accounts.create(new.clone()).await).await?;
    let subject = created.ok_or(Refusal::new(taken))?;
    let set = patiently(async || setter.set(subject, password, false, source).await).await;
    set.with_context(|| {
        format!("account {subject} was created, but has no password yet: set it with `tessera account set-password --id {subject}`")
    })?;
    let made = stores.accounts.find(subject).await?;
    made.with_context(|| format!("account {subject} has been deleted in the meantime"))
}

/// Disables or enables an account.
pub async fn set_disabled(stores: &Stores, account: &Account, disabled: bool, now: Timestamp) -> anyhow::Result<()> {
    let set = async || stores.accounts.set_disabled(account.subject, disabled, now).await;
    match patiently(set).await? {
        true => Ok(()),
        false => refuse!("{}", gone(account)),
    }
}

/// Gives an account another role, or none. Whether there is such a role is checked by the caller.
pub async fn set_role(stores: &Stores, account: &Account, role: Option<&str>, now: Timestamp) -> anyhow::Result<()> {
    let set = async || stores.accounts.set_role(account.subject, role, now).await;
    match patiently(set).await? {
        true => Ok(()),
        false => refuse!("{}", gone(account)),
    }
}

/// Sets an account's password, and revokes its sessions if `end_sessions` says so.
pub async fn set_password(
    setter: &PasswordSetter,
    account: &Account,
    password: &SecretString,
    end_sessions: bool,
    source: IpAddr,
) -> anyhow::Result<()> {
    let set = async || setter.set(account.subject, password, end_sessions, source).await;
    Ok(patiently(set).await?)
}

/// Refuses a text that cannot be a login name or alias.
pub fn check_name(name: &str) -> Result<FoldedLogin, Refusal> {
    FoldedLogin::parse(name).map_err(|why| {
        let in_page = format!("The text {name:?} is not a login name: {why}.");
        Refusal::new(format!("{name:?} is not a login name: {why}")).in_page(in_page)
    })
}

/// Refuses attributes that a flavour of the account's realm could not answer with.
pub fn check_attributes<'a>(
    attributes: &Attributes,
    flavours: impl Iterator<Item = &'a Flavour>,
) -> Result<(), Refusal> {
    for flavour in flavours {
        if let Err(error) = flavour.dialect.check_attributes(attributes) {
            let realm = flavour.realm.as_ref().map(|realm| format!(" of the realm {realm}"));
            let realm = realm.unwrap_or_default();
            return Err(Refusal::new(format!("{error} (flavour {}{realm})", flavour.name)));
        }
    }
    Ok(())
}

/// Revokes all tokens of an account.
pub async fn end_sessions(stores: &Stores, account: &Account, now: Timestamp) -> anyhow::Result<()> {
    let end = async || stores.token_admin.end_sessions(account.subject, now).await;
    match patiently(end).await? {
        true => Ok(()),
        false => refuse!("{}", gone(account)),
    }
}

fn gone(account: &Account) -> String {
    format!("account {} has been deleted in the meantime", account.subject)
}

/// The refusal of a login name, alias or number that another account has.
fn taken(new: &NewAccount) -> String {
    let alias = new
        .alias
        .as_ref()
        .map(|alias| format!(" or {alias:?}"))
        .unwrap_or_default();
    let number = new
        .subject
        .map(|subject| format!(", or the number {subject} is in use"))
        .unwrap_or_default();
    format!(
        "the realm {} already has an account with the login or alias {:?}{alias}{number}",
        new.realm, new.login
    )
}
