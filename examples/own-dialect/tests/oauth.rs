//! The dialect over a socket: what a client gets, what it is refused, and that an unmodified OAuth client agrees.
//!
//! With `TESSERA_INTEROP=1` Authlib is installed from PyPI into a virtual environment below the target folder.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use auth_core::{Attributes, Clock, NewAccount, Realm, SecretKey, SystemClock};
use own_dialect::ClientCredentials;
use reqwest::{Client, Response, StatusCode};
use serde_json::Value;
use store_diesel::{DieselStore, StoreOptions};
use tessera::{Builder, Overrides, Running, Start, Stores};

const ID: &str = "demo-app";
const SECRET: &str = "demo-app-secret";

/// A bcrypt hash of [`SECRET`], of cost 10.
const HASH: &str = "$2b$10$aiQV3nxR78hROkUtg4Jn4uc.V31PISN1EpOn5SiI4OQXJcSGAgJiO";

struct Server {
    running: Running,
    client: Client,
}

impl Server {
    async fn start() -> Self {
        let builder = Builder::new().dialect(ClientCredentials);
        let overrides = Overrides {
            config: Some("tessera.toml".into()),
            ..Overrides::default()
        };
        let store = DieselStore::connect("sqlite::memory:", &StoreOptions::default())
            .await
            .expect("a store");
        let stores = Stores::from(&store);
        let start = Start {
            config: builder.config(&overrides).expect("settings"),
            stores: stores.clone(),
            master: SecretKey::from_bytes(*b"only for the tests of an example"),
            listener: TcpListener::bind("127.0.0.1:0").expect("a port"),
            demo: true,
        };
        let running = builder.start(start).await.expect("a server");
        other_client(&stores).await;
        Self {
            running,
            client: Client::new(),
        }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.running.address())
    }

    async fn token(&self, form: &[(&str, &str)]) -> Response {
        self.client
            .post(self.url("/oauth/token"))
            .form(form)
            .send()
            .await
            .expect("an answer")
    }

    async fn verify(&self, token: &str) -> Response {
        let request = self.client.get(self.url("/auth/verify")).bearer_auth(token);
        request.send().await.expect("an answer")
    }
}

/// A second client without rights.
async fn other_client(stores: &Stores) {
    let now = SystemClock::new().now();
    let new = NewAccount {
        subject: None,
        realm: Realm::parse("apps").expect("a realm"),
        login: "other-app".into(),
        alias: None,
        role: None,
        attributes: Attributes::new(),
        created_at: now,
    };
    let subject = stores.accounts.create(new).await.expect("a store").expect("a new name");
    stores.passwords.set(subject, HASH, false, now).await.expect("a store");
}

fn sign_in(id: &'static str, secret: &'static str) -> [(&'static str, &'static str); 3] {
    [
        ("grant_type", "client_credentials"),
        ("client_id", id),
        ("client_secret", secret),
    ]
}

fn refresh<'a>(id: &'a str, token: &'a str) -> [(&'static str, &'a str); 4] {
    [
        ("grant_type", "refresh_token"),
        ("refresh_token", token),
        ("client_id", id),
        ("client_secret", SECRET),
    ]
}

async fn body(response: Response, status: StatusCode) -> Value {
    assert_eq!(response.status(), status);
    assert_eq!(response.headers()["cache-control"], "no-store");
    response.json().await.expect("JSON")
}

