//! What is around every page.

use maud::{DOCTYPE, Markup, html};

use super::Console;
use super::guard::Act;
use super::html::chosen;
use super::pages::me;
use super::reply::Page;
use super::visit::Visit;

/// The rooms of the console: what they are called, and where they are.
const ROOMS: [(&str, &str); 7] = [
    ("Accounts", "/accounts"),
    ("Partners", "/partners"),
    ("Roles", "/roles"),
    ("Keys", "/keys"),
    ("Audit log", "/audit"),
    ("Health", "/health"),
    ("Operators", "/operators"),
];

/// A page for a signed-in operator.
pub(super) fn page(visit: &Visit<'_>, page: &Page) -> Markup {
    let done = visit.done.map(Act::done);
    let here = |path: &str| {
        visit.path == path
            || (path == "/partners" && visit.path.starts_with("/organisations"))
            || visit.path.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'))
    };
    let body = html! {
        a.skip href="#main" { "Skip to the content" }
        header.top {
            p.brand { a href=(visit.at("")) { "Tessera" } }
            nav.rooms aria-label="Console" {
                ul {
                    @for (name, path) in ROOMS {
                        li { a href=(visit.at(path)) aria-current=[here(path).then_some("page")] { (name) } }
                    }
                }
            }
            div.who {
                p { span.strong { (chosen(&visit.operator.login)) } " " span.soft { (visit.role) } }
                a href=(visit.at(me::PATH)) aria-current=[here(me::PATH).then_some("page")] { "My account" }
                form.inline method="post" action=(visit.at("/sign-out")) {
                    (visit.hidden())
                    button.quiet type="submit" { "Sign out" }
                }
            }
        }
        main #main tabindex="-1" {
            @if let Some(done) = done { div.message.good role="status" { p { (done) } } }
            h1 { (page.title) }
            (page.body)
        }
    };
    document(visit.console, &page.title, &body)
}

/// A page for anybody.
pub(super) fn outside(console: &Console, title: &str, body: &Markup) -> Markup {
    let body = html! { main.outside #main { p.brand { "Tessera" } h1 { (title) } (body) } };
    document(console, title, &body)
}

fn document(console: &Console, title: &str, body: &Markup) -> Markup {
    let assets = &console.assets;
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                (meta(title))
                link rel="stylesheet" href=(assets.style);
                script src=(assets.script) defer {}
                link rel="icon" type="image/svg+xml" href=(assets.icon);
            }
            body { (body) }
        }
    }
}

/// A page without a style, for where nothing else is known.
pub(super) fn bare(title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" { head { (meta(title)) } body { main { h1 { (title) } (body) } } }
    }
}

fn meta(title: &str) -> Markup {
    html! {
        meta charset="utf-8";
        meta name="viewport" content="width=device-width, initial-scale=1";
        meta name="color-scheme" content="light dark";
        meta name="robots" content="noindex";
        title { (title) " · Tessera" }
    }
}
