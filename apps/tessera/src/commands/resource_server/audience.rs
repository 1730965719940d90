//! Which flavours a resource server may ask about: `tessera resource-server set-audience`.

use std::collections::BTreeSet;

use anyhow::bail;
use clap::Args;
use consumer_auth::Audience;
use serde_json::{Value, json};

use super::Id;
use crate::commands::admin::Admin;
use crate::commands::patience::patiently;
use crate::commands::report::Report;
use crate::options::Common;

/// Replace the flavours that a resource server may ask about, and nothing else.
#[derive(Debug, Args)]
pub(super) struct SetAudience {
    #[command(flatten)]
    id: Id,
    #[command(flatten)]
    about: About,
}

/// The flavours as arguments.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub(super) struct About {
    /// A flavour about whose tokens it may ask, as its `[[flavour]]` block names it. May be repeated.
    #[arg(long = "flavour", value_name = "NAME", conflicts_with = "all_flavours")]
    flavours: Vec<String>,
    /// It may ask about the tokens of every flavour, also of one that is added later.
    #[arg(long)]
    all_flavours: bool,
}

impl SetAudience {
    pub(super) fn run(self, common: &Common) -> anyhow::Result<()> {
        let id = self.id.check()?;
        Admin::run(common, async |admin| {
            let audience = self.about.audience(admin)?;
            let set = async || admin.resource_servers().set_audience(id, &audience).await;
            if !patiently(set).await? {
                bail!("{}", self.id.unknown());
            }
            let line = format!("resource server {id} may ask about the tokens of {}", words(&audience));
            Ok(Report::new(line, json!({ "id": id, "flavours": json(&audience) })))
        })
    }
}

impl About {
    /// The audience. A flavour that the settings do not have is refused: it is more likely misspelt than planned.
    pub(super) fn audience(&self, admin: &Admin) -> anyhow::Result<Audience> {
        if self.all_flavours {
            return Ok(Audience::All);
        }
        let known: BTreeSet<&str> = admin.config.flavours.iter().map(|one| one.name.as_str()).collect();
        if let Some(unknown) = self.flavours.iter().find(|name| !known.contains(name.as_str())) {
            let known = known.into_iter().collect::<Vec<_>>().join(", ");
            bail!("--flavour {unknown}: there is no such flavour in the settings; they have {known}");
        }
        Ok(Audience::Flavours(self.flavours.iter().cloned().collect()))
    }
}

/// `every flavour`, or the names.
pub(super) fn words(audience: &Audience) -> String {
    match audience {
        Audience::All => "every flavour".into(),
        Audience::Flavours(names) => names.iter().map(String::as_str).collect::<Vec<_>>().join(", "),
    }
}

/// `null` for every flavour, or the list of names.
pub(super) fn json(audience: &Audience) -> Value {
    match audience {
        Audience::All => Value::Null,
        Audience::Flavours(names) => json!(names),
    }
}
