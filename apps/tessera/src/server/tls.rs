//! TLS of the server's own listener: the certificate, and its replacement while the server runs.

mod files;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustls::ServerConfig;
use tokio_rustls::TlsAcceptor;

use crate::config::TlsFiles;

pub(crate) use files::TlsError;
use files::{Material, server_config};

/// The certificate in use. New connections get the newest one that was good; those that are open keep theirs.
pub(crate) struct Tls {
    files: TlsFiles,
    state: Mutex<State>,
}

struct State {
    material: Material,
    config: Arc<ServerConfig>,
    not_after: i64,
    failures: u64,
}

/// What a look at the files has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reload {
    /// They are those in use.
    Same,
    /// A new certificate is in use, until this moment in seconds since 1970.
    Replaced { not_after: i64 },
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// One sentence: which file, what is wrong, what to do.
    pub(crate) fn load(files: TlsFiles) -> Result<Self, TlsError> {
        let material = Material::read(&files)?;
        let (config, not_after) = server_config(&files, &material)?;
        let state = State {
            material,
            config,
            not_after,
            failures: 0,
        };
        Ok(Self {
            files,
            state: Mutex::new(state),
        })
    }

    /// Reads the files again, and takes what is new and good. What is not good changes nothing.
    ///
    /// # Errors
    /// As for [`load`](Self::load). The certificate before stays in use.
    pub(crate) fn reload(&self) -> Result<Reload, TlsError> {
        let outcome = self.read_anew();
        if outcome.is_err() {
            self.state().failures += 1;
        }
        outcome
    }

    fn read_anew(&self) -> Result<Reload, TlsError> {
        let material = Material::read(&self.files)?;
        if material == self.state().material {
            return Ok(Reload::Same);
        }
        let (config, not_after) = server_config(&self.files, &material)?;
        let mut state = self.state();
        (state.material, state.config, state.not_after) = (material, config, not_after);
        Ok(Reload::Replaced { not_after })
    }

    /// For a new connection.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        self.state().config.clone().into()
    }

    /// When the certificate in use ends, in seconds since 1970.
    pub(crate) fn not_after(&self) -> i64 {
        self.state().not_after
    }

    /// How often the files were read anew and were not good.
    pub(crate) fn failures(&self) -> u64 {
        self.state().failures
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Tls {
    /// Without the private key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls")
            .field("files", &self.files)
            .finish_non_exhaustive()
    }
}
