//! The documents' command lines and the ones that the server prints, run by a real curl if it is installed.

use std::fs;
use std::process::{Command, Output};

use serde_json::Value;

use crate::support::server::Server;
use crate::support::sign_in::{Session, session};

/// Runs a line in a shell; `None`, with a note on standard error, if the shell or curl is not installed.
fn paste(test: &str, shell: &str, line: &str) -> Option<String> {
    let there = |program: &str| {
        Command::new(program)
            .arg("--version")
            .output()
            .is_ok_and(|output| output.status.success())
    };
    if !there("curl") || (shell == "bash" && !there("bash")) {
        use std::io::Write;
        let _ = writeln!(std::io::stderr(), "skipped: {test}: no curl or no {shell} here");
        return None;
    }
    let output: Output = Command::new(shell)
        .args(["-c", line])
        .output()
        .expect("there is a shell");
    assert!(
        output.status.success(),
        "{line}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Some(String::from_utf8(output.stdout).expect("UTF-8"))
}

/// A document's text.
fn document(name: &str) -> String {
    let path = format!("{}/../../testdata/documents/{name}", env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The first command line of a document: from `curl` to the end of its block.
fn command(text: &str, end: &str) -> String {
    let from = text.find("\ncurl").expect("a command line") + 1;
    let length = text[from..].find(end).expect("its end");
    text[from..from + length].to_owned()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn the_lines_that_the_server_prints_work_unchanged() {
    let server = Server::shared();
    let out = server.out();
    let lines: Vec<&str> = out
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with("curl "))
        .collect();
    assert_eq!(lines.len(), 5, "one for each flavour, and introspection: {out}");
    for (line, begin) in lines.into_iter().zip([
        r#"{"status":"ok","token":""#,
        r#"{"key":""#,
        r#"{"token":""#,
        r#"{"token":""#,
        r#"{"active":false}"#,
    ]) {
        assert!(line.contains(&server.url()), "{line}");
        if let Some(answer) = paste("the_lines_that_the_server_prints_work_unchanged", "sh", line) {
            assert!(answer.starts_with(begin), "{line}\n{answer}");
            json(&answer);
        }
    }
}

#[test]
fn the_mechanics_documents_line_works() {
    let line = command(&document("mechanics.md"), "\n```");
    let line = line.replace("https://www.autobutler.dk", &Server::shared().url());
    if let Some(answer) = paste("the_mechanics_documents_line_works", "sh", &line) {
        assert_eq!(json(&answer)["user"]["name"], "Workshop Name", "{answer}");
    }
}

#[test]
fn the_login_documents_lines_work() {
    let server = Server::shared();
    let text = document("login.rst");
    let lines: Vec<String> = text
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with("curl "))
        .map(|line| line.replace("https://api.webitel.com:10022", &server.url()))
        .collect();
    let [login, logout] = &lines[..] else {
        panic!("{lines:?}");
    };
    if let Some(answer) = paste("the_login_documents_lines_work", "sh", login) {
        assert_eq!(json(&answer)["role"], 2, "{answer}");
    }
    let Session { key, token } = session(server);
    let sample = logout
        .split('\'')
        .filter(|part| part.contains(": "))
        .collect::<Vec<_>>();
    let line = logout
        .replace(sample[0], &format!("X-Access-Token: {token}"))
        .replace(sample[1], &format!("X-Key: {key}"));
    if let Some(answer) = paste("the_login_documents_lines_work", "sh", &line) {
        assert_eq!(answer, r#"{"status":"OK","info":"Successful logout."}"#);
    }
}

#[test]
fn the_device_documents_odd_line_works() {
    let line = command(&document("device.md"), "\n```");
    assert!(line.contains("multipart/form-data"), "{line}");
    let line = line.replace("https://gameflake.game", &Server::shared().url());
    if let Some(answer) = paste("the_device_documents_odd_line_works", "bash", &line) {
        assert_eq!(json(&answer)["permisos"].as_array().map(Vec::len), Some(10), "{answer}");
    }
}

#[test]
fn the_integration_documents_line_works() {
    let line = command(&document("integration.md"), "\n```");
    let line = line
        .replace("https://api.letsta.lk", &Server::shared().url())
        .replace("[consumer_key]", "demo-key")
        .replace("[consumer_token]", "demo-token-7f3c9a51")
        .replace("{organization_id}", "171");
    if let Some(answer) = paste("the_integration_documents_line_works", "sh", &line) {
        assert_eq!(json(&answer)["person"]["organization_name"], "Ping Pong", "{answer}");
    }
}

#[test]
fn real_forms_of_curl_work_at_the_device_endpoint() {
    let url = Server::shared().url();
    for fields in [
        "--data-urlencode 'username=gmachia' --data-urlencode 'password=9yUQc%ewEf^(Tw4' -d 'device_name=iPhone 4s'",
        "-F 'email_or_username=gmachia' -F 'password=9yUQc%ewEf^(Tw4' -F 'device_name=iPhone 4s'",
    ] {
        let line = format!("curl -s {url}/api/tokens/create {fields}");
        if let Some(answer) = paste("real_forms_of_curl_work_at_the_device_endpoint", "sh", &line) {
            assert!(json(&answer)["token"].is_string(), "{answer}");
        }
    }
}
