//! The four dialects from the view of a client: paths, requests, and the form of refusals.

use serde_json::{Value, json};

use super::client::{Request, Response};

/// One of the four documented APIs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    Mechanics,
    Login,
    Device,
    Integration,
}

use Dialect::{Device, Integration, Login, Mechanics};

impl Dialect {
    pub const ALL: [Self; 4] = [Mechanics, Login, Device, Integration];

    /// Those that take passwords.
    pub const WITH_PASSWORDS: [Self; 3] = [Mechanics, Login, Device];

    /// The path at which tokens are issued.
    pub fn path(self) -> &'static str {
        match self {
            Mechanics => "/api/v2/mechanics/tokens",
            Login => "/login",
            Device => "/api/tokens/create",
            Integration => "/api/v1/integration/auth/token",
        }
    }

    /// Every path it serves.
    pub fn paths(self) -> &'static [&'static str] {
        match self {
            Mechanics => &["/api/v2/mechanics/tokens"],
            Login => &["/login", "/logout"],
            Device => &["/api/tokens/create", "/api/tokens/revoke"],
            Integration => &["/api/v1/integration/auth/token"],
        }
    }

    /// The demo's request, which gets a token.
    pub fn good(self) -> Value {
        match self {
            Mechanics => json!({"email": "workshop@email.dk", "password": "qwerty"}),
            Login => json!({"username": "100@mydomain.com", "password": "secret"}),
            Device => {
                json!({"email_or_username": "gmachia@gmail.com", "password": PLAYER_PASSWORD, "device_name": "iPhone 4s"})
            }
            Integration => json!({
                "email": "andrew.wiggin@letsta.lk",
                "name": "Andrew Wiggin",
                "consumer": {"key": "demo-key", "token": "demo-token-7f3c9a51"},
                "organization_id": 171,
            }),
        }
    }

    /// The demo's request with another name and password (consumer key and token).
    pub fn attempt(self, name: &str, password: &str) -> Value {
        let mut body = self.good();
        match self {
            Integration => body["consumer"] = json!({"key": name, "token": password}),
            _ => {
                body[self.name_field()] = name.into();
                body["password"] = password.into();
            }
        }
        body
    }

    /// The field with the name.
    pub fn name_field(self) -> &'static str {
        match self {
            Mechanics | Integration => "email",
            Login => "username",
            Device => "email_or_username",
        }
    }

    pub fn request(self, body: &Value) -> Request {
        Request::post(self.path()).json(body)
    }

    /// The status of a field that is missing or unusable.
    pub fn bad_field(self) -> u16 {
        match self {
            Mechanics | Login => 400,
            Device | Integration => 422,
        }
    }

    /// The `WWW-Authenticate` of its 401.
    pub fn challenge(self) -> &'static str {
        match self {
            Mechanics => r#"Bearer realm="workshops""#,
            Login => r#"X-Access-Token realm="pbx""#,
            Device => r#"Bearer realm="players""#,
            Integration => r#"Basic realm="clients", charset="UTF-8", Bearer realm="clients""#,
        }
    }

    /// Asserts that this is a refusal of this status, with this dialect's exact body and every required header. Returns
    /// its message.
    pub fn refuses(self, response: &Response, status: u16) -> String {
        assert_eq!(response.status, status, "{response:?}");
        is_json_answer(response);
        let text = response.member(match self {
            Mechanics => "message",
            Login => "info",
            Device | Integration => "error",
        });
        let quoted = Value::from(text.as_str());
        let body = match self {
            Mechanics => format!(r#"{{"status":"failed","message":{quoted}}}"#),
            Login => format!(r#"{{"status":"error","info":{quoted}}}"#),
            Device => format!(r#"{{"error":{quoted},"codigo":{status}}}"#),
            Integration => format!(r#"{{"error":{quoted}}}"#),
        };
        assert_eq!(response.text(), body);
        assert!(!text.trim().is_empty(), "{response:?}");
        refusal_headers(response);
        if status == 401 {
            let challenge = response.header("WWW-Authenticate").unwrap_or_default();
            assert!(challenge.starts_with(self.challenge()), "{response:?}");
        }
        text
    }

    /// Asserts that this is a refusal with a status between 400 and 499 in this dialect's shape.
    pub fn refuses_somehow(self, response: &Response) {
        assert!((400..500).contains(&response.status), "{response:?}");
        self.refuses(response, response.status);
    }
}

/// The password of the demo's player.
pub const PLAYER_PASSWORD: &str = "9yUQc%ewEf^(Tw4";

/// Asserts what holds for every answer with a body.
pub fn is_json_answer(response: &Response) {
    let content_type = response.header("Content-Type").unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default();
    assert_eq!(essence, "application/json", "{response:?}");
    assert_eq!(response.header("Cache-Control"), Some("no-store"), "{response:?}");
    assert_eq!(
        response.header("X-Content-Type-Options"),
        Some("nosniff"),
        "{response:?}"
    );
}

/// Asserts the headers that some statuses call for.
pub fn refusal_headers(response: &Response) {
    let present = |name: &str| response.header(name).is_some_and(|value| !value.is_empty());
    match response.status {
        401 => assert!(present("WWW-Authenticate"), "{response:?}"),
        405 => assert!(present("Allow"), "{response:?}"),
        429 | 503 => drop(retry_after(response)),
        _ => {}
    }
}

/// The seconds of `Retry-After`: at least one, at most the longest lock.
pub fn retry_after(response: &Response) -> u32 {
    let value = response
        .header("Retry-After")
        .unwrap_or_else(|| panic!("no Retry-After in {response:?}"));
    let seconds = value.parse().unwrap_or_else(|_| panic!("not seconds: {response:?}"));
    assert!((1..=900).contains(&seconds), "{response:?}");
    seconds
}
