//! Databases that other systems have made and accept the tokens of, and whose clients go on.

use serde_json::{Value, json};

use crate::runtime::Runtime;
use crate::stage::Stage;
use crate::support::client::Request;
use crate::support::poll;
use crate::support::sign_in::{lives, verify};

/// A database of another system.
pub struct Made {
    pub name: &'static str,
    system: &'static str,
    script: &'static str,
    /// What the script is given after the database's path.
    argument: Option<&'static str>,
    /// More options of the import.
    options: &'static [&'static str],
    pub runtime: Runtime,
}

pub const MADE: [Made; 5] = [
    Made {
        name: "django",
        system: "django",
        script: include_str!("django_rows.py"),
        argument: None,
        options: &[],
        runtime: Runtime::Python,
    },
    Made {
        name: "better_auth",
        system: "better-auth",
        script: concat!(include_str!("better_auth_start.mjs"), include_str!("better_auth.mjs")),
        argument: None,
        options: &[],
        runtime: Runtime::Node,
    },
    Made {
        name: "laravel",
        system: "laravel",
        script: concat!(include_str!("laravel_start.php"), include_str!("laravel.php")),
        argument: None,
        options: &[],
        runtime: Runtime::Php,
    },
    Made {
        name: "devise_and_doorkeeper",
        system: "rails",
        script: include_str!("rails.rb"),
        argument: None,
        options: &["--unlock-in", "1h"],
        runtime: Runtime::Ruby,
    },
    Made {
        name: "doorkeeper_with_owners_of_several_models",
        system: "rails",
        script: include_str!("rails.rb"),
        argument: Some("polymorphic"),
        options: &[],
        runtime: Runtime::Ruby,
    },
];

/// What the clients of a database know.
struct Clients(Value);

type Header = [(&'static str, String); 1];

impl Clients {
    fn word(&self, name: &str) -> &str {
        self.0[name].as_str().expect(name)
    }

    fn texts(&self, name: &str) -> Vec<&str> {
        let list = self.0[name].as_array().into_iter().flatten();
        list.map(|text| text.as_str().expect("a text")).collect()
    }

    fn token(&self, token: &str) -> Header {
        [("Authorization", format!("{} {token}", self.word("header")))]
    }

    fn key(key: &str) -> Header {
        [("X-API-Key", key.to_owned())]
    }

    /// The headers of tokens and keys by these names.
    fn headers(&self, tokens: &str, keys: &str) -> Vec<Header> {
        let tokens = self.texts(tokens).into_iter().map(|token| self.token(token));
        tokens.chain(self.texts(keys).into_iter().map(Self::key)).collect()
    }
}

pub fn clients_go_on(made: &Made) {
    let stage = Stage::new();
    let from = stage.path("other.sqlite");
    let clients = Clients(made.runtime.run(made.script, &from, made.argument));
    let password = stage.write("password", clients.word("password"));
    let mut options: Vec<String> = made.options.iter().map(|option| (*option).to_owned()).collect();
    options.extend(["--check-login".to_owned(), clients.word("login").to_owned()]);
    options.extend(["--check-file".to_owned(), password.display().to_string()]);
    if let Some(pepper) = clients.0["pepper"].as_str() {
        let pepper = stage.write("pepper", pepper);
        options.extend(["--pepper-file".to_owned(), pepper.display().to_string()]);
    }
    let options: Vec<&str> = options.iter().map(String::as_str).collect();

    let tried = stage.imported(made.system, &from, &[&options[..], &["--dry-run"]].concat());
    let first = clients.token(clients.texts("tokens")[0]);
    assert!(!lives(&stage.server, first), "it was only tried");
    assert!(stage.number("SELECT COUNT(*) FROM accounts") == 0);

    let report = stage.imported(made.system, &from, &options);
    for counted in ["accounts_added", "tokens_added", "refused", "accounts_without_password"] {
        assert_eq!(report[counted], tried[counted], "{counted}");
    }
    // It was found unknown a moment ago: the server forgets that when it reads of the import.
    let first = clients.token(clients.texts("tokens")[0]);
    assert!(poll(6000, || lives(&stage.server, first.clone())));
    for header in clients.headers("tokens", "keys") {
        assert!(lives(&stage.server, header.clone()), "{header:?}");
    }
    for header in clients.headers("refused", "refused_keys") {
        assert!(!lives(&stage.server, header.clone()), "{header:?}");
    }
    rights_are_kept(&stage, &clients);

    let again = stage.imported(made.system, &from, &options);
    assert_eq!(
        (&again["accounts_added"], &again["tokens_added"]),
        (&json!(0), &json!(0))
    );
    assert_eq!(again["tokens_present"], report["tokens_added"]);
    people_sign_in(&stage, &clients);
    others_sign_in_as_there(&stage, &clients);
    what_is_revoked_does_not_come_back(&stage, &clients, || {
        stage.imported(made.system, &from, &options);
    });
    stage.server.stop();
}

/// Those of the token that its owner's role has too.
fn rights_are_kept(stage: &Stage, clients: &Clients) {
    for (text, rights) in clients.0["rights"].as_object().into_iter().flatten() {
        let header = match clients.texts("keys").contains(&text.as_str()) {
            true => Clients::key(text),
            false => clients.token(text),
        };
        let answer = verify(&stage.server, header);
        assert_eq!(answer.header("X-Auth-Permissions"), rights.as_str(), "{text}");
    }
}

fn people_sign_in(stage: &Stage, clients: &Clients) {
    let (login, right) = (clients.word("login"), clients.word("password"));
    assert!(!stage.signs_in(login, "another password"));
    let bcrypt = "SELECT COUNT(*) FROM passwords WHERE hash LIKE '$2b$10$%'";
    assert_eq!(stage.number(bcrypt), 0);
    assert!(stage.signs_in(login, right));
    assert_eq!(stage.number(bcrypt), 1, "it is bcrypt from now on");
    assert!(stage.signs_in(login, right));
}

/// Who may not sign in at the other system may not here.
fn others_sign_in_as_there(stage: &Stage, clients: &Clients) {
    for (login, may) in clients.0["signs_in"].as_object().into_iter().flatten() {
        let signed_in = stage.signs_in(login, clients.word("password"));
        assert_eq!(Some(signed_in), may.as_bool(), "{login}");
    }
}

fn what_is_revoked_does_not_come_back(stage: &Stage, clients: &Clients, import: impl Fn()) {
    let token = clients.texts("tokens")[1];
    let bearer = [("Authorization", format!("Bearer {token}"))];
    let revoked = stage.server.send(&Request::post("/api/tokens/revoke").headers(bearer));
    assert_eq!(revoked.status, 200, "{revoked:?}");
    assert!(!lives(&stage.server, clients.token(token)));
    import();
    assert!(!lives(&stage.server, clients.token(token)));
}
