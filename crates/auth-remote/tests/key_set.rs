//! When keys are fetched, and for how long they are used.
#![allow(clippy::unwrap_used, reason = "a test stops where something is not as it should be")]

#[path = "support/keys.rs"]
mod keys;
#[path = "support/stub.rs"]
mod stub;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use auth_core::testing::ManualClock;
use auth_core::{PresentedToken, Rejection, VerifiedToken, Verifier, VerifyError};
use auth_remote::{KeySetSource, RemoteVerifier};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tokio::task::JoinSet;

use keys::{Server, config, published};
use stub::{Reply, Stub, until};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(60 * 60);

fn set(text: &str) -> Reply {
    Reply::new(200, text).with("Cache-Control", "public, max-age=600")
}

fn source(stub: &Stub, clock: &Arc<ManualClock>) -> KeySetSource {
    KeySetSource::new(&stub.url("/.well-known/jwks.json"), config())
        .clock(clock.clone())
        .timeout(SECOND * 60)
}

async fn start(stub: &Stub, clock: &Arc<ManualClock>) -> RemoteVerifier {
    source(stub, clock).start().await.unwrap()
}

async fn verify(verifier: &RemoteVerifier, text: &str) -> Result<VerifiedToken, VerifyError> {
    verifier.verify(&PresentedToken::bearer(text)).await
}

