//! `tessera token list`.

use auth_core::{Account, Timestamp, TokenId, TokenSummary};
use clap::Args;
use serde_json::{Value, json};

use super::Owner;
use crate::commands::account::describe;
use crate::commands::admin::Admin;
use crate::commands::report::{Report, plain, table, time};
use crate::options::Common;

/// List an account's active tokens and sessions, newest first. Secrets are not shown.
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    owner: Owner,
    /// The most tokens to list.
    #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
    /// List only tokens before this one: the last number of the previous page.
    #[arg(long, value_name = "NUMBER")]
    before: Option<i64>,
}

impl List {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        Admin::run(common, async |admin| {
            let account = self.owner.find(admin).await?;
            let before = self.before.map(TokenId);
            // One more than is shown: it says whether there is a next page.
            let mut tokens = admin
                .token_admin()
                .tokens_of(account.subject, before, self.limit + 1)
                .await?;
            let more = tokens.len() > self.limit as usize;
            tokens.truncate(self.limit as usize);
            let next = tokens.last().filter(|_| more).map(|token| token.id);
            Ok(report(&account, &tokens, next, admin.now()))
        })
    }
}

fn report(account: &Account, tokens: &[TokenSummary], next: Option<TokenId>, now: Timestamp) -> Report {
    let rows: Vec<_> = tokens.iter().map(|token| row(token, now)).collect();
    let mut text = match tokens.is_empty() {
        true => format!("account {} has no active tokens", describe(account)),
        false => table(["id", "flavour", "issued", "expires", "last used", "label"], &rows),
    };
    if let Some(next) = next {
        text.push_str(&format!("\nthere are more: use --before {next}"));
    }
    let tokens: Vec<_> = tokens.iter().map(json).collect();
    let json = json!({
        "account": account.subject.0,
        "tokens": tokens,
        "next": next.map(|next| next.0),
    });
    Report::new(text, json)
}

fn row(token: &TokenSummary, now: Timestamp) -> [String; 6] {
    let expires = match token.expires_at {
        None => "when revoked".into(),
        Some(end) if end <= now => format!("{} (expired)", time(end)),
        Some(end) => time(end),
    };
    [
        token.id.to_string(),
        token.flavour.to_string(),
        time(token.issued_at),
        expires,
        token.last_used_at.map_or("-".into(), time),
        token.label.as_deref().map_or("-".into(), plain),
    ]
}

fn json(token: &TokenSummary) -> Value {
    json!({
        "id": token.id.0,
        "flavour": &*token.flavour,
        "label": token.label,
        "issued_at": time(token.issued_at),
        "expires_at": token.expires_at.map(time),
        "last_used_at": token.last_used_at.map(time),
    })
}
