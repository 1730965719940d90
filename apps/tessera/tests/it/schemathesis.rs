//! Unmodified tools of others read `/openapi.json`: openapi-spec-validator says whether it is an OpenAPI document, and
//! schemathesis calls everything that it lists, with good and bad requests, and compares the answers with it. A separate
//! test program, because its `main` skips the tests where the tools are not installed.
#![forbid(unsafe_code)]
#![allow(unreachable_pub, reason = "nothing of a test binary is reachable from outside")]
#![allow(
    dead_code,
    unused_imports,
    reason = "the other test program uses the rest of `support`"
)]

mod support;
mod trials;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use libtest_mimic::Trial;
use serde_json::json;

use support::server::{Server, Setup};
use support::sign_in::{client, device, sign_in, workshop};

/// Set to `1`, these tests fail where the tools are not installed.
const REQUIRE: &str = "TESSERA_REQUIRE_SCHEMATHESIS";

/// What schemathesis draws its requests from: the same ones in each run.
const SEED: &str = "20261126";

/// How many random requests each operation gets, beside those that cover its schema one by one.
const REQUESTS: &str = "10";

/// Every failed login of schemathesis comes from another address (`schemathesis_hooks.py`), hashes are cheap, and a machine that is busy for some
/// seconds is no fault.
const COMMON: &str = r#"
[http]
trusted_proxies = ["127.0.0.1"]

[passwords]
cost = 10

[revocation]
max_staleness = "60s"
"#;

/// Other names and paths, one of the dialects twice, users concealed, other strategies.
const RENAMED: &str = r#"
[[flavour]]
name = "work_shops-2"
dialect = "mechanics"
path = "/v9/shops"
algorithm = "ES256"

[[flavour]]
name = "exchange"
dialect = "login"
path = "/exchange"
conceal_unknown_users = true

[[flavour]]
name = "handsets"
dialect = "device"
path = "/handsets"
issuer = "jwt"

[[flavour]]
name = "consoles"
dialect = "device"
path = "/consoles"

[[flavour]]
name = "partners"
dialect = "integration"
path = "/partners/token"
"#;

fn main() {
    let trials = vec![
        if_installed("the_description_is_an_openapi_document", || {
            let shared = [Setup::demo().start(), renamed()];
            shared.iter().for_each(is_a_document);
        }),
        if_installed("the_demo_answers_as_described", || {
            let server = Setup::demo().config(COMMON).start();
            let tokens = Tokens::of(&server);
            answers_as_described(&server, &tokens.configuration());
        }),
        if_installed("renamed_flavours_answer_as_described", || {
            answers_as_described(&renamed(), "")
        }),
    ];
    trials::run(trials, "schemathesis", skip_reason())
}

fn renamed() -> Server {
    Setup::demo().config([COMMON, RENAMED].concat()).start()
}

fn if_installed(name: &str, test: impl FnOnce() + Send + 'static) -> Trial {
    trials::unless_skipped(name, skip_reason, test)
}

fn skip_reason() -> Option<&'static str> {
    let is_required = std::env::var_os(REQUIRE).is_some_and(|value| value == "1");
    let missing = !tools().join("schemathesis").is_file();
    (missing && !is_required).then_some("schemathesis is not installed below target/tools: see .ci/run")
}

/// Where `.ci/run` installs them.
fn tools() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .expect("a target folder");
    target.join("tools/schemathesis/bin")
}

/// openapi-spec-validator finds nothing wrong.
fn is_a_document(server: &Server) {
    let path = server.folder().join("openapi.json");
    std::fs::write(&path, &server.get("/openapi.json").body).expect("a file");
    let mut validator = Command::new(tools().join("openapi-spec-validator"));
    succeeds(validator.args(["--schema", "3.1"]).arg(path));
}

/// schemathesis finds no 500, no status, header, media type or shape that is not described, no invalid request that is
/// accepted, and no path that needs a token and answers without one.
fn answers_as_described(server: &Server, configuration: &str) {
    let folder = server.folder();
    let path = folder.join("schemathesis.toml");
    std::fs::write(&path, [CHECKS, configuration].concat()).expect("a file");
    let mut command = Command::new(tools().join("schemathesis"));
    command
        .current_dir(folder)
        .env(
            "SCHEMATHESIS_HOOKS",
            concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/schemathesis_hooks.py"),
        )
        .args(["--no-color", "--config-file"])
        .arg(&path)
        .arg("run")
        .arg(format!("{}/openapi.json", server.url()))
        .args([
            "--url",
            &server.url(),
            "--seed",
            SEED,
            "--max-examples",
            REQUESTS,
            "--workers",
            "1",
        ])
        .args(["--checks", "all", "--phases", "examples,coverage,fuzzing"])
        .args([
            "--suppress-health-check",
            "all",
            "--request-timeout",
            "60",
            "--max-response-time",
            "60",
            "--continue-on-failure",
        ]);
    succeeds(&mut command);
}

/// What a valid request may be answered with, beside success: its credentials are wrong nearly always, and two rules of
/// requests cannot be said in a schema (a length in bytes; names that must be equal).
const CHECKS: &str = r#"
[checks.positive_data_acceptance]
expected-statuses = [200, 304, 400, 401, 403, 404, 422, 429, 503]
"#;

fn succeeds(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().expect("the tool starts");
    let text = [output.stdout, output.stderr].concat();
    assert!(
        output.status.success(),
        "{command:?}\n{}",
        String::from_utf8_lossy(&text)
    );
}

/// The credentials of the demo's resource server.
const RESOURCE_SERVER: &str = r#"
[auth.openapi."Server.client"]
username = "demo-rs"
password = "demo-rs-secret"
"#;

/// An active token of each flavour of the demo.
struct Tokens(Vec<(&'static str, &'static str, String)>);

impl Tokens {
    fn of(server: &Server) -> Self {
        let session = support::sign_in::session(server);
        let shop = workshop(server).token;
        Self(vec![
            ("mechanics.bearer", "bearer", shop.clone()),
            ("mechanics.bare", "api_key", shop),
            ("login.token", "api_key", session.token),
            ("login.key", "api_key", session.key),
            ("device.bearer", "bearer", device(server)),
            ("integration.bearer", "bearer", client(server, "described@letsta.lk")),
        ])
    }

    /// For schemathesis.
    fn configuration(&self) -> String {
        let section = |(scheme, kind, token): &(&str, &str, String)| {
            format!("[auth.openapi.\"{scheme}\"]\n{kind} = {}\n", json!(token))
        };
        let tokens: String = self.0.iter().map(section).collect();
        tokens + RESOURCE_SERVER
    }
}
