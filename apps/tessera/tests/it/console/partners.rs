//! Partners, organisations, roles and keys.

use serde_json::Value;

use crate::support::client::Request;
use crate::support::console::{Browser, PASSWORD, Site};
use crate::support::dialect::Dialect;
use crate::support::operator::Operator;
use crate::support::server::{OTHER_KEY, Setup};
use crate::support::sign_in::{bearer, lives, workshop};

laws! {
    a_partner_is_created_rotated_with_overlap_disabled_and_enabled
    an_organisation_is_created_and_changed
    a_role_is_created_and_changed
    a_key_is_rotated_and_no_token_fails_and_retired_and_its_tokens_do
    the_audit_log_is_filtered_and_has_pages
    health_shows_the_numbers_of_the_metrics
    without_metrics_the_health_page_says_so
    every_page_of_an_empty_server_is_there
}

/// The secret on the page that shows it once.
fn shown(page: &str) -> String {
    let (_, rest) = page.split_once("class=\"secret\"").expect("a secret");
    let (_, rest) = rest.split_once('>').expect("an element");
    rest.split('<').next().unwrap_or_default().to_owned()
}

fn calls(site: &Site, key: &str, token: &str) -> u16 {
    let mut body = Dialect::Integration.good();
    body["consumer"] = serde_json::json!({ "key": key, "token": token });
    site.server.send(&Dialect::Integration.request(&body)).status
}

fn entry(site: &Site, event: &str, command: &str) -> Value {
    let entry = site
        .entries(event)
        .first()
        .cloned()
        .unwrap_or_else(|| panic!("no {event}"));
    assert_eq!(entry["command"], format!("console {command}"), "{entry}");
    assert!(
        entry["actor"]
            .as_str()
            .is_some_and(|actor| actor.starts_with("operator ")),
        "{entry}"
    );
    entry
}

fn a_partner_is_created_rotated_with_overlap_disabled_and_enabled(url: &str) {
    let site = Site::on(url);
    let browser = site.signed_in("operator");
    let made = browser.post(
        "/partners/new",
        &[("key", "new & \"partner\""), ("organisation", "171")],
    );
    assert_eq!(made.status, 200, "{made:?}");
    let (key, first) = ("new & \"partner\"", shown(made.text()));
    assert!(first.starts_with("tsr_c_"), "{first}");
    assert_eq!(calls(&site, key, &first), 200);
    entry(&site, "consumer_put", "consumer put");
    assert!(!browser.page("/partners").contains(&first), "it is shown once");
    let again = browser.post("/partners/new", &[("key", key), ("organisation", "171")]);
    assert_eq!(again.status, 409, "{again:?}");
    assert_eq!(calls(&site, key, &first), 200, "the token is the same");

    let rotated = browser.post("/partners/rotate", &[("key", key), ("overlap", "1h")]);
    let second = shown(rotated.text());
    assert_eq!((calls(&site, key, &first), calls(&site, key, &second)), (200, 200));
    entry(&site, "consumer_rotated", "consumer rotate");
    assert!(browser.page("/partners").contains("accepted, ends"));
    for (overlap, says) in [
        ("1h", "was rotated before"),
        ("x", "whole number"),
        ("91d", "The time is 1s to 90d"),
    ] {
        let refused = browser.post("/partners/rotate", &[("key", key), ("overlap", overlap)]);
        assert_eq!(refused.status, 409, "{refused:?}");
        assert!(refused.text().contains(says), "{refused:?}");
    }

    browser.acts("/partners/disable", &[("key", key)]);
    assert_eq!(calls(&site, key, &second), 401);
    entry(&site, "consumer_disabled", "consumer disable");
    browser.acts("/partners/enable", &[("key", key)]);
    assert_eq!(calls(&site, key, &second), 200);
    entry(&site, "consumer_enabled", "consumer enable");
    for key in [" sp ", " ", "sp ", ""] {
        let answer = browser.post("/partners/new", &[("key", key), ("organisation", "171")]);
        assert_eq!(answer.status, 409, "{key:?}: {answer:?}");
    }
    for path in ["/partners/rotate", "/partners/disable", "/partners/enable"] {
        assert_eq!(browser.get(&format!("{path}?key=unknown")).status, 404, "{path}");
    }
}

