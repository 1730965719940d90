//! What operators do with partners.

use anyhow::Context;
use auth_core::PlainToken;
use consumer_auth::Consumer;
use maud::{Markup, html};

use crate::acts::consumer::TOKEN;
use crate::acts::{self, Refusal};
use crate::console::acting::{Acted, Done, Question};
use crate::console::guard::Act;
use crate::console::html::{chosen, moment, text_field};
use crate::console::reply::{Page, Trouble};
use crate::console::visit::Visit;

/// Creates a partner.
pub(in crate::console) async fn create(visit: &Visit<'_>) -> Result<Acted, Trouble> {
    let question = Question {
        act: Act::CreateConsumer,
        title: "New partner".into(),
        about: html! { p { "Its token is made here, and shown once." } },
        fields: html! {
            (text_field("key", "Key", visit.typed("key"), "A public name, 1 to 255 characters, that the partner sends."))
            (text_field("organisation", "Number of its organisation", &visit.asked("organisation"), "In which it creates clients."))
        },
        button: "Create",
        back: visit.at("/partners"),
    };
    visit
        .act(question, async || {
            let form = visit.form.as_ref().context("a form was sent")?;
            let key = acts::consumer::check_new_key(form.text("key"))?;
            let organisation = form.number("organisation");
            let organisation =
                organisation.ok_or_else(|| Refusal::new("the number of the organisation is no number"))?;
            let token = TOKEN.generated(&*visit.console.server.entropy)?;
            acts::consumer::create(visit.stores(), key, &token.digest(), organisation, visit.now).await?;
            let about = html! { p { "The partner " span.strong { (chosen(key)) } " is created." } };
            Ok(Done::Shown(shown_once(visit, "New partner", &about, &token)))
        })
        .await
}

/// Gives a partner another token; the one before is accepted for a while.
pub(in crate::console) async fn rotate(visit: &Visit<'_>) -> Result<Acted, Trouble> {
    let consumer = consumer(visit).await?;
    let overlap = match visit.typed("overlap") {
        "" => "24h",
        typed => typed,
    };
    let question = Question {
        about: html! {
            p { "The partner " (named(&consumer)) " gets another token, which is shown once. Both are accepted until the time is over, so \
                that no call fails." }
            p { "For a stolen token: " code { "tessera consumer disable --revoke-tokens" } ", then " code { "tessera consumer put" } "." }
        },
        fields: html! {
            (hidden_key(&consumer))
            (text_field("overlap", "For how long both are accepted", overlap, "Such as 30m, 24h or 7d; 90d at most."))
        },
        ..question(visit, Act::RotateConsumer, &consumer, "Rotate token")
    };
    visit
        .act(question, async || {
            let overlap = acts::consumer::overlap(overlap)?;
            let token = TOKEN.generated(&*visit.console.server.entropy)?;
            let rotation =
                acts::consumer::rotate(visit.stores(), &consumer, token.digest(), overlap, visit.now).await?;
            let about = html! {
                p { "The partner " (named(&consumer)) " has a new token. The one before is accepted until "
                    (moment(rotation.previous_until)) " UTC." }
            };
            Ok(Done::Shown(shown_once(visit, "New token", &about, &token)))
        })
        .await
}

/// Disables a partner.
pub(in crate::console) async fn disable(visit: &Visit<'_>) -> Result<Acted, Trouble> {
    let consumer = consumer(visit).await?;
    let question = Question {
        about: html! {
            p { "The calls of " (named(&consumer)) " are refused from now on. The tokens of its clients stay active; "
                code { "tessera consumer disable --revoke-tokens" } " revokes them, too." }
        },
        fields: hidden_key(&consumer),
        ..question(visit, Act::DisableConsumer, &consumer, "Disable")
    };
    visit
        .act(question, async || set_disabled(visit, &consumer, true).await)
        .await
}

/// Enables a partner.
pub(in crate::console) async fn enable(visit: &Visit<'_>) -> Result<Acted, Trouble> {
    let consumer = consumer(visit).await?;
    let question = Question {
        about: html! { p { (named(&consumer)) " is accepted again, with the token it had." } },
        fields: hidden_key(&consumer),
        ..question(visit, Act::EnableConsumer, &consumer, "Enable")
    };
    visit
        .act(question, async || set_disabled(visit, &consumer, false).await)
        .await
}

async fn set_disabled(visit: &Visit<'_>, consumer: &Consumer, disabled: bool) -> anyhow::Result<Done> {
    acts::consumer::set_disabled(visit.stores(), &consumer.key, disabled).await?;
    Ok(Done::Back)
}

/// The partner that the address or the form names.
async fn consumer(visit: &Visit<'_>) -> Result<Consumer, Trouble> {
    // As it is stored: versions before took keys with spaces around them.
    let key = visit.form.as_ref().unwrap_or(&visit.query).text("key");
    let found = visit.stores().consumers.find(key).await?;
    found.ok_or(Trouble::NotFound)
}

fn question(visit: &Visit<'_>, act: Act, consumer: &Consumer, verb: &'static str) -> Question {
    Question {
        act,
        title: format!("{verb}: partner {}", crate::commands::plain_text(&consumer.key)),
        about: html! {},
        fields: html! {},
        button: verb,
        back: visit.at("/partners"),
    }
}

fn hidden_key(consumer: &Consumer) -> Markup {
    html! { input type="hidden" name="key" value=(consumer.key); }
}

fn named(consumer: &Consumer) -> Markup {
    html! { span.strong { (chosen(&consumer.key)) } " of " (chosen(&consumer.organisation.name)) }
}

/// A page with a secret. No browser or proxy stores it, and no other page has it.
fn shown_once(visit: &Visit<'_>, title: &str, about: &Markup, token: &PlainToken) -> Page {
    Page::new(
        title,
        html! {
            (about)
            p #secret-label { "Its token. It is shown this once; the server keeps a digest only." }
            code.secret aria-labelledby="secret-label" role="textbox" aria-readonly="true" tabindex="0" { (token.expose()) }
            p.buttons { a.button href=(visit.at("/partners")) { "Done" } }
        },
    )
}
