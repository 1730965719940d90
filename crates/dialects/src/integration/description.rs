//! What the integration dialect takes and answers, for the OpenAPI document.

use super::{Client, ErrorBody, Integration, Organization, TokenResponse};
use crate::answer::Answer;
use crate::description::{ObjectSchema, Operation, Schema, refusals};
use crate::endpoint::Endpoint;
use crate::field_error::Limit;

impl Integration {
    /// Its endpoints and what each does. `example` is the body of a request.
    #[must_use]
    pub fn operations(&self, example: &str) -> [(Endpoint, Operation); 1] {
        let operation = Operation::new("Sign in a client of an organisation")
            .about("A new client is created. An existing one is answered as stored.")
            .takes_json(request(), example)
            .answers(
                "The client and its token.",
                &Schema::of::<TokenResponse<'_>>(),
                &self.example(),
            )
            .refuses(
                self,
                &Schema::of::<ErrorBody<'_>>(),
                &[
                    refusals::READING_A_BODY,
                    refusals::CHECKING_CREDENTIALS,
                    refusals::ANYWHERE,
                ],
            );
        [(Self::TOKEN, operation)]
    }

    fn example(&self) -> Answer {
        let client = Client {
            id: 1,
            name: "Andrew Wiggin",
            email: "andrew.wiggin@letsta.lk",
            created_at_ms: 1_570_130_356_000,
        };
        let organization = Organization {
            id: 171,
            name: "Ping Pong",
            subdomain: "pingpong",
            timezone_offset: -14_400,
        };
        let response = self.response("TOKEN", &client, &organization);
        response.expect("number and time are in range").answer()
    }
}

fn request() -> ObjectSchema {
    let consumer = ObjectSchema::new("Consumer")
        .label("key", Limit::LABEL, "The consumer's public name.")
        .secret("token", "The consumer's secret.");
    ObjectSchema::new("TokenRequest")
        .email("email", "The client's e-mail address.")
        .label("name", Limit::LABEL, "The client's name, used if the client is new.")
        .object("consumer", consumer, "The partner that asks.")
        .positive_integer("organization_id", "The number of the organisation.")
}
