//! `tessera role list`.

use clap::Args;
use permissions::Role;
use serde_json::{Value, json};

use crate::commands::account::parse_realm;
use crate::commands::admin::Admin;
use crate::commands::report::{Report, plain};
use crate::commands::table::table;
use crate::options::Common;

/// List the roles, by realm and name.
#[derive(Debug, Args)]
pub(super) struct List {
    /// Only those of this realm.
    #[arg(long, value_name = "REALM")]
    realm: Option<String>,
}

impl List {
    pub(super) fn run(self, common: &Common) -> anyhow::Result<()> {
        Admin::run(common, async |admin| {
            let realm = self.realm.as_deref().map(parse_realm).transpose()?;
            Ok(report(&admin.roles().roles(realm.as_ref()).await?))
        })
    }
}

fn report(roles: &[Role]) -> Report {
    let rows: Vec<_> = roles.iter().map(row).collect();
    let text = match roles.is_empty() {
        true => "there are no roles: create one with `tessera role put`".to_owned(),
        false => table(["realm", "name", "permissions"], &rows),
    };
    let each: Vec<Value> = roles.iter().map(super::json).collect();
    Report::new(text, json!({ "roles": each }))
}

fn row(role: &Role) -> [String; 3] {
    let permissions: Vec<_> = role.permissions.iter().map(|name| plain(name.as_str())).collect();
    [
        role.realm.to_string(),
        plain(role.name.as_str()),
        permissions.join(", "),
    ]
}