fn an_organisation_is_created_and_changed(url: &str) {
    let site = Site::on(url);
    let browser = site.signed_in("operator");
    let fields = [
        ("id", "9"),
        ("name", "Nine <b>"),
        ("subdomain", "nine"),
        ("offset", "-3600"),
    ];
    browser.acts("/organisations/new", &fields);
    let created = entry(&site, "organisation_put", "organisation put");
    assert_eq!(created["detail"], r#"name="Nine <b>" subdomain=nine offset=-3600"#);
    assert!(browser.page("/organisations").contains("Nine &lt;b&gt;"));
    let form = browser.page("/organisations/put?id=9");
    assert!(
        form.contains("value=\"-3600\"") && form.contains("value=\"nine\""),
        "{form}"
    );
    let again = browser.post("/organisations/new", &fields);
    assert_eq!(again.status, 409, "{again:?}");
    assert!(
        again.text().contains("already") && again.text().contains("Nothing has changed"),
        "{again:?}"
    );
    let by_console = site.entries("organisation_put").into_iter();
    assert_eq!(
        by_console
            .filter(|one| one["command"] == "console organisation put")
            .count(),
        1
    );
    let changed = [("id", "9"), ("name", "Other"), ("subdomain", "nine"), ("offset", "0")];
    browser.acts("/organisations/put", &changed);
    assert!(browser.page("/organisations").contains("Other"));
    let unknown = [("id", "99"), ("name", "Other"), ("subdomain", "nine"), ("offset", "0")];
    assert_eq!(browser.post("/organisations/put", &unknown).status, 404);
    for (field, value) in [("id", "0"), ("name", " "), ("subdomain", "-nine"), ("offset", "64801")] {
        let wrong: Vec<_> = fields
            .iter()
            .map(|(name, good)| (*name, if *name == field { value } else { *good }))
            .collect();
        let wrong: Vec<_> = match field {
            "id" => wrong,
            _ => wrong
                .into_iter()
                .map(|(name, value)| (name, if name == "id" { "10" } else { value }))
                .collect(),
        };
        assert_eq!(browser.post("/organisations/new", &wrong).status, 409, "{field}");
    }
}

fn a_role_is_created_and_changed(url: &str) {
    let site = Site::on(url);
    let browser = site.signed_in("owner");
    let fields = [
        ("realm", "pbx"),
        ("name", "helper"),
        ("permissions", "calls.read\r\n\r\n calls.write \r\n"),
    ];
    browser.acts("/roles/new", &fields);
    let created = entry(&site, "role_put", "role put");
    assert_eq!(created["detail"], "helper permissions=2 calls.read calls.write");
    let page = browser.page("/roles");
    assert!(page.contains("helper") && page.contains("calls.write"), "{page}");
    let form = browser.page("/roles/put?realm=pbx&name=helper");
    assert!(form.contains("calls.read\ncalls.write"), "{form}");
    let again = browser.post(
        "/roles/new",
        &[("realm", "pbx"), ("name", "helper"), ("permissions", "")],
    );
    assert_eq!(again.status, 409, "{again:?}");
    assert!(again.text().contains("Nothing has changed"), "{again:?}");
    assert!(browser.page("/roles").contains("calls.write"), "the role is as it was");
    let fewer = [("realm", "pbx"), ("name", "helper"), ("permissions", "calls.read")];
    browser.acts("/roles/put", &fewer);
    assert!(!browser.page("/roles").contains("calls.write"));
    let unknown = [("realm", "pbx"), ("name", "unknown"), ("permissions", "")];
    assert_eq!(browser.post("/roles/put", &unknown).status, 404);
    for wrong in [
        [("realm", "operators"), ("name", "owner"), ("permissions", "")],
        [("realm", "elsewhere"), ("name", "a"), ("permissions", "")],
        [("realm", "pbx"), ("name", ""), ("permissions", "")],
        [("realm", "pbx"), ("name", "a"), ("permissions", "a b")],
    ] {
        assert_eq!(browser.post("/roles/new", &wrong).status, 409, "{wrong:?}");
    }
}

fn a_key_is_rotated_and_no_token_fails_and_retired_and_its_tokens_do(url: &str) {
    let site = Site::on(url);
    let browser = site.signed_in("owner");
    let kid = |page: &str, state: &str| {
        let (before, _) = page.split_once(&format!(">{state}</span>"))?;
        let (_, rest) = before.rsplit_once("<code>")?;
        rest.split('<').next().map(str::to_owned)
    };
    let before = browser.page("/keys");
    assert!(
        before.contains("class=\"timeline\"") && before.contains(">current</span>"),
        "{before}"
    );
    let shop = workshop(&site.server);
    browser.acts("/keys/rotate", &[("flavour", "mechanics")]);
    entry(&site, "key_rotated", "key rotate");
    assert!(lives(&site.server, [bearer(&shop.token)]));
    let page = browser.page("/keys");
    let next = kid(&page, "next").expect("a next key");
    let again = browser.post("/keys/rotate", &[("flavour", "mechanics")]);
    assert_eq!(again.status, 409, "{again:?}");
    assert!(again.text().contains("has a new key already"), "{again:?}");
    let early = browser.post("/keys/retire", &[("kid", &kid(&before, "current").unwrap_or_default())]);
    assert_eq!(early.status, 409, "nothing else signs yet: {early:?}");
    assert_eq!(browser.post("/keys/retire", &[("kid", "unknown")]).status, 409);
    assert_eq!(
        browser.get("/keys/rotate?flavour=device").status,
        404,
        "it signs nothing"
    );
    assert!(lives(&site.server, [bearer(&shop.token)]));
    assert!(page.contains(&next));
}

fn the_audit_log_is_filtered_and_has_pages(url: &str) {
    let site = Site::on(url);
    let browser = site.signed_in("viewer");
    let all = browser.page("/audit");
    assert!(all.contains("operator add") && all.contains("token_issued"), "{all}");
    let some = browser.page("/audit?event=account_created&realm=operators");
    assert!(
        some.contains("account_created") && !some.contains("<td role=\"cell\" data-head=\"Event\"><div>token_issued"),
        "{some}"
    );
    assert!(browser.page("/audit?subject=999999").contains("No entries"));
    assert!(
        browser
            .page("/audit?since=2000-01-01T00:00&until=2000-01-02T00:00")
            .contains("No entries")
    );
    assert!(browser.page("/audit?before=1").contains("No entries"));
    (0..60).for_each(|_| drop(workshop(&site.server)));
    let first = browser.page("/audit?event=token_issued&flavour=mechanics");
    assert_eq!(first.matches("<div>token_issued").count(), 50);
    let (_, rest) = first.split_once(r#"rel="next" href="/console"#).expect("a next page");
    let next = rest.split('"').next().unwrap_or_default().replace("&amp;", "&");
    assert!(
        next.contains("event=token_issued") && next.contains("flavour=mechanics"),
        "{next}"
    );
    assert_eq!(browser.page(&next).matches("<div>token_issued").count(), 10);
}

fn health_shows_the_numbers_of_the_metrics(url: &str) {
    let site = Site::on(url);
    let browser = site.signed_in("viewer");
    drop(workshop(&site.server));
    let page = browser.page("/health");
    for text in [
        "data-numbers=\"/console/health/numbers\"",
        "wrong password",
        "in order",
        "feed of revocations read",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    let numbers = browser.get("/health/numbers").json();
    assert_eq!(
        (numbers["logins"]["ok"].as_u64(), numbers["queue"]["waiting"].as_u64()),
        (Some(2), Some(0)),
        "{numbers}"
    );
    assert!(
        numbers["feed_age"].is_number() && numbers["refusals"]["throttled"].is_u64(),
        "{numbers}"
    );
    let metrics = site.server.send(&Request::get("/metrics"));
    assert!(
        metrics
            .text()
            .contains("tessera_logins_total{flavour=\"console\",outcome=\"ok\"} 1")
    );
    let times = browser.cookies.borrow()["tessera-console-times"].clone();
    drop(browser.get("/health/numbers"));
    assert_eq!(
        browser.cookies.borrow()["tessera-console-times"],
        times,
        "the script keeps no session going"
    );
    let outside = Browser::of(&site.server).get("/health/numbers");
    assert_eq!((outside.status, outside.text()), (303, ""));
}

fn without_metrics_the_health_page_says_so(url: &str) {
    let site = Site::on_with(url, |setup| setup.env("TESSERA_METRICS__ENABLED", false));
    let browser = site.signed_in("viewer");
    assert!(browser.page("/health").contains("metrics.enabled"));
    assert_eq!(browser.get("/health/numbers").status, 404);
}

fn every_page_of_an_empty_server_is_there(url: &str) {
    let setup = Setup::plain().env("TESSERA_CONSOLE__ENABLED", true).database(url);
    let server = setup.env("TESSERA_MASTER_KEY", OTHER_KEY).start();
    let admin = Operator::of(url);
    let args = [
        "add",
        "--login",
        "ann@example.com",
        "--role",
        "owner",
        "--password-stdin",
    ];
    admin.run("operator", &args, PASSWORD);
    let browser = Browser::of(&server);
    browser.sign_in("ann@example.com");
    for page in [
        "/accounts",
        "/partners",
        "/organisations",
        "/roles",
        "/keys",
        "/audit",
        "/health",
        "/operators",
    ] {
        browser.page(page);
    }
    assert!(browser.page("/partners").contains("No partners") && browser.page("/roles").contains("No roles"));
}
