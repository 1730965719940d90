//! How long a session goes on.

use crate::support::client::Request;
use crate::support::console::{Browser, PASSWORD, Site};
use crate::support::poll;
use crate::support::sign_in::{bearer, device, lives};

/// The node follows a command within a second or so.
fn ends(browser: &Browser<'_>) -> bool {
    poll(600, || !browser.is_signed_in())
}

#[test]
fn a_session_ends_when_its_operator_is_disabled() {
    let site = Site::new();
    let browser = site.signed_in("viewer");
    let name = ["disable", "--login", "viewer@example.com"];
    site.admin.run("operator", &name, "");
    assert!(ends(&browser));
    site.admin
        .run("operator", &["enable", "--login", "viewer@example.com"], "");
    assert!(!browser.is_signed_in(), "and stays ended");
    browser.sign_in("viewer@example.com");
}

#[test]
fn a_session_ends_when_its_operators_role_or_password_changes() {
    let site = Site::new();
    let browser = site.signed_in("viewer");
    let role = ["set-role", "--login", "viewer@example.com", "--role", "owner"];
    site.admin.run("operator", &role, "");
    assert!(!browser.is_signed_in(), "from the next request on");
    browser.sign_in("viewer@example.com");
    assert!(browser.page("/accounts").contains("New account"));
    let password = ["set-password", "--login", "viewer@example.com", "--password-stdin"];
    site.admin.run("operator", &password, PASSWORD);
    assert!(ends(&browser));
}

#[test]
fn a_session_can_be_ended_by_its_number() {
    let site = Site::new();
    let browser = site.signed_in("viewer");
    let token = browser.cookies.borrow()["tessera-console"].clone();
    let id = token.split('|').next().unwrap_or_default().to_owned();
    site.admin.run("token", &["revoke", "--id", &id], "");
    assert!(ends(&browser));
}

#[test]
fn a_new_sign_in_ends_the_session_that_the_browser_had() {
    let site = Site::new();
    let browser = site.signed_in("viewer");
    let before = browser.cookies.borrow().clone();
    browser.sign_in("viewer@example.com");
    assert!(browser.is_signed_in());
    *browser.cookies.borrow_mut() = before;
    assert!(!browser.is_signed_in());
}

#[test]
fn a_token_of_the_console_is_no_flavours_and_a_flavours_none_of_the_console() {
    let site = Site::new();
    let browser = site.signed_in("owner");
    let token = browser.cookies.borrow()["tessera-console"].clone();
    assert!(!lives(&site.server, [bearer(&token)]));
    let of_device = device(&site.server);
    assert!(lives(&site.server, [bearer(&of_device)]));
    browser.cookies.borrow_mut().insert("tessera-console".into(), of_device);
    assert!(!browser.is_signed_in());
}

#[test]
fn the_moments_of_one_session_are_not_anothers() {
    let site = Site::new();
    let browser = site.signed_in("viewer");
    let other = site.signed_in("operator");
    let times = other.cookies.borrow()["tessera-console-times"].clone();
    browser
        .cookies
        .borrow_mut()
        .insert("tessera-console-times".into(), times);
    assert!(!browser.is_signed_in());
}

#[test]
fn a_leaked_token_of_the_console_is_revoked() {
    let site = Site::with(|setup| setup.env("TESSERA_SELF_SERVICE__LEAK_REPORTS", true));
    let browser = site.signed_in("owner");
    let token = browser.cookies.borrow()["tessera-console"].clone();
    let report = serde_json::json!({ "token": token });
    let answer = site.server.send(&Request::post("/leaked-tokens").json(report));
    assert!(answer.status < 300, "{answer:?}");
    assert!(!browser.is_signed_in());
}

#[test]
fn before_a_dangerous_act_the_password_is_asked_for_again() {
    let site = Site::with(|setup| setup.env("TESSERA_CONSOLE__REAUTHENTICATE", "0s"));
    let browser = site.signed_in("operator");
    let path = "/accounts/281950/disable";
    assert!(browser.page(path).contains("Your own password"));
    for fields in [&[][..], &[("your_password", "wrong password")][..]] {
        let answer = browser.post(path, fields);
        assert_eq!(answer.status, 403, "{answer:?}");
        assert!(answer.text().contains("Nothing has changed"), "{answer:?}");
    }
    assert!(site.entries("account_disabled").is_empty());
    browser.acts(path, &[("your_password", PASSWORD)]);
    assert_eq!(site.entries("account_disabled").len(), 1);
}

