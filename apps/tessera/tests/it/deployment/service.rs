//! The service: what the server says to systemd, and what systemd says of the unit.

use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use libtest_mimic::Trial;

use crate::{missing, trials::unless_skipped};

/// The exposure that `systemd-analyze security` may find at most, in tenths: 0 is the best, 100 the worst.
const EXPOSURE: u32 = 20;

pub fn trials() -> Vec<Trial> {
    let unless_missing = |name: &str, test: fn()| unless_skipped(name, || missing("systemd-analyze"), test);
    vec![
        Trial::test("service::it_says_when_it_is_ready_alive_and_stopping", || {
            it_says_when_it_is_ready_alive_and_stopping();
            Ok(())
        }),
        unless_missing("service::the_unit_is_hardened", the_unit_is_hardened),
    ]
}

/// A server that is stopped when the test ends, also when it fails.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn it_says_when_it_is_ready_alive_and_stopping() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("notify");
    let manager = UnixDatagram::bind(&path).expect("a socket");
    manager
        .set_read_timeout(Some(Duration::from_secs(120)))
        .expect("a timeout");
    let mut command = Command::new(env!("CARGO_BIN_EXE_tessera"));
    let inherited = std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("TESSERA_"));
    inherited.for_each(|(name, _)| _ = command.env_remove(name));
    command
        .args(["serve", "--demo", "--listen", "127.0.0.1:0"])
        .env("NOTIFY_SOCKET", &path)
        .env("WATCHDOG_USEC", "200000")
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut serving = Serving(command.spawn().expect("the program starts"));
    let ready = next(&manager);
    assert!(ready.starts_with("READY=1\nSTATUS=answering on 127.0.0.1:"), "{ready}");
    for _ in 0..3 {
        assert_eq!(next(&manager), "WATCHDOG=1");
    }
    let pid = serving.0.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .expect("kill")
            .success()
    );
    let said = std::iter::repeat_with(|| next(&manager)).find(|said| said != "WATCHDOG=1");
    assert_eq!(said.as_deref(), Some("STOPPING=1\nSTATUS=stopping"));
    assert!(serving.0.wait().expect("it was started").success());
}

fn next(manager: &UnixDatagram) -> String {
    let mut buffer = [0; 1024];
    let length = manager.recv(&mut buffer).expect("the server says something");
    String::from_utf8_lossy(&buffer[..length]).into_owned()
}

fn the_unit_is_hardened() {
    let unit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging/tessera.service");
    let threshold = format!("--threshold={EXPOSURE}");
    let said = Command::new("systemd-analyze")
        .args(["security", "--offline=true", &threshold])
        .arg(unit)
        .output()
        .expect("systemd-analyze starts");
    let text = String::from_utf8_lossy(&said.stdout);
    assert!(said.status.success(), "{text}{}", String::from_utf8_lossy(&said.stderr));
}
