//! Clients of SimpleJWT run through the switch. Its access tokens live for seconds, so each client refreshes again and again: at the other
//! system, which signs on, until its refresh path is closed. Then each signs in at this server when its access token has expired.

use std::net::SocketAddr;
use std::thread;

use serde_json::{Value, json};

use crate::clients::{ANSWERS, Clients, EndAtDrop, ask};
use crate::old_server::{OldServer, SIMPLEJWT};
use crate::proxy_process::{Program, ProxyProcess};
use crate::stage::Stage;
use crate::support::client::{Request, Response};
use crate::support::sign_in::lives;
use crate::support::{jws, now_ms, poll};
use crate::switch::settings;

const PASSWORD: &str = "correct horse battery";

/// Where the other system refreshes.
const REFRESH: &str = "/api/token/refresh/";

/// Where this server signs in.
const SIGN_IN: &str = "/api/tokens/create";

/// Whether the other system's key is accepted before the switch, or forgotten.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    Accepted,
    Forgotten,
}

/// No answer to a token that has not expired is other than 200.
pub fn no_client_notices() {
    assert_eq!(switched(Key::Accepted), None);
}

/// The clients can notice.
pub fn a_switch_without_the_key_is_noticed() {
    assert_eq!(switched(Key::Forgotten).as_deref(), Some("401"));
}

/// Moves a service over by the steps of docs/moving-in.md. The first thing that a client saw and should not have seen.
fn switched(key: Key) -> Option<String> {
    let stage = Stage::new();
    let old = OldServer::start(&SIMPLEJWT, &stage, &stage.path("old.sqlite"));
    let service = Service::of(stage, old.address);
    let clients = Clients::default();
    thread::scope(|scope| {
        let _ended = EndAtDrop(&clients);
        let start = |login| {
            let mut client = Client::signed_in_there(service.nginx.address, login);
            clients.start(scope, move || client.step());
        };
        service.sign_up("ann");
        ["ann", "ann"].into_iter().for_each(start);
        service.import();
        if key == Key::Accepted {
            service.accept(old.text("key"));
        }
        service.sign_up("bob");
        start("bob");
        clients.wait_for("old", ANSWERS);
        clients.wait_for("refreshed", 1);
        service.import();
        // Refreshing stays there; signing in is here.
        service.switch_over(&format!("proxy_pass http://{}", service.there));
        clients.wait_for("new", ANSWERS);
        clients.restart_count();
        clients.wait_for("refreshed", 2);
        clients.wait_for("new", ANSWERS);
        service.switch_over("return 401");
        clients.wait_for("signed in", 1);
        drop(old);
        clients.restart_count();
        clients.wait_for("new", ANSWERS);
    });
    service.stage.server.stop();
    clients.failed()
}

/// A service behind nginx that is moved.
struct Service {
    stage: Stage,
    /// The other system's server.
    there: SocketAddr,
    nginx: ProxyProcess,
}

impl Service {
    /// nginx sends everything to the other system.
    fn of(stage: Stage, there: SocketAddr) -> Self {
        let page = format!("{there}/protected");
        let tokens = format!("location /api/token/ {{ proxy_pass http://{there}; }}");
        let nginx = ProxyProcess::start(Program::Nginx, |folder, address| {
            settings(folder, address, "old", &page, &tokens)
        });
        Self { stage, there, nginx }
    }

    /// One more person at the other system.
    fn sign_up(&self, login: &str) {
        let answer = post(
            self.there,
            "/sign-up",
            &json!({"username": login, "password": PASSWORD}),
        );
        assert_eq!(answer.expect("an answer").status, 200);
    }

    /// Imports who has signed up there since the last time, which is one person.
    fn import(&self) {
        let from = self.stage.path("old.sqlite");
        assert_eq!(self.stage.imported(SIMPLEJWT.system, &from, &[])["accounts_added"], 1);
    }

    /// Has the server accept what the other system signs, and waits until it does.
    fn accept(&self, key: &str) {
        self.stage.write("key", &format!("{key}\n"));
        let accepted = self.stage.accept_key("key", &[]);
        assert_eq!(accepted.code, Some(0), "{}", accepted.err);
        let is_read = || {
            let access = Client::signed_in_there(self.nginx.address, "ann").access;
            lives(&self.stage.server, [("Authorization", format!("Bearer {access}"))])
        };
        assert!(poll(600, is_read), "the server has the key");
    }

    /// nginx asks this server about the page and sends to it who signs in. At the path to refresh it does this.
    fn switch_over(&self, refresh: &str) {
        let here = self.stage.server.address();
        let locations = format!(
            "location = {REFRESH} {{ {refresh}; }}\n\
             location = {SIGN_IN} {{ proxy_pass http://{here}; }}"
        );
        let verify = format!("{here}/auth/verify");
        self.nginx
            .reload(|folder, address| settings(folder, address, "new", &verify, &locations));
    }
}

/// A client that refreshes when its access token has expired, and signs in at this server when that is refused.
struct Client {
    nginx: SocketAddr,
    login: &'static str,
    access: String,
    refresh: String,
    /// When the access token expires, in milliseconds since 1970. One of this server lives longer than the test.
    expires_at: i64,
}

impl Client {
    fn signed_in_there(nginx: SocketAddr, login: &'static str) -> Self {
        let person = json!({"username": login, "password": PASSWORD});
        let answer = post(nginx, "/api/token/", &person).expect("an answer");
        let access = answer.member("access");
        Self {
            nginx,
            login,
            expires_at: expiry(&access),
            access,
            refresh: answer.member("refresh"),
        }
    }

    /// Asks for the page once.
    fn step(&mut self) -> Result<String, String> {
        let page = Request::get("/orders").header("Authorization", format!("Bearer {}", self.access));
        let answer = ask(self.nginx, page)?;
        match answer.status {
            200 => Ok(answer.header("X-Side").unwrap_or_default().to_owned()),
            401 if self.expires_at <= now_ms() => self.renew(),
            status => Err(status.to_string()),
        }
    }

    fn renew(&mut self) -> Result<String, String> {
        let answer = post(self.nginx, REFRESH, &json!({"refresh": self.refresh}))?;
        match answer.status {
            200 => {
                self.access = answer.member("access");
                self.expires_at = expiry(&self.access);
                Ok("refreshed".to_owned())
            }
            401 => self.sign_in_here(),
            status => Err(format!("{status} from {REFRESH}")),
        }
    }

    fn sign_in_here(&mut self) -> Result<String, String> {
        let person = json!({"email_or_username": self.login, "password": PASSWORD, "device_name": "phone"});
        let answer = post(self.nginx, SIGN_IN, &person)?;
        if answer.status != 200 {
            return Err(format!("{} from {SIGN_IN}", answer.status));
        }
        self.access = answer.member("token");
        self.expires_at = i64::MAX;
        Ok("signed in".to_owned())
    }
}

fn expiry(access: &str) -> i64 {
    jws::claims(access)["exp"].as_i64().expect("seconds") * 1000
}

fn post(server: SocketAddr, path: &str, body: &Value) -> Result<Response, String> {
    ask(server, Request::post(path).json(body))
}
