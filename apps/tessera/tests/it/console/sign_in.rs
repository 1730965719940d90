//! Who gets in.

use crate::support::client::Request;
use crate::support::console::{Browser, PASSWORD, Site};
use crate::support::server::{Server, Setup};

const PAGES: [&str; 9] = [
    "",
    "/",
    "/accounts",
    "/accounts/new",
    "/accounts/281950",
    "/accounts/281950/disable",
    "/operators",
    "/operators/new",
    "/nothing",
];

#[test]
fn it_is_off_unless_it_is_enabled() {
    let server = Server::demo();
    for page in PAGES {
        assert_eq!(server.get(&format!("/console{page}")).status, 404, "{page}");
    }
}

#[test]
fn who_is_not_signed_in_sees_nothing() {
    let site = Site::new();
    let browser = Browser::of(&site.server);
    for page in PAGES {
        let answer = browser.get(page);
        let to = answer.header("Location").unwrap_or_default();
        assert_eq!((answer.status, answer.text()), (303, ""), "{page}");
        assert!(to.starts_with("/console/sign-in"), "{page}: {to}");
        let sent = browser.send(browser.form(page, &[]).header("Origin", browser.origin()));
        let to = sent.header("Location").unwrap_or_default();
        assert_eq!((sent.status, sent.text()), (303, ""), "{page}");
        assert!(to.starts_with("/console/sign-in"), "{page}: {to}");
    }
    let other = [("tessera-console", "1|aaaa"), ("tessera-console-times", "1.1.a")];
    for (name, value) in other {
        browser.cookies.borrow_mut().insert(name.into(), value.into());
        assert_eq!(browser.get("/accounts").status, 303, "{name}");
    }
}

#[test]
fn an_operator_signs_in_and_out() {
    let site = Site::new();
    let browser = site.signed_in("viewer");
    let page = browser.page("/accounts");
    assert!(
        page.contains("viewer@example.com") && page.contains("Sign out"),
        "{page}"
    );
    let before = browser.cookies.borrow().clone();
    assert_eq!(browser.acts("/sign-out", &[]), "/console/sign-in");
    assert!(browser.cookies.borrow().values().all(String::is_empty));
    *browser.cookies.borrow_mut() = before;
    assert!(!browser.is_signed_in(), "its token is revoked");
}

#[test]
fn a_wrong_password_an_unknown_name_and_an_account_of_a_flavour_get_the_same_answer() {
    let site = Site::new();
    site.operator("ann@example.com", "owner");
    let browser = Browser::of(&site.server);
    let answer = |login: &str, password: &str| {
        let answer = browser.tries(login, password);
        assert_eq!(answer.status, 403, "{answer:?}");
        assert!(browser.cookies.borrow().is_empty());
        answer.text().replace(login, "LOGIN")
    };
    let wrong = answer("ann@example.com", "wrong password");
    assert_eq!(wrong, answer("nobody@example.com", PASSWORD));
    assert_eq!(wrong, answer("workshop@email.dk", "qwerty"));
    assert_eq!(wrong, answer("gmachia@gmail.com", "9yUQc%ewEf^(Tw4"));
    site.admin
        .run("operator", &["disable", "--login", "ann@example.com", "--yes"], "");
    assert_eq!(wrong, answer("ann@example.com", PASSWORD));
}

#[test]
fn attempts_are_throttled_as_at_every_sign_in() {
    let site = Site::new();
    site.operator("ann@example.com", "owner");
    let browser = Browser::of(&site.server);
    let throttled = (0..30).map(|_| browser.tries("ann@example.com", "wrong password"));
    let throttled = throttled
        .into_iter()
        .find(|answer| answer.status == 429)
        .expect("a limit");
    let seconds: u64 = throttled
        .header("Retry-After")
        .and_then(|text| text.parse().ok())
        .expect("seconds");
    assert!((1..=900).contains(&seconds), "{seconds}");
    assert_eq!(
        browser.tries("ann@example.com", PASSWORD).status,
        429,
        "the right one too"
    );
}

