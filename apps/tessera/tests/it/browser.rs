//! The console in a real browser. A separate test program, because its `main` skips the tests where Chromium is not
//! installed. With `CONSOLE_SCREENSHOTS=FOLDER` it saves the pictures of docs/console.md there.
#![forbid(unsafe_code)]
#![allow(unreachable_pub, reason = "nothing of a test binary is reachable from outside")]
#![allow(
    dead_code,
    unused_imports,
    reason = "the other test program uses the rest of `support`"
)]

#[path = "browser/driver.rs"]
mod driver;
mod support;
mod trials;

use std::collections::BTreeSet;
use std::path::PathBuf;

use libtest_mimic::Trial;

use driver::{Chromium, ENTER, TAB, skip_reason};
use support::console::{Browser, PASSWORD, Site};
use support::dialect::Dialect;
use support::sign_in::{client, device, session, workshop};

/// The pages with a picture in docs/console.md, and its name.
const PICTURES: [(&str, &str); 5] = [
    ("/accounts?realm=players", "accounts"),
    ("/partners", "partners"),
    ("/keys", "keys"),
    ("/audit", "audit"),
    ("/health", "health"),
];

/// Light and dark, and the widths of a screen, of a telephone, and of a page at 400 % (WCAG 2.2, 1.4.10), in pixels.
const LOOKS: [(&str, u32); 6] = [
    ("light", 1200),
    ("dark", 1200),
    ("light", 360),
    ("dark", 360),
    ("light", 320),
    ("dark", 320),
];

fn main() {
    let trials = vec![
        in_chromium("an_operator_signs_in_and_acts_by_keyboard", by_keyboard),
        in_chromium(
            "axe_finds_nothing_in_light_and_dark_and_no_page_is_wider_than_a_phone",
            accessible,
        ),
        in_chromium("axe_finds_nothing_in_what_follows_a_form", accessible_after_a_form),
        in_chromium("charts_are_drawn", charts),
        in_chromium("without_scripts_everything_but_the_charts_works", without_scripts),
    ];
    trials::run(trials, "Chromium", skip_reason())
}

fn in_chromium(name: &str, test: impl FnOnce() + Send + 'static) -> Trial {
    trials::unless_skipped(name, skip_reason, test)
}

/// A console with some life in it, and an owner.
fn site() -> Site {
    lively(Site::new())
}

/// The same, where the password is asked before every dangerous act, however short ago it was typed.
fn cautious_site() -> Site {
    lively(Site::with(|setup| setup.env("TESSERA_CONSOLE__REAUTHENTICATE", "0s")))
}

fn lively(site: Site) -> Site {
    site.operator("ann@example.com", "owner");
    site.operator("bert@example.com", "viewer");
    for _ in 0..2 {
        drop((device(&site.server), workshop(&site.server), session(&site.server)));
    }
    client(&site.server, "andrew@letsta.lk");
    site
}

/// More of it, so that pictures show something: accounts, and a key that waits to sign.
fn with_life(site: &Site) {
    let browser = Browser::of(&site.server);
    browser.sign_in("ann@example.com");
    for name in ["anna", "bela", "chiara", "dmitri", "emeka", "fatima", "george"] {
        let login = format!("{name}@example.org");
        let fields = [
            ("realm", "players"),
            ("login", login.as_str()),
            ("alias", name),
            ("role", if name < "c" { "jugador" } else { "" }),
            ("password", "a long password"),
            ("your_password", PASSWORD),
        ];
        browser.acts("/accounts/new", &fields);
    }
    for (path, name, value) in [
        ("/keys/rotate", "flavour", "mechanics"),
        ("/partners/disable?key=other-key", "key", "other-key"),
        ("/accounts/281950/disable", "", ""),
    ] {
        browser.acts(path, &[(name, value), ("your_password", PASSWORD)]);
    }
    site.admin
        .run("operator", &["disable", "--login", "bert@example.com", "--yes"], "");
}

/// Some sign-ins, good and refused, between one point of the charts and the next.
fn with_points(site: &Site, browser: &Chromium) {
    let mut wrong = Dialect::Device.good();
    wrong["email_or_username"] = "nobody@example.org".into();
    for points in 2..7 {
        drop((device(&site.server), site.server.send(&Dialect::Device.request(&wrong))));
        browser.waits_for(&format!(
            "return document.querySelector('[data-chart=queue] polyline').getAttribute('points').split(' ').length >= {points}"
        ));
    }
}

fn url(site: &Site, path: &str) -> String {
    format!("{}/console{path}", site.server.url())
}

/// Signs in with keys alone.
fn signed_in(site: &Site) -> Chromium {
    let browser = Chromium::start();
    browser.open(&url(site, ""));
    browser.types(&format!("ann@example.com{TAB}{PASSWORD}{ENTER}"));
    let expected = url(site, "/accounts");
    assert!(
        support::poll(3000, || browser.url() == expected),
        "{}",
        browser.source()
    );
    browser
}

