//! A disk that fails, for tests: `strace` has the calls of a process fail as those to a disk do, and records them.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

/// Set to `1`, tests with a failing disk fail where `strace` cannot be used.
const REQUIRE: &str = "TESSERA_REQUIRE_STRACE";

const MISSING: &str = "strace is not installed: apt-get install strace";
const FORBIDDEN: &str = "strace may not trace processes here";
const NO_ATTACHING: &str = "strace may not be attached to a running process here (kernel.yama.ptrace_scope)";

/// The calls that SQLite and PostgreSQL write files with, and make them durable.
const WRITES: &str = "pwrite64,pwritev,pwritev2,ftruncate,fsync,fdatasync,sync_file_range";

/// All that is needed to say what is on a disk after a power cut, and what a process had answered by then.
const RECORDED: &str = "openat,unlink,write,pwrite64,ftruncate,fsync,fdatasync";

/// The disk of running processes, failing. Well again when this is dropped.
#[derive(Debug)]
pub struct FaultyDisk {
    tracer: Child,
}

impl FaultyDisk {
    /// Why the tests that need it are to be skipped, or `None` where they run: `strace` is missing or may not trace,
    /// unless `TESSERA_REQUIRE_STRACE=1` is set.
    pub fn skip_reason() -> Option<&'static str> {
        static REASON: OnceLock<Option<&str>> = OnceLock::new();
        *REASON.get_or_init(|| unless_required(reason()))
    }

    /// The same for [`attach`](Self::attach).
    pub fn skip_reason_of_attaching() -> Option<&'static str> {
        let scope = std::fs::read_to_string("/proc/sys/kernel/yama/ptrace_scope").unwrap_or_default();
        let root = std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
        let free = matches!(scope.trim(), "" | "0") || (root && scope.trim() != "3");
        Self::skip_reason().or_else(|| unless_required((!free).then_some(NO_ATTACHING)))
    }

    /// A command that runs a program in which calls on these files fail. `fault` is what `strace` injects:
    /// `fsync:error=EIO:when=3`, counted for each thread. The calls are written to `log`.
    pub fn command(program: impl AsRef<OsStr>, fault: &str, files: &[PathBuf], log: &Path) -> Command {
        let calls = fault.split(':').next().unwrap_or_default();
        let mut command = strace(&["-e", &format!("trace={calls}"), "-e", &format!("inject={fault}")]);
        for file in files {
            command.arg("-P").arg(file);
        }
        command.arg("-o").arg(log).arg(program);
        command
    }

    /// A command that runs a program and records all that it writes, in a form that can be read back. `fault` as for
    /// [`command`](Self::command), or empty.
    pub fn recorded(program: impl AsRef<OsStr>, fault: &str, log: &Path) -> Command {
        let mut command = strace(&["-y", "-xx", "-s", "70000", "-e", &format!("trace={RECORDED}")]);
        if !fault.is_empty() {
            command.args(["-e", &format!("inject={fault}")]);
        }
        command.arg("-o").arg(log).arg(program);
        command
    }

    /// Has every call by which these processes write files fail with this error (`EIO`), from now on.
    ///
    /// # Panics
    /// When `strace` cannot be attached.
    pub fn attach(processes: &[u32], error: &str) -> Self {
        let mut command = strace(&["-e", &format!("trace={WRITES}"), "-o", "/dev/null"]);
        command.args(["-e", &format!("inject={WRITES}:error={error}")]);
        for process in processes {
            command.args(["-p", &process.to_string()]);
        }
        // It says when it is attached; with `-qq` it would not.
        let tracer = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut tracer = tracer.spawn().expect(MISSING);
        let mut lines = BufReader::new(tracer.stderr.take().expect("piped")).lines();
        for _ in processes {
            let line = lines.next().and_then(Result::ok).unwrap_or_default();
            assert!(line.contains("attached"), "{line}");
        }
        std::thread::spawn(move || lines.for_each(drop));
        Self { tracer }
    }
}

impl Drop for FaultyDisk {
    /// Lets go of the processes, which run on.
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.tracer.id().to_string()).status();
        let _ = self.tracer.wait();
    }
}

/// Follows every thread, and says nothing of signals.
fn strace(words: &[&str]) -> Command {
    let mut command = Command::new("strace");
    command.args(["-f", "-e", "signal=none"]).args(words);
    command
}

fn unless_required(reason: Option<&'static str>) -> Option<&'static str> {
    let is_required = std::env::var_os(REQUIRE).is_some_and(|value| value == "1");
    reason.filter(|_| !is_required)
}

/// Has one call of a small program fail.
fn reason() -> Option<&'static str> {
    let mut probe = strace(&["-qq", "-e", "trace=fsync", "-e", "inject=fsync:error=EIO"]);
    let probe = probe
        .args(["sync", "/"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let Ok(mut probe) = probe.spawn() else {
        return Some(MISSING);
    };
    let mut said = String::new();
    let _ = probe.stderr.take().map(|mut stderr| stderr.read_to_string(&mut said));
    let _ = probe.wait();
    (!said.contains("INJECTED")).then_some(FORBIDDEN)
}
