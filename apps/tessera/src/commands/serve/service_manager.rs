//! What the server says to systemd, which started it as a service of `Type=notify` (sd_notify(3)). Without systemd nothing is said.

use std::ffi::OsString;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

use tokio::task::JoinHandle;

/// The socket that systemd listens on for this service.
#[derive(Clone, Debug)]
pub(super) struct ServiceManager {
    socket: Option<OsString>,
}

impl ServiceManager {
    /// That of this process.
    pub(super) fn of_this_process() -> Self {
        Self {
            socket: std::env::var_os("NOTIFY_SOCKET").filter(|socket| !socket.is_empty()),
        }
    }

    /// The server answers requests.
    pub(super) fn ready(&self, status: &str) {
        self.say(&format!("READY=1\nSTATUS={status}"));
    }

    /// The server reads its certificate anew while `reload` runs (`Type=notify-reload`).
    pub(super) fn reloading(&self, reload: impl FnOnce()) {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        let now = i128::from(now.tv_sec) * 1_000_000 + i128::from(now.tv_nsec) / 1000;
        self.say(&format!("RELOADING=1\nMONOTONIC_USEC={now}"));
        reload();
        self.say("READY=1");
    }

    /// The server stops, and may take as long as it says elsewhere.
    pub(super) fn stopping(&self) {
        self.say("STOPPING=1\nSTATUS=stopping");
    }

    /// Says twice in each `WatchdogSec=` that the process is alive, until the task is aborted. The runtime that answers requests
    /// says it: where that hangs, systemd starts the service anew.
    pub(super) fn keep_alive(&self) -> Option<JoinHandle<()>> {
        let (manager, every) = (self.clone(), watchdog()? / 2);
        Some(tokio::spawn(async move {
            let mut interval = tokio::time::interval(every);
            loop {
                interval.tick().await;
                manager.say("WATCHDOG=1");
            }
        }))
    }

    /// A datagram that is lost is no reason to stop.
    fn say(&self, text: &str) {
        if let Some(socket) = &self.socket
            && let Err(error) = send(socket, text)
        {
            tracing::warn!(event = "service_manager_unreachable", %error);
        }
    }
}

/// How long systemd waits for a sign of life; `None`: it does not.
fn watchdog() -> Option<Duration> {
    let own = std::process::id().to_string();
    let is_for_us = std::env::var("WATCHDOG_PID").map_or(true, |pid| pid == own);
    let wait: u64 = std::env::var("WATCHDOG_USEC").ok()?.parse().ok()?;
    (is_for_us && wait >= 2).then(|| Duration::from_micros(wait))
}

/// A name that begins with `@` is in the abstract namespace; other names are paths.
fn send(socket: &OsString, text: &str) -> std::io::Result<()> {
    let address = match socket.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
        _ => SocketAddr::from_pathname(socket)?,
    };
    UnixDatagram::unbound()?
        .send_to_addr(text.as_bytes(), &address)
        .map(drop)
}