/// Whoever has no mouse gets past the navigation with one key, and to every act.
fn by_keyboard() {
    let site = site();
    let browser = signed_in(&site);
    browser.types(&format!("{TAB}"));
    assert_eq!(
        browser.run("return document.activeElement.textContent"),
        "Skip to the content"
    );
    browser.types(&format!("{ENTER}"));
    browser.waits_for("return document.activeElement.id === 'main'");
    browser.open(&url(&site, "/accounts/281950/sign-out"));
    browser.types(&format!("{TAB}{ENTER}"));
    browser.waits_for("return document.activeElement.id === 'main'");
    browser.types(&format!("{TAB}"));
    assert_eq!(browser.run("return document.activeElement.type"), "submit");
    browser.types(&format!("{ENTER}"));
    browser.waits_for("return document.querySelector('[role=status]')?.textContent.includes('revoked') === true");
    assert_eq!(site.entries("sessions_ended").len(), 1);
}

fn accessible() {
    let site = cautious_site();
    with_life(&site);
    let browser = signed_in(&site);
    let outside = Chromium::start();
    let found = pages(&site, &browser);
    let mut faults = Vec::new();
    for (scheme, width) in LOOKS {
        let pages = PICTURES.iter().map(|(path, name)| (&browser, *path, *name));
        let more = found.iter().map(|path| (&browser, path.as_str(), ""));
        let pages = pages.chain([(&outside, "/sign-in", "sign-in"), (&browser, "/nothing", "")]);
        for (browser, path, name) in pages.chain(more) {
            browser.looks(width, scheme);
            browser.open(&url(&site, path));
            if path == "/health" {
                browser.waits_for("return document.querySelectorAll('.chart polyline[points*=\" \"]').length > 3");
            }
            if path == "/health" && pictures().is_some() {
                with_points(&site, browser);
            }
            faults.extend(faults_of(browser, &format!("{path} {scheme} {width}")));
            if !name.is_empty() {
                take(browser, &format!("{name}-{scheme}-{width}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// What is wrong with the page that is open, a line for each fault.
fn faults_of(browser: &Chromium, name: &str) -> Vec<String> {
    let mut faults = browser.faults();
    let over = browser.run("return document.documentElement.scrollWidth - window.innerWidth");
    if over.as_i64().is_none_or(|over| over > 0) {
        faults.push(format!("it is {over} wider than the window"));
    }
    for (what, script) in [("cut off", CUT_OFF), ("overprinted", OVERPRINTED)] {
        let texts = browser.run(script);
        if texts != serde_json::json!([]) {
            faults.push(format!("{what}: {texts}"));
        }
    }
    faults.iter().map(|fault| format!("{name}: {fault}")).collect()
}

/// Every page that links and forms lead an owner to, one of each kind: addresses that differ in numbers alone are of one kind.
fn pages(site: &Site, browser: &Chromium) -> Vec<String> {
    let (mut kinds, mut found) = (BTreeSet::new(), Vec::new());
    let mut waiting: Vec<String> = STARTS.map(str::to_owned).into();
    while let Some(path) = waiting.pop() {
        let kind: Vec<&str> = path.split(['?', '&', '/']).map(kind_of_part).collect();
        let is_new = kinds.insert(kind.join("/")) || STARTS.contains(&path.as_str());
        if !is_new || found.contains(&path) {
            continue;
        }
        browser.open(&url(site, &path));
        let links = browser.run(LINKS);
        let links = links
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(|link| link.as_str());
        waiting.extend(links.map(str::to_owned));
        found.push(path);
    }
    for end in ENDS {
        assert!(kinds.iter().any(|kind| kind.ends_with(end)), "{end}: {kinds:?}");
    }
    found
}

/// A disabled account, one with sessions, all of a realm, and a key that another has replaced.
const STARTS: [&str; 4] = [
    "/accounts?realm=players",
    "/accounts/281954",
    "/accounts/281950",
    "/keys/retire?kid=replaced",
];

/// Some of the pages that only an account, a partner or an operator in a certain state leads to.
const ENDS: [&str; 8] = [
    "/accounts//enable",
    "/accounts//password",
    "/accounts//sessions//end",
    "/me/sessions//end",
    "/operators//enable",
    "/operators//sign-out",
    "/partners/enable/key",
    "/partners/rotate/key",
];

fn kind_of_part(part: &str) -> &str {
    let name = part.split('=').next().unwrap_or(part);
    match name.bytes().all(|byte| byte.is_ascii_digit()) {
        true => "",
        false => name,
    }
}

/// Where links and forms of a page lead to, below the console's own address; not out of it.
const LINKS: &str = "return [...document.querySelectorAll('a[href], main form[action]')] \
    .map((one) => new URL(one.href ?? one.getAttribute('action'), location)) \
    .filter((to) => to.origin === location.origin && to.pathname.startsWith('/console/')) \
    .map((to) => to.pathname.slice('/console'.length) + to.search)";

/// A refusal, and a secret that is shown once.
fn accessible_after_a_form() {
    let site = cautious_site();
    with_life(&site);
    let browser = signed_in(&site);
    let found = pages(&site, &browser);
    let mut faults = Vec::new();
    let mut refused = 0;
    for (scheme, width) in [("light", 1200), ("dark", 320)] {
        browser.looks(width, scheme);
        for path in &found {
            browser.open(&url(&site, path));
            if browser.run("return document.querySelector('main form [name=your_password]') === null") == true {
                continue;
            }
            browser.run("document.querySelector('main form').noValidate = true");
            browser.run("document.querySelector('main form').requestSubmit()");
            browser.waits_for("return document.querySelector('[role=alert]') !== null");
            refused += 1;
            faults.extend(faults_of(&browser, &format!("{path} refused {scheme} {width}")));
        }
        create_partner(&site, &browser, &format!("of-{width}"));
        faults.extend(faults_of(&browser, &format!("a secret {scheme} {width}")));
    }
    assert!(refused > 20, "{refused} of {found:?}");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn create_partner(site: &Site, browser: &Chromium, key: &str) {
    browser.open(&url(site, "/partners/new"));
    for (name, value) in [("key", key), ("organisation", "171"), ("your_password", PASSWORD)] {
        browser.run(&format!(
            "const field = document.querySelector('[name={name}]'); if (field) field.value = '{value}'"
        ));
    }
    browser.run("document.querySelector('main form').requestSubmit()");
    browser.waits_for("return document.querySelector('main .secret') !== null");
}

/// Cells of tables with more in them than there is room for.
const CUT_OFF: &str = "return [...document.querySelectorAll('main td')] \
    .filter((cell) => cell.scrollWidth > cell.clientWidth + 1).map((cell) => cell.textContent)";

/// Texts of a drawing that are written over another one, or over its edge.
const OVERPRINTED: &str = "return [...document.querySelectorAll('main svg')].flatMap((drawing) => { \
    const [edge, texts] = [drawing.getBoundingClientRect(), [...drawing.querySelectorAll('text')]]; \
    const boxes = texts.map((text) => [text.textContent, text.getBoundingClientRect()]); \
    const over = (one, other) => one.left < other.right - 1 && other.left < one.right - 1 \
        && one.top < other.bottom - 4 && other.top < one.bottom - 4; \
    const outside = (one) => one.left < edge.left - 1 || one.right > edge.right + 1; \
    return boxes.filter(([, one], index) => outside(one) || boxes.some(([, other], also) => also < index && over(one, other))) \
        .map(([text]) => text); })";

/// Some of the pictures stand in the docs.
fn take(browser: &Chromium, name: &str) {
    if let Some(folder) = pictures() {
        browser.picture(&PathBuf::from(folder).join(format!("{name}.png")));
    }
}

fn pictures() -> Option<std::ffi::OsString> {
    std::env::var_os("CONSOLE_SCREENSHOTS")
}

fn charts() {
    let site = site();
    let browser = signed_in(&site);
    browser.open(&url(&site, "/health"));
    browser.waits_for("return !document.querySelector('[data-numbers]').hidden");
    browser.waits_for("return document.querySelectorAll('.chart:not([hidden]) svg').length === 5");
    browser
        .waits_for("return document.querySelector('[data-chart=queue] polyline').getAttribute('points').includes(' ')");
    let label = browser.run("return document.querySelector('[data-chart=feed] svg').getAttribute('aria-label')");
    assert!(
        label.as_str().is_some_and(|label| label.starts_with("Lag of the feed")),
        "{label}"
    );
    let said = browser.run("return document.querySelector('[data-state]').textContent");
    assert_eq!(said, "Live: new numbers every two seconds.");
    site.admin
        .run("operator", &["disable", "--login", "ann@example.com", "--yes"], "");
    browser.waits_for("return document.querySelector('[data-state]').textContent.includes('session has ended')");
}

fn without_scripts() {
    let site = site();
    let browser = signed_in(&site);
    browser.without_scripts();
    browser.open(&url(&site, "/accounts?realm=players&begins=gma"));
    assert!(browser.source().contains("gmachia@gmail.com"));
    browser.open(&url(&site, "/health"));
    let page = browser.source();
    assert!(
        page.contains("passwords that wait") && !page.contains("<polyline"),
        "{page}"
    );
    browser.open(&url(&site, "/keys"));
    assert!(browser.source().contains("class=\"timeline\""));
    browser.open(&url(&site, "/accounts/281950/sign-out"));
    // From the link at the start past the seven rooms, the own account, signing out, to the button of the form.
    let to_button = TAB.to_string().repeat(12);
    browser.types(&format!("{to_button}{ENTER}"));
    assert!(
        support::poll(3000, || site.entries("sessions_ended").len() == 1),
        "{}",
        browser.source()
    );
}
