//! The page: one HTML file with its style inside, no script, nothing from elsewhere.

mod fields;
mod json_text;

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dialects::description::{Content, Operation, Parameter, Place, Response};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use super::curl;
use super::surface::{Group, Mounted, Surface, Way};

const STYLE: &str = include_str!("page/style.css");

/// What a browser may do with the page: apply this one style, and nothing else.
pub(super) static POLICY: LazyLock<String> = LazyLock::new(|| {
    let style = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
});

/// The page. Everything but [`STYLE`] is escaped by the template.
pub(super) fn render(surface: &Surface) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Tessera: what this server answers" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#main" { "Skip to the operations" }
                header {
                    h1 { "Tessera" }
                    p { "Version " (env!("CARGO_PKG_VERSION")) " at " code { (surface.base) } }
                    p { "The same for programs: " a href="openapi.json" { "openapi.json" } " (OpenAPI 3.1)." }
                }
                (contents(surface))
                main #main tabindex="-1" {
                    @for group in &surface.groups { (section(surface, group)) }
                }
            }
        }
    };
    page.into_string()
}

fn contents(surface: &Surface) -> Markup {
    html! {
        nav aria-label="Operations" {
            @for group in &surface.groups {
                h2 { a href={ "#" (anchor(&group.name)) } { (group.name) } }
                ul {
                    @for same in by_path(group) {
                        li { a href={ "#" (same[0].id) } { span.method { (methods(same)) } " " (same[0].path) } }
                    }
                }
            }
        }
    }
}

/// The endpoints of a group: those that follow each other at one path are one operation for people.
fn by_path(group: &Group) -> impl Iterator<Item = &[Mounted]> {
    group.endpoints.chunk_by(|one, next| one.path == next.path)
}

fn methods(same: &[Mounted]) -> &'static str {
    match same {
        [one] => one.method,
        _ => "any method",
    }
}

/// An anchor that is no operation's: their names have a full stop.
fn anchor(group: &str) -> String {
    format!("group-{group}")
}

fn section(surface: &Surface, group: &Group) -> Markup {
    html! {
        section aria-labelledby=(anchor(&group.name)) {
            h2 id=(anchor(&group.name)) { (group.name) }
            p { (group.about) }
            @for same in by_path(group) {
                article id=(same[0].id) {
                    h3 { span.method { (methods(same)) } " " code { (same[0].path) } }
                    @match &same[0].operation {
                        None => p { "The dialect does not describe what is taken and answered here." },
                        Some(operation) => (described(surface, &same[0], operation)),
                    }
                }
            }
        }
    }
}

fn described(surface: &Surface, mounted: &Mounted, operation: &Operation) -> Markup {
    html! {
        p.summary { (operation.summary) }
        @if !operation.about.is_empty() { p { (prose(&operation.about)) } }
        @if let Some(line) = curl::line(&surface.base, mounted) {
            pre.line tabindex="0" title="A click selects the whole line" { code { (line) } }
        }
        @if !mounted.ways.is_empty() { (authentication(mounted)) }
        @if !operation.parameters.is_empty() { (parameters(&operation.parameters)) }
        @if !operation.bodies.is_empty() { (bodies(&operation.bodies)) }
        h4 { "Answers" }
        dl.answers {
            @for response in &operation.responses {
                dt { (response.status) }
                dd { (answer(response)) }
            }
        }
    }
}

fn authentication(mounted: &Mounted) -> Markup {
    html! {
        h4 { "Authentication, one of" }
        ul {
            @for way in &mounted.ways {
                li {
                    @match way {
                        Way::Body => "the credentials in the body",
                        Way::Headers(carrier, of) => {
                            @for (name, value) in carrier.headers() { code { (name) ": " (value) } " " }
                            "(" (of) ")"
                        }
                    }
                }
            }
        }
    }
}

fn parameters(parameters: &[Parameter]) -> Markup {
    html! {
        h4 { "Parameters" }
        dl.fields {
            @for parameter in parameters {
                dt {
                    code { (parameter.name) }
                    " in the " @if parameter.place == Place::Header { "header" } @else { "query" }
                    @if !parameter.required { ", may be left out" }
                }
                dd { (prose(parameter.about)) }
            }
        }
    }
}

fn bodies(bodies: &[Content]) -> Markup {
    let media_types = bodies
        .iter()
        .map(|content| content.media_type)
        .collect::<Vec<_>>()
        .join(", ");
    html! {
        h4 { "Body" }
        p { (media_types) }
        @for schema in &bodies[0].schemas { (fields::table(&schema.value)) }
    }
}

fn answer(response: &Response) -> Markup {
    html! {
        @for meaning in &response.meanings { p { (prose(meaning)) } }
        @let named = response.headers.iter().filter(|header| !header.about.is_empty());
        @let own = named.filter(|header| !["Cache-Control", "X-Content-Type-Options"].contains(&header.name));
        ul.headers { @for header in own { li { code { (header.name) } " " (prose(&header.about)) } } }
        @for content in &response.contents {
            details {
                summary { (content.media_type) }
                @if response.status < 300 { @for schema in &content.schemas { (fields::table(&schema.value)) } }
                @for example in &content.examples { pre tabindex="0" { code { (shown(content, &example.body)) } } }
            }
        }
    }
}

fn shown(content: &Content, body: &str) -> String {
    match content.is_structured() {
        true => json_text::indented(body),
        false => body.to_owned(),
    }
}

/// Text with `code` in it.
fn prose(text: &str) -> Markup {
    html! {
        @for (index, part) in text.split('`').enumerate() {
            @if index % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}
