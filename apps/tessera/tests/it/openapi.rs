//! `/openapi.json` and `/docs`. That the answers of the server are those of its description is checked wherever a test
//! sends a request (`support/description.rs`).

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::client::{Request, Response};
use crate::support::dialect::Dialect;
use crate::support::server::{Server, Setup};

const DOCUMENT: &str = "/openapi.json";
const PAGE: &str = "/docs";

/// Flavours with other names and paths, two of one dialect.
const RENAMED: &str = r#"
[http]
public_url = "https://api.example.com/base/"
cors_origins = ["https://app.example.com"]

[[flavour]]
name = "work_shops-2"
dialect = "mechanics"
path = "/v9/shops"

[[flavour]]
name = "handsets"
dialect = "device"
path = "/handsets"

[[flavour]]
name = "consoles"
dialect = "device"
realm = "consoles"
path = "/consoles"
"#;

fn document(server: &Server) -> Value {
    let answer = server.get(DOCUMENT);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

fn paths(document: &Value) -> BTreeSet<String> {
    let paths = document["paths"].as_object().expect("paths");
    paths.keys().cloned().collect()
}

fn text(response: &Response) -> String {
    assert_eq!(response.status, 200, "{response:?}");
    response.text().to_owned()
}

#[test]
fn every_path_of_every_flavour_and_of_the_server_is_listed() {
    let listed = paths(&document(Server::shared()));
    let mut mounted: BTreeSet<String> = Dialect::ALL
        .iter()
        .flat_map(|dialect| dialect.paths())
        .map(|path| (*path).to_owned())
        .collect();
    let own = [
        "/auth/verify",
        "/healthz",
        "/readyz",
        DOCUMENT,
        PAGE,
        "/assets/default-avatar.gif",
    ];
    mounted.extend(own.map(str::to_owned));
    assert!(mounted.is_subset(&listed), "{listed:?}");
    for path in listed.difference(&mounted) {
        let answer = Server::shared().get(path);
        assert_ne!(answer.status, 404, "{path} is listed and not there");
    }
}

#[test]
fn the_description_is_that_of_the_configuration() {
    let server = Setup::demo().config(RENAMED).start();
    let document = document(&server);
    let listed = paths(&document);
    for path in [
        "/v9/shops",
        "/handsets/create",
        "/handsets/revoke",
        "/consoles/create",
        "/consoles/revoke",
    ] {
        assert!(listed.contains(path), "{listed:?}");
    }
    for path in ["/login", "/api/tokens/create", Dialect::Mechanics.path()] {
        assert!(!listed.contains(path), "{listed:?}");
    }
    assert_eq!(document["openapi"], "3.1.1");
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(document["servers"][0]["url"], "https://api.example.com/base");
    let operation = &document["paths"]["/consoles/revoke"]["post"];
    assert_eq!(operation["tags"][0], "consoles");
    assert_eq!(operation["security"], serde_json::json!([{ "consoles.bearer": [] }]));
    let challenge = &operation["responses"]["401"]["headers"]["WWW-Authenticate"]["schema"]["examples"][0];
    assert_eq!(challenge, r#"Bearer realm="consoles""#);
    let any = document["paths"]["/auth/verify"]["get"]["security"]
        .as_array()
        .expect("a list");
    assert_eq!(
        any.len(),
        4,
        "two ways of the workshops, one of each other flavour: {any:?}"
    );
}

#[test]
fn every_operation_has_a_name_of_its_own() {
    let document = document(Server::shared());
    let paths = document["paths"].as_object().expect("paths").values();
    let operations = paths.flat_map(|methods| methods.as_object().expect("methods").values());
    let names: Vec<&str> = operations
        .map(|operation| operation["operationId"].as_str().expect("a name"))
        .collect();
    let different: BTreeSet<&str> = names.iter().copied().collect();
    assert_eq!(names.len(), different.len(), "{names:?}");
    assert!(different.contains("device.post-create"), "{names:?}");
}

#[test]
fn two_servers_with_one_configuration_have_the_same_bytes() {
    let [first, second] = [(); 2].map(|()| Setup::demo().config(RENAMED).start());
    for path in [DOCUMENT, PAGE] {
        let (one, other) = (first.get(path), second.get(path));
        assert_eq!(text(&one), text(&other), "{path}");
        assert_eq!(one.header("ETag"), other.header("ETag"), "{path}");
    }
}

#[test]
fn a_client_that_has_the_description_gets_304_and_no_body() {
    let server = Server::shared();
    for path in [DOCUMENT, PAGE] {
        let answer = server.get(path);
        let tag = answer.header("ETag").expect("a tag").to_owned();
        assert_eq!(answer.header("Cache-Control"), Some("no-cache"));
        for known in [tag.clone(), format!("\"x\", W/{tag}"), "*".into()] {
            let again = server.send(&Request::get(path).header("If-None-Match", &known));
            assert_eq!((again.status, again.body.len()), (304, 0), "{known}: {again:?}");
            assert_eq!(again.header("ETag"), Some(&*tag));
            assert_eq!(again.header("Cache-Control"), Some("no-cache"));
        }
        let other = server.send(&Request::get(path).header("If-None-Match", "\"x\""));
        assert_eq!(other.status, 200);
        let head = server.send(&Request::new("HEAD", path));
        assert_eq!((head.status, head.header("ETag")), (200, Some(&*tag)));
        let post = server.send(&Request::post(path));
        assert_eq!((post.status, post.header("Allow")), (405, Some("GET, HEAD")));
    }
}

#[test]
fn pages_of_allowed_origins_can_read_the_description() {
    let server = Setup::demo().config(RENAMED).start();
    let ask = |origin| server.send(&Request::get(DOCUMENT).header("Origin", origin));
    let allowed = |answer: &Response| answer.header("Access-Control-Allow-Origin").map(str::to_owned);
    let page = "https://app.example.com";
    assert_eq!(allowed(&ask(page)).as_deref(), Some(page));
    assert_eq!(allowed(&ask("https://evil.example")), None);
}

#[test]
fn the_page_shows_every_path_and_loads_nothing() {
    let server = Server::shared();
    let answer = server.get(PAGE);
    let page = text(&answer);
    for path in paths(&document(server)) {
        assert!(page.contains(&format!("<code>{path}</code>")), "{path}");
    }
    let policy = answer.header("Content-Security-Policy").expect("a policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    for sign in [
        "<script",
        "<img",
        "<link",
        "<iframe",
        "<form",
        "src=",
        "url(",
        "@import",
        "javascript:",
        "style=",
        "onclick",
    ] {
        assert!(!page.contains(sign), "{sign}");
    }
    let links = page
        .split("href=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap_or_default());
    for link in links {
        assert!(link == "openapi.json" || link.starts_with('#'), "{link}");
        let anchor = link.trim_start_matches('#');
        assert!(
            link == "openapi.json" || page.contains(&format!("id=\"{anchor}\"")),
            "{link} leads nowhere"
        );
    }
}

#[test]
fn what_the_configuration_names_is_escaped_in_the_page_and_in_its_command_lines() {
    let hostile = "https://h/<script>alert(1)</script>'$(x)`y`";
    let server = Setup::demo().env("TESSERA_HTTP__PUBLIC_URL", hostile).start();
    let page = text(&server.get(PAGE));
    assert!(!page.contains("<script"), "the address is not markup");
    assert!(
        page.contains(r"&lt;script&gt;alert(1)&lt;/script&gt;'\''$(x)`y`/login'"),
        "one word for a shell"
    );
    assert_eq!(document(&server)["servers"][0]["url"], hostile);
}

#[test]
fn a_command_line_of_the_page_works_when_it_is_pasted() {
    let server = Server::shared();
    let page = text(&server.get(PAGE));
    let lines: Vec<String> = page
        .split("<pre class=\"line\"")
        .skip(1)
        .map(|rest| {
            let code = rest
                .split("<code>")
                .nth(1)
                .and_then(|rest| rest.split("</code>").next());
            let code = code.expect("a line").replace("&lt;", "<").replace("&gt;", ">");
            code.replace("&quot;", "\"").replace("&amp;", "&")
        })
        .collect();
    if std::process::Command::new("curl").arg("--version").output().is_err() {
        return println!("skipped: the command lines of the page (curl is not installed)");
    }
    for dialect in Dialect::ALL {
        let own = lines.iter().find(|line| line.contains(&format!("{}'", dialect.path())));
        let line = own.unwrap_or_else(|| panic!("no line for {}", dialect.path()));
        let output = std::process::Command::new("sh")
            .args(["-c", &format!("{line} -s --noproxy '*'")])
            .output();
        let output = output.expect("there is a shell").stdout;
        let answer: Value = serde_json::from_slice(&output).unwrap_or_default();
        assert!(answer["token"].is_string(), "{line}: {answer}");
    }
}

#[test]
fn switched_off_neither_is_there_and_their_paths_are_free() {
    let config = "[http]\ndocs = false\n[[flavour]]\nname = \"docs\"\ndialect = \"mechanics\"\npath = \"/docs\"\n";
    let server = Server::with_config(config);
    assert_eq!(server.get(DOCUMENT).status, 404);
    let request = Request::post(PAGE).json(Dialect::Mechanics.good());
    assert_eq!(server.send(&request).status, 200);
}

#[test]
fn switched_on_their_paths_are_the_servers() {
    let config = "[[flavour]]\nname = \"mine\"\ndialect = \"mechanics\"\npath = \"/docs\"\n";
    let ended = Setup::demo().config(config).run();
    assert_eq!(ended.code, Some(1));
    assert!(
        ended
            .err
            .contains("flavour.mine.path = /docs: /docs belongs to the server"),
        "{}",
        ended.err
    );
}
