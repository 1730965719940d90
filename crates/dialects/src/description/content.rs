//! A body: its media type, its schema, and examples.

use super::schema::Schema;

/// A body of one media type.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Content {
    /// The media type, such as `application/json`.
    pub media_type: &'static str,
    /// The schemas, one of which a body fits; none: the body is bytes of that media type.
    pub schemas: Vec<Schema>,
    /// Examples.
    pub examples: Vec<Example>,
}

/// An example of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// Its name: words of `a-z 0-9`, joined by hyphens.
    pub name: &'static str,
    /// The body: JSON, also for a form, whose fields are the members of one object; otherwise the text.
    pub body: String,
}

impl Content {
    /// A body of this media type and schema.
    #[must_use]
    pub fn new(media_type: &'static str, schema: Schema) -> Self {
        Self {
            media_type,
            schemas: vec![schema],
            examples: Vec::new(),
        }
    }

    /// Bytes of this media type.
    #[must_use]
    pub fn bytes(media_type: &'static str) -> Self {
        Self {
            media_type,
            schemas: Vec::new(),
            examples: Vec::new(),
        }
    }

    /// Adds an example, unless there is one with the same body. For JSON and forms, the body is JSON.
    #[must_use]
    pub fn example(mut self, name: &'static str, body: impl Into<String>) -> Self {
        self.add_example(Example {
            name,
            body: body.into(),
        });
        self
    }

    /// Whether an example is JSON: the body is, or is a form.
    #[must_use]
    pub fn is_structured(&self) -> bool {
        self.media_type.ends_with("json")
            || self.media_type == "application/x-www-form-urlencoded"
            || self.media_type == "multipart/form-data"
    }

    /// Takes in what another body of the same media type adds.
    pub(super) fn merge(&mut self, other: Self) {
        for schema in other.schemas {
            if !self.schemas.contains(&schema) {
                self.schemas.push(schema);
            }
        }
        other.examples.into_iter().for_each(|example| self.add_example(example));
    }

    fn add_example(&mut self, example: Example) {
        let is_new = |have: &Example| have.body != example.body && have.name != example.name;
        if self.examples.iter().all(is_new) {
            self.examples.push(example);
        }
    }
}
