//! The keys of the database, and the flavours they are for.

use anyhow::{Context, bail};
use keystore::Keyring;

use crate::commands::admin::{Admin, master_key};
use crate::config::{Config, Flavour, IssuerKind};
use crate::keys::Keys;
use crate::master;

/// The keys, opened with the master key.
pub async fn open(admin: &Admin) -> anyhow::Result<Keyring> {
    let master = master::load(&master_key(&admin.config))?;
    Ok(Keys::open(&admin.store, &master, admin.clock()).await?.keyring)
}

/// Whether a flavour's tokens are signed.
pub fn signs(flavour: &Flavour) -> bool {
    flavour.issuer != IssuerKind::Opaque
}

/// The flavour of this name, whose tokens are signed.
pub fn signing_flavour<'a>(config: &'a Config, name: &str) -> anyhow::Result<&'a Flavour> {
    let found = config.flavours.iter().find(|flavour| flavour.name == name);
    let flavour = found.with_context(|| {
        let names = config
            .flavours
            .iter()
            .filter(|flavour| signs(flavour))
            .map(|flavour| flavour.name.as_str());
        format!(
            "--flavour {name}: there is none of this name; those with keys are {}",
            names.collect::<Vec<_>>().join(", ")
        )
    })?;
    if !signs(flavour) {
        bail!("--flavour {name}: its tokens are opaque, so that it has no signing keys");
    }
    Ok(flavour)
}
