//! `tessera account show`.

use auth_core::{Account, FoldedLogin, PasswordRecord};
use clap::Args;
use serde_json::{Value, json};

use super::AccountSelector;
use crate::commands::admin::Admin;
use crate::commands::report::{Report, plain, time};
use crate::options::Common;

/// Show an account. Of its password, shows only whether it has one.
#[derive(Debug, Args)]
pub struct Show {
    #[command(flatten)]
    account: AccountSelector,
}

impl Show {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        Admin::run(common, async |admin| {
            let account = self.account.find(admin).await?;
            let password = has_password(admin, &account).await?;
            let mut json = json(&account);
            json["password"] = password.into();
            Ok(Report::new(text(&account, password), json))
        })
    }
}

async fn has_password(admin: &Admin, account: &Account) -> anyhow::Result<bool> {
    let Ok(login) = FoldedLogin::parse(&account.login) else {
        return Ok(false);
    };
    let record = admin.passwords().find(&account.realm, &login).await?;
    let of_account = |record: &PasswordRecord| record.account.subject == account.subject;
    Ok(record.filter(of_account).is_some_and(|record| record.hash.is_some()))
}

/// An account in a sentence: its number, login name and realm.
pub fn describe(account: &Account) -> String {
    format!("{} ({} in {})", account.subject, plain(&account.login), account.realm)
}

/// An account as JSON.
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
        ("created", time(account.created_at)),
        (
            "attributes",
            plain(&Value::Object(account.attributes.clone()).to_string()),
        ),
    ];
    let lines = lines.map(|(name, value)| format!("{name:<11} {value}"));
    lines.join("\n")
}
