//! The attributes of an account, which its dialect prints.

use anyhow::{Context, bail};
use auth_core::{Attributes, Realm};
use dialects::mechanics::WorkshopUser;
use serde_json::Value;

use crate::config::{Config, Dialect};

/// Every attribute that the mechanics dialect prints.
const WORKSHOP: &str =
    r#"{"name":"Workshop Name","countryId":1,"locale":"da","vatFactor":0.25,"requireAutomaticPayment":true}"#;

/// The attributes as given on the command line: an object, or `@` and the name of a file with one.
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
        Ok(_) => bail!("--attributes: not a JSON object, such as {WORKSHOP}"),
        Err(error) => bail!("--attributes: not a JSON object ({error}), such as {WORKSHOP}"),
    }
}

/// Refuses attributes that lack what a flavour of the realm has to print.
pub fn check(attributes: &Attributes, realm: &Realm, config: &Config) -> anyhow::Result<()> {
    let in_realm = config
        .flavours
        .iter()
        .filter(|flavour| flavour.realm.as_ref() == Some(realm));
    let mut mechanics = in_realm.filter(|flavour| flavour.dialect == Dialect::Mechanics);
    let (Some(flavour), Err(error)) = (mechanics.next(), WorkshopUser::from_attributes(attributes)) else {
        return Ok(());
    };
    let missing = missing(attributes);
    let wrong = if missing.is_empty() {
        error.to_string()
    } else {
        format!("there is no {}", missing.join(", no "))
    };
    bail!(
        "--attributes: {wrong}; the flavour {} of the realm {realm} needs all of {WORKSHOP}",
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
    fn the_example_has_all_needed_attributes_and_no_others() {
        let complete: Attributes = serde_json::from_str(WORKSHOP).unwrap();
        assert!(WorkshopUser::from_attributes(&complete).is_ok());
        for name in complete.keys() {
            let mut lacking = complete.clone();
            lacking.remove(name);
            assert!(WorkshopUser::from_attributes(&lacking).is_err(), "{name}");
            assert_eq!(missing(&lacking), [name.as_str()]);
        }
    }

    #[test]
    fn what_is_not_an_object_is_refused() {
        for text in ["", "[]", "1", "null", "{", "@/does/not/exist"] {
            assert!(read(Some(text)).is_err(), "{text}");
        }
        assert!(read(None).unwrap().is_empty());
    }
}
