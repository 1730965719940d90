//! The attributes of an account, which its dialect prints.

use anyhow::{Context, bail};
use auth_core::{Attributes, Realm};
use serde_json::Value;

use crate::acts;
use crate::config::{Config, Flavour};

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
        Ok(_) => bail!("--attributes: not a JSON object, such as {{\"name\":\"Workshop Name\"}}"),
        Err(error) => bail!("--attributes: not a JSON object ({error}), such as {{\"name\":\"Workshop Name\"}}"),
    }
}

/// Refuses attributes that a flavour of the realm could not answer with.
pub fn check(attributes: &Attributes, realm: &Realm, config: &Config) -> anyhow::Result<()> {
    let in_realm = |flavour: &&Flavour| flavour.realm.as_ref() == Some(realm);
    let flavours = config.flavours.iter().filter(in_realm);
    acts::account::check_attributes(attributes, flavours).context("--attributes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_json_than_an_object_is_refused() {
        for text in ["", "[]", "1", "null", "{", "@/does/not/exist"] {
            assert!(read(Some(text)).is_err(), "{text}");
        }
        assert!(read(None).unwrap().is_empty());
    }
}
