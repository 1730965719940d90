//! Clients with tokens of SimpleJWT go on until their tokens expire, or the key is retired.

use serde_json::Value;

use crate::runtime::Runtime;
use crate::stage::Stage;
use crate::support::client::Request;
use crate::support::poll;
use crate::support::server::Ended;
use crate::support::sign_in::lives;

const MAKES: &str = include_str!("simplejwt_tokens.py");

struct Jwts {
    stage: Stage,
    made: Value,
}

impl Jwts {
    /// The people are imported, and the key is in a file.
    fn new() -> Self {
        let stage = Stage::new();
        let from = stage.path("other.sqlite");
        let made = Runtime::Python.run(MAKES, &from, None);
        stage.imported("django", &from, &[]);
        let jwts = Self { stage, made };
        jwts.stage.write("key", &format!("{}\n", jwts.text("key")));
        jwts
    }

    fn text(&self, name: &str) -> String {
        self.made[name].as_str().expect(name).to_owned()
    }

    fn of(&self, name: &str, index: usize) -> String {
        self.made[name][index].as_str().expect(name).to_owned()
    }

    fn lives(&self, token: &str) -> bool {
        lives(&self.stage.server, bearer(token))
    }

    fn command(&self, command: &'static str, words: &[&str]) -> Ended {
        self.stage.command(command, words)
    }

    fn accept(&self, file: &str, more: &[&str]) -> Ended {
        self.stage.accept_key(file, more)
    }

    fn rows(&self, table: &str) -> i64 {
        self.stage.number(&format!("SELECT COUNT(*) FROM {table}"))
    }
}

