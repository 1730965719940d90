//! `tessera consumer`.

use anyhow::{Context, bail};
use auth_core::{Entropy, PlainToken, TokenDigest, random_bytes};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::{Args, Subcommand};
use consumer_auth::Consumer as StoredConsumer;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use zeroize::Zeroizing;

use super::admin::Admin;
use super::input;
use super::report::{Report, plain};
use crate::options::Common;

/// The start of every generated token, so that a scanner for leaked secrets recognises it.
const PREFIX: &str = "tsr_c_";

/// The shortest token that a partner may choose, in characters.
const MIN_LENGTH: usize = 16;

/// Consumers: partners who create and sign in the clients of one organisation.
#[derive(Debug, Args)]
pub struct Consumer {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Put(Put),
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

/// Disable a consumer from its next call on. The tokens of its clients stay active.
#[derive(Debug, Args)]
struct Disable {
    #[command(flatten)]
    key: Key,
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
            Action::Put(put) => put.run(common),
            Action::Show(show) => show.run(common),
            Action::Disable(action) => set_disabled(common, &action.key, true),
            Action::Enable(action) => set_disabled(common, &action.key, false),
        }
    }
}

impl Put {
    fn run(self, common: &Common) -> anyhow::Result<()> {
        let key = self.key.check()?;
        Admin::run(common, async |admin| {
            let (digest, generated) = match self.token_stdin {
                true => (TokenDigest::of(given_token()?.expose_secret().as_bytes()), None),
                false => {
                    let token = new_token(&*admin.entropy())?;
                    (token.digest(), Some(token))
                }
            };
            if !admin
                .consumers()
                .put_consumer(key, &digest, self.organisation, admin.now())
                .await?
            {
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
            let StoredConsumer {
                disabled, organisation, ..
            } = consumer;
            let state = if disabled { "disabled" } else { "enabled" };
            let (id, name) = (organisation.id, plain(&organisation.name));
            let line = format!("consumer {} of organisation {id} ({name}) is {state}", plain(key));
            Ok(Report::new(
                line,
                json!({ "key": key, "organisation": id, "disabled": disabled }),
            ))
        })
    }
}

fn set_disabled(common: &Common, key: &Key, disabled: bool) -> anyhow::Result<()> {
    let name = key.check()?;
    Admin::run(common, async |admin| {
        if !admin.consumers().set_consumer_disabled(name, disabled).await? {
            bail!("{}", key.unknown());
        }
        let state = if disabled { "disabled" } else { "enabled" };
        let line = format!("consumer {} is {state}", plain(name));
        Ok(Report::new(line, json!({ "key": name, "disabled": disabled })))
    })
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

/// A token of 256 random bits.
fn new_token(entropy: &dyn Entropy) -> anyhow::Result<PlainToken> {
    let bytes = Zeroizing::new(random_bytes::<32>(entropy)?);
    Ok(PlainToken::new(format!(
        "{PREFIX}{}",
        URL_SAFE_NO_PAD.encode(bytes.as_slice())
    )))
}

/// A token that the partner chose, from standard input.
fn given_token() -> anyhow::Result<SecretString> {
    let token = input::line("the token")?;
    let text = token.expose_secret();
    if text.chars().count() < MIN_LENGTH || text.trim() != text || text.chars().any(char::is_control) {
        bail!(
            "the token on standard input is refused: a token has at least {MIN_LENGTH} characters, no control \
               characters, and no space at its ends"
        );
    }
    Ok(token)
}
