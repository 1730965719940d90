//! What the device dialect takes and answers, for the OpenAPI document.

use super::{Device, ErrorBody, RevokedBody, TokenResponse, USER_NAMES, revoke_answer};
use crate::description::{Content, Credentials, ObjectSchema, Operation, Schema, refusals};
use crate::endpoint::Endpoint;
use crate::field_error::Limit;

impl Device {
    /// Its endpoints and what each does. `example` is the body of a sign-in, as JSON.
    #[must_use]
    pub fn operations(&self, example: &str) -> [(Endpoint, Operation); 2] {
        [(Self::CREATE, self.create(example)), (Self::REVOKE, self.revoke())]
    }

    fn create(&self, example: &str) -> Operation {
        let parts = Content::new("multipart/form-data", request().into()).example("example", example);
        let success = TokenResponse::new("1|TOKEN", ["consultarTitulo", "registrarJuego"]);
        Operation::new("Sign in on a device")
            .about(
                "Each device gets a token of its own. JSON that is labelled `multipart/form-data`, without a boundary, \
                 is read too.",
            )
            .takes_json(request(), example)
            .takes_form(request(), example)
            .takes(parts)
            .answers(
                "A token and what it permits.",
                &Schema::of::<TokenResponse<'_>>(),
                &success.answer(),
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
            )
    }

    fn revoke(&self) -> Operation {
        Operation::new("Revoke the token")
            .about("The player's other devices stay signed in. A body is not read.")
            .needs(Credentials::Token)
            .answers("The token is revoked.", &Schema::of::<RevokedBody>(), &revoke_answer())
            .refuses(
                self,
                &Schema::of::<ErrorBody<'_>>(),
                &[refusals::NEEDING_A_TOKEN, refusals::ANYWHERE],
            )
    }
}

fn request() -> ObjectSchema {
    ObjectSchema::new("TokenRequest")
        .label_by_any_name(
            &USER_NAMES,
            Limit::LOGIN_NAME,
            "The e-mail address or user name, under any of its three names.",
        )
        .secret("password", "The password.")
        .label("device_name", Limit::LABEL, "The player's name for the device.")
}
