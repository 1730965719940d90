//! What self-service takes and answers, for the OpenAPI document.

use serde_json::json;

use super::{
    Body, FIXED_END, NO_PASSWORD, NewSession, NewToken, OwnSession, OwnSessions, PASSWORD_COMMON, PASSWORD_TOO_SHORT,
    PASSWORD_UNCHANGED, PASSWORD_UNUSABLE, SelfService, SessionsEnded, TOO_LONG, TOO_MANY, TOO_MUCH, report_received,
};
use crate::description::{Credentials, ObjectSchema, Operation, Schema, refusals};
use crate::field_error::Limit;
use crate::request_rejection::RequestRejection;

const WHEN: &str = "2026-11-26T01:20:03Z";

impl SelfService {
    /// Listing.
    #[must_use]
    pub fn list(&self) -> Operation {
        let example = OwnSessions {
            sessions: vec![OwnSession {
                id: "17".into(),
                flavour: "device",
                label: Some("iPhone 4s"),
                issued_at: WHEN.into(),
                expires_at: None,
                last_used_at: Some(WHEN.into()),
                current: true,
            }],
            next: None,
        };
        let request = ObjectSchema::new("OwnSessionsRequest").nullable_text("before", "The `next` of the page before.");
        let operation = Operation::new("List my sessions and devices")
            .takes_json(request, "{}")
            .answers("Newest first.", &Schema::of::<OwnSessions<'_>>(), &example.answer());
        self.of_the_caller(operation, &[])
    }

    /// Ending one.
    #[must_use]
    pub fn end(&self) -> Operation {
        let request = ObjectSchema::new("EndSession").text("id", "The number of the session.");
        let ended = SessionsEnded { ended: 1 };
        let operation = Operation::new("End one of my sessions")
            .takes_json(request, r#"{"id":"17"}"#)
            .answers("It is revoked.", &Schema::of::<SessionsEnded>(), &ended.answer());
        self.of_the_caller(operation, &[RequestRejection::NotFound])
    }

    /// Ending the others.
    #[must_use]
    pub fn end_others(&self) -> Operation {
        let ended = SessionsEnded { ended: 3 };
        let operation = Operation::new("End all my other sessions")
            .about("The caller's own stays. A body is not read.")
            .needs(Credentials::Token)
            .answers("They are revoked.", &Schema::of::<SessionsEnded>(), &ended.answer());
        operation.refuses(
            self,
            &errors(),
            &[
                refusals::NEEDING_A_TOKEN,
                &[RequestRejection::Forbidden],
                refusals::ANYWHERE,
            ],
        )
    }

    /// Changing the password.
    #[must_use]
    pub fn password(&self) -> Operation {
        let request = ObjectSchema::new("PasswordRequest")
            .secret("old_password", "The password that it is now.")
            .secret(
                "new_password",
                "The new one: at least 8 characters, at most 72 bytes, not a common one.",
            );
        let session = NewSession {
            token: "TOKEN".into(),
            key: None,
            refresh_token: None,
            expires_at: None,
        };
        let operation = Operation::new("Change my password")
            .about("All sessions end, on every device. The answer has a new one for the caller.")
            .takes_json(request, r#"{"old_password":"PASSWORD","new_password":"ANOTHER"}"#)
            .answers("It is changed.", &Schema::of::<NewSession<'_>>(), &session.answer());
        let own = [
            PASSWORD_TOO_SHORT,
            PASSWORD_UNUSABLE,
            PASSWORD_COMMON,
            PASSWORD_UNCHANGED,
            NO_PASSWORD,
            RequestRejection::WrongCredentials,
        ];
        self.of_the_caller(operation, &[&own[..], refusals::HASHING].concat())
    }

    /// Making a token.
    #[must_use]
    pub fn create(&self) -> Operation {
        let request = ObjectSchema::new("CreateToken")
            .label("label", Limit::LABEL, "What its owner calls it.")
            .optional_text(
                "scope",
                "What it is to permit: names, with a space between them. Without it: what the caller's token does.",
            )
            .optional_positive_integer(
                "expires_in",
                "After how many seconds it ends: 316224000 at most. Never later than the caller's token.",
            );
        let operation = Operation::new("Make a token with fewer rights, or an earlier end")
            .about("It is revoked with the caller's token. It lists, ends and rotates only itself, and makes no tokens: there the answer is 403.")
            .takes_json(
                request,
                r#"{"label":"backup","scope":"consultarTitulo","expires_in":86400}"#,
            )
            .answers(
                "The token, which is shown once.",
                &Schema::of::<NewToken<'_>>(),
                &new_token().answer(),
            );
        self.of_the_caller(operation, &[FIXED_END, TOO_MUCH, TOO_MANY, TOO_LONG])
    }

    /// Rotating the caller's token.
    #[must_use]
    pub fn rotate(&self) -> Operation {
        let request = ObjectSchema::new("RotateToken").optional_positive_integer(
            "overlap",
            "For how many seconds the token of the request is still accepted: 60 if it is missing, 604800 at most.",
        );
        let successor = NewToken {
            old_expires_at: Some(WHEN.into()),
            ..new_token()
        };
        let operation = Operation::new("Get another token in place of this one")
            .about("With the same label, permissions and end. A client that has lost the answer asks again: it gets another token, and the first one is revoked.")
            .takes_json(request, r#"{"overlap":60}"#)
            .answers(
                "The token, which is shown once.",
                &Schema::of::<NewToken<'_>>(),
                &successor.answer(),
            );
        self.of_the_caller(operation, &[FIXED_END, TOO_MANY, TOO_LONG])
    }

    /// A report of a leaked token.
    #[must_use]
    pub fn leaked(&self) -> Operation {
        let request = ObjectSchema::new("LeakedToken").secret(
            "token",
            "The token, as it was found: white space around it and `Bearer` in front of it do not matter.",
        );
        let received = Schema::new("ReportReceived", json!({ "type": "object" }));
        Operation::new("Report a leaked token")
            .about("Whoever has a token may report it: it is revoked, with everything of its session and all that was made from it. The answer does not say whether it was active.")
            .takes_json(request, r#"{"token":"1|TOKEN"}"#)
            .answers("The report was received.", &received, &report_received())
            .refuses(self, &errors(), &[refusals::READING_A_BODY, THROTTLED, refusals::ANYWHERE])
    }

    fn of_the_caller(&self, operation: Operation, own: &[RequestRejection]) -> Operation {
        operation.needs(Credentials::Token).refuses(
            self,
            &errors(),
            &[
                refusals::READING_A_BODY,
                refusals::NEEDING_A_TOKEN,
                &[RequestRejection::Forbidden],
                own,
                refusals::ANYWHERE,
            ],
        )
    }
}

fn new_token() -> NewToken<'static> {
    NewToken {
        id: "18".into(),
        token: "18|TOKEN".into(),
        scope: "consultarTitulo".into(),
        expires_at: Some(WHEN.into()),
        old_expires_at: None,
    }
}

const THROTTLED: &[RequestRejection] = &[RequestRejection::Throttled { retry_after_seconds: 2 }];

fn errors() -> Schema {
    Schema::of::<Body<'_>>()
}
