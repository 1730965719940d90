//! One operation: a method of a path.

use std::borrow::Cow;

use super::content::Content;
use super::object_schema::ObjectSchema;
use super::parameter::Parameter;
use super::refusals::explain;
use super::response::Response;
use super::schema::Schema;
use crate::answer::Answer;
use crate::rejection_formatter::RejectionFormatter;
use crate::request_rejection::RequestRejection;

/// What one operation takes and answers.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Operation {
    /// What it does, in a few words, without a full stop.
    pub summary: &'static str,
    /// More about it: sentences in CommonMark, as OpenAPI has them.
    pub about: Cow<'static, str>,
    /// The ways to authenticate, one of which is needed; none: it needs no authentication.
    pub credentials: Vec<Credentials>,
    /// Its parameters beside the body.
    pub parameters: Vec<Parameter>,
    /// The bodies it reads, one for each media type; none: it reads none.
    pub bodies: Vec<Content>,
    /// Its answers, by status.
    pub responses: Vec<Response>,
}

/// A way to authenticate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Credentials {
    /// An active token: of the flavour, in the headers in which it takes its tokens; at a path of no flavour, of any.
    Token,
    /// A client's name and secret in `Authorization: Basic` (RFC 6749 section 2.3.1).
    ClientInHeader,
    /// A client's name and secret in the body.
    ClientInBody,
}

impl Operation {
    /// An operation that does what the summary says.
    #[must_use]
    pub fn new(summary: &'static str) -> Self {
        Self {
            summary,
            about: "".into(),
            credentials: Vec::new(),
            parameters: Vec::new(),
            bodies: Vec::new(),
            responses: Vec::new(),
        }
    }

    /// The same with another summary.
    #[must_use]
    pub fn titled(self, summary: &'static str) -> Self {
        Self { summary, ..self }
    }

    /// Says more about it.
    #[must_use]
    pub fn about(self, about: impl Into<Cow<'static, str>>) -> Self {
        Self {
            about: about.into(),
            ..self
        }
    }

    /// Adds a way to authenticate.
    #[must_use]
    pub fn needs(mut self, credentials: Credentials) -> Self {
        self.credentials.push(credentials);
        self
    }

    /// Adds a parameter.
    #[must_use]
    pub fn parameter(mut self, parameter: Parameter) -> Self {
        self.parameters.push(parameter);
        self
    }

    /// Adds a body that it reads.
    #[must_use]
    pub fn takes(mut self, content: Content) -> Self {
        self.bodies.push(content);
        self
    }

    /// It reads JSON; `example` is a whole body.
    #[must_use]
    pub fn takes_json(self, schema: impl Into<Schema>, example: &str) -> Self {
        self.takes(Content::new("application/json", schema.into()).example("example", example))
    }

    /// It reads a form; `example` has its fields as the members of a JSON object.
    #[must_use]
    pub fn takes_form(self, schema: ObjectSchema, example: &str) -> Self {
        let form = Content::new("application/x-www-form-urlencoded", schema.into());
        self.takes(form.example("example", example))
    }

    /// Adds a successful answer, with an example that the dialect made.
    #[must_use]
    pub fn answers(self, meaning: &'static str, schema: &Schema, example: &Answer) -> Self {
        self.responds(Response::of(example, meaning, schema, "example"))
    }

    /// Adds what the formatter makes of each of these rejections. `schema` is that of its error body.
    #[must_use]
    pub fn refuses(
        self,
        formatter: &dyn RejectionFormatter,
        schema: &Schema,
        rejections: &[&[RequestRejection]],
    ) -> Self {
        rejections.concat().iter().fold(self, |operation, rejection| {
            let (name, meaning) = explain(rejection);
            operation.responds(Response::of(&formatter.answer(rejection), meaning, schema, name))
        })
    }

    /// Adds an answer. Answers with one status become one.
    #[must_use]
    pub fn responds(mut self, response: Response) -> Self {
        match self
            .responses
            .binary_search_by_key(&response.status, |have| have.status)
        {
            Ok(at) => self.responses[at].merge(response),
            Err(at) => self.responses.insert(at, response),
        }
        self
    }
}
