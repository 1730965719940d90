//! `tessera consumer`.

mod list;
mod rotate;

use anyhow::Context;
use auth_core::{PlainToken, Timestamp};
use clap::{Args, Subcommand};
use consumer_auth::{ClientsOf, Consumer as StoredConsumer};
use serde_json::{Value, json};

use super::admin::Admin;
use super::confirmation::Confirmation;
use super::report::{Report, plain, time};
use super::token::revoke_clients;
use crate::acts::consumer::{self, TOKEN};
use crate::options::Common;

/// Consumers: partners who create and sign in the clients of one organisation.
#[derive(Debug, Args)]
pub struct Consumer {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    List(list::List),
    Put(Put),
    Rotate(rotate::Rotate),
    Show(Show),
    Disable(Disable),
    Enable(Enable),
}

/// Create a consumer, or replace its token and enable it. A generated token is shown only once.
#[derive(Debug, Args)]
struct Put {
    #[command(flatten)]
    key: Key,
    /// The organisation in which it can create clients.
    #[arg(long, value_name = "NUMBER")]
    organisation: i64,
    /// Read its token from standard input, instead of generating one.
    #[arg(long)]
    token_stdin: bool,
    #[command(flatten)]
    confirmation: Confirmation,
}

/// Show a consumer. Its token is not shown.
#[derive(Debug, Args)]
struct Show {
    #[command(flatten)]
    key: Key,
}

/// Disable a consumer from its next call on. The tokens of its clients stay active, unless --revoke-tokens is given.
#[derive(Debug, Args)]
struct Disable {
    #[command(flatten)]
    key: Key,
    /// For a stolen token: revoke all tokens of every client that it has vouched for. The other consumers of the
    /// organisation get new ones with their next call.
    #[arg(long)]
    revoke_tokens: bool,
    #[command(flatten)]
    confirmation: Confirmation,
}

/// Enable a consumer, with the token it had.
#[derive(Debug, Args)]
struct Enable {
    #[command(flatten)]
    key: Key,
}

#[derive(Debug, Args)]
struct Key {
    /// The consumer's key, a public name: 1 to 255 characters.
    #[arg(long, value_name = "KEY")]
    key: String,
}

impl Consumer {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        match self.action {
            Action::List(list) => list.run(common),
            Action::Put(put) => put.run(common),
            Action::Rotate(rotate) => rotate.run(common),
            Action::Show(show) => show.run(common),
            Action::Disable(disable) => disable.run(common),
            Action::Enable(action) => enable(common, &action.key),
        }
    }
}

impl Put {
    fn run(self, common: &Common) -> anyhow::Result<()> {
        let key = consumer::check_new_key(&self.key.key).context("--key")?;
        Admin::run(common, async |admin| {
            self.confirm(common, admin.stores().consumers.find(key).await?)?;
            let (digest, generated) = TOKEN.make(admin, self.token_stdin)?;
            consumer::put(&admin.stores(), key, &digest, self.organisation, admin.now()).await?;
            Ok(self.report(generated.as_ref().map(PlainToken::expose)))
        })
    }

    /// Asks before the token of a partner is replaced, who may be at work with it.
    fn confirm(&self, common: &Common, present: Option<StoredConsumer>) -> anyhow::Result<()> {
        let is_replaced =
            |consumer: &StoredConsumer| !consumer.disabled && consumer.organisation.id == self.organisation;
        let replaced = present.filter(is_replaced);
        match replaced {
            Some(_) => self.confirmation.ask(
                common,
                &format!(
                    "the consumer {} is there: its token is refused from now on. `tessera consumer rotate` accepts both for a while",
                    plain(&self.key.key)
                ),
            ),
            None => Ok(()),
        }
    }

    fn report(&self, token: Option<&str>) -> Report {
        let key = plain(&self.key.key);
        let head = format!(
            "consumer {key} can create clients in organisation {}",
            self.organisation
        );
        let text = match token {
            Some(token) => format!("{head}\nits token, shown only once: {token}"),
            None => format!("{head}, with the given token"),
        };
        let mut json = json!({ "key": self.key.key, "organisation": self.organisation });
        if let Some(token) = token {
            json["token"] = token.into();
        }
        Report::new(text, json)
    }
}

impl Show {
    fn run(self, common: &Common) -> anyhow::Result<()> {
        let key = self.key.check()?;
        Admin::run(common, async |admin| {
            let consumer = consumer::find(&admin.stores(), key).await?;
            let state = if consumer.disabled { "disabled" } else { "enabled" };
            let (id, name) = (consumer.organisation.id, plain(&consumer.organisation.name));
            let mut line = format!("consumer {} of organisation {id} ({name}) is {state}", plain(key));
            if let Some(until) = old_token_until(&consumer, admin.now()) {
                line += &format!("; the token before its last rotation is accepted until {until}");
            }
            Ok(Report::new(line, as_json(&consumer, admin.now())))
        })
    }
}

fn as_json(consumer: &StoredConsumer, now: Timestamp) -> Value {
    json!({
        "key": consumer.key,
        "organisation": consumer.organisation.id,
        "disabled": consumer.disabled,
        "previous_token_until": old_token_until(consumer, now),
    })
}

/// When the token before the last rotation ends, if it has not.
fn old_token_until(consumer: &StoredConsumer, now: Timestamp) -> Option<String> {
    consumer::previous_until(consumer, now).map(time)
}

impl Disable {
    fn run(self, common: &Common) -> anyhow::Result<()> {
        let key = self.key.check()?;
        if self.revoke_tokens {
            let what = format!("all tokens of every client of the consumer {} are revoked", plain(key));
            self.confirmation.ask(common, &what)?;
        }
        Admin::run(common, async |admin| {
            consumer::set_disabled(&admin.stores(), key, true).await?;
            let line = format!("consumer {} is disabled", plain(key));
            if !self.revoke_tokens {
                return Ok(Report::new(line, json!({ "key": key, "disabled": true })));
            }
            // It is disabled by now: no client is added to those that are listed.
            let clients = revoke_clients(admin, &ClientsOf::Consumer(key.to_owned())).await?;
            let line = format!("{line}; all tokens of its {clients} clients are revoked");
            Ok(Report::new(
                line,
                json!({ "key": key, "disabled": true, "clients": clients }),
            ))
        })
    }
}

fn enable(common: &Common, key: &Key) -> anyhow::Result<()> {
    let name = key.check()?;
    Admin::run(common, async |admin| {
        consumer::set_disabled(&admin.stores(), name, false).await?;
        let line = format!("consumer {} is enabled", plain(name));
        Ok(Report::new(line, json!({ "key": name, "disabled": false })))
    })
}

impl Key {
    /// The key, if a consumer can send it.
    fn check(&self) -> anyhow::Result<&str> {
        consumer::check_key(&self.key).context("--key")
    }
}
