//! The options that select an account.

use anyhow::{Context, bail};
use auth_core::{Account, FoldedLogin, Realm, Subject};
use clap::Args;

use crate::commands::admin::Admin;
use crate::operators;

/// The options that select an account: its realm and login name, or its number.
#[derive(Debug, Args)]
pub struct AccountSelector {
    /// The account's realm, such as `workshops`; `org:171` for the clients of organisation 171.
    #[arg(long, value_name = "REALM", requires = "login", conflicts_with = "id")]
    realm: Option<String>,
    /// Its login name or alias in the realm.
    #[arg(long, value_name = "LOGIN", requires = "realm", required_unless_present = "id")]
    login: Option<String>,
    /// Its number, instead of realm and login.
    #[arg(long, value_name = "NUMBER")]
    id: Option<i64>,
}

impl AccountSelector {
    /// The selected account, to be changed.
    pub async fn find_to_change(&self, admin: &Admin) -> anyhow::Result<Account> {
        let account = self.find(admin).await?;
        refuse_operators(&account.realm)?;
        Ok(account)
    }

    /// The selected account.
    pub async fn find(&self, admin: &Admin) -> anyhow::Result<Account> {
        match (&self.realm, &self.login, self.id) {
            (Some(realm), Some(login), _) => find_by_login(admin, realm, login).await,
            (_, _, Some(id)) => {
                let found = admin.accounts().find(Subject(id)).await?;
                found.with_context(|| format!("there is no account {id}: find it with --realm and --login"))
            }
            _ => bail!("no account is selected: give --realm and --login, or --id"),
        }
    }
}

/// Operators have commands of their own, which know their roles and keep the last owner.
pub fn refuse_operators(realm: &Realm) -> anyhow::Result<()> {
    if realm.as_str() == operators::REALM {
        bail!("the realm {realm} is that of the server's operators: use `tessera operator`");
    }
    Ok(())
}

/// The account of this realm with this login name or alias.
pub async fn find_by_login(admin: &Admin, realm: &str, login: &str) -> anyhow::Result<Account> {
    let (realm_name, login_name) = (parse_realm(realm)?, parse_login("login", login)?);
    let found = admin.passwords().find(&realm_name, &login_name).await?;
    let found = found.with_context(|| format!("the realm {realm} has no account with the login or alias {login:?}"))?;
    Ok(found.account)
}

/// The realm with this name; `org:<number>` is the realm of an organisation's clients.
pub fn parse_realm(name: &str) -> anyhow::Result<Realm> {
    let organisation = Realm::from_stored(name).organisation();
    let realm = organisation.map_or_else(|| Realm::parse(name), |number| Ok(Realm::of_organisation(number)));
    realm.with_context(|| format!("--realm {name:?} is not the name of a realm"))
}

/// A login name or alias, folded. `option` names the option in the error.
pub fn parse_login(option: &str, name: &str) -> anyhow::Result<FoldedLogin> {
    FoldedLogin::parse(name).with_context(|| format!("--{option} {name:?} is not a login name"))
}
