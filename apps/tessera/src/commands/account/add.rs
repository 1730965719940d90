//! `tessera account add`.

use anyhow::{Context, bail};
use auth_core::{Account, NewAccount, Realm, Subject};
use clap::Args;
use secrecy::SecretString;

use super::{attributes, login_of, role, show};
use crate::commands::admin::Admin;
use crate::commands::input;
use crate::commands::report::Report;
use crate::options::Common;

/// Make an account with a password. The password is read from the terminal, or from standard input.
#[derive(Debug, Args)]
pub struct Add {
    /// The realm it lives in, as a `[[flavour]]` block names it.
    #[arg(long, value_name = "REALM")]
    realm: String,
    /// What it signs in with, such as an e-mail address.
    #[arg(long, value_name = "LOGIN")]
    login: String,
    /// A second name to sign in with.
    #[arg(long, value_name = "ALIAS")]
    alias: Option<String>,
    /// The name of its role in the realm.
    #[arg(long, value_name = "NAME")]
    role: Option<String>,
    /// What its dialect says about it: a JSON object, or @FILE with one.
    #[arg(long, value_name = "JSON|@FILE")]
    attributes: Option<String>,
    /// Its number, for one that brings it along from elsewhere [default: the next one]
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
            let account = make(admin, new, &password).await?;
            if admin
                .config
                .flavours
                .iter()
                .all(|flavour| flavour.realm.as_ref() != Some(&account.realm))
            {
                eprintln!(
                    "tessera: note: no flavour of these settings has the realm {}",
                    account.realm
                );
            }
            let line = format!("made account {}", show::named(&account));
            Ok(Report::new(line, show::json(&account)))
        })
    }

    async fn new_account(&self, admin: &Admin) -> anyhow::Result<NewAccount> {
        let realm = self.realm()?;
        login_of("login", &self.login)?;
        self.alias
            .as_deref()
            .map(|alias| login_of("alias", alias))
            .transpose()?;
        if let Some(role) = &self.role {
            role::refuse_unknown(admin, &realm, role).await?;
        }
        let attributes = attributes::read(self.attributes.as_deref())?;
        attributes::refuse_lacking(&attributes, &realm, &admin.config)?;
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
        let realm = super::realm_of(&self.realm)?;
        if realm.organisation().is_some() {
            bail!("--realm {realm}: clients have no password; their consumers make them");
        }
        Ok(realm)
    }
}

/// The password is looked at before the account is made, and set right after.
async fn make(admin: &Admin, new: NewAccount, password: &SecretString) -> anyhow::Result<Account> {
    let setter = admin.password_setter()?;
    setter.policy().check(password)?;
    let taken = taken(&new);
    let subject = admin.accounts().create(new).await?.with_context(|| taken)?;
    let set = setter.set(subject, password, false, super::password::HERE).await;
    set.with_context(|| {
        format!("account {subject} was made, but has no password yet: `tessera account set-password --id {subject}`")
    })?;
    let made = admin.accounts().find(subject).await?;
    made.with_context(|| format!("account {subject} is gone again: somebody has removed it"))
}

fn taken(new: &NewAccount) -> String {
    let alias = new
        .alias
        .as_ref()
        .map(|alias| format!(" or {alias:?}"))
        .unwrap_or_default();
    let number = new
        .subject
        .map(|subject| format!(", or the number {subject} is taken"))
        .unwrap_or_default();
    format!(
        "the realm {} has an account with the login or alias {:?}{alias} already{number}",
        new.realm, new.login
    )
}
