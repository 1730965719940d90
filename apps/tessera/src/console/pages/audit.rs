//! The audit log, with filters.

use auth_core::{AuditEvent, AuditFilter, AuditRow};
use maud::{Markup, html};

use crate::audit_search::AuditSearch;
use crate::console::acting::Acted;
use crate::console::html::{
    choice, chosen, field, moment, next_page, none, nothing, problem, state, table, text_field, with_query,
};
use crate::console::reply::{Page, Trouble};
use crate::console::visit::Visit;

/// How many entries are on a page.
const PAGE: usize = 50;

/// How many are read for one page at most. However rare those are that are wanted, a page takes no longer.
const MOST: u64 = 40_000;

/// The fields of the filter.
const FIELDS: [&str; 10] = [
    "event", "outcome", "subject", "token", "realm", "flavour", "source", "request", "since", "until",
];

/// How a change ended.
const OUTCOMES: [&str; 2] = ["done", "refused"];

/// What was found.
struct Found {
    rows: Vec<AuditRow>,
    /// From which number on the search goes on, if it can.
    before: Option<i64>,
    /// Whether it ended since enough was read, and not since enough was found.
    is_cut: bool,
}

/// The page.
pub(in crate::console) async fn list(visit: &Visit<'_>) -> Result<Acted, Trouble> {
    visit.only_read()?;
    let filter = filter(visit);
    let found = match FIELDS.iter().all(|name| unread(visit, name).is_none()) {
        true => Some(find(visit, &filter, visit.query.number("before")).await?),
        false => None,
    };
    Ok(Page::new("Audit log", body(visit, &filter, found.as_ref())).into())
}

