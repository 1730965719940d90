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
    assert!(
        !browser.page("/accounts/281950/sign-out").contains("Your own password"),
        "not for what is not dangerous"
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
