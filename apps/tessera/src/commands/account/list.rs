//! `tessera account list`.

use auth_core::{FoldedLogin, NameKind, NamePage, NamedAccount};
use clap::Args;
use serde_json::{Value, json};

use super::{parse_login, parse_realm, show};
use crate::commands::admin::Admin;
use crate::commands::page::Limit;
use crate::commands::report::{Report, plain, time};
use crate::commands::table::table;
use crate::options::Common;

/// List the accounts of a realm, by their login names.
#[derive(Debug, Args)]
pub struct List {
    /// The realm, such as `workshops`; `org:171` for the clients of organisation 171.
    #[arg(long, value_name = "REALM")]
    realm: String,
    /// Only those whose login name begins with this, in upper or lower case.
    #[arg(long, value_name = "TEXT")]
    begins: Option<String>,
    #[command(flatten)]
    limit: Limit,
    /// List only accounts after this one: the last login name of the previous page.
    #[arg(long, value_name = "LOGIN")]
    after: Option<String>,
}

impl List {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        Admin::run(common, async |admin| {
            let realm = parse_realm(&self.realm)?;
            let page = NamePage {
                realm,
                kind: NameKind::Login,
                begins: folded("begins", self.begins.as_deref())?.unwrap_or_default(),
                after: folded("after", self.after.as_deref())?,
                limit: self.limit.and_one(),
            };
            let (page, more) = self.limit.page(admin.accounts().named(&page).await?);
            let next = page.last().filter(|_| more).map(|last| last.name.clone());
            Ok(report(&self.realm, &page, next.as_deref()))
        })
    }
}

/// A name in the form in which names are compared.
fn folded(option: &str, name: Option<&str>) -> anyhow::Result<Option<String>> {
    let folded = |name: &str| parse_login(option, name).map(|folded: FoldedLogin| folded.as_str().to_owned());
    name.map(folded).transpose()
}

fn report(realm: &str, accounts: &[NamedAccount], next: Option<&str>) -> Report {
    let rows: Vec<_> = accounts.iter().map(row).collect();
    let mut text = match accounts.is_empty() {
        true => format!("the realm {} has no accounts", plain(realm)),
        false => table(["id", "login", "alias", "role", "state", "created"], &rows),
    };
    if let Some(next) = next {
        text.push_str(&format!("\nthere are more: use --after '{}'", plain(next)));
    }
    let each: Vec<Value> = accounts.iter().map(|one| show::json(&one.account)).collect();
    Report::new(text, json!({ "accounts": each, "next": next }))
}

fn row(NamedAccount { account, .. }: &NamedAccount) -> [String; 6] {
    let or_none = |text: Option<&String>| text.map_or("-".into(), |text| plain(text));
    [
        account.subject.to_string(),
        plain(&account.login),
        or_none(account.alias.as_ref()),
        or_none(account.role.as_ref()),
        if account.disabled { "disabled" } else { "enabled" }.to_owned(),
        time(account.created_at),
    ]
}
