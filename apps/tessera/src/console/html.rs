//! Parts of pages: tables, fields, moments.

use std::time::Duration;

use auth_core::Timestamp;
use chrono::DateTime;
use maud::{Markup, html};

use crate::commands::plain_text;

/// An address with a query of these fields.
pub(super) fn with_query(path: &str, fields: &[(&str, &str)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    format!("{path}?{query}")
}

/// A table that is read row by row on a narrow screen: each cell has the name of its column.
pub(super) fn table<const N: usize>(caption: &str, heads: [&str; N], rows: Vec<[Markup; N]>) -> Markup {
    html! {
        table role="table" {
            caption.hidden { (caption) }
            thead role="rowgroup" {
                tr role="row" { @for head in heads { th role="columnheader" scope="col" { (head) } } }
            }
            tbody role="rowgroup" {
                @for row in rows {
                    tr role="row" {
                        @for (head, cell) in heads.iter().zip(row) {
                            td role="cell" data-head=(head) { div { (cell) } }
                        }
                    }
                }
            }
        }
    }
}

/// What is shown where a list has nothing.
pub(super) fn nothing(heading: &str, text: &Markup) -> Markup {
    html! { div.nothing { p.strong { (heading) } p { (text) } } }
}

/// A link to the next page of a list.
pub(super) fn next_page(href: Option<&str>) -> Markup {
    html! { @if let Some(href) = href { nav.pages aria-label="Pages" { a.button.quiet rel="next" href=(href) { "Next page" } } } }
}

/// What went wrong, read out at once by a screen reader.
pub(super) fn problem(text: &str) -> Markup {
    html! { div.message.bad role="alert" { p { (text) } } }
}

/// A field for a text.
pub(super) fn text_field(name: &str, label: &str, value: &str, hint: &str) -> Markup {
    field(
        name,
        label,
        hint,
        &html! {
            input id=(name) name=(name) type="text" value=(value) autocomplete="off" spellcheck="false" autocapitalize="none"
                aria-describedby=[(!hint.is_empty()).then(|| format!("{name}-hint"))];
        },
    )
}

/// A field for a password. It is never filled in by the server.
pub(super) fn password_field(name: &str, label: &str, autocomplete: &str, hint: &str) -> Markup {
    field(
        name,
        label,
        hint,
        &html! {
            input id=(name) name=(name) type="password" required autocomplete=(autocomplete)
                aria-describedby=[(!hint.is_empty()).then(|| format!("{name}-hint"))];
        },
    )
}

/// A choice.
pub(super) fn choice(name: &str, label: &str, options: &[(String, String)], chosen: &str) -> Markup {
    field(
        name,
        label,
        "",
        &html! {
            select id=(name) name=(name) {
                @for (value, text) in options { option value=(value) selected[value == chosen] { (text) } }
            }
        },
    )
}

/// An input with its label and its hint.
pub(super) fn field(name: &str, label: &str, hint: &str, input: &Markup) -> Markup {
    html! {
        div.field {
            label for=(name) { (label) }
            (input)
            @if !hint.is_empty() { p.hint id={ (name) "-hint" } { (hint) } }
        }
    }
}

/// The button of a form.
pub(super) fn button(text: &str, is_dangerous: bool) -> Markup {
    html! { button type="submit" .danger[is_dangerous] { (text) } }
}

/// A moment, in UTC.
pub(super) fn moment(at: Timestamp) -> Markup {
    html! { time datetime=(iso(at)) { (utc(at)) } }
}

/// How long ago a moment was; hovering shows the moment itself.
pub(super) fn ago(at: Timestamp, now: Timestamp) -> Markup {
    html! { time datetime=(iso(at)) title={ (utc(at)) " UTC" } { (distance(now.since(at))) " ago" } }
}

/// How far ahead a moment is, or that it is over.
pub(super) fn until(at: Timestamp, now: Timestamp) -> Markup {
    html! {
        @if at <= now { "expired" }
        @else { time datetime=(iso(at)) title={ (utc(at)) " UTC" } { "in " (distance(at.since(now))) } }
    }
}

/// A text that somebody chose: control characters and those that change the direction of text are shown, not obeyed.
pub(super) fn chosen(text: &str) -> Markup {
    html! { bdi { (plain_text(text)) } }
}

/// Nothing, for a table.
pub(super) fn none() -> Markup {
    html! { span.soft { "–" } }
}

/// A word in a box.
pub(super) fn state(word: &str, kind: &str) -> Markup {
    html! { span.state data-kind=(kind) { (word) } }
}

/// A length of time in its largest unit.
pub(super) fn distance(length: Duration) -> String {
    let seconds = length.as_secs();
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// `2019-10-03 14:19:10`, in UTC.
pub(super) fn utc(at: Timestamp) -> String {
    formatted(at, "%Y-%m-%d %H:%M:%S")
}

fn iso(at: Timestamp) -> String {
    formatted(at, "%Y-%m-%dT%H:%M:%SZ")
}

fn formatted(at: Timestamp, form: &str) -> String {
    let time = DateTime::from_timestamp_millis(at.as_millis());
    time.map_or_else(|| "beyond the calendar".into(), |time| time.format(form).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_has_one_unit() {
        let shown = |seconds| distance(Duration::from_secs(seconds));
        assert_eq!(
            [shown(59), shown(60), shown(7200), shown(172_800)],
            ["59 s", "1 min", "2 h", "2 days"]
        );
    }

    #[test]
    fn what_somebody_chose_is_text() {
        let shown = chosen("<img src=x onerror=alert(1)>\u{202e}\n&").into_string();
        assert_eq!(shown, r"<bdi>&lt;img src=x onerror=alert(1)&gt;\u{202e}\n&amp;</bdi>");
    }
}
