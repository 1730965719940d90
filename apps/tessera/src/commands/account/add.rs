//! `tessera account add`.

use anyhow::{Context, bail};
use auth_core::{Account, NewAccount, Realm, Subject};
use clap::Args;
use secrecy::SecretString;

use super::{attributes, parse_login, parse_realm, role, show};
use crate::commands::admin::Admin;
use crate::commands::input;
use crate::commands::patience::patiently;
use crate::commands::report::Report;
use crate::options::Common;

/// Create an account with a password. The password is read from the terminal or from standard input.
#[derive(Debug, Args)]
pub struct Add {
    /// The account's realm, as a `[[flavour]]` block names it.
    #[arg(long, value_name = "REALM")]
    realm: String,
    /// Its login name, such as an e-mail address.
    #[arg(long, value_name = "LOGIN")]
    login: String,
    /// A second login name.
    #[arg(long, value_name = "ALIAS")]
    alias: Option<String>,
    /// The name of its role. The realm must have this role.
    #[arg(long, value_name = "NAME")]
    role: Option<String>,
    /// The attributes that its dialect prints: a JSON object, or @FILE with one.
    #[arg(long, value_name = "JSON|@FILE")]
    attributes: Option<String>,
    /// Its number, to keep one from another system [default: the next free number]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(i64).range(1..))]
    id: Option<i64>,
    /// Read the password from standard input.
    #[arg(long)]
    password_stdin: bool,
}

impl Add {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        Admin::run(common, async |admin| {
            let new = self.new_account(admin).await?;
            let password = input::new_password(self.password_stdin)?;
            let account = create(admin, new, &password).await?;
            if admin
                .config
                .flavours
                .iter()
                .all(|flavour| flavour.realm.as_ref() != Some(&account.realm))
            {
                eprintln!(
                    "tessera: note: no flavour in these settings uses the realm {}",
                    account.realm
                );
            }
            let line = format!("account {} created", show::describe(&account));
            Ok(Report::new(line, show::json(&account)))
        })
    }

    async fn new_account(&self, admin: &Admin) -> anyhow::Result<NewAccount> {
        let realm = self.realm()?;
        parse_login("login", &self.login)?;
        self.alias
            .as_deref()
            .map(|alias| parse_login("alias", alias))
            .transpose()?;
        if let Some(role) = &self.role {
            role::check_exists(admin, &realm, role).await?;
        }
        let attributes = attributes::read(self.attributes.as_deref())?;
        attributes::check(&attributes, &realm, &admin.config)?;
        Ok(NewAccount {
            subject: self.id.map(Subject),
            realm,
            login: self.login.trim().to_owned(),
            alias: self.alias.as_deref().map(|alias| alias.trim().to_owned()),
            role: self.role.clone(),
            attributes,
            created_at: admin.now(),
        })
    }

    fn realm(&self) -> anyhow::Result<Realm> {
        let realm = parse_realm(&self.realm)?;
        if realm.organisation().is_some() {
            bail!("--realm {realm}: clients have no password; their consumers create them");
        }
        Ok(realm)
    }
}

/// Checks the password before the account is created, and sets it right after.
async fn create(admin: &Admin, new: NewAccount, password: &SecretString) -> anyhow::Result<Account> {
    let setter = admin.password_setter()?;
    setter.policy().check(password)?;
    let taken = taken(&new);
    let created = patiently(async || admin.accounts().create(new.clone()).await);
    let subject = created.await?.with_context(|| taken)?;
    let set = patiently(async || setter.set(subject, password, false, super::password::SOURCE).await).await;
    set.with_context(|| {
        format!("account {subject} was created, but has no password yet: set it with `tessera account set-password --id {subject}`")
    })?;
    let made = admin.accounts().find(subject).await?;
    made.with_context(|| format!("account {subject} has been deleted in the meantime"))
}

/// The error for a login name, alias or number that another account has.
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
