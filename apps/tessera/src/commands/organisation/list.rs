//! `tessera organisation list`.

use clap::Args;
use consumer_auth::Organisation;
use serde_json::{Value, json};

use crate::commands::admin::Admin;
use crate::commands::page::Limit;
use crate::commands::report::{Report, plain};
use crate::commands::table::table;
use crate::options::Common;

/// List the organisations, by their numbers.
#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    limit: Limit,
    /// List only organisations after this one: the last number of the previous page.
    #[arg(long, value_name = "NUMBER")]
    after: Option<i64>,
}

impl List {
    pub(super) fn run(self, common: &Common) -> anyhow::Result<()> {
        Admin::run(common, async |admin| {
            let store = admin.consumers();
            let (page, more) = self
                .limit
                .page(store.organisations(self.after, self.limit.and_one()).await?);
            let next = page.last().filter(|_| more).map(|organisation| organisation.id);
            Ok(report(&page, next))
        })
    }
}

fn report(organisations: &[Organisation], next: Option<i64>) -> Report {
    let rows: Vec<_> = organisations.iter().map(row).collect();
    let mut text = match organisations.is_empty() {
        true => "there are no organisations: create one with `tessera organisation put`".to_owned(),
        false => table(["id", "name", "subdomain", "UTC offset, s"], &rows),
    };
    if let Some(next) = next {
        text.push_str(&format!("\nthere are more: use --after {next}"));
    }
    let each: Vec<Value> = organisations.iter().map(super::json).collect();
    Report::new(text, json!({ "organisations": each, "next": next }))
}

fn row(organisation: &Organisation) -> [String; 4] {
    [
        organisation.id.to_string(),
        plain(&organisation.name),
        plain(&organisation.subdomain),
        format!("{:+}", organisation.utc_offset_seconds),
    ]
}
