//! The settings of one `[[flavour]]` block, taken out one by one. A setting that is left over is an error.

use std::collections::BTreeSet;

use figment::value::{Dict, Num, Value};
use serde::de::DeserializeOwned;

/// A setting that cannot be used: which, what it is, and what it may be.
#[derive(Debug, thiserror::Error)]
#[error("{key} = {value}: {allowed}")]
pub struct BadSetting {
    key: String,
    value: String,
    allowed: String,
}

impl BadSetting {
    /// The setting `key` has `value`; `allowed` says what it may be, or what to do.
    pub fn new(key: impl Into<String>, value: impl ToString, allowed: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            value: value.to_string(),
            allowed: allowed.into(),
        }
    }
}

/// The settings of one `[[flavour]]` block that were not read yet.
///
/// The server reads the common ones; the dialect and the strategy read theirs. A setting that is left then stops the
/// start with an error that names it.
#[derive(Debug)]
pub struct Settings {
    flavour: String,
    values: Dict,
    known: BTreeSet<&'static str>,
}

impl Settings {
    /// The settings of the flavour of this name.
    pub(crate) fn new(flavour: &str, values: Dict) -> Self {
        Self {
            flavour: flavour.to_owned(),
            values,
            known: BTreeSet::new(),
        }
    }

    /// Reads a setting; `None` if the block does not have it. `allowed` completes the error for a value of another form,
    /// such as "allowed are true and false".
    ///
    /// # Errors
    /// [`BadSetting`] for a value that is not a `T`.
    pub fn take<T: DeserializeOwned>(&mut self, key: &'static str, allowed: &str) -> Result<Option<T>, BadSetting> {
        if !self.known.insert(key) {
            return Err(self.bad(
                key,
                "…",
                "the server, the dialect or the strategy reads this setting already",
            ));
        }
        let Some(value) = self.values.remove(key) else {
            return Ok(None);
        };
        let read = value.deserialize();
        read.map(Some).map_err(|_| self.bad(key, shown(&value), allowed))
    }

    /// Reads a text.
    ///
    /// # Errors
    /// [`BadSetting`] for a value that is not a text.
    pub fn take_text(&mut self, key: &'static str) -> Result<Option<String>, BadSetting> {
        self.take(key, "it is a text in quotes")
    }

    /// The error for a setting of this flavour.
    pub fn bad(&self, key: &str, value: impl ToString, allowed: impl Into<String>) -> BadSetting {
        BadSetting::new(format!("flavour.{}.{key}", self.flavour), value, allowed)
    }

    /// Refuses settings that were not read. `over` describes the flavour, such as "the device dialect over opaque
    /// tokens".
    pub(crate) fn finish(self, over: &str) -> Result<(), BadSetting> {
        let Some((key, value)) = self.values.first_key_value() else {
            return Ok(());
        };
        let known = self.known.iter().copied().collect::<Vec<_>>().join(", ");
        let allowed = format!("{over} has no such setting; it has {known}");
        Err(self.bad(key, shown_unread(key, value), allowed))
    }
}

/// Words in the name of a setting whose value may be a secret.
const SECRET_NAMES: [&str; 4] = ["secret", "password", "token", "key"];

/// The value of a setting that no part of the server reads, unless it may be a secret in the wrong place.
fn shown_unread(key: &str, value: &Value) -> String {
    match SECRET_NAMES.iter().any(|name| key.contains(name)) {
        true => "…".into(),
        false => shown(value),
    }
}

/// A value as in the settings file, shortened to one line.
fn shown(value: &Value) -> String {
    match value {
        Value::String(_, text) => text.clone(),
        Value::Bool(_, value) => value.to_string(),
        Value::Char(_, value) => value.to_string(),
        Value::Num(_, Num::F32(number)) => number.to_string(),
        Value::Num(_, Num::F64(number)) => number.to_string(),
        Value::Num(_, number) => number
            .to_i128()
            .map_or_else(|| "a number".into(), |number| number.to_string()),
        Value::Array(..) => "[…]".into(),
        Value::Dict(..) => "{…}".into(),
        Value::Empty(..) => "nothing".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        let values = [("path", Value::from("/x")), ("life", Value::from(5))];
        let values = values.map(|(key, value)| (key.to_owned(), value));
        Settings::new("mine", values.into_iter().collect())
    }

    #[test]
    fn an_unread_setting_is_refused_by_name() {
        let mut settings = settings();
        assert_eq!(settings.take_text("path").unwrap().as_deref(), Some("/x"));
        assert_eq!(settings.take_text("realm").unwrap(), None);
        let error = settings
            .finish("the device dialect over opaque tokens")
            .unwrap_err()
            .to_string();
        assert!(error.starts_with("flavour.mine.life = 5: "), "{error}");
        assert!(error.contains("path, realm"), "{error}");
    }

    #[test]
    fn the_value_of_an_unread_setting_that_may_be_a_secret_is_not_shown() {
        let values = [("client_secret".to_owned(), Value::from("canary"))];
        let settings = Settings::new("mine", values.into_iter().collect());
        let error = settings
            .finish("the device dialect over issuer opaque")
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("flavour.mine.client_secret") && !error.contains("canary"),
            "{error}"
        );
    }

    #[test]
    fn a_setting_is_read_once() {
        let mut settings = settings();
        assert!(settings.take_text("path").is_ok());
        assert!(settings.take_text("path").unwrap_err().to_string().contains("already"));
    }

    #[test]
    fn a_setting_of_another_form_is_refused_with_what_is_allowed() {
        let error = settings()
            .take::<bool>("path", "allowed are true and false")
            .unwrap_err();
        assert_eq!(error.to_string(), "flavour.mine.path = /x: allowed are true and false");
    }
}
