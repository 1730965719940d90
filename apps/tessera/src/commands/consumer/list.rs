//! `tessera consumer list`.

use auth_core::Timestamp;
use clap::Args;
use consumer_auth::Consumer;
use serde_json::{Value, json};

use super::{as_json, old_token_until};
use crate::commands::admin::Admin;
use crate::commands::page::Limit;
use crate::commands::report::{Report, plain};
use crate::commands::table::table;
use crate::options::Common;

/// List the consumers, by their keys. Their tokens are not shown.
#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    limit: Limit,
    /// List only consumers after this one: the last key of the previous page.
    #[arg(long, value_name = "KEY")]
    after: Option<String>,
}

impl List {
    pub(super) fn run(self, common: &Common) -> anyhow::Result<()> {
        Admin::run(common, async |admin| {
            let store = admin.consumers();
            let read = store.consumers(self.after.as_deref(), self.limit.and_one()).await?;
            let (page, more) = self.limit.page(read);
            let next = page.last().filter(|_| more).map(|consumer| consumer.key.as_str());
            Ok(report(&page, next, admin.now()))
        })
    }
}

fn report(consumers: &[Consumer], next: Option<&str>, now: Timestamp) -> Report {
    let rows: Vec<_> = consumers.iter().map(|consumer| row(consumer, now)).collect();
    let mut text = match consumers.is_empty() {
        true => "there are no consumers: create one with `tessera consumer put`".to_owned(),
        false => table(["key", "state", "organisation", "name", "old token until"], &rows),
    };
    if let Some(next) = next {
        text.push_str(&format!("\nthere are more: use --after '{}'", plain(next)));
    }
    let each: Vec<Value> = consumers.iter().map(|consumer| as_json(consumer, now)).collect();
    Report::new(text, json!({ "consumers": each, "next": next }))
}

fn row(consumer: &Consumer, now: Timestamp) -> [String; 5] {
    [
        plain(&consumer.key),
        if consumer.disabled { "disabled" } else { "enabled" }.to_owned(),
        consumer.organisation.id.to_string(),
        plain(&consumer.organisation.name),
        old_token_until(consumer, now).unwrap_or_default(),
    ]
}
