//! What resource servers ask and are answered, for the OpenAPI document.

use serde_json::json;

use super::errors::{Body, OauthErrors};
use super::introspection::{Active, ActiveToken, Inactive, inactive};
use super::revoked;
use crate::description::{Credentials, ObjectSchema, Operation, Response, Schema, refusals};
use crate::request_rejection::RequestRejection;

impl OauthErrors {
    /// Introspection (RFC 7662).
    #[must_use]
    pub fn introspection(&self) -> Operation {
        let token = ActiveToken {
            token_type: Some("Bearer"),
            scope: "games:read",
            flavour: "device",
            realm: "players",
            token_id: "17",
            sid: "17.0.7",
            ..ActiveToken::new("7", "demo-rs")
        };
        let operation = Operation::new("Whether a token is active")
            .about("Introspection (RFC 7662) of a token of any flavour in the audience of the resource server.")
            .answers("The token is active.", &Schema::of::<Active<'_>>(), &token.answer())
            .responds(Response::of(
                &inactive(),
                "The token is not active.",
                &Schema::of::<Inactive>(),
                "inactive",
            ));
        self.asked(operation, &[])
    }

    /// Revocation (RFC 7009).
    #[must_use]
    pub fn revocation(&self) -> Operation {
        let empty = Schema::new("Nothing", json!({ "type": "object" }));
        let operation = Operation::new("Revoke a token")
            .about("Revocation (RFC 7009) of a token of any flavour in the audience of the resource server.")
            .answers("The token is not active any more, or was not.", &empty, &revoked());
        let unsupported = RequestRejection::DialectSpecific {
            code: "unsupported_token_type",
        };
        self.asked(operation, &[unsupported])
    }

    fn asked(&self, operation: Operation, own: &[RequestRejection]) -> Operation {
        let unsigned = RequestRejection::NotAuthenticated { token_sent: false };
        operation
            .needs(Credentials::ClientInHeader)
            .needs(Credentials::ClientInBody)
            .takes_form(request(), r#"{"token":"TOKEN"}"#)
            .refuses(
                self,
                &Schema::of::<Body<'_>>(),
                &[
                    refusals::READING_A_BODY,
                    &[unsigned],
                    refusals::CHECKING_CREDENTIALS,
                    own,
                    refusals::ANYWHERE,
                ],
            )
    }
}

fn request() -> ObjectSchema {
    ObjectSchema::new("TokenParameter")
        .text("token", "The token.")
        .optional_text("token_type_hint", "Only advice.")
        .optional_text("key", "What is presented beside a token that is bound to a key.")
        .optional_text("client_ip", "The address of who has presented the token.")
        .optional_text("client_id", "The resource server, unless it is in `Authorization`.")
        .optional_text("client_secret", "Its secret, unless it is in `Authorization`.")
}
