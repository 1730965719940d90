//! Acts on consumers, the partners who create and sign in the clients of one organisation.

use anyhow::Context;
use auth_core::{Timestamp, TokenDigest};
use consumer_auth::{Consumer, SecretRotation};

use super::patience::patiently;
use super::secret::SecretKind;
use super::{Refusal, refuse};
use crate::commands::{plain_text, time_text};
use crate::config::Span;
use crate::parts::Stores;

/// The tokens of consumers.
pub const TOKEN: SecretKind = SecretKind {
    prefix: "tsr_c_",
    noun: "token",
};

/// The longest time for which two secrets are accepted.
pub const LONGEST_OVERLAP: Span = Span::days(90);

/// The key, if a consumer can send it.
pub fn check_key(key: &str) -> Result<&str, Refusal> {
    let length = key.chars().count();
    match key.trim().is_empty() || length > 255 || key.chars().any(char::is_control) {
        false => Ok(key),
        true => Err(Refusal::new(format!(
            "{key:?}: a key is 1 to 255 characters, not blank, without control characters"
        ))
        .in_page("A key is 1 to 255 characters, not blank, without control characters.")),
    }
}

/// The key of a consumer that is created: without spaces around it, which nobody sees and many programs take away. Those of
/// consumers that are there may have some.
pub fn check_new_key(key: &str) -> Result<&str, Refusal> {
    match key.trim() == key {
        true => check_key(key),
        false => Err(
            Refusal::new(format!("{key:?}: a key has no spaces at its beginning or its end"))
                .in_page("A key has no spaces at its beginning or its end."),
        ),
    }
}

/// For how long two secrets may be accepted.
pub fn overlap(text: &str) -> anyhow::Result<Span> {
    let span = Span::parse(text).with_context(|| {
        Refusal::new("a whole number of seconds, or with a unit such as 10m, 12h, 7d")
            .in_page("The time is a whole number of seconds, or has a unit, such as 10m, 12h, 7d.")
    })?;
    match (Span::seconds(1)..=LONGEST_OVERLAP).contains(&span) {
        true => Ok(span),
        false => refuse!("allowed is 1s to {LONGEST_OVERLAP}"; in page "The time is 1s to {LONGEST_OVERLAP}."),
    }
}

/// The consumer with this key.
pub async fn find(stores: &Stores, key: &str) -> anyhow::Result<Consumer> {
    let found = stores.consumers.find(key).await?;
    Ok(found.ok_or_else(|| unknown(key))?)
}

/// Creates a consumer. One that is there is not changed.
pub async fn create(
    stores: &Stores,
    key: &str,
    token: &TokenDigest,
    organisation: i64,
    now: Timestamp,
) -> anyhow::Result<()> {
    let create = async || stores.consumers.create_consumer(key, token, organisation, now).await;
    match patiently(create).await? {
        true => Ok(()),
        false if stores.consumers.find(key).await?.is_some() => {
            refuse!("There is a partner with the key {key:?} already. Nothing has changed. Rotate its token instead.")
        }
        false => Err(no_organisation(organisation).into()),
    }
}

/// Creates a consumer, or replaces its token and enables it.
pub async fn put(
    stores: &Stores,
    key: &str,
    token: &TokenDigest,
    organisation: i64,
    now: Timestamp,
) -> anyhow::Result<()> {
    let put = async || stores.consumers.put_consumer(key, token, organisation, now).await;
    if patiently(put).await? {
        return Ok(());
    }
    match stores.consumers.find(key).await? {
        Some(consumer) if consumer.organisation.id != organisation => {
            let owner = consumer.organisation.id;
            refuse!(
                "the key {key:?} belongs to a consumer of organisation {owner}: choose another key for organisation {organisation}";
                in page "The key {key:?} belongs to a partner of organisation {owner}. Choose another key for organisation {organisation}."
            )
        }
        _ => Err(no_organisation(organisation).into()),
    }
}

/// Gives a consumer another token. The one it has is accepted, too, until `overlap` has passed.
pub async fn rotate(
    stores: &Stores,
    consumer: &Consumer,
    to: TokenDigest,
    overlap: Span,
    now: Timestamp,
) -> anyhow::Result<SecretRotation> {
    let key = &consumer.key;
    if let Some(until) = previous_until(consumer, now) {
        let (key, until) = (plain_text(key), time_text(until));
        refuse!(
            "consumer {key} was rotated before, and the token before that is accepted until {until}: wait until then, or replace both at \
             once with `tessera consumer put`";
            in page "The partner {key} was rotated before, and the token before that is accepted until {until}. Wait until then."
        );
    }
    if to == consumer.token {
        refuse!("the token on standard input is the one that the consumer has: give another");
    }
    let rotation = SecretRotation {
        key: key.to_owned(),
        from: consumer.token,
        to,
        previous_until: now.plus(overlap.0),
        now,
    };
    match patiently(async || stores.consumers.rotate_consumer(&rotation).await).await? {
        true => Ok(rotation),
        false => refuse!(
            "consumer {} was changed at the same moment by another act: see `tessera consumer show`", plain_text(key);
            in page "The partner {} was changed at the same moment by another act. Look at it again.", plain_text(key)
        ),
    }
}

/// Disables or enables a consumer, from its next call on.
pub async fn set_disabled(stores: &Stores, key: &str, disabled: bool) -> anyhow::Result<()> {
    let set = async || stores.consumers.set_consumer_disabled(key, disabled).await;
    match patiently(set).await? {
        true => Ok(()),
        false => Err(unknown(key).into()),
    }
}

/// When the token before the last rotation ends, if it has not.
pub fn previous_until(consumer: &Consumer, now: Timestamp) -> Option<Timestamp> {
    let previous = consumer.previous.filter(|previous| now < previous.until);
    previous.map(|previous| previous.until)
}

fn no_organisation(id: i64) -> Refusal {
    Refusal::new(format!(
        "there is no organisation {id}: create it with `tessera organisation put --id {id}`"
    ))
    .in_page(format!(
        "There is no organisation {id}. Create it on the page Organisations."
    ))
}

fn unknown(key: &str) -> Refusal {
    Refusal::new(format!(
        "there is no consumer with the key {key:?}: create it with `tessera consumer put`"
    ))
    .in_page(format!("There is no partner with the key {key:?}."))
}
