//! Organisations and their partners, the consumers.

use consumer_auth::{Consumer, Organisation};
use maud::{Markup, html};

use super::accounts::condition;
use crate::acts;
use crate::console::acting::Acted;
use crate::console::guard::Act;
use crate::console::html::{chosen, next_page, none, nothing, table, until, with_query};
use crate::console::reply::{Page, Trouble};
use crate::console::visit::Visit;

/// How many are on a page.
const PAGE: usize = 50;

/// The partners, by their keys.
pub(in crate::console) async fn list(visit: &Visit<'_>) -> Result<Acted, Trouble> {
    visit.only_read()?;
    let after = visit.query.given("after");
    let mut found = visit.stores().consumers.consumers(after, PAGE as u32 + 1).await?;
    let is_more = found.len() > PAGE;
    found.truncate(PAGE);
    let last = found.last().filter(|_| is_more);
    let next = last.map(|last| with_query(&visit.here(), &[("after", &last.key)]));
    let rows = found.iter().map(|consumer| row(visit, consumer)).collect();
    let body = html! {
        div.bar {
            p.soft { "Partners create and sign in the clients of one organisation, with a key and a token." }
            div.actions {
                a.button.quiet href=(visit.at("/organisations")) { "Organisations" }
                (visit.link_to(Act::CreateConsumer, "/partners/new", "New partner"))
            }
        }
        @if found.is_empty() {
            (nothing("No partners", &html! { "There are no partners yet. Each belongs to an organisation." }))
        } @else {
            (table("Partners", ["Key", "Organisation", "State", "Token before", "Action"], rows))
            (next_page(next.as_deref()))
        }
    };
    Ok(Page::new("Partners", body).into())
}

fn row(visit: &Visit<'_>, consumer: &Consumer) -> [Markup; 5] {
    let organisation = &consumer.organisation;
    let at = |path: &str| with_query(path, &[("key", &consumer.key)]);
    let before = acts::consumer::previous_until(consumer, visit.now);
    [
        html! { span.strong { (chosen(&consumer.key)) } },
        html! { (chosen(&organisation.name)) " " a.soft href={ (visit.at("/accounts?realm=org:")) (organisation.id) } { "clients of " (organisation.id) } },
        condition(consumer.disabled),
        before.map_or_else(none, |at| html! { "accepted, ends " (until(at, visit.now)) }),
        html! {
            div.row {
                @if !consumer.disabled { (visit.link_to(Act::RotateConsumer, &at("/partners/rotate"), "Rotate token")) }
                @if consumer.disabled { (visit.link_to(Act::EnableConsumer, &at("/partners/enable"), "Enable")) }
                @else { (visit.link_to(Act::DisableConsumer, &at("/partners/disable"), "Disable")) }
            }
        },
    ]
}

/// The organisations, by their numbers.
pub(in crate::console) async fn organisations(visit: &Visit<'_>) -> Result<Acted, Trouble> {
    visit.only_read()?;
    let after = visit.query.number("after");
    let mut found = visit.stores().consumers.organisations(after, PAGE as u32 + 1).await?;
    let is_more = found.len() > PAGE;
    found.truncate(PAGE);
    let last = found.last().filter(|_| is_more);
    let next = last.map(|last| with_query(&visit.here(), &[("after", &last.id.to_string())]));
    let rows = found.iter().map(|one| organisation_row(visit, one)).collect();
    let body = html! {
        div.bar {
            p.soft { "The number of an organisation is what its partners send as " code { "organization_id" } "." }
            div.actions {
                a.button.quiet href=(visit.at("/partners")) { "Partners" }
                (visit.link_to(Act::PutOrganisation, "/organisations/new", "New organisation"))
            }
        }
        @if found.is_empty() {
            (nothing("No organisations", &html! { "There are no organisations yet." }))
        } @else {
            (table("Organisations", ["Number", "Name", "Subdomain", "Offset from UTC", "Action"], rows))
            (next_page(next.as_deref()))
        }
    };
    Ok(Page::new("Organisations", body).into())
}

fn organisation_row(visit: &Visit<'_>, one: &Organisation) -> [Markup; 5] {
    let id = one.id.to_string();
    [
        html! { span.number { (id) } },
        html! { a href={ (visit.at("/accounts?realm=org:")) (id) } { (chosen(&one.name)) } },
        chosen(&one.subdomain),
        html! { (one.utc_offset_seconds) " s" },
        visit.link_to(
            Act::PutOrganisation,
            &with_query("/organisations/put", &[("id", &id)]),
            "Change",
        ),
    ]
}
