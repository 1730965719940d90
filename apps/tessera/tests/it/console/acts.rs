//! What operators do, and what it leaves behind.

use serde_json::{Value, json};

use crate::support::client::Request;
use crate::support::console::{Browser, Site};
use crate::support::dialect::Dialect;
use crate::support::sign_in::{bearer, device, lives};

laws! {
    a_disabled_account_is_out_at_once_and_an_enabled_one_may_sign_in
    one_session_is_ended_and_the_others_go_on
    an_account_is_signed_out_everywhere
    an_account_is_created_and_signs_in
    a_password_and_a_role_are_set
    what_was_done_is_said_once_and_on_the_page_that_it_leads_to
}

/// The account of the device flavour.
fn player(browser: &Browser<'_>) -> String {
    let page = browser.page("/accounts?realm=players&begins=gmachia");
    let (before, _) = page.split_once("<bdi>gmachia@gmail.com</bdi>").expect("it is listed");
    let (_, path) = before.rsplit_once("/accounts/").expect("a link");
    path.trim_end_matches("\">").to_owned()
}

/// The one entry about this event: by this operator, from here, in a request.
fn entry(site: &Site, event: &str, command: &str) -> Value {
    let entries = site.entries(event);
    let entry = entries.first().unwrap_or_else(|| panic!("no {event}")).clone();
    let actor = entry["actor"].as_str().unwrap_or_default();
    assert!(actor.starts_with("operator operator@example.com (account "), "{entry}");
    assert_eq!(
        (&entry["command"], &entry["source"]),
        (&json!(format!("console {command}")), &json!("127.0.0.1"))
    );
    assert!(entry["request"].is_string(), "{entry}");
    entry
}

fn a_disabled_account_is_out_at_once_and_an_enabled_one_may_sign_in(url: &str) {
    let site = Site::on(url);
    let browser = site.signed_in("operator");
    let token = device(&site.server);
    let account = player(&browser);
    let to = browser.acts(&format!("/accounts/{account}/disable"), &[]);
    assert!(!lives(&site.server, [bearer(&token)]), "on this node at once");
    let page = browser.page(to.strip_prefix("/console").expect("ours"));
    assert!(
        page.contains("The account is disabled") && page.contains(">disabled<"),
        "{page}"
    );
    assert_eq!(
        entry(&site, "account_disabled", "account disable")["subject"].to_string(),
        account
    );
    browser.acts(&format!("/accounts/{account}/enable"), &[]);
    entry(&site, "account_enabled", "account enable");
    assert!(lives(&site.server, [bearer(&device(&site.server))]));
    assert!(!lives(&site.server, [bearer(&token)]));
}

fn one_session_is_ended_and_the_others_go_on(url: &str) {
    let site = Site::on(url);
    let browser = site.signed_in("operator");
    let (phone, tablet) = (device(&site.server), device(&site.server));
    let account = player(&browser);
    let id = phone.split('|').next().unwrap_or_default();
    let page = browser.page(&format!("/accounts/{account}"));
    assert!(
        page.contains("iPhone 4s") && page.contains(&format!("/sessions/{id}/end")),
        "{page}"
    );
    browser.acts(&format!("/accounts/{account}/sessions/{id}/end"), &[]);
    assert!(!lives(&site.server, [bearer(&phone)]) && lives(&site.server, [bearer(&tablet)]));
    assert_eq!(entry(&site, "token_revoked", "token revoke")["token"].to_string(), id);
    let again = browser.post(&format!("/accounts/{account}/sessions/{id}/end"), &[]);
    assert!(matches!(again.status, 404 | 409), "{again:?}");
    let other = tablet.split('|').next().unwrap_or_default();
    let foreign = browser.post(&format!("/accounts/281950/sessions/{other}/end"), &[]);
    assert_eq!(foreign.status, 404, "of another account: {foreign:?}");
    assert!(lives(&site.server, [bearer(&tablet)]));
}

