//! What each role may do: every act, by every role.

use crate::support::client::Response;
use crate::support::console::{Browser, Site};

laws! {
    each_act_is_done_by_the_roles_that_may_and_refused_to_the_others
    a_page_offers_only_what_the_role_may
    the_last_owner_stays
    of_owners_who_demote_each_other_at_once_one_stays
    operators_are_no_accounts_of_the_accounts_pages
}

/// The acts that each role may do: where the form is sent to, with which fields. `A` is an account, `O` an operator.
const OF_OPERATOR: &[(&str, &[(&str, &str)])] = &[
    (
        "/accounts/new",
        &[
            ("realm", "pbx"),
            ("login", "new@mydomain.com"),
            ("password", "a long password"),
        ],
    ),
    ("/accounts/A/disable", &[]),
    ("/accounts/A/enable", &[]),
    ("/accounts/A/role", &[("role", "admin")]),
    ("/accounts/A/password", &[("password", "another long password")]),
    ("/accounts/A/sign-out", &[]),
    ("/partners/disable", &[("key", "demo-key")]),
    ("/partners/enable", &[("key", "demo-key")]),
    (
        "/organisations/new",
        &[("id", "9"), ("name", "Nine"), ("subdomain", "nine"), ("offset", "0")],
    ),
];

const OF_OWNER: &[(&str, &[(&str, &str)])] = &[
    (
        "/operators/new",
        &[
            ("login", "new@example.com"),
            ("role", "viewer"),
            ("password", "a long password"),
        ],
    ),
    ("/operators/O/role", &[("role", "operator")]),
    ("/operators/O/password", &[("password", "another long password")]),
    ("/operators/O/disable", &[]),
    ("/operators/O/enable", &[]),
    ("/operators/O/sign-out", &[]),
    (
        "/roles/new",
        &[("realm", "pbx"), ("name", "helper"), ("permissions", "calls.read")],
    ),
    ("/keys/rotate", &[("flavour", "mechanics")]),
];

/// The number of the account that a page lists under this name.
fn number(page: &str, login: &str) -> String {
    let (before, _) = page
        .split_once(&format!("<bdi>{login}</bdi></a>"))
        .expect("it is listed");
    let (_, path) = before.rsplit_once('/').expect("a link");
    path.trim_end_matches("\">").to_owned()
}

fn at(site: &Browser<'_>, path: &str) -> String {
    let account = number(&site.page("/accounts?realm=pbx"), "100@mydomain.com");
    let operator = number(&site.page("/operators"), "other@example.com");
    path.replace("/A/", &format!("/{account}/"))
        .replace("/O/", &format!("/{operator}/"))
}

/// The page that asks, with what its address has to name.
fn asking(path: &str, fields: &[(&str, &str)]) -> String {
    let named = fields.iter().filter(|(name, _)| ["key", "flavour"].contains(name));
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(named)
        .finish();
    format!("{path}?{query}")
}

/// These show a secret, and no other page.
const SHOWING: &[(&str, &[(&str, &str)])] = &[
    ("/partners/new", &[("key", "new-key"), ("organisation", "171")]),
    ("/partners/rotate", &[("key", "demo-key")]),
];

fn each_act_is_done_by_the_roles_that_may_and_refused_to_the_others(url: &str) {
    let site = Site::on(url);
    site.operator("other@example.com", "viewer");
    let (viewer, operator, owner) = (
        site.signed_in("viewer"),
        site.signed_in("operator"),
        site.signed_in("owner"),
    );
    let refused = |browser: &Browser<'_>, path: &str, fields: &[(&str, &str)]| {
        for answer in [browser.get(&asking(path, fields)), browser.post(path, fields)] {
            assert_eq!(answer.status, 403, "{path}: {answer:?}");
            assert!(answer.text().contains("Not allowed"), "{answer:?}");
        }
    };
    for (path, fields) in OF_OPERATOR {
        let path = at(&viewer, path);
        refused(&viewer, &path, fields);
        assert_eq!(operator.get(&asking(&path, fields)).status, 200, "{path}");
        operator.acts(&path, fields);
    }
    for (path, fields) in SHOWING {
        refused(&viewer, path, fields);
        assert_eq!(operator.post(path, fields).status, 200, "{path}");
    }
    for (path, fields) in OF_OWNER {
        let path = at(&viewer, path);
        refused(&viewer, &path, fields);
        refused(&operator, &path, fields);
        assert_eq!(owner.get(&asking(&path, fields)).status, 200, "{path}");
        owner.acts(&path, fields);
    }
}

