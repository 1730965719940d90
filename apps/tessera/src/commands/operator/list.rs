//! `tessera operator list`.

use auth_core::Account;
use clap::Args;
use serde_json::{Value, json};

use super::as_json;
use crate::acts::operator;
use crate::commands::admin::Admin;
use crate::commands::report::{Report, plain, time};
use crate::commands::table::table;
use crate::options::Common;

/// List the operators.
#[derive(Debug, Args)]
pub(super) struct List {}

impl List {
    pub(super) fn run(self, common: &Common) -> anyhow::Result<()> {
        Admin::run(common, async |admin| {
            let all = operator::all(&admin.stores()).await?;
            let rows: Vec<_> = all.iter().map(row).collect();
            let text = match all.is_empty() {
                true => "there are no operators: create one with `tessera operator add`".to_owned(),
                false => table(["login", "role", "state", "account", "created"], &rows),
            };
            let each: Vec<Value> = all.iter().map(as_json).collect();
            Ok(Report::new(text, json!({ "operators": each })))
        })
    }
}

fn row(operator: &Account) -> [String; 5] {
    [
        plain(&operator.login),
        operator.role.as_deref().map_or("none".into(), plain),
        if operator.disabled { "disabled" } else { "enabled" }.into(),
        operator.subject.to_string(),
        time(operator.created_at),
    ]
}
