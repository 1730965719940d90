//! How many connections fit into the number of files that the process may open.

use anyhow::bail;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::config::HttpSettings;

/// Connections where the settings have no number and the process may open enough files.
const DEFAULT: usize = 16_384;

/// Files for the database, the listener, the log, and what else the server needs.
const RESERVED: usize = 96;

/// Files for each worker: its event queues, and connections that it accepts in order to refuse them.
const RESERVED_PER_WORKER: usize = 8 + REFUSABLE_PER_WORKER;

/// How many connections a worker may hold that have no place and are about to be closed.
pub(super) const REFUSABLE_PER_WORKER: usize = 8;

/// With fewer connections a server is of no use.
const LEAST: usize = 16;

/// How many connections there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Capacity {
    /// In all.
    pub(super) connections: usize,
    /// From one source that is no trusted proxy.
    pub(super) of_one_source: usize,
}

impl Capacity {
    /// Raises the process's soft limit of open files to its hard limit, and plans within it.
    ///
    /// # Errors
    /// One sentence, if the settings do not fit: what, how many fit, what to do.
    pub(crate) fn plan(settings: &HttpSettings) -> anyhow::Result<Self> {
        Self::within(settings, open_files())
    }

    fn within(settings: &HttpSettings, files: Option<usize>) -> anyhow::Result<Self> {
        let reserved = RESERVED + RESERVED_PER_WORKER * workers(settings);
        let room = files.map_or(usize::MAX, |files| files.saturating_sub(reserved));
        let raise = "raise the limit (LimitNOFILE= of a systemd unit, `ulimit -n` in a shell)";
        let connections = match settings.connections {
            0 => room.min(DEFAULT),
            wanted => wanted,
        };
        if room < LEAST {
            bail!(
                "this process may open {} files at once, and the server needs {}: {raise}",
                files.unwrap_or_default(),
                reserved + LEAST
            );
        }
        if connections > room {
            bail!(
                "http.connections = {connections}: this process may open {} files at once, of which the server needs \
                 {reserved} for itself: {raise}, or set at most {room}",
                files.unwrap_or_default()
            );
        }
        let of_one_source = match settings.connections_per_source {
            0 => connections.div_ceil(4),
            wanted => wanted.min(connections),
        };
        Ok(Self {
            connections,
            of_one_source,
        })
    }
}

/// How many threads answer requests.
pub(super) fn workers(settings: &HttpSettings) -> usize {
    match settings.workers {
        0 => std::thread::available_parallelism().map_or(2, usize::from),
        workers => workers,
    }
}

/// How many files this process may open, after its soft limit was raised to the hard one; `None` without a limit.
fn open_files() -> Option<usize> {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    let current = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        // Some systems refuse an unlimited number. The soft limit is what counts then.
        Err(_) => limit.current,
    };
    current.map(|files| usize::try_from(files).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(connections: usize, per_source: usize, files: Option<usize>) -> Result<(usize, usize), String> {
        let settings = HttpSettings {
            workers: 2,
            connections,
            connections_per_source: per_source,
            ..HttpSettings::default()
        };
        let capacity = Capacity::within(&settings, files).map_err(|error| error.to_string())?;
        Ok((capacity.connections, capacity.of_one_source))
    }

    #[test]
    fn without_a_number_the_server_takes_what_fits_up_to_its_default() {
        assert_eq!(plan(0, 0, None), Ok((DEFAULT, DEFAULT / 4)));
        assert_eq!(plan(0, 0, Some(1_000_000)), Ok((DEFAULT, DEFAULT / 4)));
        assert_eq!(plan(0, 0, Some(1024)), Ok((896, 224)));
        assert_eq!(plan(0, 100, Some(1024)), Ok((896, 100)));
    }

    #[test]
    fn a_number_that_does_not_fit_is_refused_with_what_to_do() {
        assert_eq!(plan(896, 0, Some(1024)), Ok((896, 224)));
        let error = plan(897, 0, Some(1024)).unwrap_err();
        for word in [
            "http.connections = 897",
            "1024",
            "128",
            "LimitNOFILE",
            "ulimit -n",
            "at most 896",
        ] {
            assert!(error.contains(word), "{word}: {error}");
        }
        let error = plan(0, 0, Some(100)).unwrap_err();
        assert!(
            error.contains("may open 100 files") && error.contains("needs 144"),
            "{error}"
        );
    }
}
