//! The fields of a decoded body, taken out one by one.

use std::fmt;

use secrecy::SecretString;
use serde_json::{Map, Value};

use crate::field_error::{FieldError, FieldErrorKind, Limit};

/// The members of one JSON object, or the pairs of a form: names and values.
///
/// A dialect takes out each field that its document names, with the method that has the right checks; the rest is
/// ignored. A field is taken once: a second call finds it missing. Made by [`Payload`](crate::Payload).
///
/// A name with dots, such as `consumer.key`, is for error messages: the field is looked up by the last part, `key`.
///
/// # Security
/// The values come from the client. `Debug` shows no name and no value.
pub struct Fields(Map<String, Value>);

impl Fields {
    pub(crate) fn new(members: Map<String, Value>) -> Self {
        Self(members)
    }

    /// Whether the field is there, with any value, `null` too.
    #[must_use]
    pub fn has(&self, field: &'static str) -> bool {
        self.0.contains_key(key(field))
    }

    /// A text that people will read: not blank, no control characters, within the limit. Returned as it was sent,
    /// so escape it where it is shown.
    ///
    /// # Errors
    /// [`FieldErrorKind::Missing`], [`NotText`](FieldErrorKind::NotText), [`Blank`](FieldErrorKind::Blank),
    /// [`ControlCharacter`](FieldErrorKind::ControlCharacter) or [`TooLong`](FieldErrorKind::TooLong).
    pub fn label(&mut self, field: &'static str, limit: Limit) -> Result<String, FieldError> {
        let text = self.text(field)?;
        check_label(&text, limit).map_err(|kind| FieldError::new(field, kind))?;
        Ok(text)
    }

    /// A password or a client secret: not blank, otherwise byte for byte what was sent, NUL included.
    ///
    /// # Errors
    /// [`FieldErrorKind::Missing`], [`NotText`](FieldErrorKind::NotText) or [`Blank`](FieldErrorKind::Blank).
    ///
    /// # Security
    /// The length is limited only by that of the body. Code that compares it must refuse what it cannot compare, and
    /// answer that as it answers a wrong secret.
    pub fn secret(&mut self, field: &'static str) -> Result<SecretString, FieldError> {
        let text = self.text(field)?;
        if is_blank(&text) {
            return Err(FieldError::new(field, FieldErrorKind::Blank));
        }
        Ok(text.into())
    }

    /// Any text, without further checks: it may be empty.
    ///
    /// # Errors
    /// [`FieldErrorKind::Missing`] or [`NotText`](FieldErrorKind::NotText).
    pub fn text(&mut self, field: &'static str) -> Result<String, FieldError> {
        match self.take(field)? {
            Value::String(text) => Ok(text),
            _ => Err(FieldError::new(field, FieldErrorKind::NotText)),
        }
    }

    /// Any text, as [`Fields::text`]; `None` if the field is missing.
    ///
    /// # Errors
    /// [`FieldErrorKind::NotText`].
    pub fn optional_text(&mut self, field: &'static str) -> Result<Option<String>, FieldError> {
        if !self.has(field) {
            return Ok(None);
        }
        self.text(field).map(Some)
    }

    /// Any text, as [`Fields::text`]; `None` if the field is missing or `null`.
    ///
    /// # Errors
    /// [`FieldErrorKind::NotText`].
    pub fn nullable_text(&mut self, field: &'static str) -> Result<Option<String>, FieldError> {
        match self.0.get(key(field)) {
            None | Some(Value::Null) => Ok(None),
            Some(_) => self.text(field).map(Some),
        }
    }

    /// A JSON integer from 1 to [`i64::MAX`]. A text of digits is none, so a form has no integers.
    ///
    /// # Errors
    /// [`FieldErrorKind::Missing`], [`NotInteger`](FieldErrorKind::NotInteger) or
    /// [`NotPositive`](FieldErrorKind::NotPositive).
    pub fn positive_integer(&mut self, field: &'static str) -> Result<i64, FieldError> {
        let kind = match self.take(field)?.as_i64() {
            Some(number) if number > 0 => return Ok(number),
            Some(_) => FieldErrorKind::NotPositive,
            None => FieldErrorKind::NotInteger,
        };
        Err(FieldError::new(field, kind))
    }

    /// The fields of a JSON object inside this one.
    ///
    /// # Errors
    /// [`FieldErrorKind::Missing`] or [`NotObject`](FieldErrorKind::NotObject).
    pub fn object(&mut self, field: &'static str) -> Result<Self, FieldError> {
        match self.take(field)? {
            Value::Object(members) => Ok(Self(members)),
            _ => Err(FieldError::new(field, FieldErrorKind::NotObject)),
        }
    }

