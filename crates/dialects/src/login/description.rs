//! What the login dialect takes and answers, for the OpenAPI document.

use super::{Login, LoginResponse, StatusBody, logout_answer};
use crate::description::{Credentials, ObjectSchema, Operation, Schema, refusals};
use crate::endpoint::Endpoint;
use crate::field_error::Limit;

impl Login {
    /// Its endpoints and what each does. `example` is the body of a sign-in.
    #[must_use]
    pub fn operations(&self, example: &str) -> [(Endpoint, Operation); 2] {
        [(Self::LOGIN, self.login(example)), (Self::LOGOUT, self.logout())]
    }

    fn login(&self, example: &str) -> Operation {
        let request = ObjectSchema::new("LoginRequest")
            .label("username", Limit::LOGIN_NAME, "The login name.")
            .secret(
                "password",
                "The password. Without one the answer is that to a wrong one.",
            );
        let success = LoginResponse {
            key: "7d444840-9dc0-41d1-b245-5ffdce74fad2",
            username: "100@mydomain.com",
            expires: 1_394_218_310_376,
            token: "TOKEN".into(),
            role: 2,
        };
        Operation::new("Sign in")
            .takes_json(request, example)
            .answers(
                "A key and a token.",
                &Schema::of::<LoginResponse<'_>>(),
                &success.answer(),
            )
            .refuses(
                self,
                &Schema::of::<StatusBody<'_>>(),
                &[
                    refusals::READING_A_BODY,
                    refusals::CHECKING_CREDENTIALS,
                    refusals::HASHING,
                    refusals::ANYWHERE,
                ],
            )
    }

    fn logout(&self) -> Operation {
        let status = Schema::of::<StatusBody<'_>>();
        Operation::new("Sign out")
            .about("Revokes the token and its key. A body is not read.")
            .needs(Credentials::Token)
            .answers("The token is revoked.", &status, &logout_answer())
            .refuses(self, &status, &[refusals::NEEDING_A_TOKEN, refusals::ANYWHERE])
    }
}