fn a_page_offers_only_what_the_role_may(url: &str) {
    let site = Site::on(url);
    site.operator("other@example.com", "viewer");
    let (viewer, operator, owner) = (
        site.signed_in("viewer"),
        site.signed_in("operator"),
        site.signed_in("owner"),
    );
    let account = at(&viewer, "/accounts/A/x").trim_end_matches("/x").to_owned();
    let other = at(&viewer, "/operators/O/x").trim_end_matches("/x").to_owned();
    let offers = |browser: &Browser<'_>, page: &str| {
        let text = browser.page(page);
        let (_, main) = text.split_once("<main").expect("a main part");
        main.contains("method=\"post\"")
            || main.contains("/put")
            || main.contains("/new")
            || main.contains("/rotate")
            || main.contains("/disable")
    };
    for page in [
        "/accounts",
        "/operators",
        "/partners",
        "/organisations",
        "/roles",
        "/keys",
        &account,
        &other,
    ] {
        assert!(!offers(&viewer, page), "{page}");
    }
    assert!(offers(&operator, "/accounts") && offers(&operator, &account));
    assert!(offers(&operator, "/partners") && offers(&operator, "/organisations"));
    for page in ["/operators", "/roles", "/keys", &other] {
        assert!(!offers(&operator, page), "{page}");
    }
    assert!(offers(&owner, "/roles") && offers(&owner, "/keys"));
    assert!(offers(&owner, "/operators") && offers(&owner, &other) && offers(&owner, &account));
}

fn the_last_owner_stays(url: &str) {
    let site = Site::on(url);
    let owner = site.signed_in("owner");
    let own = number(&owner.page("/operators"), "owner@example.com");
    for (act, fields) in [("disable", &[][..]), ("role", &[("role", "viewer")][..])] {
        let answer = owner.post(&format!("/operators/{own}/{act}"), fields);
        assert_eq!(answer.status, 409, "{answer:?}");
        assert!(answer.text().contains("is the last enabled owner"), "{answer:?}");
    }
}

fn of_owners_who_demote_each_other_at_once_one_stays(url: &str) {
    let site = Site::on(url);
    let first = site.signed_in("owner");
    site.operator("other@example.com", "owner");
    let other = Browser::of(&site.server);
    other.sign_in("other@example.com");
    let page = first.page("/operators");
    let (own, others) = (number(&page, "owner@example.com"), number(&page, "other@example.com"));
    for (act, role) in [("role", "viewer"), ("disable", "")] {
        let fields = [("role", role)];
        let sent = [(&first, &others), (&other, &own)]
            .map(|(browser, whom)| browser.prepared(&format!("/operators/{whom}/{act}"), &fields));
        std::thread::scope(|scope| {
            let server = &site.server;
            let sending = sent.map(|request| scope.spawn(move || server.send(&request)));
            let answers = sending.map(|one| one.join().expect("an answer"));
            let done = answers.iter().filter(|answer| is_done(answer)).count();
            assert_eq!(done, 1, "{act}: {answers:?}");
        });
        let listed = site.admin.run("operator", &["list", "--json"], "");
        assert_eq!(owners(&listed), 1, "{listed}");
        for login in ["owner@example.com", "other@example.com"] {
            site.admin.run("operator", &["enable", "--login", login], "");
            site.admin
                .run("operator", &["set-role", "--login", login, "--role", "owner"], "");
            let browser = if login.starts_with("owner") { &first } else { &other };
            browser.sign_in(login);
        }
    }
}

/// Whoever came second may have no session any more, and is sent to sign in.
fn is_done(answer: &Response) -> bool {
    let to = answer.header("Location").unwrap_or_default();
    answer.status == 303 && !to.contains("/sign-in")
}

/// How many enabled owners a list has.
fn owners(listed: &str) -> usize {
    let listed: serde_json::Value = serde_json::from_str(listed).expect("JSON");
    let operators = listed["operators"].as_array().expect("operators").iter();
    operators
        .filter(|one| one["role"] == "owner" && one["disabled"] == false)
        .count()
}

fn operators_are_no_accounts_of_the_accounts_pages(url: &str) {
    let site = Site::on(url);
    site.operator("other@example.com", "viewer");
    let owner = site.signed_in("owner");
    let other = number(&owner.page("/operators"), "other@example.com");
    assert!(!owner.page("/accounts?realm=operators").contains("other@example.com"));
    assert_eq!(
        owner.get(&format!("/accounts/{other}")).header("Location"),
        Some(format!("/console/operators/{other}").as_str())
    );
    for act in ["disable", "enable", "role", "password", "sign-out"] {
        assert_eq!(owner.get(&format!("/accounts/{other}/{act}")).status, 404, "{act}");
    }
    for act in ["disable", "enable", "role", "password", "sign-out"] {
        assert_eq!(owner.get(&format!("/operators/281950/{act}")).status, 404, "{act}");
    }
}
