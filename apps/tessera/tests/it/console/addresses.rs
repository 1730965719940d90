//! Where forms come from, and the headers of every answer.

use crate::support::client::{Request, Response};
use crate::support::console::{Browser, Site};

const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; \
                      form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

fn is_secured(answer: &Response) {
    for (name, value) in [
        ("Content-Security-Policy", POLICY),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Referrer-Policy", "same-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Cache-Control", "no-store"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name}: {answer:?}");
    }
    assert!(answer.header("X-Request-Id").is_some());
}

#[test]
fn every_answer_has_the_headers_also_errors() {
    let site = Site::new();
    let (outside, inside) = (Browser::of(&site.server), site.signed_in("viewer"));
    let origin = || inside.origin();
    let long = "a".repeat(20_000);
    for (answer, status) in [
        (outside.get("/sign-in"), 200),
        (outside.get("/accounts"), 303),
        (outside.tries("nobody", "wrong"), 403),
        (inside.get("/accounts"), 200),
        (inside.get("/nothing"), 404),
        (inside.get("/accounts/999999"), 404),
        (inside.get("/accounts/x"), 404),
        (inside.get("/operators/new"), 403),
        (inside.get("/sign-out"), 405),
        (inside.post("/accounts", &[]), 405),
        (inside.send(Request::new("PUT", "/console/accounts")), 405),
        (inside.send(inside.form("/accounts", &[])), 403),
        (
            inside.send(Request::post("/console/accounts").header("Origin", origin()).json("{}")),
            415,
        ),
        (
            inside.send(inside.form("/accounts", &[("a", &long)]).header("Origin", origin())),
            413,
        ),
    ] {
        assert_eq!(answer.status, status, "{answer:?}");
        is_secured(&answer);
    }
    let refused = inside.send(Request::new("PUT", "/console/accounts"));
    assert_eq!(refused.header("Allow"), Some("GET, HEAD, POST"));
}

/// `--demo` lets pages of any origin ask: the APIs, and nothing of the console, however its path is written.
#[test]
fn pages_of_other_origins_are_allowed_nothing() {
    let site = Site::new();
    let browser = site.signed_in("viewer");
    let from_elsewhere = |request: Request| request.header("Origin", "https://app.example.com");
    let preflight = |path: &str| {
        let request = from_elsewhere(Request::new("OPTIONS", path));
        request.header("Access-Control-Request-Method", "POST")
    };
    let allows = |answer: &Response| {
        let named = |(name, _): &(String, String)| name.to_lowercase().starts_with("access-control-");
        answer.headers.iter().any(named)
    };
    for path in [
        "/console",
        "/console/accounts",
        "/%63onsole/accounts",
        "/console/sign-in",
        "/console/nothing",
    ] {
        for request in [from_elsewhere(Request::get(path)), preflight(path)] {
            let answer = browser.send(request);
            assert!(!allows(&answer), "{path}: {answer:?}");
        }
    }
    for request in [from_elsewhere(Request::get("/healthz")), preflight("/login")] {
        assert!(allows(&browser.send(request)), "an API is allowed");
    }
}

#[test]
fn a_head_is_answered_as_a_get() {
    let site = Site::new();
    let browser = site.signed_in("viewer");
    assert_eq!(browser.send(Request::new("HEAD", "/console/accounts")).status, 200);
}

#[test]
fn style_and_icon_are_files_of_its_own_that_may_be_kept() {
    let site = Site::new();
    let browser = Browser::of(&site.server);
    let page = browser.page("/sign-in");
    let links: Vec<&str> = page
        .split('"')
        .filter(|part| part.starts_with("/console/assets/"))
        .collect();
    assert!(links.len() >= 2, "{page}");
    for link in links {
        let file = browser.send(Request::get(link));
        assert_eq!(
            (file.status, file.header("Cache-Control")),
            (200, Some("public, max-age=31536000, immutable"))
        );
        assert_eq!(file.header("Content-Security-Policy"), Some(POLICY));
        assert!(!file.text().contains("http://") || !link.ends_with(".css"), "{link}");
    }
    for text in ["<style", "style=\"", "onclick", "http://", "https://"] {
        assert!(!page.contains(text), "{text} in {page}");
    }
    assert_eq!(browser.get("/assets/000000000000.css").status, 303);
}

/// The form that every test here sends.
const FORM: (&str, &[(&str, &str)]) = ("/accounts/281950/sign-out", &[]);

#[test]
fn a_form_without_the_sessions_own_field_changes_nothing() {
    let site = Site::new();
    let browser = site.signed_in("operator");
    let other = site.signed_in("owner");
    let (path, _) = FORM;
    for csrf in [
        None,
        Some(String::new()),
        Some(other.csrf()),
        Some(browser.csrf().to_lowercase()),
    ] {
        let fields: Vec<_> = csrf.iter().map(|csrf| ("csrf", csrf.as_str())).collect();
        let answer = browser.send(browser.form(path, &fields).header("Origin", browser.origin()));
        assert_eq!(answer.status, 403, "{csrf:?}: {answer:?}");
        assert!(answer.text().contains("Not from this console"), "{answer:?}");
    }
    assert!(site.entries("sessions_ended").is_empty());
    browser.acts(path, &[]);
    assert_eq!(site.entries("sessions_ended").len(), 1);
}

#[test]
fn a_form_from_elsewhere_changes_nothing() {
    let site = Site::new();
    let browser = site.signed_in("operator");
    let (path, _) = FORM;
    let csrf = browser.csrf();
    let form = || browser.form(path, &[("csrf", &csrf)]);
    let own = browser.origin();
    let wrong = [
        form(),
        form().header("Origin", "null"),
        form().header("Origin", "https://evil.example"),
        form().header("Origin", own.replace("http:", "https:")),
        form().header("Origin", &own).header("Origin", &own),
        form().header("Origin", &own).header("Sec-Fetch-Site", "cross-site"),
        form().header("Origin", &own).header("Sec-Fetch-Site", "same-site"),
        form().header("Origin", &own).header("Sec-Fetch-Site", "none"),
    ];
    for request in wrong {
        assert_eq!(browser.send(request).status, 403);
    }
    let sign_in = browser.form("/sign-in", &[("login", "operator@example.com"), ("password", "x")]);
    assert_eq!(
        browser.send(sign_in.header("Origin", "https://evil.example")).status,
        403
    );
    assert!(site.entries("sessions_ended").is_empty());
    let good = form().header("Origin", &own).header("Sec-Fetch-Site", "same-origin");
    assert_eq!(browser.send(good).status, 303);
}
