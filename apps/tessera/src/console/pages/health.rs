//! How this node does: numbers as tables, and charts that the script draws of them.

use maud::{Markup, html};
use serde_json::{Map, Value, json};

use crate::console::acting::Acted;
use crate::console::html::{distance, nothing, state, table};
use crate::console::reply::{Page, Reply, Trouble};
use crate::console::visit::Visit;
use crate::metrics::Numbers;

/// The charts: their name for the script, and what they show.
const CHARTS: [(&str, &str); 5] = [
    ("logins", "Sign-ins a second"),
    ("checks", "Checks of tokens a second"),
    ("queue", "Passwords in the queue"),
    ("refusals", "Refusals a second, by reason"),
    (
        "feed",
        "Lag of the feed: time since it was last read to its end, in seconds",
    ),
];

/// The page.
pub(in crate::console) async fn show(visit: &Visit<'_>) -> Result<Acted, Trouble> {
    visit.only_read()?;
    let body = match visit.console.numbers() {
        Some(numbers) => body(visit, &numbers),
        None => nothing(
            "Nothing is counted",
            &html! { code { "metrics.enabled" } " is off in the settings of this node." },
        ),
    };
    Ok(Page::new("Health", body).into())
}

/// The numbers, for the script.
pub(in crate::console) async fn numbers(visit: &Visit<'_>) -> Result<Acted, Trouble> {
    visit.only_read()?;
    let numbers = visit.console.numbers().ok_or(Trouble::NotFound)?;
    let counts = |counts: &[(&str, u64)]| {
        let each = counts
            .iter()
            .map(|(name, count)| ((*name).to_owned(), Value::from(*count)));
        each.collect::<Map<_, _>>()
    };
    let numbers = json!({
        "uptime": numbers.uptime.as_secs_f64(),
        "logins": counts(&numbers.logins),
        "refusals": counts(&numbers.refusals),
        "checks": { "accepted": numbers.checks[0], "refused": numbers.checks[1] },
        "queue": { "waiting": numbers.queue[0], "running": numbers.queue[1] },
        "feed_age": numbers.feed_age.map(|age| age.as_secs_f64()),
    });
    Ok(Reply::Numbers(numbers).into())
}

fn body(visit: &Visit<'_>, numbers: &Numbers) -> Markup {
    html! {
        p.soft { "Of this node, since it started " (distance(numbers.uptime)) " ago. Version " (env!("CARGO_PKG_VERSION")) "." }
        (ready(numbers))
        section hidden aria-labelledby="live" data-numbers=(visit.at("/health/numbers")) {
            h2 #live { "The last five minutes" }
            p.soft role="status" data-state { "" }
            div.charts {
                @for (name, title) in CHARTS {
                    figure.chart hidden data-chart=(name) data-title=(title) { figcaption { span.strong { (title) } output { } } }
                }
            }
        }
        (tables(numbers))
    }
}

fn ready(numbers: &Numbers) -> Markup {
    html! {
        ul.parts aria-label="What the node needs" {
            @for (part, is_good) in &numbers.ready {
                li { span { (part) } " " @if *is_good { (state("in order", "good")) } @else { (state("not in order", "bad")) } }
            }
        }
    }
}

fn tables(numbers: &Numbers) -> Markup {
    let counted = |counts: &[(&'static str, u64)]| {
        let words = counts
            .iter()
            .map(|(name, count)| (name.replace('_', " "), count.to_string()));
        words.collect::<Vec<_>>()
    };
    let mut refusals = counted(&numbers.refusals);
    refusals.retain(|(_, count)| count != "0");
    let of = |[part, whole]: [usize; 2]| format!("{part} of {whole}");
    let feed = numbers
        .feed_age
        .map_or_else(|| "never".into(), |age| format!("{:.1} s ago", age.as_secs_f64()));
    let now = [
        ("passwords that wait", numbers.queue[0].to_string()),
        ("passwords being hashed", numbers.queue[1].to_string()),
        ("feed of revocations read", feed),
        ("connections", of(numbers.connections)),
        ("records in memory", of(numbers.records)),
    ];
    let now: Vec<_> = now.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let [accepted, refused] = numbers.checks;
    let checks = vec![
        ("accepted".to_owned(), accepted.to_string()),
        ("refused".to_owned(), refused.to_string()),
    ];
    html! {
        div.tables {
            (section("Now", &now))
            (section("Sign-ins since the start", &counted(&numbers.logins)))
            (section("Checks of tokens since the start", &checks))
            @if !refusals.is_empty() { (section("Refusals since the start", &refusals)) }
        }
    }
}

fn section(title: &str, rows: &[(String, String)]) -> Markup {
    let cells = rows
        .iter()
        .map(|(name, value)| [html! { (name) }, html! { span.number { (value) } }]);
    html! { section { h2 { (title) } (table(title, ["What", "Number"], cells.collect())) } }
}