#[test]
fn after_the_sign_in_the_page_is_shown_that_was_asked_for_and_never_another_site() {
    let site = Site::new();
    site.operator("ann@example.com", "viewer");
    let browser = Browser::of(&site.server);
    let asked = browser.get("/accounts?realm=players&begins=a%26b");
    let to = asked.header("Location").expect("a place").to_owned();
    let next = to.strip_prefix("/console/sign-in?").expect("with the page");
    let (_, next) = form_urlencoded::parse(next.as_bytes()).next().expect("a field");
    assert_eq!(next, "/console/accounts?realm=players&begins=a%26b");
    let goes = |next: &str| {
        let form = [("login", "ann@example.com"), ("password", PASSWORD), ("next", next)];
        let answer = browser.send(browser.form("/sign-in", &form).header("Origin", browser.origin()));
        assert_eq!(answer.status, 303, "{answer:?}");
        answer.header("Location").expect("a place").to_owned()
    };
    assert_eq!(goes(&next), next);
    for other in [
        "",
        "https://evil.example/console",
        "//evil.example/console",
        "/consoles",
        "/console.evil.example",
        "/console/\\evil.example",
        "/console/a\r\nSet-Cookie: a=b",
        "/login",
    ] {
        assert_eq!(goes(other), "/console", "{other:?}");
    }
}

#[test]
fn cookies_are_of_this_host_alone_and_no_script_reads_them() {
    let plain = Site::new();
    let secure = Site::with(|setup| setup.env("TESSERA_CONSOLE__PUBLIC_URL", "https://console.example.com"));
    for (site, prefix, mark, origin) in [
        (&plain, "", "", plain.server.url()),
        (&secure, "__Host-", "; Secure", "https://console.example.com".to_owned()),
    ] {
        site.operator("ann@example.com", "viewer");
        let browser = Browser::of(&site.server);
        let form = browser.form("/sign-in", &[("login", "ann@example.com"), ("password", PASSWORD)]);
        let answer = browser.send(form.header("Origin", origin));
        let cookies = answer
            .headers
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
        let mut names = Vec::new();
        for (_, cookie) in cookies {
            let (pair, rest) = cookie.split_once("; ").expect("attributes");
            assert_eq!(rest, format!("Path=/; HttpOnly; SameSite=Strict{mark}"));
            names.push(pair.split('=').next().unwrap_or_default().to_owned());
        }
        let expected = ["tessera-console", "tessera-console-times"].map(|name| format!("{prefix}{name}"));
        assert_eq!(names, expected);
        assert!(browser.is_signed_in());
    }
}

#[test]
fn an_own_listener_answers_the_console_alone() {
    let site = Site::with(|setup| setup.env("TESSERA_CONSOLE__LISTEN", "0"));
    site.operator("ann@example.com", "viewer");
    assert_eq!(site.server.get("/console").status, 404);
    let out = site.server.out();
    let url = out
        .lines()
        .find_map(|line| line.strip_prefix("console: http://"))
        .expect("its address");
    let address = url
        .strip_suffix("/console")
        .and_then(|address| address.parse().ok())
        .expect("an address");
    let mut connection = crate::support::client::Connection::open(address).expect("it listens");
    let mut status = |path: &str| connection.send(&Request::get(path)).status;
    assert_eq!((status("/console/sign-in"), status("/console/accounts")), (200, 303));
    assert_eq!(
        (status("/auth/verify"), status("/metrics"), status("/docs"), status("/")),
        (404, 404, 404, 404)
    );
    let body = "login=ann%40example.com&password=correct+horse+battery";
    let request = Request::post("/console/sign-in").header("Origin", format!("http://{address}"));
    let request = request
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(body);
    let answer = connection.send(&request);
    assert_eq!(answer.status, 303, "{answer:?}");
    assert!(answer.header("X-Request-Id").is_some());
    site.server.stop();
}

#[test]
fn settings_that_cannot_be_meant_stop_the_start() {
    let refused = |setup: Setup| {
        let ended = setup.env("TESSERA_CONSOLE__ENABLED", true).run();
        assert_ne!(ended.code, Some(0));
        ended.err
    };
    let plain = refused(Setup::plain().listen("0.0.0.0:0"));
    assert!(
        plain.contains("console.public_url") && plain.contains("do not cross a network unencrypted"),
        "{plain}"
    );
    let listen = refused(Setup::demo().env("TESSERA_CONSOLE__LISTEN", "0.0.0.0:0"));
    assert!(listen.contains("console.public_url"), "{listen}");
    for (name, value) in [
        ("PATH", "console"),
        ("PATH", "/"),
        ("IDLE", "1s"),
        ("LIFETIME", "8d"),
        ("REAUTHENTICATE", "2d"),
    ] {
        let said = refused(Setup::demo().env(&format!("TESSERA_CONSOLE__{name}"), value));
        assert!(
            said.contains(&format!("console.{}", name.to_lowercase())) && said.contains("allowed is"),
            "{said}"
        );
    }
    let taken = refused(Setup::demo().env("TESSERA_CONSOLE__PATH", "/api"));
    assert!(taken.contains("console.path") && taken.contains("mechanics"), "{taken}");
}
