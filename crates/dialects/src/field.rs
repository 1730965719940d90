//! The fields of a decoded body: taken out one by one, each with its rules.

use std::fmt;

use secrecy::SecretString;
use serde_json::{Map, Value};

/// A field of the request and what is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The field as a client knows it: `consumer.key` for a member of a member.
    pub field: &'static str,
    /// What is wrong with it.
    pub kind: FieldErrorKind,
}

/// What can be wrong with a field. `Display` is for logs; the dialects have words of their own for clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FieldErrorKind {
    /// It is not there.
    Missing,
    /// It is not a string.
    NotText,
    /// It is not an integer that fits 64 bits with a sign. `"171"`, `171.0` and `1e2` are not.
    NotInteger,
    /// It is not an object.
    NotObject,
    /// It is empty or nothing but white space.
    Blank,
    /// It is longer than it may be.
    TooLong(Limit),
    /// It holds NUL, a line break or another control character.
    ControlCharacter,
    /// It is not a usable e-mail address.
    NotAnEmail,
    /// It is a number below 1.
    NotPositive,
    /// It contradicts another field of the request.
    Conflict,
}

/// How long a field may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// So many bytes of UTF-8.
    Bytes(usize),
    /// So many Unicode characters.
    Characters(usize),
}

impl fmt::Display for FieldErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// The longest login name, as auth-core folds them.
pub(crate) const LOGIN_NAME: Limit = Limit::Bytes(254);

/// The longest label a person or a partner gives to something.
pub(crate) const LABEL: Limit = Limit::Characters(255);

/// The members of one object.
///
/// Where a field is named `consumer.key`, the name is for the client and its last part is looked up.
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    pub(crate) fn new(members: Map<String, Value>) -> Self {
        Self(members)
    }

    pub(crate) fn has(&self, field: &'static str) -> bool {
        self.0.contains_key(field)
    }

    /// A text for people: not blank, no control characters, within the limit. Returned as it was sent.
    pub(crate) fn label(&mut self, field: &'static str, limit: Limit) -> Result<String, FieldError> {
        let text = self.text(field)?;
        check_label(&text, limit).map_err(|kind| FieldError { field, kind })?;
        Ok(text)
    }

    /// A password or the like: not blank, otherwise byte for byte what was sent, NUL included.
    pub(crate) fn secret(&mut self, field: &'static str) -> Result<SecretString, FieldError> {
        let text = self.text(field)?;
        if is_blank(&text) {
            let kind = FieldErrorKind::Blank;
            return Err(FieldError { field, kind });
        }
        Ok(text.into())
    }

    pub(crate) fn text(&mut self, field: &'static str) -> Result<String, FieldError> {
        match self.take(field)? {
            Value::String(text) => Ok(text),
            _ => Err(FieldError {
                field,
                kind: FieldErrorKind::NotText,
            }),
        }
    }

    pub(crate) fn positive_integer(&mut self, field: &'static str) -> Result<i64, FieldError> {
        let kind = match self.take(field)?.as_i64() {
            Some(number) if number > 0 => return Ok(number),
            Some(_) => FieldErrorKind::NotPositive,
            None => FieldErrorKind::NotInteger,
        };
        Err(FieldError { field, kind })
    }

    pub(crate) fn object(&mut self, field: &'static str) -> Result<Self, FieldError> {
        match self.take(field)? {
            Value::Object(members) => Ok(Self(members)),
            _ => Err(FieldError {
                field,
                kind: FieldErrorKind::NotObject,
            }),
        }
    }

    fn take(&mut self, field: &'static str) -> Result<Value, FieldError> {
        let key = field.rsplit('.').next().unwrap_or(field);
        let kind = FieldErrorKind::Missing;
        self.0.remove(key).ok_or(FieldError { field, kind })
    }
}

fn check_label(text: &str, limit: Limit) -> Result<(), FieldErrorKind> {
    if is_blank(text) {
        return Err(FieldErrorKind::Blank);
    }
    if text.chars().any(char::is_control) {
        return Err(FieldErrorKind::ControlCharacter);
    }
    let fits = match limit {
        Limit::Bytes(max) => text.len() <= max,
        Limit::Characters(max) => text.chars().count() <= max,
    };
    if fits {
        Ok(())
    } else {
        Err(FieldErrorKind::TooLong(limit))
    }
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body;
    use secrecy::ExposeSecret;

    fn fields(json: &str) -> Fields {
        body::object(json.as_bytes()).unwrap()
    }

    #[test]
    fn a_label_counts_characters_or_bytes_as_its_limit_says() {
        assert_eq!(check_label(&"ñ".repeat(255), LABEL), Ok(()));
        assert_eq!(
            check_label(&"ñ".repeat(256), LABEL),
            Err(FieldErrorKind::TooLong(LABEL))
        );
        assert_eq!(check_label(&"ñ".repeat(127), LOGIN_NAME), Ok(()));
        assert_eq!(
            check_label(&"ñ".repeat(128), LOGIN_NAME),
            Err(FieldErrorKind::TooLong(LOGIN_NAME))
        );
    }

    #[test]
    fn a_label_has_no_control_character_and_something_to_see() {
        for text in ["a\0b", "a\r\nb", "\u{1b}[2Ja", "\u{7f}", "\u{85}x"] {
            assert_eq!(
                check_label(text, LABEL),
                Err(FieldErrorKind::ControlCharacter),
                "{text:?}"
            );
        }
        for text in ["", " ", "\u{2003}\u{a0}"] {
            assert_eq!(check_label(text, LABEL), Err(FieldErrorKind::Blank), "{text:?}");
        }
        for text in ["<b>", "عربي", "\u{202e}rtl", " x "] {
            assert_eq!(check_label(text, LABEL), Ok(()), "{text:?}");
        }
    }

    #[test]
    fn only_a_plain_positive_integer_is_one() {
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
    fn a_secret_comes_through_byte_for_byte() {
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
        assert_eq!(consumer.label("consumer.key", LABEL).unwrap(), "k");
        assert_eq!(consumer.text("consumer.token").unwrap_err().field, "consumer.token");
    }
}
