//! `tessera data copy`.

use anyhow::{Context, bail};
use auth_core::AuditEvent;
use clap::Args;
use store_diesel::transfer::{self, HeldDatabase, TransferDatabase};

use super::ends::{End, TARGET};
use super::finish::{finish, key_of, moved, opened};
use super::progress::Bar;
use crate::commands::report::Report;
use crate::config::Config;
use crate::keys::{CHECK, RootFacts, SEALS};
use crate::options::Common;

/// Copy everything from one database into another, empty one; SQLite or PostgreSQL, either way. Stop the servers of the source
/// first: it is held until the copy is complete. Interrupted, run it again: it goes on where it stopped. Every token, session
/// and key works with the target and the same master key.
#[derive(Debug, Args)]
pub struct Copy {
    /// The source: a URL, or a settings file that has it as database_url [default: the configured database]
    #[arg(long, value_name = "DATABASE")]
    from: Option<String>,
    /// The target, the same way: made by `tessera migrate`, and empty [default: the URL in TESSERA_COPY_TO]
    #[arg(long, value_name = "DATABASE")]
    to: Option<String>,
}

impl Copy {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        let config = common.load_config()?;
        let (source, target) = self.ends(&config)?;
        super::run(common, async || copy(common, &config, &source, &target).await)
    }

    fn ends(&self, config: &Config) -> anyhow::Result<(End, End)> {
        let source = match &self.from {
            Some(text) => End::given(text, config).context("--from")?,
            None => End::configured(config),
        };
        let target = match (&self.to, std::env::var(TARGET)) {
            (Some(text), _) => End::given(text, config).context("--to")?,
            (None, Ok(text)) => End::given(&text, config).context(TARGET)?,
            (None, Err(_)) => bail!("no target: name it with --to, or put its URL into {TARGET}"),
        };
        let (source, target) = (source.exists().context("--from")?, target.exists().context("--to")?);
        match source.is(&target) {
            true => bail!("--from and --to are the same database"),
            false => Ok((source, target)),
        }
    }
}

async fn copy(common: &Common, config: &Config, from: &End, to: &End) -> anyhow::Result<Report> {
    let source = opened(TransferDatabase::open_source(&from.url).await, "the source", from)?;
    let target = opened(TransferDatabase::open_target(&to.url).await, "the target", to)?;
    let mut source = HeldDatabase::hold(source).await?;
    let facts = RootFacts {
        check: source.fact(CHECK).await?,
        seals: source.fact(SEALS).await?,
    };
    let key = key_of(&facts, &from.master_key(config))?;
    let mut bar = Bar::new("copied");
    let transferred = transfer::copy(&mut source, &target, &mut |progress| bar.show(progress)).await?;
    bar.finish();
    source.release().await?;
    finish(common, &target, key.as_ref(), AuditEvent::DataCopied, &from.shown()).await?;
    Ok(moved(
        &transferred,
        &format!("copied from {} to {}", from.shown(), to.shown()),
    ))
}
