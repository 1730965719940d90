//! `tessera organisation`.

mod list;

use anyhow::{Context, anyhow};
use clap::{Args, Subcommand};
use consumer_auth::Organisation as StoredOrganisation;
use serde_json::{Value, json};

use super::admin::Admin;
use super::report::{Report, plain};
use crate::acts;
use crate::options::Common;

/// Organisations, in which consumers create clients.
#[derive(Debug, Args)]
pub struct Organisation {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    List(list::List),
    Put(Put),
    Show(Show),
}

/// Show an organisation.
#[derive(Debug, Args)]
struct Show {
    /// Its number.
    #[arg(long, value_name = "NUMBER")]
    id: i64,
}

/// Create an organisation, or replace its data.
#[derive(Debug, Args)]
struct Put {
    /// Its number, which its consumers send as `organization_id`.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(i64).range(1..))]
    id: i64,
    /// Its name: 1 to 255 characters.
    #[arg(long, value_name = "TEXT")]
    name: String,
    /// Its subdomain: 1 to 63 characters of a-z 0-9 and -, no - at the ends.
    #[arg(long, value_name = "NAME")]
    subdomain: String,
    /// Its offset from UTC, in seconds; negative to the west.
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true,
          value_parser = clap::value_parser!(i32).range(-64_800..=64_800))]
    utc_offset: i32,
}

impl Organisation {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        match self.action {
            Action::List(list) => list.run(common),
            Action::Put(put) => put.run(common),
            Action::Show(show) => show.run(common),
        }
    }
}

impl Put {
    fn run(self, common: &Common) -> anyhow::Result<()> {
        Admin::run(common, async |admin| {
            let organisation = StoredOrganisation {
                id: self.id,
                name: self.name.clone(),
                subdomain: self.subdomain.clone(),
                utc_offset_seconds: self.utc_offset,
            };
            acts::organisation::check(&organisation).map_err(|error| anyhow!("--{error}"))?;
            acts::organisation::put(&admin.stores(), &organisation).await?;
            Ok(report(&organisation))
        })
    }
}

impl Show {
    fn run(self, common: &Common) -> anyhow::Result<()> {
        Admin::run(common, async |admin| {
            let found = acts::organisation::find(&admin.stores(), self.id).await?;
            let unknown = || {
                format!(
                    "there is no organisation {}: `tessera organisation list` lists them",
                    self.id
                )
            };
            Ok(report(&found.with_context(unknown)?))
        })
    }
}

fn report(organisation: &StoredOrganisation) -> Report {
    let StoredOrganisation {
        id,
        name,
        subdomain,
        utc_offset_seconds: offset,
    } = organisation;
    let line = format!(
        "organisation {id} is {}, subdomain {subdomain}, UTC {offset:+} s",
        plain(name)
    );
    Report::new(line, json(organisation))
}

fn json(organisation: &StoredOrganisation) -> Value {
    json!({
        "id": organisation.id,
        "name": organisation.name,
        "subdomain": organisation.subdomain,
        "utc_offset": organisation.utc_offset_seconds,
    })
}
