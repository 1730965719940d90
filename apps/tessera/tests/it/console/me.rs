//! What operators do with their own account.

use serde_json::json;

use crate::support::console::{Browser, PASSWORD, Site};

laws! {
    every_role_changes_its_own_password_and_stays_signed_in_here_alone
    a_password_that_is_not_known_is_not_changed
    guessing_the_old_password_is_throttled
    an_operator_ends_the_own_other_sessions_and_nobody_elses
}

const NEW: &str = "another long password";

fn change<'a>(old: &'a str, new: &'a str, again: &'a str) -> [(&'static str, &'a str); 3] {
    [("old_password", old), ("password", new), ("again", again)]
}

/// A further browser of the operator with this role.
fn elsewhere<'a>(site: &'a Site, role: &str) -> Browser<'a> {
    let browser = Browser::of(&site.server);
    browser.sign_in(&format!("{role}@example.com"));
    browser
}

/// The number of a browser's session.
fn session(browser: &Browser<'_>) -> String {
    let token = browser.cookies.borrow()["tessera-console"].clone();
    token.split('|').next().unwrap_or_default().to_owned()
}

fn every_role_changes_its_own_password_and_stays_signed_in_here_alone(url: &str) {
    let site = Site::on(url);
    for role in ["viewer", "operator", "owner"] {
        let (login, browser) = (format!("{role}@example.com"), site.signed_in(role));
        let (other, before) = (elsewhere(&site, role), browser.cookies.borrow().clone());
        assert!(browser.page("/me").contains(">Change password<"));
        let to = browser.acts("/me/password", &change(PASSWORD, NEW, NEW));
        let page = browser.page(to.strip_prefix("/console").expect("ours"));
        assert!(page.contains("Your other sessions have ended"), "{page}");
        assert!(!other.is_signed_in());
        let old = Browser::of(&site.server);
        *old.cookies.borrow_mut() = before;
        assert!(!old.is_signed_in(), "the session of before is another");
        assert_eq!(other.tries(&login, PASSWORD).status, 403);
        assert_eq!(other.tries(&login, NEW).status, 303);
        let entries = site.entries("password_changed");
        let entry = entries.first().expect("an entry");
        let actor = entry["actor"].as_str().unwrap_or_default();
        assert!(actor.starts_with(&format!("operator {login} (account ")), "{entry}");
        assert_eq!(entry["command"], json!("console operator set-password"));
    }
}

fn a_password_that_is_not_known_is_not_changed(url: &str) {
    let site = Site::on(url);
    let (browser, other) = (site.signed_in("viewer"), elsewhere(&site, "viewer"));
    for (fields, says) in [
        (change("wrong", NEW, NEW), "The old password is wrong"),
        (change("", NEW, NEW), "The old password is wrong"),
        (change(PASSWORD, NEW, "a third password"), "differ"),
        (change(PASSWORD, "short", "short"), "needs at least"),
        (change(PASSWORD, "password1", "password1"), "most common"),
    ] {
        let answer = browser.post("/me/password", &fields);
        assert_eq!(answer.status, 409, "{says}: {answer:?}");
        assert!(
            answer.text().contains(says) && !answer.text().contains(NEW),
            "{answer:?}"
        );
    }
    assert!(browser.is_signed_in() && other.is_signed_in());
    assert!(site.entries("password_changed").is_empty());
    browser.sign_in("viewer@example.com");
}

fn guessing_the_old_password_is_throttled(url: &str) {
    let site = Site::on(url);
    let browser = site.signed_in("viewer");
    let tries = || browser.post("/me/password", &change("wrong password", NEW, NEW)).status;
    assert!((0..30).any(|_| tries() == 429));
    let known = browser.post("/me/password", &change(PASSWORD, NEW, NEW));
    assert_eq!(known.status, 429, "{known:?}");
}

fn an_operator_ends_the_own_other_sessions_and_nobody_elses(url: &str) {
    let site = Site::on(url);
    let (browser, other, owner) = (
        site.signed_in("viewer"),
        elsewhere(&site, "viewer"),
        site.signed_in("owner"),
    );
    let end = |session: &str| format!("/me/sessions/{session}/end");
    let page = browser.page("/me");
    assert!(page.contains("this session") && page.contains(&end(&session(&other))));
    assert!(!page.contains(&end(&session(&browser))), "that is for signing out");
    assert_eq!(browser.post(&end(&session(&owner)), &[]).status, 404);
    browser.acts(&end(&session(&other)), &[]);
    assert!(browser.is_signed_in() && owner.is_signed_in() && !other.is_signed_in());
    let entries = site.entries("token_revoked");
    assert_eq!(entries[0]["command"], json!("console token revoke"));
}
