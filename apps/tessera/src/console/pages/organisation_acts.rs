//! What operators do with organisations.

use anyhow::Context;
use consumer_auth::Organisation;
use maud::{Markup, html};

use crate::acts::{self, Refusal};
use crate::console::acting::{Acted, Done, Question};
use crate::console::guard::Act;
use crate::console::html::text_field;
use crate::console::reply::Trouble;
use crate::console::visit::Visit;

/// Creates an organisation. One that is there is not changed.
pub(in crate::console) async fn create(visit: &Visit<'_>) -> Result<Acted, Trouble> {
    let question = Question {
        act: Act::PutOrganisation,
        title: "New organisation".into(),
        about: html! { p { "Its partners create clients in it." } },
        fields: html! {
            (text_field("id", "Number", &visit.asked("id"), "What its partners send as organization_id."))
            (fields(visit, None))
        },
        button: "Create",
        back: visit.at("/organisations"),
    };
    visit
        .act(question, async || {
            acts::organisation::create(visit.stores(), &typed(visit)?).await?;
            Ok(Done::Back)
        })
        .await
}

/// Changes an organisation.
pub(in crate::console) async fn change(visit: &Visit<'_>) -> Result<Acted, Trouble> {
    let id = visit.asked("id").parse().map_err(|_| Trouble::NotFound)?;
    let stored = acts::organisation::find(visit.stores(), id)
        .await?
        .ok_or(Trouble::NotFound)?;
    let question = Question {
        act: Act::PutOrganisation,
        title: format!("Organisation {}", stored.id),
        about: html! { p { "Its clients read the name, the subdomain and the offset with their next token." } },
        fields: html! {
            input type="hidden" name="id" value=(stored.id);
            (fields(visit, Some(&stored)))
        },
        button: "Save",
        back: visit.at("/organisations"),
    };
    visit.act(question, async || put(visit, &typed(visit)?).await).await
}

async fn put(visit: &Visit<'_>, organisation: &Organisation) -> anyhow::Result<Done> {
    acts::organisation::put(visit.stores(), organisation).await?;
    Ok(Done::Back)
}

/// What is stored, or what was typed since.
fn fields(visit: &Visit<'_>, stored: Option<&Organisation>) -> Markup {
    let value = |name: &str, stored: Option<String>| match visit.form {
        Some(_) => visit.typed(name).to_owned(),
        None => stored.unwrap_or_default(),
    };
    let name = value("name", stored.map(|one| one.name.clone()));
    let subdomain = value("subdomain", stored.map(|one| one.subdomain.clone()));
    let offset = value("offset", stored.map(|one| one.utc_offset_seconds.to_string()));
    html! {
        (text_field("name", "Name", &name, ""))
        (text_field("subdomain", "Subdomain", &subdomain, "a-z 0-9 and -."))
        (text_field("offset", "Offset from UTC in seconds", &offset, "Negative to the west."))
    }
}

/// The organisation of the form.
fn typed(visit: &Visit<'_>) -> anyhow::Result<Organisation> {
    let form = visit.form.as_ref().context("a form was sent")?;
    let id = form.number("id").filter(|id| *id > 0);
    let offset = form.number("offset").and_then(|offset| i32::try_from(offset).ok());
    Ok(Organisation {
        id: id.ok_or_else(|| Refusal::new("The number is a whole number from 1 on."))?,
        name: form.text("name").to_owned(),
        subdomain: form.text("subdomain").to_owned(),
        utc_offset_seconds: offset
            .filter(|offset| (-64_800..=64_800).contains(offset))
            .ok_or_else(|| Refusal::new("The offset is -64800 to 64800 seconds."))?,
    })
}
