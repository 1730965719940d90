//! What pages show.

use crate::support::client::Request;
use crate::support::console::Site;
use crate::support::dialect::Dialect;
use crate::support::sign_in::client;

laws! {
    accounts_are_found_by_the_beginning_of_their_name
    accounts_are_found_by_their_alias
    an_account_has_one_address
    a_realm_that_is_not_there_is_not_another_one
    a_filter_of_the_audit_log_that_is_not_understood_shows_nothing
    a_long_list_has_pages
    hostile_texts_are_text
}

fn accounts_are_found_by_the_beginning_of_their_name(url: &str) {
    let site = Site::on(url);
    let browser = site.signed_in("viewer");
    let found = |query: &str| browser.page(&format!("/accounts?{query}"));
    assert!(found("realm=pbx&begins=ADM").contains("admin@mydomain.com"));
    assert!(!found("realm=pbx&begins=ADM").contains("100@mydomain.com"));
    assert!(!found("realm=workshops&begins=adm").contains("admin@mydomain.com"));
    assert!(found("realm=pbx&begins=nobody").contains("No accounts"));
    assert!(found("realm=org:172").contains("no accounts yet"));
    client(&site.server, "andrew@letsta.lk");
    assert!(found("realm=org:171&begins=andrew").contains("andrew@letsta.lk"));
    assert!(
        found("realm=%00&begins=%00").contains("Accounts"),
        "nonsense is no error"
    );
}

fn accounts_are_found_by_their_alias(url: &str) {
    let site = Site::on(url);
    let browser = site.signed_in("operator");
    let fields = [
        ("realm", "pbx"),
        ("login", "someone@mydomain.com"),
        ("alias", "zoe"),
        ("password", "a long password"),
    ];
    browser.acts("/accounts/new", &fields);
    let found = |begins: &str| browser.page(&format!("/accounts?realm=pbx&begins={begins}"));
    assert!(found("ZO").contains("<bdi>someone@mydomain.com</bdi>"));
    assert!(found("some").contains("<bdi>someone@mydomain.com</bdi>"));
    let both = browser.page("/accounts?realm=players&begins=gmachia");
    let login = "<bdi>gmachia@gmail.com</bdi>";
    assert_eq!(
        both.matches(login).count(),
        1,
        "once, though both names begin so: {both}"
    );
}

fn an_account_has_one_address(url: &str) {
    let site = Site::on(url);
    let browser = site.signed_in("viewer");
    browser.page("/accounts/281950");
    for number in ["+281950", "0281950", "%2B281950", "281950x"] {
        assert_eq!(browser.get(&format!("/accounts/{number}")).status, 404, "{number}");
    }
}

fn a_realm_that_is_not_there_is_not_another_one(url: &str) {
    let site = Site::on(url);
    let browser = site.signed_in("viewer");
    for realm in ["operators", "%00", "a+b"] {
        let page = browser.page(&format!("/accounts?realm={realm}"));
        assert!(
            page.contains("No such realm") && !page.contains("<table"),
            "{realm}: {page}"
        );
    }
}

fn a_filter_of_the_audit_log_that_is_not_understood_shows_nothing(url: &str) {
    let site = Site::on(url);
    let browser = site.signed_in("viewer");
    assert!(browser.page("/audit?event=account_created").contains("<table"));
    for (query, says) in [
        ("subject=abc", "no whole number"),
        ("token=x", "no whole number"),
        ("since=yesterday", "no date with a time"),
        ("until=2026-13-01T00:00", "no date with a time"),
        ("event=unknown", "no such event"),
        ("outcome=maybe", "done or refused"),
    ] {
        let page = browser.page(&format!("/audit?{query}"));
        assert!(page.contains("The filter was not understood"), "{query}: {page}");
        assert!(page.contains(says) && !page.contains("<table"), "{query}: {page}");
    }
}

fn a_long_list_has_pages(url: &str) {
    let site = Site::on(url);
    let browser = site.signed_in("operator");
    for number in 0..53 {
        let login = format!("line{number:02}@mydomain.com");
        let fields = [
            ("realm", "pbx"),
            ("login", login.as_str()),
            ("password", "a long password"),
        ];
        browser.acts("/accounts/new", &fields);
    }
    let first = browser.page("/accounts?realm=pbx&begins=line");
    assert_eq!(first.matches("@mydomain.com</bdi>").count(), 50);
    let (_, rest) = first.split_once(r#"rel="next" href="/console"#).expect("a next page");
    let next = rest.split('"').next().unwrap_or_default().replace("&amp;", "&");
    let second = browser.page(&next);
    assert_eq!(second.matches("@mydomain.com</bdi>").count(), 3, "{second}");
    assert!(second.contains("line52@mydomain.com") && !second.contains("rel=\"next\""));
}

fn hostile_texts_are_text(url: &str) {
    let site = Site::on(url);
    let browser = site.signed_in("viewer");
    let hostile = "<img src=x onerror=alert(1)>\"'&\u{202e}";
    let mut body = Dialect::Device.good();
    body["device_name"] = hostile.into();
    let token = site.server.send(&Dialect::Device.request(&body));
    assert_eq!(token.status, 200, "{token:?}");
    let page = browser.page("/accounts?realm=players&begins=gmachia");
    let (_, path) = page.split_once("href=\"/console/accounts/").expect("a link");
    let account = path.split('"').next().unwrap_or_default();
    let shown = browser.page(&format!("/accounts/{account}"));
    assert!(shown.contains("&lt;img src=x onerror=alert(1)&gt;"), "{shown}");
    let query: String = form_urlencoded::byte_serialize(hostile.as_bytes()).collect();
    for path in [
        format!("/accounts?realm=pbx&begins={query}"),
        format!("/accounts?realm={query}"),
    ] {
        let page = browser.page(&path);
        assert!(!page.contains("<img"), "{path}: {page}");
    }
    let sign_in = site
        .server
        .send(&Request::get(&format!("/console/sign-in?next={query}")));
    assert!(!sign_in.text().contains("<img"), "{sign_in:?}");
    let wrong = browser.tries(hostile, "wrong");
    assert!(!wrong.text().contains("<img"), "{wrong:?}");
}
