//! What is logged, for the one who is woken by it.
#![allow(clippy::unwrap_used, reason = "a test stops where something is not as it should be")]

#[path = "support/keys.rs"]
mod keys;
#[path = "../../auth-core/tests/support/log.rs"]
mod log;
#[path = "support/stub.rs"]
mod stub;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use auth_core::testing::ManualClock;
use auth_core::{PresentedToken, Verifier, VerifyError};
use auth_remote::{IntrospectionSource, KeySetSource};
use serde_json::Value;

use keys::{Server, config};
use log::Log;
use stub::{Reply, Stub};
use tracing::Level;

fn names(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["event"].as_str().unwrap()).collect()
}

fn path(file: &Path) -> Value {
    file.to_str().unwrap().into()
}

#[tokio::test]
async fn a_saved_copy_that_is_not_used_is_named_with_the_reason() {
    let log = Log::begin(Level::INFO);
    let clock = Arc::new(ManualClock::new());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys.json");
    let stub = Stub::always(Reply::new(200, Server::new("k1", &clock).jwk_set()));
    let url = stub.url("/keys");
    let source = KeySetSource::new(&url, config()).clock(clock.clone()).saved_copy(&file);
    drop(source.clone().start().await.unwrap());
    let whole = std::fs::read_to_string(&file).unwrap();
    assert!(log.take().is_empty());

    stub.reply(Reply::new(503, ""));
    for (text, reason) in [
        (whole[..whole.len() / 2].to_owned(), "it is no saved key set"),
        (whole.replace("EdDSA", "EdDSB"), "it is damaged"),
        (
            whole.replace(&url, "https://other.example/keys"),
            "it is of https://other.example/keys",
        ),
    ] {
        std::fs::write(&file, text).unwrap();
        drop(source.clone().start().await.unwrap());
        let events = log.take();
        assert_eq!(names(&events), ["token_server_unavailable", "saved_keys_not_used"]);
        assert_eq!(
            (&events[1]["error"], &events[1]["file"]),
            (&reason.into(), &path(&file))
        );
    }
    std::fs::write(&file, &whole).unwrap();
    clock.advance(Duration::from_secs(60));
    drop(source.clone().start().await.unwrap());
    let events = log.take();
    assert_eq!(
        (&events[1]["event"], &events[1]["age_seconds"]),
        (&"saved_keys_used".into(), &60.into())
    );

    clock.advance(Duration::from_secs(3600));
    drop(source.clone().start().await.unwrap());
    let error = &log.take()[1]["error"];
    assert_eq!(error, "it is 3660 s old, and keys are used for 3600 s");
    clock.set(ManualClock::START.minus(Duration::from_secs(60)));
    drop(source.start().await.unwrap());
    let error = &log.take()[1]["error"];
    assert_eq!(
        error,
        "it was saved in the future: the clock of this machine is wrong, or was"
    );
}

/// The server may say that there are no keys; a saved copy may not.
#[tokio::test]
async fn a_saved_copy_without_a_key_is_not_used() {
    let log = Log::begin(Level::INFO);
    let clock = Arc::new(ManualClock::new());
    let folder = tempfile::tempdir().unwrap();
    let stub = Stub::always(Reply::new(200, r#"{"keys":[]}"#));
    let source = KeySetSource::new(&stub.url("/keys"), config()).clock(clock.clone());
    let source = source.saved_copy(folder.path().join("keys.json"));
    drop(source.clone().start().await.unwrap());
    stub.reply(Reply::new(503, ""));
    let verifier = source.start().await.unwrap();
    let token = Server::new("k1", &clock).token().await;
    let outcome = verifier.verify(&PresentedToken::bearer(&token)).await;
    assert!(matches!(outcome, Err(VerifyError::Unavailable(_))), "{outcome:?}");
    let events = log.take();
    let expected = ["key_set_empty", "token_server_unavailable", "saved_keys_not_used"];
    assert_eq!(names(&events), expected);
    assert_eq!(events[2]["error"], "it has no key of this flavour");
}

#[tokio::test]
async fn an_outage_is_logged_when_it_begins_and_when_it_ends_without_a_token_or_a_secret() {
    let log = Log::begin(Level::INFO);
    let stub = Stub::always(Reply::new(503, "canary"));
    let source = IntrospectionSource::new(&stub.url("/oauth/introspect"), "games", "canary".to_owned());
    let verifier = source.inactive_for(Duration::ZERO).verifier("device").unwrap();
    for _ in 0..3 {
        let _ = verifier.verify(&PresentedToken::bearer("canary")).await;
    }
    stub.reply(Reply::new(200, r#"{"active":false}"#));
    for _ in 0..3 {
        let _ = verifier.verify(&PresentedToken::bearer("canary")).await;
    }
    let events = log.take();
    assert_eq!(
        names(&events),
        ["token_server_unavailable", "token_server_answers_again"]
    );
    assert_eq!(
        (&events[0]["level"], &events[0]["error"]),
        (&"ERROR".into(), &"it answered 503".into())
    );
}
