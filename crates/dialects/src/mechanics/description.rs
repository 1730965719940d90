//! What the mechanics dialect takes and answers, for the OpenAPI document.

use super::{ErrorBody, Mechanics, TokenResponse, WorkshopUser};
use crate::description::{ObjectSchema, Operation, Schema, refusals};
use crate::endpoint::Endpoint;
use crate::field_error::Limit;

impl Mechanics {
    /// Its endpoints and what each does. `example` is the body of a sign-in.
    #[must_use]
    pub fn operations(&self, example: &str) -> [(Endpoint, Operation); 1] {
        let user = WorkshopUser {
            name: "Workshop Name".into(),
            country_id: 1,
            locale: "da".into(),
            vat_factor: 0.25,
            require_automatic_payment: true,
        };
        let refresh_token = "0123456789abcdef".repeat(4);
        let success = TokenResponse::new("TOKEN", &refresh_token, &user).answer();
        let operation = Operation::new("Sign in, or refresh the tokens")
            .about(
                "Send e-mail address and password, or a refresh token. A refresh token is used once; if the answer was \
                 lost, the same one gets the same successor for some seconds more.",
            )
            .takes_json(request(), example)
            .answers(
                "Two tokens and the workshop.",
                &Schema::of::<TokenResponse<'_>>(),
                &success,
            )
            .refuses(
                self,
                &Schema::of::<ErrorBody<'_>>(),
                &[
                    refusals::READING_A_BODY,
                    refusals::CHECKING_CREDENTIALS,
                    refusals::HASHING,
                    refusals::ANYWHERE,
                ],
            );
        [(Self::TOKENS, operation)]
    }
}

fn request() -> Schema {
    let sign_in = ObjectSchema::new("SignIn")
        .label("email", Limit::LOGIN_NAME, "The login name.")
        .secret("password", "The password.")
        .without("refreshToken");
    let refresh = ObjectSchema::new("Refresh")
        .text("refreshToken", "The refresh token of the last answer.")
        .without("email")
        .without("password");
    Schema::one_of("TokenRequest", [sign_in.into(), refresh.into()])
}
