//! A parameter beside the body.

use serde_json::Value;

/// A parameter in the query or in a header.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// Where it is.
    pub place: Place,
    /// What it does.
    pub about: &'static str,
    /// Its schema. An array: the parameter may be repeated.
    pub schema: Value,
    /// Whether it must be there.
    pub required: bool,
}

/// Where a parameter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// In the query.
    Query,
    /// In a header.
    Header,
}

impl Parameter {
    /// A parameter of the query that may be left out.
    #[must_use]
    pub fn query(name: &'static str, about: &'static str, schema: Value) -> Self {
        Self {
            name,
            place: Place::Query,
            about,
            schema,
            required: false,
        }
    }

    /// A header that may be left out. `Accept`, `Content-Type` and `Authorization` are not described as parameters.
    #[must_use]
    pub fn header(name: &'static str, about: &'static str, schema: Value) -> Self {
        Self {
            place: Place::Header,
            ..Self::query(name, about, schema)
        }
    }
}
