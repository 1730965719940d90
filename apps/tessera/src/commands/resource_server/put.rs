//! `tessera resource-server put`.

use auth_core::PlainToken;
use clap::Args;
use consumer_auth::Audience;
use serde_json::json;

use super::audience::{self, About};
use super::{Id, SECRET};
use crate::commands::admin::Admin;
use crate::commands::confirmation::Confirmation;
use crate::commands::patience::patiently;
use crate::commands::report::Report;
use crate::options::Common;

/// Create a resource server, or replace its secret and its audience and enable it. A generated secret is shown only once.
#[derive(Debug, Args)]
pub(super) struct Put {
    #[command(flatten)]
    id: Id,
    #[command(flatten)]
    about: About,
    /// Read its secret from standard input, instead of generating one.
    #[arg(long)]
    secret_stdin: bool,
    #[command(flatten)]
    confirmation: Confirmation,
}

impl Put {
    pub(super) fn run(self, common: &Common) -> anyhow::Result<()> {
        let id = self.id.check()?;
        Admin::run(common, async |admin| {
            let audience = self.about.audience(admin)?;
            let (digest, generated) = SECRET.make(admin, self.secret_stdin)?;
            let servers = admin.resource_servers();
            let present = servers.resource_servers().await?;
            if present.iter().any(|server| server.id == id && !server.disabled) {
                let what = format!(
                    "the resource server {id} is there: its secret is refused from now on, and its audience is replaced. `tessera resource-server rotate` accepts both secrets for a while"
                );
                self.confirmation.ask(common, &what)?;
            }
            let put = async || servers.put_resource_server(id, &digest, &audience, admin.now()).await;
            patiently(put).await?;
            Ok(report(id, &audience, generated.as_ref().map(PlainToken::expose)))
        })
    }
}

fn report(id: &str, about: &Audience, secret: Option<&str>) -> Report {
    let head = format!(
        "resource server {id} may ask about the tokens of {}",
        audience::words(about)
    );
    let text = match secret {
        Some(secret) => format!("{head}\nits secret, shown only once: {secret}"),
        None => format!("{head}, with the given secret"),
    };
    let mut json = json!({ "id": id, "flavours": audience::json(about) });
    if let Some(secret) = secret {
        json["secret"] = secret.into();
    }
    Report::new(text, json)
}
