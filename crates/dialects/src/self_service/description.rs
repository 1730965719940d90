//! What self-service takes and answers, for the OpenAPI document.

use serde_json::json;

use super::{
    Body, NO_PASSWORD, NewSession, OwnSession, OwnSessions, PASSWORD_COMMON, PASSWORD_TOO_SHORT, PASSWORD_UNUSABLE,
    SelfService, SessionsEnded, report_received,
};
use crate::description::{Credentials, ObjectSchema, Operation, Schema, refusals};
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
        let request = ObjectSchema::new("OwnSessionsRequest").optional_text("before", "The `next` of the page before.");
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
            NO_PASSWORD,
            RequestRejection::WrongCredentials,
        ];
        self.of_the_caller(operation, &[&own[..], refusals::HASHING].concat())
    }

    /// A report of a leaked token.
    #[must_use]
    pub fn leaked(&self) -> Operation {
        let request = ObjectSchema::new("LeakedToken").secret("token", "The token, as it was found.");
        let received = Schema::new("ReportReceived", json!({ "type": "object" }));
        Operation::new("Report a leaked token")
            .about("Whoever has a token may report it: it is revoked, with everything of its session. The answer does not say whether it was active.")
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

const THROTTLED: &[RequestRejection] = &[RequestRejection::Throttled { retry_after_seconds: 2 }];

fn errors() -> Schema {
    Schema::of::<Body<'_>>()
}
