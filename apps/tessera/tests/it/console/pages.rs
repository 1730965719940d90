//! What pages show.

use crate::support::client::Request;
use crate::support::console::Site;
use crate::support::dialect::Dialect;
use crate::support::sign_in::client;

laws! {
    accounts_are_found_by_the_beginning_of_their_name
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
        format!("/accounts?done={query}"),
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
