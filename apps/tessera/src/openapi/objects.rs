//! Objects whose members keep their order, and the components that operations share.

use std::collections::HashMap;

use dialects::description::{Header, Schema};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

/// A JSON object with its members in this order.
#[derive(Debug, Clone)]
pub(super) struct Ordered<T>(pub(super) Vec<(String, T)>);

impl<T> Default for Ordered<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Ordered<T> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The member of this name, or a new one at the end.
    pub(super) fn entry(&mut self, name: &str) -> &mut T
    where
        T: Default,
    {
        let at = self.0.iter().position(|(have, _)| have == name);
        let at = at.unwrap_or_else(|| {
            self.0.push((name.to_owned(), T::default()));
            self.0.len() - 1
        });
        &mut self.0[at].1
    }
}

impl<T> FromIterator<(String, T)> for Ordered<T> {
    fn from_iter<I: IntoIterator<Item = (String, T)>>(members: I) -> Self {
        Self(members.into_iter().collect())
    }
}

impl<T: Serialize> Serialize for Ordered<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        self.0
            .iter()
            .try_for_each(|(name, value)| map.serialize_entry(name, value))?;
        map.end()
    }
}

/// The components of a document: what operations refer to.
#[derive(Debug, Default, Serialize)]
pub(super) struct Components {
    schemas: Ordered<Value>,
    headers: Ordered<Value>,
    #[serde(rename = "securitySchemes")]
    security: Ordered<Value>,
    #[serde(skip)]
    known: HashMap<String, Value>,
}

impl Components {
    /// A reference to this schema, which gets the name of its group and its own. Another one of the same name is
    /// written out where it is used.
    pub(super) fn schema(&mut self, group: &str, schema: &Schema) -> Value {
        let name = format!("{group}.{}", schema.name);
        self.referred("schemas", &name, schema.value.clone())
    }

    pub(super) fn header(&mut self, header: &Header) -> Value {
        let mut value = json!({ "required": header.required, "schema": header.schema });
        if !header.about.is_empty() {
            value["description"] = header.about.as_ref().into();
        }
        self.referred("headers", header.name, value)
    }

    pub(super) fn security(&mut self, name: String, scheme: Value) -> String {
        self.referred("securitySchemes", &name, scheme);
        name
    }

    fn referred(&mut self, kind: &str, name: &str, value: Value) -> Value {
        let path = format!("#/components/{kind}/{name}");
        match self.known.get(&path) {
            Some(have) if *have != value => return value,
            Some(_) => {}
            None => {
                let members = match kind {
                    "schemas" => &mut self.schemas,
                    "headers" => &mut self.headers,
                    _ => &mut self.security,
                };
                members.0.push((name.to_owned(), value.clone()));
                self.known.insert(path.clone(), value);
            }
        }
        json!({ "$ref": path })
    }
}