fn bearer(token: &str) -> [(&'static str, String); 1] {
    [("Authorization", format!("Bearer {token}"))]
}

pub fn clients_go_on() {
    let jwts = Jwts::new();
    assert!(!jwts.lives(&jwts.of("ann", 0)), "its key is not accepted yet");
    let accepted = jwts.accept("key", &["--json"]);
    assert_eq!(accepted.code, Some(0), "{}", accepted.err);
    let kid = serde_json::from_str::<Value>(&accepted.out).expect("a report")["kid"].clone();
    let kid = kid.as_str().expect("a name");
    assert!(poll(600, || jwts.lives(&jwts.of("ann", 0))), "the server has the key");
    for token in [jwts.of("ann", 1), jwts.of("bob", 0)] {
        assert!(jwts.lives(&token) && jwts.lives(&token), "{token}");
    }
    assert_eq!(jwts.rows("imported_tokens"), 3, "one record for each");
    for (why, token) in jwts.made["refused"].as_object().expect("tokens") {
        assert!(!jwts.lives(token.as_str().expect("a token")), "{why}");
    }
    assert!(!jwts.lives(&jwts.text("too_long")), "it lives longer than a day");
    assert!(!jwts.lives(&jwts.of("sliding", 0)), "only access tokens are accepted");

    let revoked = Request::post("/api/tokens/revoke").headers(bearer(&jwts.of("ann", 1)));
    assert_eq!(jwts.stage.server.send(&revoked).status, 200);
    assert!(!jwts.lives(&jwts.of("ann", 1)));
    assert!(jwts.lives(&jwts.of("ann", 2)), "the others go on");
    let ended = jwts.command("token", &["revoke", "--realm", "players", "--login", "ann"]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(poll(600, || !jwts.lives(&jwts.of("ann", 0))));
    assert!(!jwts.lives(&jwts.of("ann", 3)), "signed before, and presented after");

    let listed = jwts.command("key", &["list", "--flavour", "device"]);
    assert!(
        listed.out.contains("accepted") && listed.out.contains(kid),
        "{}",
        listed.out
    );
    assert!(jwts.lives(&jwts.of("bob", 0)));
    let early = jwts.command("key", &["retire", "--kid", kid]);
    assert!(early.code == Some(1) && early.err.contains("--now"), "{}", early.err);
    assert_eq!(
        jwts.command("key", &["retire", "--kid", kid, "--now", "--yes"]).code,
        Some(0)
    );
    assert!(
        poll(600, || !jwts.lives(&jwts.of("bob", 0))),
        "also what was accepted before"
    );
    let again = jwts.accept("key", &["--for", "60d"]);
    assert!(
        again.code == Some(1) && again.err.contains("does not come back"),
        "{}",
        again.err
    );
    jwts.stage.server.stop();
}

/// The other system's refresh path goes on for its clients: what it answers with is accepted here. This server answers no refresh token.
pub fn refreshing_goes_on_there() {
    let jwts = Jwts::new();
    assert_eq!(jwts.accept("key", &[]).code, Some(0));
    assert!(poll(600, || jwts.lives(&jwts.text("refreshed"))));
    let refresh = jwts.made["refused"]["refresh"].as_str().expect("a token");
    let body = serde_json::json!({ "refresh": refresh });
    let answer = jwts.stage.server.send(&Request::post("/api/token/refresh/").json(body));
    assert_eq!(
        answer.status, 404,
        "the proxy has to send it to the other system: {answer:?}"
    );
    jwts.stage.server.stop();
}

/// Sliding tokens are accepted where that is wanted, each text of them, and refresh tokens are not.
pub fn sliding_tokens_go_on() {
    let jwts = Jwts::new();
    let accepted = jwts.accept("key", &["--token-type", "access,sliding"]);
    assert_eq!(accepted.code, Some(0), "{}", accepted.err);
    let (first, second) = (jwts.of("sliding", 0), jwts.of("sliding", 1));
    assert!(poll(600, || jwts.lives(&first)));
    assert!(jwts.lives(&second) && jwts.lives(&jwts.of("ann", 0)));
    for (why, token) in jwts.made["refused"].as_object().expect("tokens") {
        assert!(!jwts.lives(token.as_str().expect("a token")), "{why}");
    }
    let refused = jwts.accept("key", &["--token-type", "refresh"]);
    assert_ne!(refused.code, Some(0), "{}", refused.out);
    jwts.stage.server.stop();
}

/// A secret may be any bytes. One end of a line at the end of the file is none of them.
pub fn a_secret_of_any_bytes() {
    let jwts = Jwts::new();
    let bytes: Vec<u8> = (0..32).map(|n| 255 - 7 * n).collect();
    let text = signed_with(&bytes, &jwts.made["ann_id"]);
    std::fs::write(jwts.stage.path("bytes"), [&bytes[..], b"\r\n"].concat()).expect("a file");
    std::fs::write(jwts.stage.path("pem"), &bytes).expect("a file");
    assert!(std::str::from_utf8(&bytes).is_err());
    let public = jwts.accept("pem", &["--algorithm", "RS256"]);
    assert!(public.code == Some(1) && public.err.contains("PEM"), "{}", public.err);
    let accepted = jwts.accept("bytes", &[]);
    assert_eq!(accepted.code, Some(0), "{}", accepted.err);
    assert!(poll(600, || jwts.lives(&text)), "the server has the key");
    let same = jwts.accept("pem", &[]);
    assert!(same.code == Some(1) && same.err.contains("already"), "{}", same.err);
    jwts.stage.server.stop();
}

/// An access token of this user, as SimpleJWT would sign it with this secret.
fn signed_with(secret: &[u8], user: &Value) -> String {
    let now = auth_core::Clock::now(&auth_core::SystemClock::new()).as_millis() / 1000;
    let claims = serde_json::json!({"token_type": "access", "user_id": user, "iat": now, "exp": now + 600, "jti": "0"});
    let key = token_jwt::SigningKey::hmac(token_jwt::Algorithm::HS256, secret).expect("a key");
    let signer = token_jwt::Signer::new(key);
    signer.sign(&claims, &token_jwt::SystemRandom::new()).expect("a token")
}

/// Each refusal says what to do, and no key is printed.
pub fn keys_that_are_not_accepted() {
    let stage = Stage::new();
    stage.write("short", "too short\n");
    stage.write("weak", "secretsecretsecretsecretsecretsecret\n");
    stage.write("key", "x3k!f9#0vq@m2z7(w5t&h1y8^c4b6n)r\n");
    let accept = |file: &str, more: &[&str]| {
        let path = stage.path(file).display().to_string();
        stage.command("key", &[&["accept", "--file", &path], more].concat())
    };
    let device = ["--flavour", "device"];
    let refused: [(&str, &[&str], &str); 7] = [
        ("short", &device, "32"),
        ("weak", &device, "guessed"),
        ("missing", &device, "cannot be read"),
        ("key", &["--flavour", "device", "--algorithm", "RS256"], "PEM"),
        ("key", &["--flavour", "device", "--algorithm", "none"], "HS256"),
        ("key", &["--flavour", "shops"], "no such flavour"),
        ("key", &["--flavour", "device", "--owner-claim", ""], "--owner-claim"),
    ];
    for (file, more, reason) in refused {
        let ended = accept(file, more);
        assert_ne!(ended.code, Some(0), "{reason}: {}", ended.out);
        assert!(ended.err.contains(reason), "{reason}: {}", ended.err);
    }
    assert_eq!(stage.number("SELECT COUNT(*) FROM vault"), 0);
    assert_eq!(accept("key", &device).code, Some(0));
    let again = accept("key", &device);
    assert!(again.code == Some(1) && again.err.contains("already"), "{}", again.err);
    assert_eq!(
        accept("key", &["--flavour", "device", "--for", "60d"]).code,
        Some(0),
        "it is extended"
    );
    assert!(!again.err.contains("x3k!f9"));
    stage.server.stop();
}
