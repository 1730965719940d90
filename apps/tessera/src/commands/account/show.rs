//! `tessera account show`.

use auth_core::{Account, FoldedLogin};
use clap::Args;
use serde_json::{Value, json};

use super::Who;
use crate::commands::admin::Admin;
use crate::commands::report::{Report, plain, time};
use crate::options::Common;

/// Show an account. Of its password, only whether it has one.
#[derive(Debug, Args)]
pub struct Show {
    #[command(flatten)]
    who: Who,
}

impl Show {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        Admin::run(common, async |admin| {
            let account = self.who.find(admin).await?;
            let password = has_password(admin, &account).await?;
            let mut json = json(&account);
            json["password"] = password.into();
            Ok(Report::new(text(&account, password), json))
        })
    }
}

async fn has_password(admin: &Admin, account: &Account) -> anyhow::Result<bool> {
    let Some(login) = FoldedLogin::parse(&account.login) else {
        return Ok(false);
    };
    let credential = admin.passwords().find(&account.realm, &login).await?;
    let of_account = |credential: &auth_core::PasswordRecord| credential.account.subject == account.subject;
    Ok(credential
        .filter(of_account)
        .is_some_and(|credential| credential.hash.is_some()))
}

/// An account in a sentence: its number, with its names for people.
pub fn named(account: &Account) -> String {
    format!("{} ({} in {})", account.subject, plain(&account.login), account.realm)
}

/// An account for programs.
pub fn json(account: &Account) -> Value {
    json!({
        "id": account.subject.0,
        "realm": account.realm.as_str(),
        "login": account.login,
        "alias": account.alias,
        "role": account.role,
        "disabled": account.disabled,
        "created_at": time(account.created_at),
        "attributes": account.attributes,
    })
}

fn text(account: &Account, password: bool) -> String {
    let or_none = |text: Option<&String>| text.map_or("none".into(), |text| plain(text));
    let lines = [
        ("account", account.subject.to_string()),
        ("realm", account.realm.to_string()),
        ("login", plain(&account.login)),
        ("alias", or_none(account.alias.as_ref())),
        ("role", or_none(account.role.as_ref())),
        ("state", if account.disabled { "disabled" } else { "enabled" }.into()),
        ("password", if password { "set" } else { "none" }.into()),
        ("made", time(account.created_at)),
        (
            "attributes",
            plain(&Value::Object(account.attributes.clone()).to_string()),
        ),
    ];
    let lines = lines.map(|(name, value)| format!("{name:<11} {value}"));
    lines.join("\n")
}
