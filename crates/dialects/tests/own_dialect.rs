//! A fifth dialect, written with nothing but the public API of this crate: the token endpoint of OAuth 2.0 (RFC 6749)
//! with the grants `client_credentials` and `refresh_token`. Copy it to start a dialect of your own.
#![allow(clippy::unwrap_used, reason = "a test fails where it unwraps nothing")]
#![allow(unreachable_pub, reason = "the module is written as for a crate of its own")]

use dialects::{Answer, MAX_BODY, Payload, RejectionFormatter, RequestRejection};
use oauth::{INVALID_GRANT, Oauth, TokenRequest, TokenResponse};
use secrecy::ExposeSecret;
use serde_json::Value;

/// The dialect, as it would be in a crate of its own.
mod oauth {
    use std::fmt;

    use dialects::messages::english;
    use dialects::{Answer, Challenge, Endpoint, Fields, Limit, Payload, Redacted};
    use dialects::{RejectionFormatter, RequestRejection, Scheme};
    use secrecy::SecretString;
    use serde::Serialize;

    /// The refresh token is not active, or belongs to another client. The handler answers with it.
    pub const INVALID_GRANT: RequestRejection = RequestRejection::DialectSpecific { code: "invalid_grant" };
    const UNSUPPORTED_GRANT_TYPE: RequestRejection = RequestRejection::DialectSpecific {
        code: "unsupported_grant_type",
    };

    #[derive(Debug)]
    pub struct Oauth {
        challenge: Challenge,
    }

    impl Oauth {
        pub const DEFAULT_PATH: &'static str = "/oauth";
        pub const TOKEN: Endpoint = Endpoint::post("/token");

        pub fn new(realm: &str) -> Self {
            Self {
                challenge: Challenge::new(&[Scheme::Basic], realm),
            }
        }
    }

    impl RejectionFormatter for Oauth {
        fn answer(&self, rejection: &RequestRejection) -> Answer {
            let status = match rejection {
                RequestRejection::UnsupportedMediaType => 400,
                other => other.status(),
            };
            let body = ErrorBody {
                error: error_code(rejection),
                error_description: &english(rejection),
            };
            Answer::json(status, &body).with_rejection_headers(rejection, &self.challenge)
        }
    }

    /// The codes of RFC 6749 section 5.2, and for what the server cannot do at the moment those of section 4.1.2.1.
    fn error_code(rejection: &RequestRejection) -> &'static str {
        match rejection {
            RequestRejection::DialectSpecific { code } => code,
            RequestRejection::WrongCredentials
            | RequestRejection::UnknownUser
            | RequestRejection::NotAuthenticated { .. } => "invalid_client",
            RequestRejection::Forbidden => "unauthorized_client",
            RequestRejection::Internal => "server_error",
            other if other.status() >= 429 => "temporarily_unavailable",
            _ => "invalid_request",
        }
    }

    #[derive(Serialize)]
    struct ErrorBody<'a> {
        error: &'a str,
        error_description: &'a str,
    }

    pub struct TokenRequest {
        pub client_id: String,
        pub client_secret: SecretString,
        pub scope: Option<String>,
        pub grant: Grant,
    }

    pub enum Grant {
        ClientCredentials,
        RefreshToken(SecretString),
    }

    impl TokenRequest {
        pub fn decode(payload: &Payload<'_>) -> Result<Self, RequestRejection> {
            let mut fields = payload.urlencoded_fields()?;
            let grant = match fields.text("grant_type")?.as_str() {
                "client_credentials" => Grant::ClientCredentials,
                "refresh_token" => Grant::RefreshToken(fields.secret("refresh_token")?),
                _ => return Err(UNSUPPORTED_GRANT_TYPE),
            };
            Ok(Self {
                client_id: fields.label("client_id", Limit::LABEL)?,
                client_secret: fields.secret("client_secret")?,
                scope: scope(&mut fields)?,
                grant,
            })
        }
    }

    /// RFC 6749 section 3.2: a parameter without a value is treated as if it were absent.
    fn scope(fields: &mut Fields) -> Result<Option<String>, RequestRejection> {
        let sent = fields.optional_text("scope")?;
        Ok(sent.filter(|scope| !scope.is_empty()))
    }

    impl fmt::Debug for TokenRequest {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.debug_struct("TokenRequest").finish_non_exhaustive()
        }
    }

    /// RFC 6749 section 5.1.
    #[derive(Debug, Serialize)]
    pub struct TokenResponse<'a> {
        pub access_token: Redacted<'a>,
        pub token_type: &'static str,
        /// Seconds from now.
        pub expires_in: i64,
        pub refresh_token: Redacted<'a>,
        pub scope: &'a str,
    }

    impl TokenResponse<'_> {
        pub fn answer(&self) -> Answer {
            Answer::json(200, self)
        }
    }
}

fn form(body: &str) -> Payload<'_> {
    Payload {
        content_type: Some("application/x-www-form-urlencoded"),
        content_encoding: None,
        body: body.as_bytes(),
    }
}

fn refusal(rejection: &RequestRejection) -> (u16, String) {
    let answer = Oauth::new("api").answer(rejection);
    (answer.status, member(&answer, "error"))
}

