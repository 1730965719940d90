//! What an endpoint takes and answers, as data: the server makes its OpenAPI document of it.
//!
//! An [`Operation`] is built beside the code that it describes, of parts that this code uses too, so that the two agree:
//!
//! * the schema of an answer is derived from the type that is encoded ([`Schema::of`]);
//! * the status, the headers and the example of an answer are those of an [`Answer`](crate::Answer) that the code made,
//!   a success ([`Operation::answers`]) or what the [`RejectionFormatter`](crate::RejectionFormatter) makes of a
//!   rejection ([`Operation::refuses`]);
//! * the schema of a request is written with the words of its decoder ([`ObjectSchema`] and [`Fields`](crate::Fields)),
//!   and a test compares the two.
//!
//! ```
//! use dialects::description::{ObjectSchema, Operation, Schema, refusals};
//! use dialects::messages::english;
//! use dialects::{Answer, Challenge, Limit, RejectionFormatter, RequestRejection, Scheme};
//! use schemars::JsonSchema;
//! use serde::Serialize;
//!
//! #[derive(Serialize, JsonSchema)]
//! struct Greeting {
//!     /// The whole greeting.
//!     text: String,
//! }
//!
//! #[derive(Serialize, JsonSchema)]
//! struct Failure<'a> {
//!     error: &'a str,
//! }
//!
//! #[derive(Debug)]
//! struct Rejections(Challenge);
//!
//! impl RejectionFormatter for Rejections {
//!     fn answer(&self, rejection: &RequestRejection) -> Answer {
//!         let error = &*english(rejection);
//!         Answer::json(rejection.status(), &Failure { error }).with_rejection_headers(rejection, &self.0)
//!     }
//! }
//!
//! let rejections = Rejections(Challenge::new(&[Scheme::Bearer], "guests"));
//! let request = ObjectSchema::new("Guest").label("name", Limit::LABEL, "Who is greeted.");
//! let greeting = Greeting { text: "Hello, Ann" .to_owned() };
//! let operation = Operation::new("Greet somebody")
//!     .takes_json(request, r#"{"name":"Ann"}"#)
//!     .answers("The greeting.", &Schema::of::<Greeting>(), &Answer::json(200, &greeting))
//!     .refuses(&rejections, &Schema::of::<Failure<'_>>(), &[refusals::READING_A_BODY, refusals::ANYWHERE]);
//! let statuses: Vec<u16> = operation.responses.iter().map(|response| response.status).collect();
//! assert_eq!(statuses, [200, 400, 408, 413, 415, 500, 503]);
//! ```

mod content;
mod object_schema;
mod operation;
mod parameter;
pub mod refusals;
mod response;
mod schema;

pub use content::{Content, Example};
pub use object_schema::ObjectSchema;
pub use operation::{Credentials, Operation};
pub use parameter::{Parameter, Place};
pub use response::{Header, Response};
pub use schema::Schema;
