//! One status of an operation.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::content::Content;
use super::schema::Schema;
use crate::answer::Answer;

/// The answers of an operation that have one status.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// What it means: sentences.
    pub meanings: Vec<Cow<'static, str>>,
    /// Its headers, besides those that the server adds to every answer.
    pub headers: Vec<Header>,
    /// Its bodies, one for each media type; none: no body.
    pub contents: Vec<Content>,
}

/// A header of an answer.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Header {
    /// Its name.
    pub name: &'static str,
    /// What it says.
    pub about: Cow<'static, str>,
    /// The schema of its value.
    pub schema: Value,
    /// Whether every answer with this status has it.
    pub required: bool,
}

impl Response {
    /// An answer with this status.
    #[must_use]
    pub fn new(status: u16, meaning: impl Into<Cow<'static, str>>) -> Self {
        let meaning = Some(meaning.into()).filter(|meaning| !meaning.is_empty());
        Self {
            status,
            meanings: meaning.into_iter().collect(),
            headers: Vec::new(),
            contents: Vec::new(),
        }
    }

    /// What this answer is an example of: its status, its headers, and its body by the name `example`.
    #[must_use]
    pub fn of(answer: &Answer, meaning: impl Into<Cow<'static, str>>, schema: &Schema, example: &'static str) -> Self {
        let own = answer.headers.iter().filter(|(name, _)| *name != "Content-Type");
        let headers = own.map(|(name, value)| Header::like(name, value));
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        Self {
            headers: headers.collect(),
            ..Self::new(answer.status, meaning)
        }
        .content(Content::new("application/json", schema.clone()).example(example, body))
    }

    /// Adds a body.
    #[must_use]
    pub fn content(mut self, content: Content) -> Self {
        self.contents.push(content);
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, header: Header) -> Self {
        self.headers.push(header);
        self
    }

    /// Takes in what another answer of the same status adds.
    pub(super) fn merge(&mut self, other: Self) {
        for meaning in other.meanings {
            if !self.meanings.contains(&meaning) {
                self.meanings.push(meaning);
            }
        }
        let has = |headers: &[Header], name| headers.iter().any(|header| header.name == name);
        for header in &mut self.headers {
            header.required &= has(&other.headers, header.name);
        }
        for mut header in other.headers {
            if !has(&self.headers, header.name) {
                header.required = false;
                self.headers.push(header);
            }
        }
        for content in other.contents {
            match self
                .contents
                .iter_mut()
                .find(|have| have.media_type == content.media_type)
            {
                Some(have) => have.merge(content),
                None => self.contents.push(content),
            }
        }
    }
}

impl Header {
    /// A header that every answer with the status has.
    #[must_use]
    pub fn new(name: &'static str, about: impl Into<Cow<'static, str>>, schema: Value) -> Self {
        Self {
            name,
            about: about.into(),
            schema,
            required: true,
        }
    }

    /// A header as in this example of it.
    fn like(name: &'static str, value: &str) -> Self {
        let text = json!({ "type": "string", "examples": [value] });
        let always = json!({ "type": "string", "const": value });
        match name {
            "WWW-Authenticate" => Self::challenge(text),
            "Retry-After" => Self::retry_after(),
            "Allow" => Self::new(name, "The methods of the path.", always),
            "Cache-Control" => Self::new(name, "How long the answer may be stored.", always),
            "X-Content-Type-Options" => Self::new(name, "The answer is of no other media type.", always),
            _ => Self::new(name, "", text),
        }
    }

    /// `WWW-Authenticate`, with the schema of its value.
    #[must_use]
    pub fn challenge(schema: Value) -> Self {
        Self::new(
            "WWW-Authenticate",
            "How to authenticate (RFC 9110 section 11.6.1); `error` is there if a token was sent.",
            schema,
        )
    }

    /// `Retry-After` in seconds.
    #[must_use]
    pub fn retry_after() -> Self {
        Self::new(
            "Retry-After",
            "Seconds to wait (RFC 9110 section 10.2.3).",
            json!({ "type": "integer", "minimum": 1, "examples": [2] }),
        )
    }

    /// The same, for a header that not every answer with this status has.
    #[must_use]
    pub fn optional(self) -> Self {
        Self {
            required: false,
            ..self
        }
    }
}
