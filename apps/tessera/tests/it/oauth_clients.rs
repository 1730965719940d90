//! Standard clients, unmodified, against the real binary: Authlib and PyJWT (Python), `openid-client`, `oauth4webapi` and
//! `jose` (Node.js). A separate test program, because its `main` skips the tests where the clients are not installed.
//!
//! `.ci/run` installs them below `target/tools/oauth-clients`.
#![forbid(unsafe_code)]
#![allow(unreachable_pub, reason = "nothing of a test binary is reachable from outside")]
#![allow(
    dead_code,
    unused_imports,
    reason = "the other test program uses the rest of `support`"
)]

mod support;
mod trials;

use std::path::PathBuf;
use std::process::Command;

use serde_json::json;

use support::client::Request;
use support::server::{Server, Setup};
use support::sign_in::{Workshop, bearer, device, lives, session, verify};

/// Set to `1`, these tests fail where the clients are not installed.
const REQUIRE: &str = "TESSERA_REQUIRE_OAUTH_CLIENTS";

/// Signed identities, workshops whose tokens are signed with a key pair, and two more flavours.
const SETTINGS: &str = "\
    [forward_auth.jwt]\naudience = \"https://internal.example.com\"\n\
    [[flavour]]\nname = \"mechanics\"\ndialect = \"mechanics\"\nalgorithm = \"ES256\"\n\
    [[flavour]]\nname = \"shops\"\ndialect = \"mechanics\"\nalgorithm = \"EdDSA\"\npath = \"/shops\"\n\
    [[flavour]]\nname = \"login\"\ndialect = \"login\"\n\
    [[flavour]]\nname = \"device\"\ndialect = \"device\"\n";

/// A script, and the program that runs it.
struct Script {
    name: &'static str,
    text: &'static str,
    client: Client,
}

#[derive(Clone, Copy)]
enum Client {
    Python,
    Node,
}

const SCRIPTS: [Script; 5] = [
    Script {
        name: "authlib_introspects_and_revokes",
        text: include_str!("oauth_clients/authlib_client.py"),
        client: Client::Python,
    },
    Script {
        name: "pyjwt_verifies_with_the_published_keys",
        text: include_str!("oauth_clients/pyjwt_client.py"),
        client: Client::Python,
    },
    Script {
        name: "openid_client_discovers_introspects_and_revokes",
        text: include_str!("oauth_clients/openid_client.mjs"),
        client: Client::Node,
    },
    Script {
        name: "oauth4webapi_discovers_introspects_and_revokes",
        text: include_str!("oauth_clients/oauth4webapi_client.mjs"),
        client: Client::Node,
    },
    Script {
        name: "jose_verifies_with_the_published_keys",
        text: include_str!("oauth_clients/jose_client.mjs"),
        client: Client::Node,
    },
];

fn main() {
    let trials = SCRIPTS
        .map(|script| trials::unless_skipped(script.name, move || skip_reason(script.client), move || run(&script)));
    let missing = SCRIPTS.iter().find_map(|script| skip_reason(script.client));
    trials::run(trials.into(), "standard OAuth clients", missing)
}

/// Runs a script against a server of its own, with a token of each kind. What it has revoked must be refused afterwards.
fn run(script: &Script) {
    let server = Setup::demo().config(SETTINGS).start();
    let (signed, also_signed) = (
        workshop(&server, "/api/v2/mechanics/tokens"),
        workshop(&server, "/shops"),
    );
    let (opaque, bound) = (device(&server), session(&server));
    let checked = verify(&server, [bearer(&opaque)]);
    let tokens = json!({
        "identity": checked.header("X-Auth-Jwt"),
        "subject": checked.header("X-Auth-Subject"),
        "base": server.url(),
        "signed": signed.token,
        "refresh": signed.refresh,
        "also_signed": also_signed.token,
        "opaque": opaque,
        "bound": bound.token,
        "key": bound.key,
    });
    let mut command = script.client.command(script.text);
    let output = command
        .arg(tokens.to_string())
        .env("AUTHLIB_INSECURE_TRANSPORT", "1")
        .output()
        .expect("the client runs");
    let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert!(output.status.success(), "{out}{err}");
    let last = out.lines().last().unwrap_or_default();
    match last {
        "revoked" => {
            assert!(
                !lives(&server, [bearer(&signed.token)]),
                "its refresh token was revoked"
            );
            assert!(!lives(&server, [bearer(&opaque)]));
        }
        "verified" => assert!(lives(&server, [bearer(&signed.token)])),
        other => panic!("{other}\n{err}"),
    }
    assert!(lives(&server, [bearer(&also_signed.token)]));
}

fn workshop(server: &Server, path: &str) -> Workshop {
    let body = json!({"email": "workshop@email.dk", "password": "qwerty"});
    Workshop::of(&server.send(&Request::post(path).json(body)))
}

fn skip_reason(client: Client) -> Option<&'static str> {
    let is_required = std::env::var_os(REQUIRE).is_some_and(|value| value == "1");
    match client.is_installed() {
        false if !is_required => Some("the client is not installed: .ci/run installs it"),
        _ => None,
    }
}

impl Client {
    fn folder(self) -> PathBuf {
        let tools = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).with_file_name("tools");
        tools.join("oauth-clients").join(match self {
            Self::Python => "python",
            Self::Node => "node",
        })
    }

    fn is_installed(self) -> bool {
        let needed = match self {
            Self::Python => "bin/python",
            Self::Node => "node_modules/jose",
        };
        self.folder().join(needed).exists()
    }

    fn command(self, script: &str) -> Command {
        match self {
            Self::Python => {
                let mut command = Command::new(self.folder().join("bin/python"));
                command.args(["-c", script]);
                command
            }
            // Bare imports of a script without a file are looked up from the folder it runs in.
            Self::Node => {
                let mut command = Command::new("node");
                command
                    .args(["--input-type=module", "-e", script])
                    .current_dir(self.folder());
                command
            }
        }
    }
}
