//! The flavour that accepts tokens of another system.

use anyhow::{Context, bail};
use auth_core::Realm;

use crate::config::Config;

/// The realm that people are imported to for this flavour. Fails unless it accepts imported tokens.
pub fn realm_of<'a>(config: &'a Config, name: &str) -> anyhow::Result<&'a Realm> {
    let flavour = config.flavours.iter().find(|flavour| flavour.name == name);
    let flavour = flavour.with_context(|| format!("--flavour {name}: the settings have no such flavour"))?;
    if !flavour.has_imported() {
        bail!(
            "--flavour {name}: its tokens would be refused. Set `imported_tokens = [\"bearer\"]` in its [[flavour]] block \
             (\"token\" for `Authorization: Token`, \"api-key\" for `X-API-Key`)"
        );
    }
    flavour
        .realm
        .as_ref()
        .context("a flavour with imported tokens has a realm")
}
