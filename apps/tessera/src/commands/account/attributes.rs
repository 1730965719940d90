//! What an account's dialect says about it.

use anyhow::{Context, bail};
use auth_core::{Attributes, Realm};
use dialects::mechanics::WorkshopUser;
use serde_json::Value;

use crate::config::{Config, Dialect};

/// All that the mechanics dialect prints about an account.
const WORKSHOP: &str =
    r#"{"name":"Workshop Name","countryId":1,"locale":"da","vatFactor":0.25,"requireAutomaticPayment":true}"#;

/// The attributes as given: an object, or `@` and the name of a file with one.
pub fn read(given: Option<&str>) -> anyhow::Result<Attributes> {
    let text = match given {
        None => return Ok(Attributes::new()),
        Some(given) => match given.strip_prefix('@') {
            Some(path) => std::fs::read_to_string(path)
                .with_context(|| format!("--attributes @{path}: the file cannot be read"))?,
            None => given.to_owned(),
        },
    };
    match serde_json::from_str(&text) {
        Ok(Value::Object(attributes)) => Ok(attributes),
        Ok(_) => bail!("--attributes: it is no JSON object, such as {WORKSHOP}"),
        Err(error) => bail!("--attributes: it is no JSON object ({error}), such as {WORKSHOP}"),
    }
}

/// Refuses an account that a flavour of its realm could not answer for.
pub fn refuse_lacking(attributes: &Attributes, realm: &Realm, config: &Config) -> anyhow::Result<()> {
    let here = config
        .flavours
        .iter()
        .filter(|flavour| flavour.realm.as_ref() == Some(realm));
    let mut workshops = here.filter(|flavour| flavour.dialect == Dialect::Mechanics);
    let (Some(flavour), Err(fault)) = (workshops.next(), WorkshopUser::from_attributes(attributes)) else {
        return Ok(());
    };
    let missing = missing(attributes);
    let wrong = if missing.is_empty() {
        fault.to_string()
    } else {
        format!("there is no {}", missing.join(", no "))
    };
    bail!(
        "--attributes: {wrong}; the flavour {} of the realm {realm} prints all of {WORKSHOP}",
        flavour.name
    )
}

fn missing(attributes: &Attributes) -> Vec<String> {
    let needed: Attributes = serde_json::from_str(WORKSHOP).unwrap_or_default();
    let missing = needed
        .into_iter()
        .map(|(name, _)| name)
        .filter(|name| !attributes.contains_key(name));
    missing.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_complete_and_has_nothing_to_spare() {
        let whole: Attributes = serde_json::from_str(WORKSHOP).unwrap();
        assert!(WorkshopUser::from_attributes(&whole).is_ok());
        for name in whole.keys() {
            let mut lacking = whole.clone();
            lacking.remove(name);
            assert!(WorkshopUser::from_attributes(&lacking).is_err(), "{name}");
            assert_eq!(missing(&lacking), [name.as_str()]);
        }
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for text in ["", "[]", "1", "null", "{", "@/does/not/exist"] {
            assert!(read(Some(text)).is_err(), "{text}");
        }
        assert!(read(None).unwrap().is_empty());
    }
}
