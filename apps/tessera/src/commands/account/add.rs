//! `tessera account add`.

use anyhow::{Context, bail};
use auth_core::{NewAccount, Realm, Subject};
use clap::Args;

use super::{SOURCE, attributes, parse_login, parse_realm, selector, show};
use crate::acts;
use crate::commands::admin::Admin;
use crate::commands::input;
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
            let setter = admin.password_setter()?;
            let account = acts::account::create(&admin.stores(), &setter, new, &password, SOURCE).await?;
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
            let checked = acts::role::check_exists(&admin.stores(), &realm, role).await;
            checked.context("--role")?;
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
        selector::refuse_operators(&realm)?;
        Ok(realm)
    }
}
