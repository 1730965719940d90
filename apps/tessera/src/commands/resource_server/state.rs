//! `tessera resource-server disable` and `enable`.

use anyhow::bail;
use clap::Args;
use serde_json::json;

use super::Id;
use crate::commands::admin::Admin;
use crate::commands::patience::patiently;
use crate::commands::report::Report;
use crate::options::Common;

/// Disable a resource server: within a second, no server answers it.
#[derive(Debug, Args)]
pub(super) struct Disable {
    #[command(flatten)]
    id: Id,
}

/// Enable a resource server, with the secrets it had.
#[derive(Debug, Args)]
pub(super) struct Enable {
    #[command(flatten)]
    id: Id,
}

impl Disable {
    pub(super) fn run(self, common: &Common) -> anyhow::Result<()> {
        set_disabled(common, &self.id, true)
    }
}

impl Enable {
    pub(super) fn run(self, common: &Common) -> anyhow::Result<()> {
        set_disabled(common, &self.id, false)
    }
}

fn set_disabled(common: &Common, id: &Id, disabled: bool) -> anyhow::Result<()> {
    let name = id.check()?;
    Admin::run(common, async |admin| {
        let set = async || {
            admin
                .resource_servers()
                .set_resource_server_disabled(name, disabled)
                .await
        };
        if !patiently(set).await? {
            bail!("{}", id.unknown());
        }
        let state = if disabled { "disabled" } else { "enabled" };
        let line = format!("resource server {name} is {state}");
        Ok(Report::new(line, json!({ "id": name, "disabled": disabled })))
    })
}
