//! A real proxy as a child process, on a port of its own.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::support::poll;
use crate::support::server::{guard, signal};

/// A proxy that can be installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    Nginx,
    Caddy,
}

/// A running proxy. It ends when this value is dropped, and at the latest with the test program.
pub struct ProxyProcess {
    pub address: SocketAddr,
    folder: TempDir,
    child: Child,
    guard: Child,
}

impl Program {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Caddy => "caddy",
        }
    }

    /// Why its tests are skipped, or `None` where they run. They run, and fail, where the variable is set to `1`.
    pub fn skip_reason(self) -> Option<&'static str> {
        let (variable, reason) = match self {
            Self::Nginx => ("TESSERA_REQUIRE_NGINX", "nginx is not installed: apt-get install nginx"),
            Self::Caddy => ("TESSERA_REQUIRE_CADDY", "caddy is not installed: apt-get install caddy"),
        };
        let is_required = std::env::var_os(variable).is_some_and(|value| value == "1");
        (self.path().is_none() && !is_required).then_some(reason)
    }

    fn path(self) -> Option<PathBuf> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
        folders
            .map(|folder| folder.join(self.name()))
            .find(|file| file.is_file())
    }

    fn command(self, settings: &Path, folder: &Path) -> Command {
        let program = self.path();
        let mut command = Command::new(program.unwrap_or_else(|| panic!("{} is not installed", self.name())));
        match self {
            Self::Nginx => {
                let command = command.arg("-p").arg(folder).arg("-c").arg(settings);
                command.arg("-e").arg(folder.join("log"))
            }
            Self::Caddy => {
                let command = command
                    .args(["run", "--adapter", "caddyfile", "--config"])
                    .arg(settings);
                // What it keeps, it keeps here.
                ["HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"]
                    .into_iter()
                    .fold(command, |command, name| command.env(name, folder))
            }
        };
        command
    }
}

impl ProxyProcess {
    /// Starts it with settings that `settings` writes for its folder and its address.
    pub fn start(program: Program, settings: impl Fn(&Path, SocketAddr) -> String) -> Self {
        // Another process may take the port before the proxy does.
        let started = (0..3).find_map(|_| Self::try_start(program, &settings).ok());
        started.unwrap_or_else(|| match Self::try_start(program, &settings) {
            Ok(started) => started,
            Err(log) => panic!("{} does not start:\n{log}", program.name()),
        })
    }

    /// Starts it once.
    ///
    /// # Errors
    /// Its log.
    pub fn try_start(program: Program, settings: impl Fn(&Path, SocketAddr) -> String) -> Result<Self, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let address = free_address();
        let path = folder.path().join("settings");
        std::fs::write(&path, settings(folder.path(), address)).expect("a file");
        let log = std::fs::File::create(folder.path().join("log")).expect("a file");
        let mut command = program.command(&path, folder.path());
        let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let mut child = command.spawn().expect("it is a program");
        let guard = guard(child.id());
        let mut is_up = false;
        poll(1000, || {
            is_up = TcpStream::connect(address).is_ok();
            is_up || child.try_wait().is_ok_and(|status| status.is_some())
        });
        let started = Self {
            address,
            folder,
            child,
            guard,
        };
        if is_up { Ok(started) } else { Err(started.log()) }
    }

    /// Has nginx with a worker read other settings, as an operator does: requests that are under way are answered by the old ones.
    pub fn reload(&self, settings: impl Fn(&Path, SocketAddr) -> String) {
        let path = self.folder.path();
        std::fs::write(path.join("settings"), settings(path, self.address)).expect("a file");
        signal("HUP", self.child.id());
    }

    /// A file that the proxy has written to its folder.
    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap_or_default()
    }

    fn log(&self) -> String {
        self.read("log")
    }
}

impl Drop for ProxyProcess {
    fn drop(&mut self) {
        // Ends the guard first: afterwards the process number may belong to another process.
        let _ = self.guard.kill();
        let _ = self.guard.wait();
        // Asked to, it ends its workers too.
        if self.child.try_wait().is_ok_and(|status| status.is_none()) {
            signal("TERM", self.child.id());
            poll(500, || self.child.try_wait().is_ok_and(|status| status.is_some()));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl fmt::Debug for ProxyProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProxyProcess({})", self.address)
    }
}

/// The settings of nginx around what a file for its http context has. One process does all.
pub fn nginx_around(folder: &Path, http: &str) -> String {
    around(folder, "master_process off;", http)
}

/// The same with a worker beside the process that reads the settings, as nginx needs to take others without loss.
pub fn nginx_with_worker_around(folder: &Path, http: &str) -> String {
    // Started as root, the worker would be another user, who cannot read the folder. Otherwise the line has no effect.
    around(folder, "user root; worker_processes 1;", http)
}

fn around(folder: &Path, processes: &str, http: &str) -> String {
    let path = folder.display();
    let folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let folders = folders.map(|module| format!("{module}_temp_path {path}/{module};"));
    format!(
        "daemon off; {processes} pid {path}/pid; events {{ worker_connections 256; }}\n\
         http {{\n{}\naccess_log off;\n{http}\n}}\n",
        folders.join("\n")
    )
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
    listener.local_addr().expect("an address")
}
