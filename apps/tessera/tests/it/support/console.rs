//! A browser without a screen: keeps cookies, fills in forms, follows nothing by itself.

use std::cell::RefCell;
use std::collections::BTreeMap;

use tempfile::TempDir;

use super::client::{Request, Response};
use super::operator::Operator;
use super::server::{Server, Setup};

/// The password of every operator here.
pub const PASSWORD: &str = "correct horse battery";

/// A demo with a console, on a database of its own.
#[derive(Debug)]
pub struct Site {
    pub server: Server,
    pub admin: Operator,
    _folder: Option<TempDir>,
}

impl Site {
    /// With the settings of `[console]` as they are by default, on an SQLite file.
    pub fn new() -> Self {
        Self::with(|setup| setup)
    }

    /// With more settings.
    pub fn with(more: impl FnOnce(Setup) -> Setup) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite:{}", folder.path().join("tessera.db").display());
        Self {
            _folder: Some(folder),
            ..Self::on_with(&url, more)
        }
    }

    /// On this database, which is empty.
    pub fn on(url: &str) -> Self {
        Self::on_with(url, |setup| setup)
    }

    /// The same with more settings.
    pub fn on_with(url: &str, more: impl FnOnce(Setup) -> Setup) -> Self {
        let setup = Setup::demo().env("TESSERA_CONSOLE__ENABLED", true).database(url);
        Self {
            server: more(setup).start(),
            admin: Operator::of(url),
            _folder: None,
        }
    }

    /// Creates an operator.
    pub fn operator(&self, login: &str, role: &str) {
        self.admin.run(
            "operator",
            &["add", "--login", login, "--role", role, "--password-stdin"],
            PASSWORD,
        );
    }

    /// A browser in which an operator of this role is signed in.
    pub fn signed_in(&self, role: &str) -> Browser<'_> {
        let login = format!("{role}@example.com");
        self.operator(&login, role);
        let browser = Browser::of(&self.server);
        browser.sign_in(&login);
        browser
    }

    /// The entries of the audit log about this event, newest first.
    pub fn entries(&self, event: &str) -> Vec<serde_json::Value> {
        let listed = self.admin.run("audit", &["list", "--json", "--event", event], "");
        let listed: serde_json::Value = serde_json::from_str(&listed).expect("JSON");
        listed["entries"].as_array().expect("entries").clone()
    }
}

/// A browser.
#[derive(Debug)]
pub struct Browser<'a> {
    server: &'a Server,
    pub cookies: RefCell<BTreeMap<String, String>>,
}

impl<'a> Browser<'a> {
    pub fn of(server: &'a Server) -> Self {
        Self {
            server,
            cookies: RefCell::default(),
        }
    }

    /// Its origin: where its pages come from.
    pub fn origin(&self) -> String {
        self.server.url()
    }

    /// Sends a request with its cookies, and keeps those of the answer.
    pub fn send(&self, request: Request) -> Response {
        let cookies: Vec<_> = self
            .cookies
            .borrow()
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = match cookies.is_empty() {
            true => request,
            false => request.header("Cookie", cookies.join("; ")),
        };
        // A connection for each: the server closes one whose form it refuses unread.
        let answer = self.server.send(&request);
        for (_, cookie) in answer
            .headers
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"))
        {
            let (name, rest) = cookie.split_once('=').expect("a cookie");
            let value = rest.split(';').next().unwrap_or_default();
            self.cookies.borrow_mut().insert(name.to_owned(), value.to_owned());
        }
        answer
    }

    /// Opens a page of the console.
    pub fn get(&self, path: &str) -> Response {
        self.send(Request::get(&format!("/console{path}")))
    }

    /// Opens a page that must be there; its text.
    pub fn page(&self, path: &str) -> String {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.text().to_owned()
    }

    /// Sends a form, as a page of the console would, with the session's own hidden field.
    pub fn post(&self, path: &str, fields: &[(&str, &str)]) -> Response {
        let csrf = self.csrf();
        let fields = [&[("csrf", csrf.as_str())], fields].concat();
        let answer = self.send(self.form(path, &fields).header("Origin", self.origin()));
        if answer.status == 409 {
            assert_is_sentence(answer.text());
        }
        answer
    }

    /// The request by which a page of the console sends a form, with the cookies as they are now.
    pub fn prepared(&self, path: &str, fields: &[(&str, &str)]) -> Request {
        let csrf = self.csrf();
        let fields = [&[("csrf", csrf.as_str())], fields].concat();
        let cookies = self.cookies.borrow();
        let cookies: Vec<_> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self.form(path, &fields).header("Origin", self.origin());
        request.header("Cookie", cookies.join("; "))
    }

    /// Sends a form that must be followed by another page; its path.
    pub fn acts(&self, path: &str, fields: &[(&str, &str)]) -> String {
        let answer = self.post(path, fields);
        assert_eq!(answer.status, 303, "{path}: {answer:?}");
        answer.header("Location").expect("a place").to_owned()
    }

    /// A form with these fields alone, without an origin.
    pub fn form(&self, path: &str, fields: &[(&str, &str)]) -> Request {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields);
        let kind = "application/x-www-form-urlencoded";
        Request::post(&format!("/console{path}"))
            .header("Content-Type", kind)
            .body(body.finish())
    }

    /// The hidden field of a page of this session.
    pub fn csrf(&self) -> String {
        hidden(&self.page("/accounts"))
    }

    pub fn tries(&self, login: &str, password: &str) -> Response {
        let form = self.form("/sign-in", &[("login", login), ("password", password)]);
        self.send(form.header("Origin", self.origin()))
    }

    pub fn sign_in(&self, login: &str) {
        let answer = self.tries(login, PASSWORD);
        assert_eq!(
            (answer.status, answer.header("Location")),
            (303, Some("/console")),
            "{answer:?}"
        );
    }

    /// Whether a page is shown, and not the one for signing in.
    pub fn is_signed_in(&self) -> bool {
        let answer = self.get("/accounts");
        let to = answer.header("Location").unwrap_or_default();
        assert!(answer.status == 200 || to.starts_with("/console/sign-in"), "{answer:?}");
        answer.status == 200
    }
}

/// What a page refuses is said in sentences and in the console's own words.
fn assert_is_sentence(page: &str) {
    let (_, rest) = page.split_once(r#"role="alert"><p>"#).expect("a refusal");
    let text = rest.split("</p>").next().unwrap_or_default();
    let is_sentence = text.starts_with(char::is_uppercase) && text.ends_with('.');
    assert!(
        is_sentence && !text.contains("consumer") && !text.contains("tessera "),
        "{text}"
    );
}

/// The hidden field of a page.
pub fn hidden(page: &str) -> String {
    let (_, rest) = page.split_once(r#"name="csrf" value=""#).expect("a form");
    rest.split('"').next().unwrap_or_default().to_owned()
}
