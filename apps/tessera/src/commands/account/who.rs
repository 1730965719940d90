//! Which account is meant.

use anyhow::{Context, bail};
use auth_core::{Account, FoldedLogin, Realm, Subject};
use clap::Args;

use crate::commands::admin::Admin;

/// An account, by its names or by its number.
#[derive(Debug, Args)]
pub struct Who {
    /// The account's realm, such as `workshops`; `org:171` for the clients of organisation 171.
    #[arg(long, value_name = "REALM", requires = "login", conflicts_with = "id")]
    realm: Option<String>,
    /// Its login name or its alias there.
    #[arg(long, value_name = "LOGIN", requires = "realm", required_unless_present = "id")]
    login: Option<String>,
    /// Its number, instead of realm and login.
    #[arg(long, value_name = "NUMBER")]
    id: Option<i64>,
}

impl Who {
    pub async fn find(&self, admin: &Admin) -> anyhow::Result<Account> {
        match (&self.realm, &self.login, self.id) {
            (Some(realm), Some(login), _) => find_named(admin, realm, login).await,
            (_, _, Some(id)) => {
                let found = admin.accounts().find(Subject(id)).await?;
                found.with_context(|| format!("there is no account {id}: look it up with --realm and --login"))
            }
            _ => bail!("say which account: --realm and --login, or --id"),
        }
    }
}

/// The account that signs in to this realm with this name.
pub async fn find_named(admin: &Admin, realm: &str, login: &str) -> anyhow::Result<Account> {
    let (place, name) = (realm_of(realm)?, login_of("login", login)?);
    let found = admin.passwords().find(&place, &name).await?;
    let found = found.with_context(|| format!("the realm {realm} has no account with the login or alias {login:?}"))?;
    Ok(found.account)
}

/// The realm of this name; `org:<number>` is that of an organisation's clients.
pub fn realm_of(name: &str) -> anyhow::Result<Realm> {
    let organisation = Realm::from_stored(name).organisation();
    let realm = organisation.map(Realm::of_organisation).or_else(|| Realm::parse(name));
    realm.with_context(|| format!("--realm {name:?}: a realm's name is 1 to 64 characters of a-z 0-9 - _"))
}

/// A name that somebody can sign in with.
pub fn login_of(option: &str, name: &str) -> anyhow::Result<FoldedLogin> {
    FoldedLogin::parse(name).with_context(|| {
        let most = FoldedLogin::MAX_BYTES;
        format!("--{option} {name:?}: a login name is not blank, has no control characters and at most {most} bytes")
    })
}