fn text<'a>(body: &'a Value, member: &str) -> &'a str {
    body[member].as_str().expect("a text")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_gets_a_token_and_refreshes_it() {
    let server = Server::start().await;
    let first = body(server.token(&sign_in(ID, SECRET)).await, StatusCode::OK).await;
    assert_eq!(
        (text(&first, "token_type"), first["expires_in"].as_u64()),
        ("Bearer", Some(900))
    );
    assert_eq!(text(&first, "scope"), "games:read games:list");
    let verified = server.verify(text(&first, "access_token")).await;
    assert_eq!(verified.headers()["x-auth-permissions"], "games:read games:list");
    assert_eq!(verified.headers()["x-auth-flavour"], "apps");

    let next = body(
        server.token(&refresh(ID, text(&first, "refresh_token"))).await,
        StatusCode::OK,
    )
    .await;
    assert_ne!(next["refresh_token"], first["refresh_token"]);
    assert_eq!(
        server.verify(text(&next, "access_token")).await.status(),
        StatusCode::OK
    );
    server.running.stop().await.expect("a clean stop");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_is_its_clients_alone() {
    let server = Server::start().await;
    let first = body(server.token(&sign_in(ID, SECRET)).await, StatusCode::OK).await;
    let stolen = server.token(&refresh("other-app", text(&first, "refresh_token"))).await;
    assert_eq!(
        text(&body(stolen, StatusCode::BAD_REQUEST).await, "error"),
        "invalid_grant"
    );
    let own = server.token(&refresh(ID, text(&first, "refresh_token"))).await;
    assert_eq!(
        own.status(),
        StatusCode::OK,
        "the attempt of another client changes nothing"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_has_the_code_of_rfc_6749() {
    let server = Server::start().await;
    for (form, status, code) in [
        (&sign_in(ID, "wrong")[..], 401, "invalid_client"),
        (&sign_in("unknown", SECRET), 401, "invalid_client"),
        (&[("grant_type", "password")], 400, "invalid_request"),
        (
            &[("grant_type", "password"), ("client_id", ID), ("client_secret", SECRET)],
            400,
            "unsupported_grant_type",
        ),
        (&refresh(ID, "0000"), 400, "invalid_grant"),
    ] {
        let answer = server.token(form).await;
        assert_eq!(
            answer.headers().contains_key("www-authenticate"),
            status == 401,
            "{form:?}"
        );
        let body = body(answer, StatusCode::from_u16(status).expect("a status")).await;
        assert_eq!(text(&body, "error"), code, "{form:?}");
    }
    let get = server
        .client
        .get(server.url("/oauth/token"))
        .send()
        .await
        .expect("an answer");
    assert_eq!(
        (get.status(), get.headers()["allow"].to_str().expect("text")),
        (StatusCode::METHOD_NOT_ALLOWED, "POST")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_describes_the_dialect_at_its_path() {
    let server = Server::start().await;
    let answer = server
        .client
        .get(server.url("/openapi.json"))
        .send()
        .await
        .expect("an answer");
    let document: Value = answer.json().await.expect("JSON");
    let operation = &document["paths"]["/oauth/token"]["post"];
    assert_eq!(operation["summary"], "Get a token, or refresh it");
    let security = operation["security"].as_array().expect("a list");
    assert_eq!(security.len(), 2, "in the header or in the form: {security:?}");
    let form = &operation["requestBody"]["content"]["application/x-www-form-urlencoded"];
    assert!(form["schema"]["$ref"].is_string(), "{form}");
    assert!(operation["responses"]["400"]["content"]["application/json"]["examples"]["invalid_grant"].is_object());
    let page = server.client.get(server.url("/docs")).send().await.expect("an answer");
    assert!(page.text().await.expect("text").contains("<code>/oauth/token</code>"));
}

/// Signs in with HTTP Basic, calls `/auth/verify`, and refreshes.
const PYTHON: &str = r#"
import sys
from authlib.integrations.requests_client import OAuth2Session
base = sys.argv[1]
session = OAuth2Session("demo-app", "demo-app-secret", token_endpoint=base + "/oauth/token")
token = session.fetch_token(base + "/oauth/token", grant_type="client_credentials")
assert token["scope"] == "games:read games:list", token
assert session.get(base + "/auth/verify?permission=games:read").status_code == 200
assert session.get(base + "/auth/verify?permission=games:write").status_code == 403
fresh = session.refresh_token(base + "/oauth/token", refresh_token=token["refresh_token"])
assert fresh["refresh_token"] != token["refresh_token"], fresh
assert session.get(base + "/auth/verify").status_code == 200
"#;

#[tokio::test(flavor = "multi_thread")]
async fn an_unmodified_oauth_client_signs_in_and_refreshes() {
    let required = std::env::var_os("TESSERA_REQUIRE_INTEROP").is_some();
    if std::env::var_os("TESSERA_INTEROP").is_none() && !required {
        println!("skipped: an unmodified OAuth client (TESSERA_INTEROP is not set)");
        return;
    }
    let Some(python) = python() else {
        assert!(!required, "Authlib could not be installed");
        println!("skipped: an unmodified OAuth client (Authlib could not be installed)");
        return;
    };
    let server = Server::start().await;
    let mut client = Command::new(python);
    client
        .args(["-c", PYTHON, &server.url("")])
        .env("AUTHLIB_INSECURE_TRANSPORT", "1");
    let output = tokio::task::spawn_blocking(move || client.output())
        .await
        .expect("a thread")
        .expect("python");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// An interpreter that has Authlib.
fn python() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("interop-authlib");
    let python = folder.join("bin/python");
    let succeeds = |command: &mut Command| {
        let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    };
    let ready = || succeeds(Command::new(&python).args(["-c", "import authlib, requests"]));
    if !ready() {
        succeeds(Command::new("python3").args(["-m", "venv"]).arg(&folder));
        succeeds(Command::new(&python).args(["-m", "pip", "install", "--quiet", "Authlib", "requests"]));
    }
    ready().then_some(python)
}
