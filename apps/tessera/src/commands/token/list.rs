//! `tessera token list`.

use auth_core::{Account, Timestamp, TokenId, TokenSummary};
use clap::Args;
use serde_json::{Value, json};

use super::Owner;
use crate::commands::account::describe;
use crate::commands::admin::Admin;
use crate::commands::page::Limit;
use crate::commands::report::{Report, plain, time};
use crate::commands::table::table;
use crate::options::Common;

/// List an account's active tokens and sessions, newest first. Secrets are not shown.
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    owner: Owner,
    #[command(flatten)]
    limit: Limit,
    /// List only tokens before this one: the last number of the previous page.
    #[arg(long, value_name = "NUMBER")]
    before: Option<i64>,
}

impl List {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        Admin::run(common, async |admin| {
            let account = self.owner.find(admin).await?;
            let before = self.before.map(TokenId);
            let store = admin.token_admin();
            let tokens = store.tokens_of(account.subject, before, self.limit.and_one()).await?;
            let (tokens, more) = self.limit.page(tokens);
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
