//! The issuer of a flavour: the strategy's, with what the settings and the dialect put around it.

use std::sync::Arc;

use anyhow::bail;
use auth_core::{Capabilities, ImportedTokens, Issuer, KeyBound};
use keystore::KeyringError;

use crate::accepted::AcceptedKeys;
use crate::composition::Composition;
use crate::config::Flavour;
use crate::extension::{FlavourDialect, IssuerParts};

/// The issuer of one flavour, with imported tokens where the settings have it so.
pub(super) async fn plain(flavour: &Flavour, made: &Composition) -> anyhow::Result<Arc<dyn Issuer>> {
    with_imported(flavour, issuer(flavour, made).await?, made).await
}

/// The issuer of one flavour, as its strategy makes it.
async fn issuer(flavour: &Flavour, made: &Composition) -> anyhow::Result<Arc<dyn Issuer>> {
    let parts = IssuerParts {
        flavour: &flavour.name,
        realm: flavour.realm.as_ref(),
        lifetime: flavour.lifetime,
        registry: &made.registry,
        keyring: &made.keyring,
        clock: &made.clock,
        entropy: &made.entropy,
        root: &made.root,
    };
    let issuer = flavour.strategy.issuer(&parts).await;
    let issuer = issuer.map_err(|error| with_advice(&flavour.name, error))?;
    refuse_unfollowed_keys(flavour, made)?;
    Ok(issuer)
}

/// The issuer with imported tokens beside its own, where the settings have it so.
async fn with_imported(
    flavour: &Flavour,
    issuer: Arc<dyn Issuer>,
    made: &Composition,
) -> anyhow::Result<Arc<dyn Issuer>> {
    if !flavour.has_imported() {
        return Ok(issuer);
    }
    let realm = flavour.realm.clone().filter(|_| !flavour.dialect.key_bound());
    let Some(realm) = realm else {
        bail!(
            "flavour.{}.imported_tokens: the {} dialect binds tokens to keys or to clients of organisations, and imported \
             ones are neither; leave the setting out",
            flavour.name,
            flavour.dialect_name
        );
    };
    let accepted = AcceptedKeys::start(&flavour.name, &made.keyring).await?;
    match ImportedTokens::new(issuer, made.imported.clone()) {
        Ok(imported) => Ok(Arc::new(imported.with_signed(realm, accepted))),
        Err(error) => bail!("flavour.{}.issuer = {}: {error}", flavour.name, flavour.strategy_name),
    }
}

/// The issuer with tokens bound to keys, where the dialect has it so. Fails if it cannot do what the dialect promises its
/// clients.
pub(super) fn bound(flavour: &Flavour, issuer: Arc<dyn Issuer>, made: &Composition) -> anyhow::Result<Arc<dyn Issuer>> {
    let issuer = match flavour.dialect.key_bound() {
        true => with_keys(issuer, made),
        false => issuer,
    };
    let (name, strategy, can) = (&flavour.name, flavour.strategy_name, issuer.capabilities());
    if let Some(promise) = broken_promise(&*flavour.dialect, can) {
        bail!("flavour.{name}.issuer = {strategy}: {promise}");
    }
    if flavour.dialect.key_bound() && !can.key_bound {
        bail!(
            "flavour.{name}.issuer = {strategy}: the dialect binds tokens to keys, for which sessions must be recorded"
        );
    }
    Ok(issuer)
}

/// The error of a strategy, with what to do where no key signs.
fn with_advice(flavour: &str, error: anyhow::Error) -> anyhow::Error {
    match error.downcast_ref() {
        Some(KeyringError::NoSigner(_)) => error.context(format!(
            "flavour.{flavour}: add a key with `tessera key rotate --flavour {flavour}` or `tessera key import`"
        )),
        _ => error,
    }
}

/// An issuer that does not follow its keys would go on signing with a stolen one.
fn refuse_unfollowed_keys(flavour: &Flavour, made: &Composition) -> anyhow::Result<()> {
    match flavour.signing_keys()? {
        Some(keys) if !made.keyring.is_followed(&keys.purpose) => bail!(
            "flavour.{}.issuer = {}: the strategy has signing keys and does not follow their changes",
            flavour.name,
            flavour.strategy_name
        ),
        _ => Ok(()),
    }
}

/// The issuer with tokens bound to a key. An issuer without records is returned unchanged, and refused
/// by its capabilities.
fn with_keys(issuer: Arc<dyn Issuer>, made: &Composition) -> Arc<dyn Issuer> {
    match KeyBound::new(issuer.clone(), made.registry.clone(), made.entropy.clone()) {
        Ok(bound) => Arc::new(bound),
        Err(_) => issuer,
    }
}

/// The first promise of the dialect that the issuer cannot keep.
fn broken_promise(dialect: &dyn FlavourDialect, can: Capabilities) -> Option<&'static str> {
    let mut promises = dialect.promises().iter();
    promises
        .find(|promise| !(promise.kept)(can))
        .map(|promise| promise.sentence)
}