/// Verifies again and again, until the token is accepted or until it is not.
async fn until_accepted(verifier: &RemoteVerifier, text: &str, accepted: bool) {
    let trying = async {
        while verify(verifier, text).await.is_ok() != accepted {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(SECOND * 60, trying).await.unwrap();
}

fn is_unavailable(outcome: &Result<VerifiedToken, VerifyError>) -> bool {
    matches!(outcome, Err(VerifyError::Unavailable(_)))
}

/// A token that names this key, signed by nobody who counts.
fn forged(kid: &str) -> String {
    let header = URL_SAFE_NO_PAD.encode(format!(r#"{{"typ":"JWT","alg":"EdDSA","kid":"{kid}"}}"#));
    format!("{header}.e30.{}", "A".repeat(86))
}

#[tokio::test]
async fn tokens_are_checked_here_with_keys_that_were_fetched_once() {
    let clock = Arc::new(ManualClock::new());
    let server = Server::new("k1", &clock);
    let stub = Stub::always(set(&server.jwk_set()));
    let verifier = start(&stub, &clock).await;
    let token = server.token().await;
    for _ in 0..10 {
        let verified = verify(&verifier, &token).await.unwrap();
        assert_eq!(verified.subject().0, 7);
        assert!(verified.claims_json().unwrap().contains(r#""sub":"7""#));
    }
    assert!(verify(&verifier, "no token").await.is_err());
    let stranger = Server::new("k1", &clock).token().await;
    assert_eq!(verify(&verifier, &stranger).await, Err(Rejection::BadSignature.into()));
    assert_eq!(stub.calls(), 1);
    assert!(verifier.check_ready().is_ok());
}

#[tokio::test]
async fn an_unknown_key_causes_one_fetch_however_many_tokens_name_one() {
    let clock = Arc::new(ManualClock::new());
    let (old, new) = (Server::new("k1", &clock), Server::new("k2", &clock));
    let stub = Stub::always(set(&old.jwk_set()));
    let verifier = Arc::new(start(&stub, &clock).await);
    stub.reply(set(&published(&[&old, &new])));
    clock.advance(SECOND * 5);
    let mut checks = JoinSet::new();
    for number in 0..50 {
        for token in [forged(&format!("invented-{number}")), new.token().await] {
            let verifier = verifier.clone();
            checks.spawn(async move { verify(&verifier, &token).await });
        }
    }
    let mut good = 0;
    while let Some(outcome) = checks.join_next().await {
        let outcome = outcome.unwrap();
        good += usize::from(outcome.is_ok());
        assert!(
            outcome.is_ok() || outcome == Err(Rejection::UnknownKey.into()),
            "{outcome:?}"
        );
    }
    assert_eq!((good, stub.calls()), (50, 2));
    assert!(verify(&verifier, &old.token().await).await.is_ok());

    for number in 0..20 {
        let outcome = verify(&verifier, &forged(&format!("later-{number}"))).await;
        assert_eq!(outcome, Err(Rejection::UnknownKey.into()));
    }
    assert_eq!(stub.calls(), 2, "at most one fetch in five seconds");
    clock.advance(SECOND * 5);
    assert!(verify(&verifier, &forged("again")).await.is_err());
    assert_eq!(stub.calls(), 3);
}

#[tokio::test]
async fn an_unknown_key_is_no_rejection_while_the_server_does_not_answer() {
    let clock = Arc::new(ManualClock::new());
    let (old, new) = (Server::new("k1", &clock), Server::new("k2", &clock));
    let stub = Stub::always(set(&old.jwk_set()));
    let verifier = start(&stub, &clock).await;
    stub.reply(Reply::new(503, ""));
    clock.advance(SECOND * 5);
    assert!(is_unavailable(&verify(&verifier, &new.token().await).await));
    assert!(
        is_unavailable(&verify(&verifier, &forged("invented")).await),
        "and none is asked for again at once"
    );
    assert_eq!(stub.calls(), 2);
    assert!(verify(&verifier, &old.token().await).await.is_ok());
}

#[tokio::test]
async fn keys_are_fetched_before_they_are_needed_and_retired_ones_are_used_no_more() {
    let clock = Arc::new(ManualClock::new());
    let (old, new) = (Server::new("k1", &clock), Server::new("k2", &clock));
    let stub = Stub::always(set(&old.jwk_set()).with("ETag", "\"one\""));
    let verifier = start(&stub, &clock).await;
    let token = old.token().await;
    clock.advance(SECOND * 479);
    assert!(verify(&verifier, &token).await.is_ok());
    assert_eq!(stub.calls(), 1);

    stub.reply(Reply::new(304, "").with("Cache-Control", "max-age=600"));
    clock.advance(SECOND);
    assert!(verify(&verifier, &token).await.is_ok(), "nobody waits");
    stub.called(2).await;
    assert_eq!(stub.asked()[1].header("if-none-match").unwrap(), "\"one\"");

    stub.reply(set(&new.jwk_set()));
    clock.advance(SECOND * 480);
    let _ = verify(&verifier, &token).await;
    stub.called(3).await;
    let new = new.token().await;
    // The answer is read a moment after it was sent.
    until_accepted(&verifier, &new, true).await;
    assert_eq!(verify(&verifier, &token).await, Err(Rejection::UnknownKey.into()));
}

#[tokio::test]
async fn without_the_server_keys_are_used_for_the_time_that_is_said_and_then_none() {
    let clock = Arc::new(ManualClock::new());
    let server = Server::new("k1", &clock);
    let stub = Stub::always(set(&server.jwk_set()));
    let verifier = start(&stub, &clock).await;
    let token = server.token().await;
    stub.reply(Reply::new(500, ""));
    clock.advance(HOUR - SECOND);
    assert!(verify(&verifier, &token).await.is_ok());
    clock.advance(SECOND);
    assert!(is_unavailable(&verify(&verifier, &token).await), "503 and never 401");
    assert!(is_unavailable(&verify(&verifier, "no token").await));
    assert!(verifier.check_ready().is_err());

    stub.reply(set(&server.jwk_set()));
    clock.advance(HOUR);
    until_accepted(&verifier, &token, true).await;
}

/// Behind a cache, an answer may be from before an emergency rotation.
#[tokio::test]
async fn the_time_that_an_answer_was_in_a_cache_counts() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys.json");
    let clock = Arc::new(ManualClock::new());
    let server = Server::new("k1", &clock);
    let token = server.token().await;
    let stub = Stub::always(set(&server.jwk_set()).with("Age", "3000"));
    let verifier = source(&stub, &clock).saved_copy(&file).start().await.unwrap();
    stub.reply(Reply::new(503, ""));
    clock.advance(SECOND * 599);
    assert!(verify(&verifier, &token).await.is_ok());
    let from_copy = start_from(&file, &stub, &clock).await;
    assert!(verify(&from_copy, &token).await.is_ok());
    clock.advance(SECOND);
    assert!(is_unavailable(&verify(&verifier, &token).await));
    assert!(is_unavailable(&verify(&from_copy, &token).await), "the copy, too");

    stub.reply(set(&server.jwk_set()).with("Age", "3600"));
    let too_old = start(&stub, &clock).await;
    assert!(is_unavailable(&verify(&too_old, &token).await));
}

#[tokio::test]
async fn no_time_is_too_long() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys.json");
    let clock = Arc::new(ManualClock::new());
    let server = Server::new("k1", &clock);
    let token = server.token().await;
    let stub = Stub::always(set(&server.jwk_set()));
    for reply in [set(&server.jwk_set()), Reply::new(503, "")] {
        stub.reply(reply);
        clock.advance(SECOND);
        let forever = source(&stub, &clock).fail_after(Duration::MAX).saved_copy(&file);
        assert!(verify(&forever.start().await.unwrap(), &token).await.is_ok());
    }
}

#[tokio::test]
async fn what_is_no_key_set_leaves_the_keys_in_use() {
    let clock = Arc::new(ManualClock::new());
    let server = Server::new("k1", &clock);
    let stub = Stub::always(set(&server.jwk_set()));
    let verifier = start(&stub, &clock).await;
    let token = server.token().await;
    let long = format!(r#"{{"keys":[],"x":"{}"}}"#, "x".repeat(256 * 1024));
    for reply in [
        set(""),
        set("[]"),
        set(&long),
        Reply::new(302, "").with("Location", "/elsewhere"),
        Reply::new(304, ""),
        Reply::new(200, b"\xff".to_vec()),
    ] {
        let calls = stub.calls();
        stub.reply(reply);
        clock.advance(SECOND * 500);
        assert!(verify(&verifier, &token).await.is_ok());
        stub.called(calls + 1).await;
        // Until the fetch has failed, a further one is not begun.
        assert!(is_unavailable(&verify(&verifier, &forged("other")).await));
        assert!(verify(&verifier, &token).await.is_ok());
    }
}

#[tokio::test]
async fn a_set_without_keys_ends_all_tokens() {
    let clock = Arc::new(ManualClock::new());
    let server = Server::new("k1", &clock);
    let stub = Stub::always(set(&server.jwk_set()));
    let verifier = start(&stub, &clock).await;
    stub.reply(set(r#"{"keys":[]}"#));
    clock.advance(SECOND * 600);
    let token = server.token().await;
    until_accepted(&verifier, &token, false).await;
    assert_eq!(verify(&verifier, &token).await, Err(Rejection::UnknownKey.into()));
}

#[tokio::test]
async fn without_the_server_it_starts_and_answers_503_until_there_are_keys() {
    let clock = Arc::new(ManualClock::new());
    let server = Server::new("k1", &clock);
    let stub = Stub::always(Reply::new(503, ""));
    let verifier = start(&stub, &clock).await;
    let token = server.token().await;
    assert!(is_unavailable(&verify(&verifier, &token).await));
    stub.reply(set(&server.jwk_set()));
    clock.advance(SECOND);
    until_accepted(&verifier, &token, true).await;
}

#[tokio::test]
async fn fetching_ends_with_the_verifier() {
    let clock = Arc::new(ManualClock::new());
    let stub = Stub::always(Reply::new(503, ""));
    let verifier = start(&stub, &clock).await;
    drop(verifier);
    let calls = stub.calls();
    clock.advance(HOUR);
    let again = start(&stub, &clock).await;
    stub.called(calls + 1).await;
    drop(again);
    assert_eq!(stub.calls(), calls + 1, "only the second verifier's first fetch");
}

/// Starts with the saved copy alone: the server answers 503.
async fn start_from(file: &Path, stub: &Stub, clock: &Arc<ManualClock>) -> RemoteVerifier {
    stub.reply(Reply::new(503, ""));
    source(stub, clock).saved_copy(file).start().await.unwrap()
}

#[tokio::test]
async fn it_starts_from_the_saved_copy_which_grows_no_younger() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys.json");
    let clock = Arc::new(ManualClock::new());
    let server = Server::new("k1", &clock);
    let token = server.token().await;
    let stub = Stub::always(set(&server.jwk_set()));
    let first = source(&stub, &clock).saved_copy(&file).start().await.unwrap();
    assert!(verify(&first, &token).await.is_ok());
    drop(first);

    clock.advance(HOUR - SECOND);
    let second = start_from(&file, &stub, &clock).await;
    assert!(verify(&second, &token).await.is_ok());
    clock.advance(SECOND);
    assert!(is_unavailable(&verify(&second, &token).await));
    let third = start_from(&file, &stub, &clock).await;
    assert!(is_unavailable(&verify(&third, &token).await), "too old");
}

#[tokio::test]
async fn a_saved_copy_that_others_can_write_or_that_is_of_another_server_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys.json");
    let clock = Arc::new(ManualClock::new());
    let server = Server::new("k1", &clock);
    let token = server.token().await;
    let stub = Stub::always(set(&server.jwk_set()));
    drop(source(&stub, &clock).saved_copy(&file).start().await.unwrap());
    let good = std::fs::read_to_string(&file).unwrap();
    assert!(verify(&start_from(&file, &stub, &clock).await, &token).await.is_ok());

    let later = clock_text(&good, 60_000);
    let other = good.replace("/.well-known/jwks.json", "/other.json");
    for (text, what) in [
        (&*other, "of another server"),
        (&*later, "of the future"),
        ("{", "cut"),
        ("", "empty"),
    ] {
        std::fs::write(&file, text).unwrap();
        assert!(
            is_unavailable(&verify(&start_from(&file, &stub, &clock).await, &token).await),
            "{what}"
        );
    }
    std::fs::write(&file, &good).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |mode| std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        mode(0o666);
        assert!(is_unavailable(
            &verify(&start_from(&file, &stub, &clock).await, &token).await
        ));
        mode(0o644);
        assert!(verify(&start_from(&file, &stub, &clock).await, &token).await.is_ok());
        // Only root can give a file to others.
        if std::os::unix::fs::chown(&file, Some(12_345), None).is_ok() {
            let of_others = start_from(&file, &stub, &clock).await;
            assert!(is_unavailable(&verify(&of_others, &token).await));
        }
        // What is written is for its owner alone, also where another file was there.
        stub.reply(set(&server.jwk_set()));
        drop(source(&stub, &clock).saved_copy(&file).start().await.unwrap());
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        1,
        "nothing is left beside it"
    );
}

/// The saved text, confirmed so many milliseconds later.
fn clock_text(saved: &str, later: i64) -> String {
    let now = ManualClock::START.as_millis();
    saved.replace(&now.to_string(), &(now + later).to_string())
}

/// One name for all would be removed by one process while another one writes it.
#[tokio::test]
async fn several_processes_may_have_the_same_saved_copy() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys.json");
    let clock = Arc::new(ManualClock::new());
    let server = Server::new("k1", &clock);
    let stub = Stub::always(set(&server.jwk_set()));
    // What another process is just writing.
    let theirs = folder.path().join("keys.json.new");
    std::fs::create_dir(&theirs).unwrap();
    drop(source(&stub, &clock).saved_copy(&file).start().await.unwrap());
    let token = server.token().await;
    assert!(verify(&start_from(&file, &stub, &clock).await, &token).await.is_ok());
}

#[tokio::test]
async fn a_copy_that_cannot_be_written_stops_nothing() {
    let clock = Arc::new(ManualClock::new());
    let server = Server::new("k1", &clock);
    let stub = Stub::always(set(&server.jwk_set()));
    let file = Path::new("/no/such/folder/keys.json");
    let verifier = source(&stub, &clock).saved_copy(file).start().await.unwrap();
    assert!(verify(&verifier, &server.token().await).await.is_ok());
    until(|| stub.calls() == 1).await;
}