    fn take(&mut self, field: &'static str) -> Result<Value, FieldError> {
        let missing = FieldError::new(field, FieldErrorKind::Missing);
        self.0.remove(key(field)).ok_or(missing)
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fields").finish_non_exhaustive()
    }
}

/// The last part of a name with dots.
fn key(field: &'static str) -> &'static str {
    field.rsplit('.').next().unwrap_or(field)
}

fn check_label(text: &str, limit: Limit) -> Result<(), FieldErrorKind> {
    if is_blank(text) {
        return Err(FieldErrorKind::Blank);
    }
    if text.chars().any(char::is_control) {
        return Err(FieldErrorKind::ControlCharacter);
    }
    if !limit.allows(text) {
        return Err(FieldErrorKind::TooLong(limit));
    }
    Ok(())
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;
    use secrecy::ExposeSecret;

    fn fields(json: &str) -> Fields {
        json::object(json.as_bytes()).unwrap()
    }

    #[test]
    fn a_label_counts_characters_or_bytes_depending_on_its_limit() {
        assert_eq!(check_label(&"ñ".repeat(255), Limit::LABEL), Ok(()));
        assert_eq!(
            check_label(&"ñ".repeat(256), Limit::LABEL),
            Err(FieldErrorKind::TooLong(Limit::LABEL))
        );
        assert_eq!(check_label(&"ñ".repeat(127), Limit::LOGIN_NAME), Ok(()));
        assert_eq!(
            check_label(&"ñ".repeat(128), Limit::LOGIN_NAME),
            Err(FieldErrorKind::TooLong(Limit::LOGIN_NAME))
        );
    }

    #[test]
    fn a_label_has_no_control_character_and_is_not_blank() {
        for text in ["a\0b", "a\r\nb", "\u{1b}[2Ja", "\u{7f}", "\u{85}x"] {
            assert_eq!(
                check_label(text, Limit::LABEL),
                Err(FieldErrorKind::ControlCharacter),
                "{text:?}"
            );
        }
        for text in ["", " ", "\u{2003}\u{a0}"] {
            assert_eq!(check_label(text, Limit::LABEL), Err(FieldErrorKind::Blank), "{text:?}");
        }
        for text in ["<b>", "عربي", "\u{202e}rtl", " x "] {
            assert_eq!(check_label(text, Limit::LABEL), Ok(()), "{text:?}");
        }
    }

    #[test]
    fn only_a_plain_positive_integer_is_accepted() {
        let read = |text: &str| {
            let json = format!("{{\"n\":{text}}}");
            fields(&json).positive_integer("n").map_err(|e| e.kind)
        };
        assert_eq!(read("171"), Ok(171));
        assert_eq!(read("9223372036854775807"), Ok(i64::MAX));
        for text in [
            "\"171\"",
            "171.0",
            "1e2",
            "9223372036854775808",
            "null",
            "true",
            "[171]",
            "-0",
        ] {
            assert_eq!(read(text), Err(FieldErrorKind::NotInteger), "{text}");
        }
        for text in ["0", "-1", "-9223372036854775808"] {
            assert_eq!(read(text), Err(FieldErrorKind::NotPositive), "{text}");
        }
    }

    #[test]
    fn a_secret_is_returned_byte_for_byte() {
        let mut sent = fields(r#"{"p":" a\u0000\u00e9\n "}"#);
        assert_eq!(sent.secret("p").unwrap().expose_secret(), " a\0é\n ");
        let blank = FieldError {
            field: "p",
            kind: FieldErrorKind::Blank,
        };
        assert_eq!(fields(r#"{"p":"  "}"#).secret("p").unwrap_err(), blank);
    }

    #[test]
    fn a_dotted_name_is_looked_up_by_its_last_part() {
        let mut outer = fields(r#"{"consumer":{"key":"k"}}"#);
        let mut consumer = outer.object("consumer").unwrap();
        assert_eq!(consumer.label("consumer.key", Limit::LABEL).unwrap(), "k");
        assert_eq!(consumer.text("consumer.token").unwrap_err().field, "consumer.token");
    }

    #[test]
    fn an_optional_text_may_be_missing_and_may_not_be_another_type() {
        let mut sent = fields(r#"{"scope":"a b","other":1}"#);
        assert_eq!(sent.optional_text("scope"), Ok(Some("a b".to_owned())));
        assert_eq!(sent.optional_text("scope"), Ok(None));
        assert_eq!(sent.optional_text("other").unwrap_err().kind, FieldErrorKind::NotText);
    }

    #[test]
    fn fields_print_no_value() {
        let sent = fields(r#"{"password":"canary"}"#);
        assert!(!format!("{sent:?}").contains("canary"));
    }
}
