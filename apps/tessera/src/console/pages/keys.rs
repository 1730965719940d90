//! Signing keys, with their life as a timeline.

use keystore::{KeyState, ListedKey};
use maud::{Markup, html};

use super::timeline;
use crate::acts;
use crate::acts::key::{SigningFlavour, state_word};
use crate::console::acting::{Acted, Done, Question};
use crate::console::guard::Act;
use crate::console::html::{moment, none, nothing, state, table, text_field, with_query};
use crate::console::reply::{Page, Trouble, trouble};
use crate::console::visit::Visit;

/// The keys of every purpose.
pub(in crate::console) async fn list(visit: &Visit<'_>) -> Result<Acted, Trouble> {
    visit.only_read()?;
    let keys = ListedKey::all(visit.stores().keys.keys().await?, visit.now);
    let signing = signing(visit)?;
    let groups = keys.chunk_by(|one, next| one.key.purpose == next.key.purpose);
    let body = html! {
        p.soft { "A key is published before it signs, and verifies until the last token that it signed has ended. Accepted \
            keys are another system's, and only verify." }
        @if keys.is_empty() {
            (nothing("No keys", &html! { "No flavour signs its tokens." }))
        }
        @for group in groups { (section(visit, &signing, group)) }
    };
    Ok(Page::new("Keys", body).into())
}

fn section(visit: &Visit<'_>, signing: &[SigningFlavour<'_>], keys: &[ListedKey]) -> Markup {
    let Some(first) = keys.first() else {
        return html! {};
    };
    let purpose = &first.key.purpose;
    let used = signing.iter().find(|signing| signing.purpose == *purpose);
    let id = format!("keys-{}-{}", purpose.flavour(), purpose.algorithm()).replace('.', "-");
    let rows = keys.iter().map(|listed| row(visit, listed)).collect();
    html! {
        section aria-labelledby=(id) {
            div.bar.heading {
                h2 id=(id) { (purpose.flavour()) " " span.soft { (purpose.algorithm()) } }
                @if let Some(used) = used {
                    (visit.link_to(Act::RotateKey, &with_query("/keys/rotate", &[("flavour", used.name)]), "Rotate"))
                }
            }
            (timeline::of(keys, visit.now))
            (table(&format!("Keys of {}", purpose.flavour()), ["Name", "State", "Created", "Signs from", "Retires", "Action"], rows))
        }
    }
}

fn row(visit: &Visit<'_>, ListedKey { key, state: now }: &ListedKey) -> [Markup; 6] {
    let kind = match now {
        KeyState::Current => "good",
        KeyState::Next => "note",
        KeyState::Overlapping | KeyState::Retired => "plain",
    };
    let may_retire = *now == KeyState::Overlapping;
    [
        html! { code { (key.name) } },
        state(state_word(key, *now), kind),
        moment(key.created_at),
        moment(key.activates_at),
        match key.retires_at {
            Some(_) if key.is_revoked() => html! { "revoked" },
            Some(at) => moment(at),
            None => none(),
        },
        html! {
            @if may_retire {
                (visit.link_to(Act::RetireKey, &with_query("/keys/retire", &[("kid", &key.name)]), "Retire now"))
            }
        },
    ]
}

/// Makes the next key of a flavour.
pub(in crate::console) async fn rotate(visit: &Visit<'_>) -> Result<Acted, Trouble> {
    let (name, signing) = (visit.asked("flavour"), signing(visit)?);
    let found = signing
        .iter()
        .find(|signing| signing.name == name)
        .ok_or(Trouble::NotFound)?;
    let question = Question {
        act: Act::RotateKey,
        title: format!("Rotate: keys of {name}"),
        about: html! {
            p { "A new key is made and published, and signs when services have had the time to read it. The old keys verify until the last \
                token that they signed has ended: no token fails." }
            p { "For a stolen key: " code { "tessera key rotate --emergency" } ", which refuses every token that it signed." }
        },
        fields: html! { input type="hidden" name="flavour" value=(name); },
        button: "Rotate",
        back: visit.at("/keys"),
    };
    visit
        .act(question, async || {
            let key = found.format.generate()?;
            acts::key::rotate(&visit.console.keyring, found, &key, None).await?;
            visit.console.keyring.reload().await?;
            Ok(Done::Back)
        })
        .await
}

/// Retires a key at once that another has replaced.
pub(in crate::console) async fn retire(visit: &Visit<'_>) -> Result<Acted, Trouble> {
    let kid = visit.asked("kid");
    let question = Question {
        act: Act::RetireKey,
        title: format!("Retire now: key {}", crate::commands::plain_text(&kid)),
        about: html! {
            p { "Every token that this key has signed is refused from now on, on every node within a second. Without this, the key retires by \
                itself when the last of them has ended." }
        },
        fields: html! { (text_field("kid", "Name of the key", &kid, "")) },
        button: "Retire now",
        back: visit.at("/keys"),
    };
    visit
        .act(question, async || {
            let signing = signing_flavours(visit)?;
            acts::key::retire(&visit.console.keyring, &signing, visit.typed("kid").trim(), true).await?;
            visit.console.keyring.reload().await?;
            Ok(Done::Back)
        })
        .await
}

fn signing<'a>(visit: &'a Visit<'_>) -> Result<Vec<SigningFlavour<'a>>, Trouble> {
    signing_flavours(visit).map_err(|error| trouble(&error))
}

fn signing_flavours<'a>(visit: &'a Visit<'_>) -> anyhow::Result<Vec<SigningFlavour<'a>>> {
    SigningFlavour::all(&visit.console.flavours, &visit.console.forward_auth)
}
