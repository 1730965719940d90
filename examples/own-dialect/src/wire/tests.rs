//! The wire format without a server.

use dialects::MAX_BODY;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::*;

fn form(body: &str) -> Payload<'_> {
    Payload {
        content_type: Some("application/x-www-form-urlencoded"),
        content_encoding: None,
        body: body.as_bytes(),
    }
}

fn refusal(decoded: Result<TokenRequest, RequestRejection>) -> (u16, String) {
    let rejection = decoded.err().expect("a rejection");
    let answer = OauthRejections::new("apps").answer(&rejection);
    (answer.status, member(&answer, "error"))
}

fn member(answer: &Answer, name: &str) -> String {
    let body: Value = serde_json::from_slice(&answer.body).expect("JSON");
    body[name].as_str().expect("text").to_owned()
}

#[test]
fn client_credentials_are_decoded_from_a_form() {
    let sent = "grant_type=client_credentials&client_id=s6BhdRkqt3&client_secret=7Fjfp%2B0ZBr1K+x&scope=read+write";
    let request = TokenRequest::decode(&form(sent), None).expect("a request");
    assert!(matches!(request.grant, Grant::ClientCredentials));
    assert_eq!(request.client.id, "s6BhdRkqt3");
    assert_eq!(request.client.secret.expose_secret(), "7Fjfp+0ZBr1K x");
}

#[test]
fn a_refresh_token_is_decoded_and_unknown_parameters_are_ignored() {
    let sent = "grant_type=refresh_token&refresh_token=tGzv3J&client_id=c&client_secret=s&scope=&unknown=1";
    let request = TokenRequest::decode(&form(sent), None).expect("a request");
    let Grant::RefreshToken(refresh_token) = &request.grant else {
        panic!("not a refresh token")
    };
    assert_eq!(refresh_token.expose_secret(), "tGzv3J");
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
        (
            "client_id=c&client_secret=s&grant_type=password&username=u&password=p",
            "unsupported_grant_type",
        ),
    ] {
        let decoded = TokenRequest::decode(&form(body), None);
        assert_eq!(refusal(decoded), (400, code.to_owned()), "{body}");
    }
    let too_large = "x".repeat(MAX_BODY + 1);
    assert_eq!(refusal(TokenRequest::decode(&form(&too_large), None)).0, 413);
    let json = TokenRequest::decode(&Payload::json(b"{}"), None);
    assert_eq!(refusal(json).1, "invalid_request");
}

/// RFC 6749 section 2.3: a client uses one method in each request.
#[test]
fn two_ways_to_name_the_client_are_refused() {
    let sent = form("grant_type=client_credentials&client_id=c&client_secret=s");
    let decoded = TokenRequest::decode(&sent, Some("Basic Yzpz"));
    assert_eq!(refusal(decoded), (400, "invalid_request".to_owned()));
}

#[test]
fn a_wrong_client_is_401_with_a_challenge_and_a_wrong_refresh_token_is_400() {
    let rejections = OauthRejections::new("apps");
    let client = rejections.answer(&RequestRejection::WrongCredentials);
    assert_eq!(client.status, 401);
    assert_eq!(member(&client, "error"), "invalid_client");
    assert_eq!(
        client.header("WWW-Authenticate"),
        Some(r#"Basic realm="apps", charset="UTF-8""#)
    );
    assert!(client == rejections.answer(&RequestRejection::UnknownUser));

    let grant = rejections.answer(&INVALID_GRANT);
    assert_eq!(
        (grant.status, member(&grant, "error")),
        (400, "invalid_grant".to_owned())
    );
    assert_eq!(grant.header("WWW-Authenticate"), None);
}

#[test]
fn a_token_is_in_the_answer_and_not_in_its_debug_text() {
    let answer = TokenResponse::new("canary", 3600, "canary", "read").answer();
    let body: Value = serde_json::from_slice(&answer.body).expect("JSON");
    let expected = json!({
        "access_token": "canary",
        "token_type": "Bearer",
        "expires_in": 3600,
        "refresh_token": "canary",
        "scope": "read",
    });
    assert_eq!(body, expected);
    assert_eq!(answer.header("Cache-Control"), Some("no-store"));
    assert!(!format!("{answer:?}").contains("canary"));
}

#[test]
fn every_rejection_has_an_answer_that_keeps_the_contract_of_a_formatter() {
    let rejections = OauthRejections::new("apps");
    for rejection in RequestRejection::samples() {
        let answer = rejections.answer(&rejection);
        assert!((400..600).contains(&answer.status), "{rejection:?}");
        assert!(!member(&answer, "error").is_empty(), "{rejection:?}");
        assert!(!member(&answer, "error_description").is_empty(), "{rejection:?}");
        let has = |name| answer.header(name).is_some();
        let challenged = matches!(answer.status, 401 | 403);
        assert_eq!(has("WWW-Authenticate"), challenged, "{rejection:?}");
        assert_eq!(has("Retry-After"), matches!(answer.status, 429 | 503), "{rejection:?}");
        assert_eq!(has("Allow"), answer.status == 405, "{rejection:?}");
    }
}

#[test]
fn the_description_has_the_statuses_of_the_endpoint_and_its_examples_are_answers() {
    let operation = OauthRejections::new("apps").operation();
    let statuses: Vec<u16> = operation.responses.iter().map(|response| response.status).collect();
    assert_eq!(statuses, [200, 400, 401, 408, 413, 415, 429, 500, 503]);
    let refused = &operation.responses[1].contents[0].examples;
    let codes: Vec<&str> = refused.iter().map(|example| example.name).collect();
    assert_eq!(codes, ["malformed", "field", "unsupported_grant_type", "invalid_grant"]);
    for example in refused {
        let body: Value = serde_json::from_str(&example.body).expect("JSON");
        assert!(
            body["error"].is_string() && body["error_description"].is_string(),
            "{body}"
        );
    }
}
