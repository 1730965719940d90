//! `tessera consumer`.

mod list;
mod rotate;

use anyhow::{Context, bail};
use auth_core::{PlainToken, Timestamp};
use clap::{Args, Subcommand};
use consumer_auth::{ClientsOf, Consumer as StoredConsumer};
use serde_json::{Value, json};

use super::admin::Admin;
use super::caller_secret::SecretKind;
use super::patience::patiently;
use super::report::{Report, plain, time};
use super::token::revoke_clients;
use crate::options::Common;

pub(in crate::commands) use rotate::overlap;

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
}

/// Enable a consumer, with the token it had.
#[derive(Debug, Args)]
struct Enable {
    #[command(flatten)]
    key: Key,
}

/// The tokens of consumers.
const TOKEN: SecretKind = SecretKind {
    prefix: "tsr_c_",
    noun: "token",
};

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
        let key = self.key.check()?;
        Admin::run(common, async |admin| {
            let (digest, generated) = TOKEN.make(admin, self.token_stdin)?;
            let consumers = admin.consumers();
            let put = async || {
                consumers
                    .put_consumer(key, &digest, self.organisation, admin.now())
                    .await
            };
            if !patiently(put).await? {
                bail!("{}", self.refusal(admin).await?);
            }
            Ok(self.report(generated.as_ref().map(PlainToken::expose)))
        })
    }

    async fn refusal(&self, admin: &Admin) -> anyhow::Result<String> {
        let (key, wanted) = (&self.key.key, self.organisation);
        Ok(match admin.consumers().find(key).await? {
            Some(consumer) if consumer.organisation.id != wanted => {
                let owner = consumer.organisation.id;
                format!(
                    "the key {key:?} belongs to a consumer of organisation {owner}: choose another key for organisation {wanted}"
                )
            }
            _ => format!("there is no organisation {wanted}: create it with `tessera organisation put --id {wanted}`"),
        })
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
            let consumer = admin.consumers().find(key).await?.with_context(|| self.key.unknown())?;
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
    let previous = consumer.previous.filter(|previous| now < previous.until);
    previous.map(|previous| time(previous.until))
}

impl Disable {
    fn run(self, common: &Common) -> anyhow::Result<()> {
        let key = self.key.check()?;
        Admin::run(common, async |admin| {
            set_disabled(admin, &self.key, true).await?;
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
        set_disabled(admin, key, false).await?;
        let line = format!("consumer {} is enabled", plain(name));
        Ok(Report::new(line, json!({ "key": name, "disabled": false })))
    })
}

async fn set_disabled(admin: &Admin, key: &Key, disabled: bool) -> anyhow::Result<()> {
    let set = async || admin.consumers().set_consumer_disabled(&key.key, disabled).await;
    match patiently(set).await? {
        true => Ok(()),
        false => bail!("{}", key.unknown()),
    }
}

impl Key {
    /// The key, if a consumer can send it.
    fn check(&self) -> anyhow::Result<&str> {
        let key = &self.key;
        let length = key.chars().count();
        if key.trim().is_empty() || length > 255 || key.chars().any(char::is_control) {
            bail!("--key {key:?}: a key is 1 to 255 characters, not blank, without control characters");
        }
        Ok(key)
    }

    fn unknown(&self) -> String {
        format!(
            "there is no consumer with the key {:?}: create it with `tessera consumer put`",
            self.key
        )
    }
}
