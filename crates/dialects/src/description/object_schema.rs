//! The schema of a request, in the words of its decoder.

use serde_json::{Map, Value, json};

use super::schema::Schema;
use crate::field_error::Limit;

/// Characters that no label may have: NUL, line breaks and the other controls.
macro_rules! controls {
    () => {
        r"\u0000-\u001f\u007f-\u009f"
    };
}

/// White space that is no control character.
macro_rules! space {
    () => {
        r" \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
    };
}

/// Not blank, no control characters.
const LABEL: &str = concat!(
    "^[^",
    controls!(),
    "]*[^",
    controls!(),
    space!(),
    "][^",
    controls!(),
    "]*$"
);

/// Not blank.
const NOT_BLANK: &str = concat!("[^", space!(), r"\u0009-\u000d\u0085]");

/// One `@`, no white space but around it, a host name in ASCII.
const EMAIL: &str = concat!(
    "^[",
    space!(),
    "]*[^@",
    controls!(),
    space!(),
    "]+@",
    "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?([.][A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*",
    "[",
    space!(),
    "]*$"
);

/// The schema of an object whose fields are read with [`Fields`](crate::Fields): each method here describes what the
/// method of the same name there accepts. Fields without a description are ignored, as in a request.
#[derive(Clone, Debug)]
pub struct ObjectSchema {
    name: &'static str,
    properties: Map<String, Value>,
    required: Vec<&'static str>,
    any_of: Vec<Value>,
}

impl ObjectSchema {
    /// An object without fields.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            properties: Map::new(),
            required: Vec::new(),
            any_of: Vec::new(),
        }
    }

    /// As [`Fields::label`](crate::Fields::label).
    #[must_use]
    pub fn label(self, field: &'static str, limit: Limit, about: &str) -> Self {
        self.required(field, label(limit, about))
    }

    /// A label under one or more of these names, with the same value under all that are there.
    #[must_use]
    pub fn label_by_any_name(mut self, fields: &[&'static str], limit: Limit, about: &str) -> Self {
        for field in fields {
            self.properties.insert((*field).into(), label(limit, about));
            self.any_of.push(json!({ "required": [field] }));
        }
        self
    }

    /// As [`Fields::secret`](crate::Fields::secret).
    #[must_use]
    pub fn secret(self, field: &'static str, about: &str) -> Self {
        let secret = json!({ "type": "string", "format": "password", "minLength": 1, "pattern": NOT_BLANK,
            "description": about });
        self.required(field, secret)
    }

    /// As [`Fields::text`](crate::Fields::text).
    #[must_use]
    pub fn text(self, field: &'static str, about: &str) -> Self {
        self.required(field, json!({ "type": "string", "description": about }))
    }

    /// One of these texts.
    #[must_use]
    pub fn word(self, field: &'static str, words: &[&str], about: &str) -> Self {
        self.required(field, json!({ "type": "string", "enum": words, "description": about }))
    }

    /// As [`Fields::optional_text`](crate::Fields::optional_text).
    #[must_use]
    pub fn optional_text(mut self, field: &'static str, about: &str) -> Self {
        let text = json!({ "type": "string", "description": about });
        self.properties.insert(field.into(), text);
        self
    }

    /// As [`Fields::nullable_text`](crate::Fields::nullable_text).
    #[must_use]
    pub fn nullable_text(mut self, field: &'static str, about: &str) -> Self {
        let text = json!({ "type": ["string", "null"], "description": about });
        self.properties.insert(field.into(), text);
        self
    }

    /// As [`Fields::positive_integer`](crate::Fields::positive_integer).
    #[must_use]
    pub fn positive_integer(self, field: &'static str, about: &str) -> Self {
        self.required(field, positive_integer(about))
    }

    /// The same, for a field that may be missing.
    #[must_use]
    pub fn optional_positive_integer(mut self, field: &'static str, about: &str) -> Self {
        self.properties.insert(field.into(), positive_integer(about));
        self
    }

    /// An e-mail address as the integration dialect reads it.
    pub(crate) fn email(self, field: &'static str, about: &str) -> Self {
        let email = json!({ "type": "string", "minLength": 3, "maxLength": 254, "pattern": EMAIL,
            "description": about });
        self.required(field, email)
    }

    /// As [`Fields::object`](crate::Fields::object).
    #[must_use]
    pub fn object(self, field: &'static str, object: Self, about: &str) -> Self {
        let mut value = Schema::from(object).value;
        value["description"] = about.into();
        self.required(field, value)
    }

    /// A field that must not be there.
    #[must_use]
    pub fn without(mut self, field: &'static str) -> Self {
        self.properties.insert(field.into(), false.into());
        self
    }

    fn required(mut self, field: &'static str, schema: Value) -> Self {
        self.properties.insert(field.into(), schema);
        self.required.push(field);
        self
    }
}

impl From<ObjectSchema> for Schema {
    fn from(object: ObjectSchema) -> Self {
        let mut value = json!({ "type": "object", "required": object.required, "properties": object.properties });
        if !object.any_of.is_empty() {
            value["anyOf"] = object.any_of.into();
        }
        Self::new(object.name, value)
    }
}

fn label(limit: Limit, about: &str) -> Value {
    // JSON Schema counts characters. Where bytes are limited, fewer characters may be allowed than it says.
    let (most, about) = match limit {
        Limit::Characters(most) => (most, about.to_owned()),
        Limit::Bytes(most) => (most, format!("{about} At most {most} bytes of UTF-8.")),
    };
    json!({ "type": "string", "minLength": 1, "maxLength": most, "pattern": LABEL, "description": about })
}
fn positive_integer(about: &str) -> Value {
    json!({ "type": "integer", "format": "int64", "minimum": 1, "maximum": i64::MAX, "description": about })
}
