//! Logging: one line for each record on standard error, control characters escaped, no secret in any field.

use tracing_subscriber::EnvFilter;

/// Starts logging. `TESSERA_LOG` selects what is logged, in the syntax of `tracing` (`info`, `tessera=debug`).
pub(crate) fn start() -> anyhow::Result<()> {
    let wanted = std::env::var("TESSERA_LOG").unwrap_or_else(|_| "info".into());
    let filter = EnvFilter::try_new(&wanted)
        .map_err(|error| anyhow::anyhow!("TESSERA_LOG = {wanted}: {error}; allowed is a level, such as info"))?;
    let started = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false);
    started
        .try_init()
        .map_err(|error| anyhow::anyhow!("logging cannot start: {error}"))
}
