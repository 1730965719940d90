//! JSON schemas (draft 2020-12, the dialect of OpenAPI 3.1).

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

/// A JSON schema with a name.
#[derive(Clone, Debug, PartialEq)]
pub struct Schema {
    /// The name, unique within a dialect: of the type that is encoded.
    pub name: String,
    /// The schema, with everything that it refers to inside it.
    pub value: Value,
}

impl Schema {
    /// The schema of what this type serialises as. The comments at its members become descriptions.
    ///
    /// # Panics
    /// If the type contains itself: such a schema cannot be written without references.
    #[must_use]
    pub fn of<T: JsonSchema>() -> Self {
        let settings = SchemaSettings::draft2020_12().for_serialize().with(|settings| {
            settings.inline_subschemas = true;
            settings.meta_schema = None;
        });
        let mut value = settings.into_generator().into_root_schema_for::<T>().to_value();
        assert!(
            !has_reference(&value),
            "a type that contains itself has no schema without references"
        );
        value.as_object_mut().and_then(|members| members.remove("title"));
        Self {
            name: T::schema_name().into_owned(),
            value,
        }
    }

    /// A schema that is written by hand.
    #[must_use]
    pub fn new(name: impl Into<String>, value: Value) -> Self {
        Self {
            name: name.into(),
            value,
        }
    }

    /// A value that fits exactly one of these.
    #[must_use]
    pub fn one_of(name: impl Into<String>, alternatives: impl IntoIterator<Item = Self>) -> Self {
        let alternatives = alternatives.into_iter().map(titled);
        Self::new(name, json!({ "oneOf": alternatives.collect::<Vec<_>>() }))
    }
}

fn has_reference(schema: &Value) -> bool {
    match schema {
        Value::Object(members) => members.contains_key("$ref") || members.values().any(has_reference),
        Value::Array(elements) => elements.iter().any(has_reference),
        _ => false,
    }
}

fn titled(schema: Schema) -> Value {
    let mut value = schema.value;
    if let Some(members) = value.as_object_mut() {
        members.insert("title".into(), schema.name.into());
    }
    value
}

#[cfg(test)]
mod tests {
    use serde::Serialize;

    use super::*;
    use crate::Redacted;

    #[derive(Serialize, JsonSchema)]
    #[serde(rename_all = "camelCase")]
    struct Outer<'a> {
        z_last: Redacted<'a>,
        /// What is inside.
        inner: Inner,
        #[serde(skip_serializing_if = "Option::is_none")]
        a_first: Option<u8>,
    }

    #[derive(Serialize, JsonSchema)]
    struct Inner {
        yes: bool,
    }

    #[test]
    fn a_schema_is_that_of_the_encoding() {
        let schema = Schema::of::<Outer<'_>>();
        assert_eq!(schema.name, "Outer");
        assert_eq!(
            schema.value["required"],
            json!(["zLast", "inner"]),
            "in the order of the type"
        );
        assert_eq!(schema.value["properties"]["zLast"]["type"], "string");
        assert_eq!(
            schema.value["properties"]["inner"]["properties"]["yes"]["type"],
            "boolean"
        );
        assert_eq!(schema.value["properties"]["inner"]["description"], "What is inside.");
        assert!(schema.value.get("$schema").is_none() && schema.value.get("title").is_none());
    }

    #[derive(Serialize, JsonSchema)]
    struct Tree {
        children: Vec<Tree>,
    }

    #[test]
    #[should_panic(expected = "contains itself")]
    fn a_type_that_contains_itself_is_refused() {
        let _ = Schema::of::<Tree>();
    }
}