/// Every form of an act that gives somebody a right, or takes one from many.
#[test]
fn no_act_is_a_way_round_the_password() {
    let site = Site::with(|setup| setup.env("TESSERA_CONSOLE__REAUTHENTICATE", "0s"));
    let owner = site.signed_in("owner");
    let page = owner.page("/operators");
    let (_, rest) = page.rsplit_once("href=\"/console/operators/").expect("an operator");
    let operator = rest.split('"').next().unwrap_or_default();
    for (path, fields) in [
        (
            "/accounts/new",
            &[
                ("realm", "pbx"),
                ("role", "root"),
                ("login", "new@example.com"),
                ("password", "a long password"),
            ][..],
        ),
        ("/accounts/281950/disable", &[]),
        ("/accounts/281950/enable", &[]),
        ("/accounts/281950/role", &[("role", "")]),
        ("/accounts/281950/password", &[("password", "another long password")]),
        ("/accounts/281950/sign-out", &[]),
        ("/partners/new", &[("key", "new"), ("organisation", "171")]),
        ("/partners/rotate", &[("key", "demo-key")]),
        ("/partners/disable", &[("key", "demo-key")]),
        ("/partners/enable", &[("key", "demo-key")]),
        (
            "/organisations/new",
            &[("id", "9"), ("name", "Nine"), ("subdomain", "nine"), ("offset", "0")],
        ),
        (
            "/organisations/put",
            &[("id", "171"), ("name", "Nine"), ("subdomain", "nine"), ("offset", "0")],
        ),
        ("/roles/new", &[("realm", "pbx"), ("name", "helper")]),
        ("/keys/rotate", &[("flavour", "mechanics")]),
        (&format!("/operators/{operator}/sign-out"), &[]),
        (&format!("/operators/{operator}/disable"), &[]),
    ] {
        let answer = owner.post(path, fields);
        assert_eq!(answer.status, 403, "{path}: {answer:?}");
        assert!(answer.text().contains("Nothing has changed"), "{path}: {answer:?}");
    }
    for event in [
        "account_created",
        "account_disabled",
        "organisation_put",
        "role_put",
        "sessions_ended",
        "consumer_put",
    ] {
        let by_console = site.entries(event).into_iter();
        let mut by_console =
            by_console.filter(|entry| entry["command"].as_str().is_some_and(|c| c.starts_with("console ")));
        assert_eq!(by_console.next(), None, "{event}");
    }
}

#[test]
fn a_form_that_comes_after_the_end_of_the_session_is_asked_for_again() {
    let site = Site::new();
    let browser = site.signed_in("owner");
    let csrf = browser.csrf();
    browser.acts("/sign-out", &[]);
    let form = browser.form("/roles/new?realm=pbx", &[("csrf", &csrf), ("name", "helper")]);
    let answer = browser.send(form.header("Origin", browser.origin()));
    let to = answer.header("Location").unwrap_or_default().to_owned();
    assert_eq!(answer.status, 303, "{answer:?}");
    let page = browser.page(to.strip_prefix("/console").expect("ours"));
    assert!(page.contains("The session ended. Nothing was saved."), "{page}");
    assert!(
        page.contains("name=\"next\" value=\"/console/roles/new?realm=pbx\""),
        "{page}"
    );
    assert!(
        !browser
            .page("/sign-in?next=%2Fconsole%2Froles")
            .contains("Nothing was saved")
    );
}

#[test]
fn guessing_the_password_of_a_session_is_throttled() {
    let site = Site::with(|setup| setup.env("TESSERA_CONSOLE__REAUTHENTICATE", "0s"));
    let browser = site.signed_in("operator");
    let tries = || {
        browser
            .post("/accounts/281950/disable", &[("your_password", "wrong password")])
            .status
    };
    assert!((0..30).any(|_| tries() == 429));
    assert!(site.entries("account_disabled").is_empty());
}
