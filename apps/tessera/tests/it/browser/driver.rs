//! A real browser, Chromium without a screen, led by ChromeDriver (W3C WebDriver).

use std::cell::RefCell;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::client::{Connection, Request};
use crate::support::poll;
use crate::support::server::guard;

/// Set to `1`, tests in Chromium fail where it is not installed.
const REQUIRE: &str = "TESSERA_REQUIRE_CHROMIUM";

/// The key that moves to the next field, and the one that sends a form (W3C WebDriver, 17.4.2).
pub const TAB: char = '\u{e004}';
pub const ENTER: char = '\u{e007}';

/// Of no other host, without a profile of anybody's.
const ARGUMENTS: [&str; 8] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// Why these tests are skipped, or `None` where they run.
pub fn skip_reason() -> Option<&'static str> {
    let is_required = std::env::var_os(REQUIRE).is_some_and(|value| value == "1");
    let is_there = program("chromium").is_some() && program("chromedriver").is_some() && axe().exists();
    (!is_there && !is_required).then_some("Chromium, its driver or axe-core is not installed: .ci/run installs them")
}

fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.exists())
}

/// The file of axe-core.
fn axe() -> PathBuf {
    let tools = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).with_file_name("tools");
    tools.join("axe/node_modules/axe-core/axe.min.js")
}

/// One browser with a new profile.
pub struct Chromium {
    driver: Child,
    guard: Child,
    connection: RefCell<Connection>,
    session: String,
    _profile: TempDir,
}

impl Chromium {
    pub fn start() -> Self {
        let mut driver = Command::new(program("chromedriver").expect("chromedriver is installed"))
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts");
        let guard = guard(driver.id());
        let mut lines = BufReader::new(driver.stdout.take().expect("piped")).lines();
        let port = lines.find_map(|line| {
            let line = line.ok()?;
            let (_, port) = line.split_once("successfully on port ")?;
            port.trim_end_matches('.').parse().ok()
        });
        // What it writes later is not read; it writes little.
        std::thread::spawn(move || lines.for_each(drop));
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port.expect("its port")));
        let profile = tempfile::tempdir().expect("a folder");
        let mut browser = Self {
            driver,
            guard,
            connection: RefCell::new(Connection::open(address).expect("it listens")),
            session: String::new(),
            _profile: profile,
        };
        browser.begin();
        browser
    }

    fn begin(&mut self) {
        let folder = format!("--user-data-dir={}", self._profile.path().display());
        let arguments: Vec<_> = ARGUMENTS
            .iter()
            .map(|argument| (*argument).to_owned())
            .chain([folder])
            .collect();
        let options = json!({ "binary": program("chromium"), "args": arguments });
        let wanted = json!({ "capabilities": { "alwaysMatch": { "goog:chromeOptions": options } } });
        let begun = self.send(Request::post("/session").json(wanted));
        self.session = begun["sessionId"].as_str().expect("a session").to_owned();
    }

    fn send(&self, request: Request) -> Value {
        let answer = self.connection.borrow_mut().send(&request);
        assert_eq!(answer.status, 200, "{request:?}: {}", answer.text());
        answer.json()["value"].clone()
    }

    fn post(&self, command: &str, body: &Value) -> Value {
        self.send(Request::post(&format!("/session/{}/{command}", self.session)).json(body))
    }

    fn get(&self, command: &str) -> Value {
        self.send(Request::get(&format!("/session/{}/{command}", self.session)))
    }

    /// Opens a page.
    pub fn open(&self, url: &str) {
        self.post("url", &json!({ "url": url }));
    }

    /// The address of the page that is open.
    pub fn url(&self) -> String {
        self.get("url").as_str().expect("a text").to_owned()
    }

    /// The page as it is now.
    pub fn source(&self) -> String {
        self.get("source").as_str().expect("a text").to_owned()
    }

    /// Types where the focus is. [`TAB`] moves on.
    pub fn types(&self, text: &str) {
        let element = self.get("element/active");
        let id = element
            .as_object()
            .and_then(|one| one.values().next())
            .and_then(Value::as_str);
        self.post(
            &format!("element/{}/value", id.expect("an element")),
            &json!({ "text": text }),
        );
    }

    /// Runs a script in the page; what it returns.
    pub fn run(&self, script: &str) -> Value {
        self.post("execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Waits until a script returns true.
    pub fn waits_for(&self, script: &str) {
        assert!(poll(3000, || self.run(script) == true), "{script}\n{}", self.source());
    }

    fn tools(&self, command: &str, parameters: &Value) {
        self.post("goog/cdp/execute", &json!({ "cmd": command, "params": parameters }));
    }

    /// Sets the width of the page, and light or dark.
    pub fn looks(&self, width: u32, scheme: &str) {
        let size = json!({ "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": false });
        self.tools("Emulation.setDeviceMetricsOverride", &size);
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.tools("Emulation.setEmulatedMedia", &json!({ "features": features }));
    }

    /// From now on no script of a page runs.
    pub fn without_scripts(&self) {
        self.tools("Emulation.setScriptExecutionDisabled", &json!({ "value": true }));
    }

    /// What axe finds wrong with the page: nothing, or a line for each fault.
    pub fn faults(&self) -> Vec<String> {
        let axe = std::fs::read_to_string(axe()).expect("axe-core is installed");
        self.run(&axe);
        let script = "const done = arguments[arguments.length - 1]; axe.run().then(done);";
        let found = self.post("execute/async", &json!({ "script": script, "args": [] }));
        let violations = found["violations"].as_array().expect("what axe found");
        violations
            .iter()
            .map(|fault| format!("{}: {} ({})", fault["id"], fault["help"], fault["nodes"][0]["html"]))
            .collect()
    }

    /// Saves a picture of the page from its beginning: all of it, or the first 1600 pixels.
    pub fn picture(&self, file: &Path) {
        let size = self.run("return [window.innerWidth, Math.min(1600, document.documentElement.scrollHeight)]");
        let size = json!({ "width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": false });
        self.tools("Emulation.setDeviceMetricsOverride", &size);
        let picture = self.get("screenshot");
        let bytes = STANDARD.decode(picture.as_str().expect("a text")).expect("base64");
        std::fs::write(file, bytes).expect("a file");
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        let _ = self.guard.kill();
        let _ = self.guard.wait();
        let end = Request::new("DELETE", &format!("/session/{}", self.session));
        drop(self.connection.borrow_mut().send(&end));
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