fn member(answer: &Answer, name: &str) -> String {
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    body[name].as_str().unwrap().to_owned()
}

#[test]
fn the_endpoint_is_where_its_mount_path_says() {
    assert_eq!(Oauth::TOKEN.path(Oauth::DEFAULT_PATH), "/oauth/token");
    assert_eq!(Oauth::TOKEN.method, "POST");
}

#[test]
fn client_credentials_are_decoded_from_a_form() {
    let sent = "grant_type=client_credentials&client_id=s6BhdRkqt3&client_secret=7Fjfp%2B0ZBr1K+x&scope=read+write";
    let request = TokenRequest::decode(&form(sent)).unwrap();
    assert!(matches!(request.grant, oauth::Grant::ClientCredentials));
    assert_eq!(request.client_id, "s6BhdRkqt3");
    assert_eq!(request.client_secret.expose_secret(), "7Fjfp+0ZBr1K x");
    assert_eq!(request.scope.as_deref(), Some("read write"));
    assert!(!format!("{request:?}").contains("s6BhdRkqt3"));
}

#[test]
fn a_refresh_token_is_decoded_and_an_empty_scope_is_none() {
    let sent = "grant_type=refresh_token&refresh_token=tGzv3J&client_id=c&client_secret=s&scope=&unknown=1";
    let request = TokenRequest::decode(&form(sent)).unwrap();
    let oauth::Grant::RefreshToken(refresh_token) = &request.grant else {
        panic!("not a refresh token")
    };
    assert_eq!(refresh_token.expose_secret(), "tGzv3J");
    assert_eq!(request.scope, None);
}

#[test]
fn an_unusable_request_is_refused_with_the_code_of_rfc_6749() {
    for (body, code) in [
        ("", "invalid_request"),
        ("grant_type=client_credentials", "invalid_request"),
        (
            "grant_type=client_credentials&client_id=c&client_secret=",
            "invalid_request",
        ),
        (
            "grant_type=client_credentials&client_id=c&client_id=d&client_secret=s",
            "invalid_request",
        ),
        (
            "grant_type=refresh_token&client_id=c&client_secret=s",
            "invalid_request",
        ),
        ("grant_type=%ff&client_id=c&client_secret=s", "invalid_request"),
        ("grant_type=password&username=u&password=p", "unsupported_grant_type"),
    ] {
        let rejection = TokenRequest::decode(&form(body)).unwrap_err();
        assert_eq!(refusal(&rejection), (400, code.to_owned()), "{body}");
    }
    let too_large = "x".repeat(MAX_BODY + 1);
    assert_eq!(refusal(&TokenRequest::decode(&form(&too_large)).unwrap_err()).0, 413);
    let json = TokenRequest::decode(&Payload::json(b"{}")).unwrap_err();
    assert_eq!(refusal(&json), (400, "invalid_request".to_owned()));
}

#[test]
fn a_wrong_client_is_401_with_a_challenge_and_a_wrong_refresh_token_is_400() {
    let oauth = Oauth::new("api");
    let client = oauth.answer(&RequestRejection::WrongCredentials);
    assert_eq!(
        (client.status, member(&client, "error").as_str()),
        (401, "invalid_client")
    );
    assert_eq!(
        client.header("WWW-Authenticate"),
        Some(r#"Basic realm="api", charset="UTF-8""#)
    );
    assert!(client == oauth.answer(&RequestRejection::UnknownUser));

    let grant = oauth.answer(&INVALID_GRANT);
    assert_eq!((grant.status, member(&grant, "error").as_str()), (400, "invalid_grant"));
    assert_eq!(grant.header("WWW-Authenticate"), None);
}

#[test]
fn a_token_is_printed_in_the_answer_and_nowhere_else() {
    let response = TokenResponse {
        access_token: "canary".into(),
        token_type: "Bearer",
        expires_in: 3600,
        refresh_token: "canary".into(),
        scope: "read",
    };
    let answer = response.answer();
    assert_eq!(
        str::from_utf8(&answer.body).unwrap(),
        r#"{"access_token":"canary","token_type":"Bearer","expires_in":3600,"refresh_token":"canary","scope":"read"}"#
    );
    assert_eq!(answer.header("Cache-Control"), Some("no-store"));
    assert!(!format!("{response:?}{answer:?}").contains("canary"));
}

#[test]
fn every_rejection_has_an_answer_that_keeps_the_contract_of_a_formatter() {
    let oauth = Oauth::new("api");
    for rejection in RequestRejection::samples() {
        let answer = oauth.answer(&rejection);
        assert!((400..600).contains(&answer.status), "{rejection:?}");
        assert!(!member(&answer, "error").is_empty(), "{rejection:?}");
        assert!(!member(&answer, "error_description").is_empty(), "{rejection:?}");
        let has = |name| answer.header(name).is_some();
        assert_eq!(
            has("WWW-Authenticate"),
            matches!(answer.status, 401 | 403),
            "{rejection:?}"
        );
        assert_eq!(has("Retry-After"), matches!(answer.status, 429 | 503), "{rejection:?}");
        assert_eq!(has("Allow"), answer.status == 405, "{rejection:?}");
    }
}
