//! Acts on signing keys.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use auth_core::{Lifetime, Timestamp};
use keystore::{
    KeyFormat, KeyPurpose, KeyState, Keyring, KeyringError, PlainKey, Replaced, RetireWhen, Rotated, RotationPlan,
    StoredKey,
};

use super::patience::patiently;
use super::{Refusal, refuse};
use crate::accepted::is_same_secret;
use crate::commands::time_text;
use crate::config::{Flavour, ForwardAuthSettings, IdentityJwtSettings, SigningKeys};
use crate::strategies::JwtKeyFormat;

/// Old keys verify for this long after the last token they signed can have expired: a server may read the new key a
/// little late, and the clocks of servers differ.
const SLACK: Duration = Duration::from_secs(60);

/// A flavour whose tokens are signed; or `forward_auth.jwt`, whose keys are handled alike.
#[derive(Debug)]
pub struct SigningFlavour<'a> {
    pub name: &'a str,
    lifetime: Lifetime,
    pub purpose: KeyPurpose,
    pub format: Arc<dyn KeyFormat>,
}

impl<'a> SigningFlavour<'a> {
    /// All that sign.
    pub fn all(flavours: &'a [Flavour], forward_auth: &ForwardAuthSettings) -> anyhow::Result<Vec<Self>> {
        let mut signing = Vec::new();
        for flavour in flavours {
            let keys = flavour.signing_keys()?;
            signing.extend(keys.map(|keys| Self::new(&flavour.name, flavour.lifetime, keys)));
        }
        let lifetime = Lifetime::Limited(forward_auth.jwt.lifetime.0);
        let keys = forward_auth.jwt.signing_keys()?;
        signing.extend(keys.map(|keys| Self::new(IdentityJwtSettings::KEYS, lifetime, keys)));
        Ok(signing)
    }

    fn new(name: &'a str, lifetime: Lifetime, SigningKeys { purpose, format }: SigningKeys) -> Self {
        Self {
            name,
            lifetime,
            purpose,
            format,
        }
    }

    /// How long a key must verify after it has signed for the last time.
    pub fn longest_life(&self) -> Duration {
        match self.lifetime {
            Lifetime::Limited(life) => life.saturating_add(SLACK),
            Lifetime::UntilRevoked => Duration::MAX,
        }
    }
}

/// Adds a key, which is published for a while before it signs. `publish_for`: for how long; `None`: as long as its format
/// needs. Refused while another key of the flavour waits to sign: of two, the first would be replaced unused.
pub async fn rotate(
    keyring: &Keyring,
    signing: &SigningFlavour<'_>,
    key: &PlainKey,
    publish_for: Option<Duration>,
) -> anyhow::Result<Rotated> {
    let plan = RotationPlan {
        publish_for: publish_for.unwrap_or(signing.format.publish_for()),
        longest_life: signing.longest_life(),
    };
    let rotated = patiently(async || keyring.rotate(&signing.purpose, key, plan).await).await;
    match rotated {
        Err(KeyringError::NextWaits { name: kid, from, .. }) => {
            let (name, from) = (signing.name, time_text(from));
            refuse!(
                "{name} has a new key already, {kid}, which signs from {from}: rotate again after that, or replace a stolen key with \
                 `tessera key rotate --flavour {name} --emergency`";
                in page "The flavour {name} has a new key already, {kid}, which signs from {from}. Rotate again after that."
            )
        }
        rotated => Ok(rotated?),
    }
}

/// Adds a key that signs now. All others of the flavour verify nothing from now on.
pub async fn emergency(keyring: &Keyring, signing: &SigningFlavour<'_>, key: &PlainKey) -> anyhow::Result<Replaced> {
    let replaced = patiently(async || keyring.emergency(&signing.purpose, key).await).await;
    replaced.with_context(|| format!("nothing was changed for {}", signing.name))
}

/// Retires a key that another has replaced: after the last token that it may have signed has expired, or at once.
pub async fn retire(
    keyring: &Keyring,
    signing: &[SigningFlavour<'_>],
    kid: &str,
    now: bool,
) -> anyhow::Result<StoredKey> {
    let purpose = purpose_of(keyring, kid).await?;
    match signing.iter().find(|signing| signing.purpose == purpose) {
        Some(signing) => replaced(keyring, signing, kid, now).await,
        None if now => Ok(patiently(async || keyring.retire_unused(kid).await).await?),
        None if purpose.is_accepted() => {
            refuse!(
                "{kid} is a key of another system, and ends by itself (`tessera key list`). End it at once with --now"
            )
        }
        None => refuse!(
            "no flavour in these settings uses {purpose}, the purpose of {kid}; a server that does would have no key left. \
             Retire it anyway with --now"
        ),
    }
}

/// Accepts a key of another system. Nothing signs with it.
pub async fn accept(keyring: &Keyring, flavour: &str, key: &PlainKey, until: Timestamp) -> anyhow::Result<StoredKey> {
    for listed in keyring.list().await? {
        let stored = &listed.key;
        if stored.is_revoked() && is_same_secret(&stored.name, key.name()) {
            refuse!(
                "this key was retired at once, as {}: it does not come back",
                stored.name
            );
        }
        let opened = keyring.open(stored);
        if !stored.purpose.is_accepted() && opened.is_ok_and(|opened| JwtKeyFormat::has_same_secret(&opened, key)) {
            refuse!(
                "this server signs with the same secret, as {}: it is not another system's",
                stored.name
            );
        }
    }
    let accepted = patiently(async || keyring.accept(flavour, key, until).await).await;
    match accepted {
        Err(KeyringError::NameTaken(name)) => {
            refuse!("the same key is accepted until that day already, as {name}; nothing was changed")
        }
        accepted => Ok(accepted?),
    }
}

/// What the key of this name is for.
pub async fn purpose_of(keyring: &Keyring, kid: &str) -> anyhow::Result<KeyPurpose> {
    let keys = keyring.list().await?;
    let found = keys.into_iter().find(|listed| listed.key.name == kid);
    let found = found.ok_or_else(|| {
        Refusal::new(format!("there is no key {kid}: see `tessera key list`"))
            .in_page(format!("There is no key {kid}."))
    })?;
    Ok(found.key.purpose)
}

async fn replaced(keyring: &Keyring, signing: &SigningFlavour<'_>, kid: &str, now: bool) -> anyhow::Result<StoredKey> {
    let when = match now {
        true => RetireWhen::Now,
        false => RetireWhen::AfterLastToken(signing.longest_life()),
    };
    let retired = patiently(async || keyring.retire(kid, when).await).await;
    let rotate = format!("`tessera key rotate --flavour {}`", signing.name);
    match retired {
        Err(error @ KeyringError::NoSuccessor { .. }) => {
            refuse!("{error}: make one first with {rotate}"; in page "{error}. Rotate first.")
        }
        Err(error @ KeyringError::LastSigner { .. }) => refuse!(
            "{error}: make one first with {rotate}, or wait until the next one signs (`tessera key list`)";
            in page "The key {kid} is the only one of {} that signs at that moment. Rotate first, or wait until the next one signs.",
            signing.name
        ),
        retired => Ok(retired?),
    }
}

/// The state of a key, as one word.
pub fn state_word(key: &StoredKey, state: KeyState) -> &'static str {
    match state {
        _ if key.is_erased() => "erased",
        KeyState::Next => "next",
        KeyState::Current => "current",
        KeyState::Overlapping if key.purpose.is_accepted() => "accepted",
        KeyState::Overlapping => "overlapping",
        KeyState::Retired => "retired",
    }
}
