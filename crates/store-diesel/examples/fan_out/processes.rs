//! The processes of a PostgreSQL server on this machine.

use std::fs;
use std::time::Duration;

use store_diesel::DieselStore;

use crate::FILLING;

/// Of the kernel's clock, everywhere that this runs.
const TICKS_A_SECOND: u64 = 100;

pub struct Processes {
    postmaster: u32,
    /// How many tokens were revoked here before.
    pub already_revoked: u64,
}

impl Processes {
    pub async fn of(store: &DieselStore) -> Self {
        let number = |query: &'static str| async { store.dangerous_number(query).await.unwrap().unwrap_or_default() };
        let backend = number("SELECT CAST(pg_backend_pid() AS BIGINT)").await;
        let [_, parent, ..] = fields(backend as u32).expect("a server on this machine")[..] else {
            panic!("/proc has a format of its own here");
        };
        Self {
            postmaster: parent as u32,
            already_revoked: number("SELECT count(*) FROM tokens WHERE revoked_at IS NOT NULL").await as u64
                - FILLING.revocations,
        }
    }

    /// The processor time that they have used, of those that are there.
    pub fn cpu(&self) -> Duration {
        let all = fs::read_dir("/proc")
            .unwrap()
            .filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok());
        let ticks = all
            .filter_map(fields)
            .filter(|fields| fields[1] == u64::from(self.postmaster));
        let ticks: u64 = ticks.map(|fields| fields[11] + fields[12]).sum();
        Duration::from_millis(ticks * 1000 / TICKS_A_SECOND)
    }
}

/// The fields of a process's `stat` after its name, which are numbers but for the first.
fn fields(process: u32) -> Option<Vec<u64>> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(')')?;
    Some(
        rest.split_whitespace()
            .map(|field| field.parse().unwrap_or_default())
            .collect(),
    )
}
