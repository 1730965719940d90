//! `tessera key accept`.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use serde_json::json;
use token_jwt::Algorithm;

use super::signing_flavour::open_keyring;
use crate::accepted::{self, Demands, TokenKind};
use crate::acts::key;
use crate::commands::admin::Admin;
use crate::commands::report::{Report, time};
use crate::commands::{imported_flavour, input};
use crate::config::Span;
use crate::options::Common;

/// Accept the JWTs that SimpleJWT (Django REST framework) has signed, for people who were imported. Each is accepted until it
/// expires, and none after --for. Nothing is signed with the key here; it is stored encrypted under the master key.
#[derive(Debug, Args)]
pub struct Accept {
    /// The flavour that accepts them. It needs the setting `imported_tokens`; its realm has the people.
    #[arg(long, value_name = "NAME")]
    flavour: String,
    /// The file with the key: the bytes of the shared secret (Django's SIGNING_KEY, which is SECRET_KEY unless it is set), or
    /// the public key as PEM (VERIFYING_KEY). One end of a line at the end is no part of a secret [default: standard input]
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// The algorithm (ALGORITHM).
    #[arg(long, value_name = "NAME", default_value = "HS256", value_parser = algorithm)]
    algorithm: Algorithm,
    /// For how long the key is accepted. Run it again to extend that.
    #[arg(long = "for", value_name = "SPAN", default_value = "30d", value_parser = span)]
    span: Span,
    /// The longest life of a token (ACCESS_TOKEN_LIFETIME). One that says more is refused.
    #[arg(long, value_name = "SPAN", default_value = "1d", value_parser = span)]
    longest_life: Span,
    /// The kinds of tokens that the other system accepts with requests (AUTH_TOKEN_CLASSES). A refresh token is never accepted. A sliding
    /// token is, until it ends, also if it was blacklisted there.
    #[arg(
        long,
        value_name = "KINDS",
        value_enum,
        value_delimiter = ',',
        default_value = "access"
    )]
    token_type: Vec<TokenKind>,
    /// The claim with the owner's key in the other system (USER_ID_CLAIM).
    #[arg(long, value_name = "CLAIM", default_value = "user_id", value_parser = NonEmptyStringValueParser::new())]
    owner_claim: String,
    /// What the claim `iss` has to be (ISSUER).
    #[arg(long, value_name = "TEXT", value_parser = NonEmptyStringValueParser::new())]
    issuer: Option<String>,
    /// What the claim `aud` has to be, or to have (AUDIENCE). Without it a token with this claim is refused.
    #[arg(long, value_name = "TEXT", value_parser = NonEmptyStringValueParser::new())]
    audience: Option<String>,
}

impl Accept {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        Admin::run(common, async |admin| {
            imported_flavour::realm_of(&admin.config, &self.flavour)?;
            let keyring = open_keyring(admin).await?;
            let until = admin.now().plus(self.span.0);
            let end = time(until);
            let day = end.split('T').next().context("a moment has a day")?;
            let bytes = input::bytes("--file", self.file.as_deref(), "the key")?;
            let key = accepted::read(self.algorithm, &bytes, &self.demands(), day, keyring.namer())?;
            let key = key::accept(&keyring, &self.flavour, &key, until).await?;
            let (flavour, kid) = (&self.flavour, &key.name);
            let line = format!("{flavour} accepts what this key has signed until {end}: {kid}");
            let json = json!({ "flavour": flavour, "kid": kid, "algorithm": self.algorithm.name(), "until": end });
            Ok(Report::new(line, json))
        })
    }

    fn demands(&self) -> Demands {
        Demands {
            owner_claim: self.owner_claim.clone(),
            issuer: self.issuer.clone(),
            audience: self.audience.clone(),
            longest_life_s: self.longest_life.0.as_secs(),
            kinds: self.token_type.clone(),
        }
    }
}

fn algorithm(name: &str) -> anyhow::Result<Algorithm> {
    let names: Vec<&str> = Algorithm::ALL.iter().map(|algorithm| algorithm.name()).collect();
    Algorithm::from_name(name).with_context(|| format!("allowed are {}", names.join(", ")))
}

fn span(text: &str) -> anyhow::Result<Span> {
    let span = Span::argument(text)?;
    match (Span::seconds(60)..=Span::days(365)).contains(&span) {
        true => Ok(span),
        false => bail!("allowed is 1m to 365d"),
    }
}