fn an_account_is_signed_out_everywhere(url: &str) {
    let site = Site::on(url);
    let browser = site.signed_in("operator");
    let tokens = [device(&site.server), device(&site.server)];
    browser.acts(&format!("/accounts/{}/sign-out", player(&browser)), &[]);
    for token in tokens {
        assert!(!lives(&site.server, [bearer(&token)]));
    }
    entry(&site, "sessions_ended", "token revoke");
}

fn an_account_is_created_and_signs_in(url: &str) {
    let site = Site::on(url);
    let browser = site.signed_in("operator");
    let fields = [
        ("realm", "players"),
        ("login", " new@example.com "),
        ("alias", "new"),
        ("role", "jugador"),
        ("password", "a long password"),
    ];
    let to = browser.acts("/accounts/new", &fields);
    let page = browser.page(to.strip_prefix("/console").expect("ours"));
    assert!(page.contains("new@example.com") && page.contains("jugador"), "{page}");
    let created = entry(&site, "account_created", "account add");
    assert_eq!(created["detail"], "role=jugador, alias");
    let mut body = Dialect::Device.good();
    (body["email_or_username"], body["password"]) = ("new".into(), "a long password".into());
    assert_eq!(site.server.send(&Dialect::Device.request(&body)).status, 200);
    for (field, value, says) in [
        ("login", "new@example.com", "already has an account"),
        ("login", "", "is not a login name: it must be a name of at most"),
        ("password", "short", "needs at least"),
        ("password", "password1", "most common"),
        ("realm", "operators", "Choose one of the realms"),
        ("realm", "", "Choose one of the realms"),
        ("role", "unknown", "has no role"),
        ("attributes", "[]", "no JSON object"),
    ] {
        let mut wrong: Vec<_> = fields
            .iter()
            .copied()
            .filter(|(name, _)| *name != field && *name != "alias")
            .collect();
        if field != "login" {
            wrong.retain(|(name, _)| *name != "login");
            wrong.push(("login", "other@example.com"));
        }
        wrong.push((field, value));
        let answer = browser.post("/accounts/new", &wrong);
        assert_eq!(answer.status, 409, "{field}: {answer:?}");
        assert!(answer.text().contains(says), "{field}: {answer:?}");
        assert!(
            !answer.text().contains("a long password"),
            "a password is never sent back"
        );
    }
    let made = site.entries("account_created");
    let by_operator = made.iter().filter(|entry| entry["command"] == "console account add");
    assert_eq!(by_operator.count(), 1);
}

fn a_password_and_a_role_are_set(url: &str) {
    let site = Site::on(url);
    let browser = site.signed_in("operator");
    let (token, account) = (device(&site.server), player(&browser));
    browser.acts(&format!("/accounts/{account}/role"), &[("role", "")]);
    entry(&site, "account_role_set", "account set-role");
    let verify = Request::get("/auth/verify?permission=jugadores.ver").headers([bearer(&token)]);
    assert_ne!(site.server.send(&verify).status, 200, "the role's permissions are gone");
    let unknown = browser.post(&format!("/accounts/{account}/role"), &[("role", "unknown")]);
    assert_eq!(unknown.status, 409, "{unknown:?}");
    browser.acts(
        &format!("/accounts/{account}/password"),
        &[("password", "another long password")],
    );
    assert!(!lives(&site.server, [bearer(&token)]));
    entry(&site, "password_set", "account set-password");
    assert_eq!(
        site.server
            .send(&Dialect::Device.request(&Dialect::Device.good()))
            .status,
        401
    );
}

fn what_was_done_is_said_once_and_on_the_page_that_it_leads_to(url: &str) {
    let site = Site::on(url);
    let browser = site.signed_in("operator");
    let says = |path: &str| browser.page(path).contains("role=\"status\"");
    for address in ["/accounts?done=EndSessions", "/roles?done=PutRole"] {
        assert!(!says(address), "an address says nothing");
    }
    let to = browser.acts("/accounts/281950/sign-out", &[]);
    assert_eq!(to, "/console/accounts/281950");
    assert!(!says("/accounts") && !says("/accounts/281950/role"), "another page");
    assert!(says("/accounts/281950"));
    assert!(!says("/accounts/281950"), "the same again");
}
