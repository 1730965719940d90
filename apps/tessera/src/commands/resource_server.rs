//! `tessera resource-server`.

mod audience;
mod list;
mod put;
mod rotate;
mod state;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use consumer_auth::ResourceServer as Stored;

use super::admin::Admin;
use super::caller_secret::SecretKind;
use crate::options::Common;

/// Resource servers: services that ask about tokens (introspection), and revoke them.
#[derive(Debug, Args)]
pub struct ResourceServer {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Put(put::Put),
    Rotate(rotate::Rotate),
    SetAudience(audience::SetAudience),
    Disable(state::Disable),
    Enable(state::Enable),
    List(list::List),
    Show(list::Show),
}

impl ResourceServer {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        match self.action {
            Action::Put(put) => put.run(common),
            Action::Rotate(rotate) => rotate.run(common),
            Action::SetAudience(set) => set.run(common),
            Action::Disable(disable) => disable.run(common),
            Action::Enable(enable) => enable.run(common),
            Action::List(list) => list.run(common),
            Action::Show(show) => show.run(common),
        }
    }
}

/// The secrets of resource servers.
const SECRET: SecretKind = SecretKind {
    prefix: "tsr_r_",
    noun: "secret",
};

#[derive(Debug, Args)]
struct Id {
    /// The resource server's id, a public name (its `client_id`): 1 to 100 characters of A-Z a-z 0-9 - . _
    #[arg(long, value_name = "ID")]
    id: String,
}

impl Id {
    /// The id. Nothing in it is changed by a form encoding, which not every client does (RFC 6749 section 2.3.1).
    fn check(&self) -> anyhow::Result<&str> {
        let id = &self.id;
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        if !(1..=100).contains(&id.len()) || !id.bytes().all(allowed) {
            bail!("--id {id:?}: an id is 1 to 100 characters of A-Z a-z 0-9 - . _");
        }
        Ok(id)
    }

    async fn find(&self, admin: &Admin) -> anyhow::Result<Stored> {
        let id = self.check()?;
        let all = admin.resource_servers().resource_servers().await?;
        all.into_iter().find(|one| one.id == id).with_context(|| self.unknown())
    }

    fn unknown(&self) -> String {
        format!(
            "there is no resource server {:?}: create it with `tessera resource-server put`",
            self.id
        )
    }
}