/// What is wrong with a field of the filter. Entries are shown only where every field was understood: who reads them relies on it.
fn unread(visit: &Visit<'_>, name: &str) -> Option<&'static str> {
    let given = visit.query.given(name)?;
    match name {
        "subject" | "token" if visit.query.number(name).is_none() => Some("This is no whole number."),
        "since" | "until" if visit.query.moment(name).is_none() => {
            Some("This is no date with a time, such as 2026-11-27T09:30.")
        }
        "event" if AuditEvent::ALL.iter().all(|event| event.to_string() != given) => Some("There is no such event."),
        "outcome" if !OUTCOMES.contains(&given) => Some("The outcome is done or refused."),
        _ => None,
    }
}

fn filter(visit: &Visit<'_>) -> AuditFilter {
    let text = |name: &str| visit.query.given(name).map(str::to_owned);
    AuditFilter {
        since: visit.query.moment("since"),
        until: visit.query.moment("until"),
        event: text("event"),
        outcome: text("outcome"),
        subject: visit.query.number("subject"),
        token: visit.query.number("token"),
        realm: text("realm"),
        flavour: text("flavour"),
        source: text("source"),
        request: text("request"),
    }
}

async fn find(visit: &Visit<'_>, filter: &AuditFilter, before: Option<i64>) -> Result<Found, Trouble> {
    let audit = &visit.stores().audit;
    let mut search = AuditSearch::new(&**audit, filter, before);
    // One more than is shown: it says whether there is a next page.
    let mut rows = search.find(PAGE + 1, MOST, |_| ()).await?;
    let is_full = rows.len() > PAGE;
    rows.truncate(PAGE);
    let last = rows.last().map(|row| row.sequence);
    let before = if is_full { last } else { search.rest() };
    Ok(Found {
        is_cut: !is_full && before.is_some(),
        rows,
        before,
    })
}

fn body(visit: &Visit<'_>, filter: &AuditFilter, found: Option<&Found>) -> Markup {
    html! {
        @if found.is_none() {
            (problem("The filter was not understood, so no entries are shown."))
            @for name in ["event", "outcome"] {
                @if let Some(wrong) = unread(visit, name) { (problem(wrong)) }
            }
        }
        (form(visit, filter))
        @if let Some(found) = found { (entries(visit, found)) }
    }
}

fn entries(visit: &Visit<'_>, found: &Found) -> Markup {
    let next = found.before.map(|before| next(visit, before));
    html! {
        @if found.rows.is_empty() {
            (nothing("No entries", &html! {
                @if found.is_cut { "None of the newest " (MOST) " entries is like this." }
                @else { "There are no such entries." }
            }))
        } @else {
            (table("Audit log", ["Time (UTC)", "Event", "By", "About", "From", "Detail"],
                found.rows.iter().map(|row| entry(visit, row)).collect()))
        }
        @if found.is_cut && !found.rows.is_empty() {
            p.soft { (MOST) " entries were looked through for these." }
        }
        (next_page(next.as_deref()))
    }
}

fn next(visit: &Visit<'_>, before: i64) -> String {
    let before = before.to_string();
    let given = FIELDS.iter().filter_map(|name| Some((*name, visit.query.given(name)?)));
    let fields: Vec<_> = given.chain([("before", before.as_str())]).collect();
    with_query(&visit.here(), &fields)
}

fn form(visit: &Visit<'_>, filter: &AuditFilter) -> Markup {
    let any = (String::new(), "any".to_owned());
    let words = AuditEvent::ALL
        .iter()
        .map(|event| (event.to_string(), event.to_string()));
    let events: Vec<_> = std::iter::once(any.clone()).chain(words).collect();
    let outcomes = OUTCOMES.map(|word| (word.to_owned(), word.to_owned()));
    let outcomes: Vec<_> = std::iter::once(any).chain(outcomes).collect();
    let value = |name: &str| visit.query.text(name);
    let wrong = |name: &str| unread(visit, name).unwrap_or_default();
    let more = ["token", "realm", "flavour", "request"];
    let is_open = more.iter().any(|name| visit.query.given(name).is_some()) || filter.outcome.is_some();
    html! {
        form.filter method="get" action=(visit.here()) role="search" {
            div.fields {
                (choice("event", "Event", &events, value("event")))
                (text_field("subject", "Account number", value("subject"), wrong("subject")))
                (text_field("source", "Address", value("source"), ""))
                (moment_field("since", "From (UTC)", value("since"), wrong("since")))
                (moment_field("until", "Until (UTC)", value("until"), wrong("until")))
            }
            details open[is_open] {
                summary { "More filters" }
                div.fields {
                    (choice("outcome", "Outcome", &outcomes, value("outcome")))
                    (text_field("token", "Token number", value("token"), wrong("token")))
                    (text_field("realm", "Realm", value("realm"), ""))
                    (text_field("flavour", "Flavour", value("flavour"), ""))
                    (text_field("request", "Request", value("request"), ""))
                }
            }
            p.buttons { button type="submit" { "Filter" } a.button.quiet href=(visit.here()) { "All entries" } }
        }
    }
}

fn moment_field(name: &str, label: &str, value: &str, hint: &str) -> Markup {
    let input = html! {
        input id=(name) name=(name) type="datetime-local" value=(value)
            aria-describedby=[(!hint.is_empty()).then(|| format!("{name}-hint"))];
    };
    field(name, label, hint, &input)
}

fn entry(visit: &Visit<'_>, row: &AuditRow) -> [Markup; 6] {
    let entry = &row.entry;
    [
        moment(entry.at),
        html! {
            (entry.event)
            @if entry.outcome != "done" { " " (state(&entry.outcome, "bad")) }
        },
        html! {
            (chosen(&entry.actor))
            @if let Some(command) = &entry.command { br; span.soft { (chosen(command)) } }
        },
        about(visit, row),
        html! {
            @if let Some(source) = &entry.source { span.address { (chosen(source)) } }
            @else { (none()) }
        },
        html! {
            @if let Some(detail) = &entry.detail { (chosen(detail)) }
            @else { (none()) }
        },
    ]
}

fn about(visit: &Visit<'_>, row: &AuditRow) -> Markup {
    let entry = &row.entry;
    html! {
        @if let Some(subject) = entry.subject {
            a href=(visit.at(&format!("/accounts/{subject}"))) { "account " (subject) } " "
        }
        @if let Some(token) = entry.token { "token " (token) " " }
        @if let Some(realm) = &entry.realm { span.soft { (chosen(realm)) } " " }
        @if let Some(flavour) = &entry.flavour { span.soft { (chosen(flavour)) } }
    }
}
