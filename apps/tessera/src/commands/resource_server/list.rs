//! `tessera resource-server list`.

use auth_core::Timestamp;
use clap::Args;
use consumer_auth::ResourceServer;
use serde_json::{Value, json};

use super::{Id, audience};
use crate::commands::admin::Admin;
use crate::commands::report::{Report, plain, time};
use crate::commands::table::table;
use crate::options::Common;

/// List the resource servers. Their secrets are not shown.
#[derive(Debug, Args)]
pub(super) struct List {}

impl List {
    pub(super) fn run(self, common: &Common) -> anyhow::Result<()> {
        Admin::run(common, async |admin| {
            let all = admin.resource_servers().resource_servers().await?;
            Ok(report(&all, admin.now()))
        })
    }
}

/// Show a resource server. Its secrets are not shown.
#[derive(Debug, Args)]
pub(super) struct Show {
    #[command(flatten)]
    id: Id,
}

impl Show {
    pub(super) fn run(self, common: &Common) -> anyhow::Result<()> {
        Admin::run(common, async |admin| {
            let found = self.id.find(admin).await?;
            let row = row(&found, admin.now());
            Ok(Report::new(table(HEAD, &[row]), json(&found, admin.now())))
        })
    }
}

const HEAD: [&str; 5] = ["id", "state", "flavours", "old secret until", "created"];

fn report(all: &[ResourceServer], now: Timestamp) -> Report {
    let rows: Vec<_> = all.iter().map(|one| row(one, now)).collect();
    let text = match all.is_empty() {
        true => "there are no resource servers".to_owned(),
        false => table(HEAD, &rows),
    };
    let each: Vec<Value> = all.iter().map(|one| json(one, now)).collect();
    Report::new(text, json!({ "resource_servers": each }))
}

fn row(one: &ResourceServer, now: Timestamp) -> [String; 5] {
    [
        plain(&one.id),
        if one.disabled { "disabled" } else { "enabled" }.to_owned(),
        plain(&audience::words(&one.audience)),
        old_secret_until(one, now).unwrap_or_default(),
        time(one.created_at),
    ]
}

fn json(one: &ResourceServer, now: Timestamp) -> Value {
    json!({
        "id": one.id,
        "disabled": one.disabled,
        "flavours": audience::json(&one.audience),
        "previous_secret_until": old_secret_until(one, now),
        "created_at": time(one.created_at),
    })
}

/// When the secret before ends, if it has not.
fn old_secret_until(one: &ResourceServer, now: Timestamp) -> Option<String> {
    let previous = one.previous.filter(|previous| now < previous.until);
    previous.map(|previous| time(previous.until))
}
