//! What is asked about a token, how often, and what becomes of the answer.
#![allow(clippy::unwrap_used, reason = "a test stops where something is not as it should be")]

#[path = "support/stub.rs"]
mod stub;

use std::sync::Arc;
use std::time::Duration;

use auth_core::testing::ManualClock;
use auth_core::{Clock, PresentedToken, Rejection, Unavailable, VerifiedToken, Verifier, VerifyError};
use auth_remote::{IntrospectionSource, RemoteVerifier, SetupError};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use stub::{Asked, Reply, Stub};

const SECOND: Duration = Duration::from_secs(1);

/// An active token that ends so many seconds from the clock's start.
fn active(ends_after: i64) -> Reply {
    let exp = ManualClock::START.as_seconds() + ends_after;
    Reply::new(
        200,
        format!(
            r#"{{"active":true,"sub":"7","aud":"games","scope":"read","exp":{exp},"flavour":"device","realm":"players","token_id":"17","sid":"17.0.7"}}"#
        ),
    )
}

fn inactive() -> Reply {
    Reply::new(200, r#"{"active":false}"#)
}

fn source(stub: &Stub, clock: &Arc<ManualClock>) -> IntrospectionSource {
    let url = stub.url("/oauth/introspect");
    IntrospectionSource::new(&url, "games", "canary secret")
        .clock(clock.clone())
        .timeout(SECOND * 60)
}

fn verifier(stub: &Stub, clock: &Arc<ManualClock>) -> RemoteVerifier {
    source(stub, clock).verifier("device").unwrap()
}

async fn verify(verifier: &RemoteVerifier, text: &str) -> Result<VerifiedToken, VerifyError> {
    verifier.verify(&PresentedToken::bearer(text)).await
}

fn is_unavailable(outcome: &Result<VerifiedToken, VerifyError>) -> bool {
    matches!(outcome, Err(VerifyError::Unavailable(_)))
}

#[tokio::test]
async fn the_server_is_asked_as_rfc_7662_has_it() {
    let (stub, clock) = (Stub::always(active(900)), Arc::new(ManualClock::new()));
    let verifier = verifier(&stub, &clock);
    let presented = PresentedToken::with_key("17|a&b", "a key").from_source("192.0.2.1".parse().unwrap());
    assert_eq!(
        verifier.verify(&presented).await,
        Err(Rejection::Malformed.into()),
        "a space"
    );
    let presented = PresentedToken::with_key("17|a&b", "key").from_source("192.0.2.1".parse().unwrap());
    let token = verifier.verify(&presented).await.unwrap();
    assert_eq!(
        (token.subject().0, token.id().0, token.realm().as_str()),
        (7, 17, "players")
    );
    assert!(token.claims_json().unwrap().contains(r#""aud":"games""#));

    let asked = &stub.asked()[0];
    assert!(asked.head.starts_with("POST /oauth/introspect HTTP/1.1"));
    assert_eq!(asked.body, "token=17%7Ca%26b&key=key&client_ip=192.0.2.1");
    assert_eq!(
        asked.header("content-type").unwrap(),
        "application/x-www-form-urlencoded"
    );
    // games:canary+secret
    assert_eq!(
        asked.header("authorization").unwrap(),
        "Basic Z2FtZXM6Y2FuYXJ5K3NlY3JldA=="
    );
}

#[tokio::test]
async fn an_active_token_is_asked_about_again_after_its_time_and_a_revocation_is_seen() {
    let (stub, clock) = (Stub::always(active(900)), Arc::new(ManualClock::new()));
    let verifier = verifier(&stub, &clock);
    for _ in 0..10 {
        assert!(verify(&verifier, "t").await.is_ok());
    }
    assert_eq!(stub.calls(), 1);
    stub.reply(inactive());
    clock.advance(SECOND * 5 - Duration::from_millis(1));
    assert!(verify(&verifier, "t").await.is_ok());
    clock.advance(Duration::from_millis(1));
    assert_eq!(verify(&verifier, "t").await, Err(Rejection::Unknown.into()));
    assert_eq!(stub.calls(), 2);
}

#[tokio::test]
async fn an_inactive_token_is_asked_about_again_after_its_time() {
    let (stub, clock) = (Stub::always(inactive()), Arc::new(ManualClock::new()));
    let verifier = verifier(&stub, &clock);
    for _ in 0..10 {
        assert_eq!(verify(&verifier, "t").await, Err(Rejection::Unknown.into()));
    }
    assert_eq!(stub.calls(), 1);
    stub.reply(active(900));
    clock.advance(SECOND * 5);
    assert!(verify(&verifier, "t").await.is_ok());
    assert_eq!(stub.calls(), 2);
}

#[tokio::test]
async fn no_answer_is_used_from_the_tokens_end_on() {
    let (stub, clock) = (Stub::always(active(3)), Arc::new(ManualClock::new()));
    let verifier = source(&stub, &clock)
        .fresh_for(SECOND * 60)
        .stale_for(SECOND * 60)
        .verifier("device")
        .unwrap();
    assert!(verify(&verifier, "t").await.is_ok());
    clock.advance(SECOND * 3);
    assert_eq!(verify(&verifier, "t").await, Err(Rejection::Expired.into()));
    assert_eq!(verify(&verifier, "never seen").await, Err(Rejection::Malformed.into()));
    assert_eq!(
        verify(&verifier, "never-seen").await,
        Err(Rejection::Expired.into()),
        "a server whose clock is behind"
    );
}

#[tokio::test]
async fn another_key_beside_the_token_is_another_question() {
    let (stub, clock) = (Stub::start(key_decides), Arc::new(ManualClock::new()));
    let verifier = verifier(&stub, &clock);
    for _ in 0..2 {
        assert!(verifier.verify(&PresentedToken::with_key("t", "right")).await.is_ok());
        assert!(verifier.verify(&PresentedToken::with_key("t", "wrong")).await.is_err());
        assert!(verifier.verify(&PresentedToken::bearer("t")).await.is_err());
    }
    assert_eq!(stub.calls(), 3);
}

async fn key_decides(asked: Asked) -> Reply {
    match asked.body.contains("key=right") {
        true => active(900),
        false => inactive(),
    }
}

#[tokio::test]
async fn a_token_of_another_flavour_is_rejected() {
    let (stub, clock) = (Stub::always(active(900)), Arc::new(ManualClock::new()));
    let url = stub.url("/oauth/introspect");
    let source = IntrospectionSource::new(&url, "games", "s").clock(clock);
    let outcome = verify(&source.verifier("login").unwrap(), "t").await;
    assert_eq!(outcome, Err(Rejection::WrongFlavour.into()));
}

#[tokio::test]
async fn the_verifiers_of_several_flavours_share_one_question() {
    let (stub, clock) = (Stub::always(active(900)), Arc::new(ManualClock::new()));
    let [login, device] = source(&stub, &clock).verifiers(["login", "device"]).unwrap();
    for _ in 0..3 {
        assert_eq!(verify(&login, "t").await, Err(Rejection::WrongFlavour.into()));
        assert_eq!(&**verify(&device, "t").await.unwrap().flavour(), "device");
    }
    assert_eq!(stub.calls(), 1);
    stub.reply(inactive());
    clock.advance(SECOND * 5);
    assert_eq!(verify(&device, "t").await, Err(Rejection::Unknown.into()));
    assert_eq!(verify(&login, "t").await, Err(Rejection::Unknown.into()));
    assert_eq!(stub.calls(), 2);
}

/// A server that answers after the gate was opened, once for each permit.
fn gated(reply: Reply) -> (Stub, Arc<Semaphore>) {
    let gate = Arc::new(Semaphore::new(0));
    let of_stub = gate.clone();
    let stub = Stub::start(move |_| {
        let (gate, reply) = (of_stub.clone(), reply.clone());
        async move {
            gate.acquire().await.unwrap().forget();
            reply
        }
    });
    (stub, gate)
}

#[tokio::test]
async fn however_many_requests_carry_one_token_one_call_is_made() {
    let clock = Arc::new(ManualClock::new());
    let (stub, gate) = gated(active(900));
    let verifier = Arc::new(verifier(&stub, &clock));
    let ask = |verifier: &Arc<RemoteVerifier>| {
        let verifier = verifier.clone();
        async move { verify(&verifier, "t").await }
    };
    // The one that began it hangs up, and the others have their answer all the same.
    let first = tokio::spawn(ask(&verifier));
    stub.called(1).await;
    let mut others: JoinSet<_> = (0..50).map(|_| ask(&verifier)).collect();
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    gate.add_permits(100);
    while let Some(outcome) = others.join_next().await {
        assert!(outcome.unwrap().is_ok());
    }
    assert_eq!(stub.calls(), 1);
}

#[tokio::test]
async fn calls_and_those_that_wait_are_bounded() {
    let clock = Arc::new(ManualClock::new());
    let (stub, gate) = gated(active(900));
    let source = source(&stub, &clock).concurrency(1);
    let verifier = Arc::new(source.verifier("device").unwrap());
    let mut waiting = JoinSet::new();
    for number in 0..16 {
        let verifier = verifier.clone();
        waiting.spawn(async move { verify(&verifier, &format!("t{number}")).await });
    }
    stub.called(1).await;
    let further = tokio::time::timeout(SECOND * 60, verify(&verifier, "further")).await;
    assert!(is_unavailable(&further.unwrap()), "refused at once");
    assert_eq!(stub.calls(), 1, "one call at once");
    gate.add_permits(100);
    while let Some(outcome) = waiting.join_next().await {
        assert!(outcome.unwrap().is_ok());
    }
    assert_eq!(stub.calls(), 16);
}

#[tokio::test]
async fn one_network_cannot_take_all_places() {
    let clock = Arc::new(ManualClock::new());
    let (stub, gate) = gated(active(900));
    let verifier = Arc::new(source(&stub, &clock).concurrency(1).verifier("device").unwrap());
    let ask = |text: String, address: &'static str| {
        let verifier = verifier.clone();
        async move {
            let presented = PresentedToken::bearer(&text).from_source(address.parse().unwrap());
            verifier.verify(&presented).await
        }
    };
    let mut waiting = JoinSet::new();
    for number in 0..8 {
        waiting.spawn(ask(format!("t{number}"), "2001:db8:1:1::1"));
    }
    stub.called(1).await;
    let of_the_same_48 = ask("further".to_owned(), "2001:db8:1:2::1");
    assert!(is_unavailable(
        &tokio::time::timeout(SECOND * 60, of_the_same_48).await.unwrap()
    ));
    waiting.spawn(ask("other".to_owned(), "2001:db8:2:1::1"));
    waiting.spawn(ask("another".to_owned(), "192.0.2.1"));
    gate.add_permits(100);
    while let Some(outcome) = waiting.join_next().await {
        assert!(outcome.unwrap().is_ok());
    }
    assert_eq!(stub.calls(), 10);
}

/// The server says so where one client has had too many unknown tokens asked about, by way of another service too.
#[tokio::test]
async fn a_server_that_refuses_one_clients_question_still_answers() {
    let clock = Arc::new(ManualClock::new());
    let stub = Stub::always(Reply::new(429, r#"{"error":"slow_down"}"#).with("Retry-After", "1"));
    let verifier = verifier(&stub, &clock);
    let outcome = verify(&verifier, "t").await;
    assert_eq!(outcome, Err(Unavailable::TooManyUnknown.into()));
    assert!(verifier.check_ready().is_ok());
    stub.reply(active(900));
    assert!(verify(&verifier, "t").await.is_ok());
}

#[tokio::test]
async fn a_question_that_is_none_to_the_server_says_nothing_about_others() {
    let clock = Arc::new(ManualClock::new());
    let stub = Stub::always(active(900));
    let verifier = verifier(&stub, &clock);
    for status in [400, 413] {
        stub.reply(Reply::new(status, ""));
        assert!(is_unavailable(&verify(&verifier, "odd").await), "{status}");
        assert!(verifier.check_ready().is_ok(), "{status}");
    }
}

/// Nothing asks in the background: a service that is taken out of use because it is not ready would never come back.
#[tokio::test]
async fn a_failure_counts_for_ten_seconds_and_then_the_next_request_finds_out() {
    let clock = Arc::new(ManualClock::new());
    let stub = Stub::always(Reply::new(503, ""));
    let verifier = verifier(&stub, &clock);
    assert!(verifier.check_ready().is_ok(), "nothing is known yet");
    for _ in 0..2 {
        assert!(is_unavailable(&verify(&verifier, "t").await));
        clock.advance(SECOND * 10 - Duration::from_millis(1));
        assert!(verifier.check_ready().is_err());
        clock.advance(Duration::from_millis(1));
        assert!(verifier.check_ready().is_ok());
    }
}

#[tokio::test]
async fn what_the_server_cannot_say_is_unavailable_and_asked_again() {
    let clock = Arc::new(ManualClock::new());
    let stub = Stub::always(inactive());
    let verifier = verifier(&stub, &clock);
    // Whole but for its length.
    let padding = format!(r#"{{"x":"{}","#, "x".repeat(64 * 1024));
    let long = String::from_utf8(active(900).body).unwrap().replacen('{', &padding, 1);
    for reply in [
        Reply::new(500, "x"),
        Reply::new(503, "x"),
        Reply::new(401, r#"{"error":"invalid_client"}"#),
        Reply::new(404, r#"{"active":false}"#),
        Reply::new(302, "").with("Location", "/elsewhere"),
        Reply::new(200, "no JSON"),
        Reply::new(200, ""),
        Reply::new(200, b"\xff".to_vec()),
        Reply::new(200, r#"{"active":true}"#),
        Reply::new(200, r#"{"active":"false"}"#),
        Reply::new(200, long),
    ] {
        let shown = format!("{} {}", reply.status, reply.body.len());
        stub.reply(reply);
        assert!(is_unavailable(&verify(&verifier, "t").await), "{shown}");
        assert!(verifier.check_ready().is_err(), "{shown}");
    }
    assert!(
        stub.asked()
            .iter()
            .all(|asked| asked.head.starts_with("POST /oauth/introspect "))
    );
    stub.reply(active(900));
    assert!(verify(&verifier, "t").await.is_ok());
    assert!(verifier.check_ready().is_ok());
}

#[tokio::test]
async fn a_server_that_is_not_there_or_says_nothing_is_unavailable() {
    let clock = Arc::new(ManualClock::new());
    let (stub, _gate) = gated(active(900));
    let silent = source(&stub, &clock)
        .timeout(Duration::from_millis(100))
        .verifier("device")
        .unwrap();
    assert!(is_unavailable(&verify(&silent, "t").await));
    let gone = {
        let stub = Stub::always(active(900));
        verifier(&stub, &clock)
    };
    tokio::task::yield_now().await;
    assert!(is_unavailable(&verify(&gone, "t").await));
}

#[tokio::test]
async fn a_kept_token_outlives_an_outage_for_as_long_as_is_said() {
    let clock = Arc::new(ManualClock::new());
    let stub = Stub::always(active(900));
    let verifier = source(&stub, &clock).stale_for(SECOND * 60).verifier("device").unwrap();
    assert!(verify(&verifier, "t").await.is_ok());
    stub.reply(Reply::new(503, ""));
    clock.advance(SECOND * 64);
    assert!(verify(&verifier, "t").await.is_ok(), "within 5 s and 60 s more");
    assert!(is_unavailable(&verify(&verifier, "u").await), "never seen");
    clock.advance(SECOND);
    assert!(is_unavailable(&verify(&verifier, "t").await));
    stub.reply(inactive());
    assert_eq!(
        verify(&verifier, "t").await,
        Err(Rejection::Unknown.into()),
        "what the server says counts"
    );
    stub.reply(Reply::new(503, ""));
    assert!(verify(&verifier, "t").await.is_err(), "what was revoked is not kept");
}

/// What the holder of a revoked token can bring about, and a server that answers but refuses this service.
#[tokio::test]
async fn a_kept_token_is_not_used_where_the_server_answers() {
    let clock = Arc::new(ManualClock::new());
    let stub = Stub::always(active(900));
    let verifier = source(&stub, &clock).stale_for(SECOND * 60).verifier("device").unwrap();
    assert!(verify(&verifier, "t").await.is_ok());
    clock.advance(SECOND * 5);
    for status in [429, 400, 413, 401, 404, 200] {
        stub.reply(Reply::new(status, ""));
        assert!(is_unavailable(&verify(&verifier, "t").await), "{status}");
    }
    stub.reply(Reply::new(500, ""));
    assert!(verify(&verifier, "t").await.is_ok());
}

#[tokio::test]
async fn a_client_that_has_used_up_its_allowance_cannot_have_a_kept_token_used() {
    let clock = Arc::new(ManualClock::new());
    let stub = Stub::always(active(900));
    let verifier = source(&stub, &clock).stale_for(SECOND * 60).verifier("device").unwrap();
    let ask = async |text: &str| {
        let presented = PresentedToken::bearer(text).from_source("192.0.2.1".parse().unwrap());
        verifier.verify(&presented).await
    };
    assert!(ask("revoked").await.is_ok());
    clock.advance(SECOND * 5);
    stub.reply(inactive());
    for number in 0..200 {
        assert!(ask(&format!("invented-{number}")).await.is_err());
    }
    assert_eq!(ask("revoked").await, Err(Unavailable::TooManyUnknown.into()));
}

#[tokio::test]
async fn a_client_that_takes_all_places_cannot_have_a_kept_token_used() {
    let clock = Arc::new(ManualClock::new());
    let (stub, gate) = gated(active(900));
    let source = source(&stub, &clock).concurrency(1).stale_for(SECOND * 60);
    let verifier = Arc::new(source.verifier("device").unwrap());
    gate.add_permits(1);
    assert!(verify(&verifier, "revoked").await.is_ok());
    clock.advance(SECOND * 5);
    let mut waiting = JoinSet::new();
    for number in 0..16 {
        let verifier = verifier.clone();
        waiting.spawn(async move { verify(&verifier, &format!("t{number}")).await });
    }
    stub.called(2).await;
    let refused = tokio::time::timeout(SECOND * 60, verify(&verifier, "revoked")).await;
    let refused = refused.unwrap().unwrap_err().to_string();
    assert!(refused.contains("too many tokens"), "{refused}");
    assert!(!refused.contains("store"), "{refused}");
}

/// The first calls hold all places until they time out. The others find out nothing, and need not.
#[tokio::test]
async fn while_the_server_hangs_kept_tokens_are_used_for_want_of_a_place_too() {
    let clock = Arc::new(ManualClock::new());
    let (stub, gate) = gated(active(900));
    let source = source(&stub, &clock).concurrency(1).stale_for(SECOND * 60);
    let verifier = Arc::new(source.verifier("device").unwrap());
    gate.add_permits(1);
    assert!(verify(&verifier, "kept").await.is_ok());
    clock.advance(SECOND * 5);
    stub.reply(Reply::new(503, ""));
    assert!(is_unavailable(&verify(&verifier, "never-seen").await));
    stub.hang();
    let mut waiting = JoinSet::new();
    for number in 0..16 {
        let verifier = verifier.clone();
        waiting.spawn(async move { verify(&verifier, &format!("t{number}")).await });
    }
    stub.called(3).await;
    let used = tokio::time::timeout(SECOND * 60, verify(&verifier, "kept")).await;
    assert!(used.unwrap().is_ok());
}

#[tokio::test]
async fn no_time_is_too_long_and_the_calls_at_once_are_bounded() {
    let clock = Arc::new(ManualClock::new());
    let stub = Stub::always(active(900));
    let longest = source(&stub, &clock).stale_for(Duration::MAX);
    let verifier = longest.verifier("device").unwrap();
    assert!(verify(&verifier, "t").await.is_ok());
    stub.reply(Reply::new(503, ""));
    clock.advance(SECOND * 5);
    assert!(verify(&verifier, "t").await.is_ok());
    for most in [0, 10_001, usize::MAX] {
        let error = source(&stub, &clock).concurrency(most).verifier("device").unwrap_err();
        assert!(matches!(error, SetupError::Setting { .. }), "{most}: {error}");
    }
    assert!(source(&stub, &clock).concurrency(10_000).verifier("device").is_ok());
}

#[tokio::test]
async fn a_flood_of_invented_tokens_displaces_no_active_one() {
    let clock = Arc::new(ManualClock::new());
    let stub = Stub::always(active(900));
    let verifier = source(&stub, &clock).entries(10).verifier("device").unwrap();
    assert!(verify(&verifier, "good").await.is_ok());
    stub.reply(inactive());
    for number in 0..50 {
        assert!(verify(&verifier, &format!("invented-{number}")).await.is_err());
    }
    let calls = stub.calls();
    assert!(verify(&verifier, "good").await.is_ok());
    assert_eq!(stub.calls(), calls);
}

#[tokio::test]
async fn one_client_cannot_make_the_server_be_asked_without_end() {
    let clock = Arc::new(ManualClock::new());
    let stub = Stub::always(inactive());
    let verifier = verifier(&stub, &clock);
    let from = |text: &'static str, address: &str| PresentedToken::bearer(text).from_source(address.parse().unwrap());
    for number in 0..250 {
        let text = format!("invented-{number}");
        let presented = PresentedToken::bearer(&text).from_source("192.0.2.1".parse().unwrap());
        assert!(verifier.verify(&presented).await.is_err());
    }
    assert_eq!(stub.calls(), 200);
    let another = verifier.verify(&from("one-more", "192.0.2.1")).await;
    assert_eq!(another, Err(Unavailable::TooManyUnknown.into()));
    stub.reply(active(900));
    assert!(
        verifier.verify(&from("good", "198.51.100.1")).await.is_ok(),
        "another client"
    );
}

#[tokio::test]
async fn what_can_be_no_token_is_not_sent() {
    let clock = Arc::new(ManualClock::new());
    let stub = Stub::always(active(900));
    let verifier = verifier(&stub, &clock);
    for text in ["", "two words", "line\nbreak", "ñ", &"x".repeat(8193)] {
        assert_eq!(
            verify(&verifier, text).await,
            Err(Rejection::Malformed.into()),
            "{text:?}"
        );
    }
    assert_eq!(stub.calls(), 0);
}

/// The server reads 16 KiB, and a byte may take three when it is sent.
#[tokio::test]
async fn what_is_too_long_when_it_is_encoded_is_not_sent() {
    let clock = Arc::new(ManualClock::new());
    let stub = Stub::always(active(900));
    let verifier = verifier(&stub, &clock);
    let percent = "%".repeat(8000);
    assert_eq!(verify(&verifier, &percent).await, Err(Rejection::Malformed.into()));
    let (token, key) = ("t".repeat(8192), "k".repeat(8192));
    let both = verifier.verify(&PresentedToken::with_key(&token, &key)).await;
    assert_eq!(both, Err(Rejection::Malformed.into()));
    assert_eq!(stub.calls(), 0);

    let longest = PresentedToken::with_key(&token, &key[..7168]);
    let longest = longest.from_source("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff".parse().unwrap());
    assert!(verifier.verify(&longest).await.is_ok());
    assert!(stub.asked()[0].body.len() <= 16 * 1024);
}

#[tokio::test]
async fn nothing_prints_a_secret() {
    let clock = Arc::new(ManualClock::new());
    let stub = Stub::always(active(900));
    let source = source(&stub, &clock);
    let printed = format!("{source:?}");
    let verifier = source.verifier("device").unwrap();
    assert!(verify(&verifier, "canary-token").await.is_ok());
    let printed = format!("{printed}{verifier:?}");
    assert!(
        !printed.contains("canary") && !printed.contains("Z2FtZXM6"),
        "{printed}"
    );
}

#[test]
fn outside_a_runtime_it_is_not_made() {
    let source = IntrospectionSource::new("https://auth.example/x", "games", "s");
    assert_eq!(source.verifier("device").unwrap_err(), SetupError::NoRuntime);
}

#[tokio::test]
async fn an_address_without_tls_elsewhere_is_refused_with_the_address() {
    let source = IntrospectionSource::new("http://auth.example/x", "games", "s");
    let error = source.verifier("device").unwrap_err().to_string();
    assert!(
        error.contains("http://auth.example/x") && error.contains("https://"),
        "{error}"
    );
}

#[tokio::test]
async fn a_token_without_an_end_is_kept_no_longer_than_others() {
    let clock = Arc::new(ManualClock::new());
    let body = String::from_utf8(active(900).body).unwrap();
    let exp = format!(r#""exp":{},"#, ManualClock::START.as_seconds() + 900);
    let stub = Stub::always(Reply::new(200, body.replace(&exp, "")));
    let verifier = verifier(&stub, &clock);
    assert_eq!(verify(&verifier, "t").await.unwrap().expires_at(), None);
    clock.advance(SECOND * 5);
    assert!(clock.now() > ManualClock::START);
    assert!(verify(&verifier, "t").await.is_ok());
    assert_eq!(stub.calls(), 2);
}
