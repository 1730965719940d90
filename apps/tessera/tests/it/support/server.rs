//! The real binary as a child process: starts it, waits for it, stops it.

use std::fmt;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;

use tempfile::TempDir;

use rustls::ClientConfig;

use super::client::{Connection, Request, Response};
use super::description::Description;
use super::poll;

/// The start of the line in which the server prints its address.
const READY: &str = "tessera is ready: ";

/// The master key that the demo has built in: no secret whatever, in base64.
pub const DEMO_KEY: &str = "dGVzc2VyYSBkZW1vOiBubyBzZWNyZXQgd2hhdGV2ZXI=";

/// Some other master key.
pub const OTHER_KEY: &str = "8/hHUVN8qtDWrB3E1gcwxocai0HzsQ4Ht9a2D6j47Hk=";

/// How to start a server. `TESSERA_*` variables of the environment are not passed on.
#[derive(Clone, Debug)]
pub struct Setup {
    program: PathBuf,
    command: &'static str,
    args: Vec<String>,
    env: Vec<(String, String)>,
    config: Option<String>,
    demo: bool,
    listen: Option<String>,
    input: String,
    errors: Errors,
    files: Option<u32>,
    tls: Option<Arc<ClientConfig>>,
}

/// What becomes of a program's standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Errors {
    /// It is read.
    Read,
    /// It is a pipe that nobody reads.
    Unread,
    /// It is a pipe whose reader has gone.
    Closed,
}

impl Setup {
    /// `serve --demo --listen 127.0.0.1:0`, with the cheapest hashes allowed.
    pub fn demo() -> Self {
        Self {
            demo: true,
            ..Self::plain()
        }
    }

    /// `serve --listen 127.0.0.1:0`.
    pub fn plain() -> Self {
        Self {
            program: env!("CARGO_BIN_EXE_tessera").into(),
            command: "serve",
            args: Vec::new(),
            env: vec![
                ("TESSERA_PASSWORDS__COST".into(), "10".into()),
                // The tests share a few cores, and do not measure how long a login or the database takes.
                ("TESSERA_PASSWORDS__PATIENCE".into(), "60s".into()),
                ("TESSERA_DATABASE__DEADLINE".into(), "2m".into()),
                // No proxy looks at `/readyz`.
                ("TESSERA_HTTP__DRAIN_DELAY".into(), "0s".into()),
            ],
            config: None,
            demo: false,
            listen: Some("127.0.0.1:0".into()),
            input: String::new(),
            errors: Errors::Read,
            files: None,
            tls: None,
        }
    }

    /// Another command than `serve`.
    pub fn command(command: &'static str) -> Self {
        Self {
            command,
            listen: None,
            ..Self::plain()
        }
    }

    /// Another program than this version's.
    #[allow(
        dead_code,
        reason = "used by the tests of an upgrade alone, which are in another test program"
    )]
    pub fn with_program(self, program: PathBuf) -> Self {
        Self { program, ..self }
    }

    pub fn env(mut self, name: &str, value: impl ToString) -> Self {
        self.env.retain(|(have, _)| have != name);
        self.env.push((name.into(), value.to_string()));
        self
    }

    pub fn without_env(mut self, name: &str) -> Self {
        self.env.retain(|(have, _)| have != name);
        self
    }

    pub fn arg(mut self, arg: impl ToString) -> Self {
        self.args.push(arg.to_string());
        self
    }

    /// Settings as a TOML file.
    pub fn config(mut self, toml: impl ToString) -> Self {
        self.config = Some(toml.to_string());
        self
    }

    /// Its standard input.
    pub fn input(mut self, text: &str) -> Self {
        self.input = text.into();
        self
    }

    pub fn errors(mut self, errors: Errors) -> Self {
        self.errors = errors;
        self
    }

    pub fn listen(mut self, address: impl ToString) -> Self {
        self.listen = Some(address.to_string());
        self
    }

    /// No `--listen`: the environment or the file sets the address.
    pub fn without_listen(mut self) -> Self {
        self.listen = None;
        self
    }

    /// At most this many open files.
    pub fn open_files(mut self, files: u32) -> Self {
        self.files = Some(files);
        self
    }

    /// It encrypts; tests speak to it with this.
    pub fn encrypted(self, tls: Arc<ClientConfig>) -> Self {
        Self { tls: Some(tls), ..self }
    }

    pub fn database(self, url: impl ToString) -> Self {
        self.arg("--database-url").arg(url.to_string())
    }

    /// A SQLite file.
    pub fn file(self, path: &Path) -> Self {
        self.database(format!("sqlite:{}", path.display()))
    }

    /// Starts it and waits until it answers.
    pub fn start(self) -> Server {
        let folder = tempfile::tempdir().expect("a folder");
        Server::of(self.spawn(&folder), folder, self.tls)
    }

    /// Runs it to its end.
    pub fn run(self) -> Ended {
        let folder = tempfile::tempdir().expect("a folder");
        self.run_in(&folder)
    }

    /// Runs it to its end in the given folder.
    pub fn run_in(self, folder: &TempDir) -> Ended {
        let mut running = self.spawn(folder);
        let code = running.wait();
        let [out, err] = running.outputs();
        Ended { code, out, err }
    }

    /// The binary, through a shell where a limit is to be set.
    fn program(&self) -> Command {
        let Some(files) = self.files else {
            return Command::new(&self.program);
        };
        let mut shell = Command::new("sh");
        shell
            .args(["-c", &format!(r#"ulimit -n {files} && exec "$0" "$@""#)])
            .arg(&self.program);
        shell
    }

    fn spawn(&self, folder: &TempDir) -> Running {
        let scratch = folder.path().join("tmp");
        std::fs::create_dir_all(&scratch).expect("a folder");
        let mut command = self.program();
        let inherited = std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("TESSERA_"));
        for (name, _) in inherited {
            command.env_remove(name);
        }
        command
            .current_dir(folder.path())
            .env("TMPDIR", &scratch)
            .envs(self.env.clone())
            .arg(self.command);
        if self.demo {
            command.arg("--demo");
        }
        if let Some(listen) = &self.listen {
            command.args(["--listen", listen]);
        }
        if let Some(toml) = &self.config {
            let path = folder.path().join("tessera.toml");
            std::fs::write(&path, toml).expect("a file");
            command.arg("--config").arg(path);
        }
        Running::of(command.args(&self.args), &self.input, self.errors)
    }
}

/// A program that has ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit status; `None` if a signal ended it.
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// The output of a process so far.
#[derive(Clone, Debug, Default)]
pub struct Output(Arc<Mutex<Vec<u8>>>);

impl Output {
    fn collect(source: impl Read + Send + 'static) -> (Self, JoinHandle<()>) {
        let output = Self::default();
        let bytes = output.0.clone();
        let reader = std::thread::spawn(move || {
            let mut source = BufReader::new(source);
            let mut line = Vec::new();
            while source.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
                bytes.lock().unwrap_or_else(PoisonError::into_inner).append(&mut line);
            }
        });
        (output, reader)
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }
}

/// A process that is ended when this value is dropped, and at the latest when the test program ends.
struct Running {
    child: Child,
    pid: u32,
    guard: Child,
    _leash: Option<ChildStdin>,
    out: Output,
    err: Output,
    readers: Vec<JoinHandle<()>>,
}

impl Running {
    fn of(command: &mut Command, input: &str, errors: Errors) -> Self {
        let piped = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = piped.spawn().expect("the binary starts");
        let pid = child.id();
        // A program that does not read its input may have exited already.
        let _ = child.stdin.take().map(|mut stdin| stdin.write_all(input.as_bytes()));
        let (out, out_reader) = Output::collect(child.stdout.take().expect("piped"));
        let mut readers = vec![out_reader];
        let mut err = Output::default();
        match errors {
            Errors::Read => {
                let (read, reader) = Output::collect(child.stderr.take().expect("piped"));
                readers.push(reader);
                err = read;
            }
            Errors::Unread => {}
            Errors::Closed => drop(child.stderr.take()),
        }
        let mut guard = guard(pid);
        let leash = guard.stdin.take();
        Self {
            child,
            pid,
            guard,
            _leash: leash,
            out,
            err,
            readers,
        }
    }

    /// Its standard output and standard error, once it has ended.
    fn outputs(&mut self) -> [String; 2] {
        self.readers
            .drain(..)
            .for_each(|reader| reader.join().expect("a reader panicked"));
        [self.out.text(), self.err.text()]
    }

    fn ended(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|status| status.is_some())
    }

    fn wait(&mut self) -> Option<i32> {
        if !poll(3000, || self.ended()) {
            let _ = self.child.kill();
            panic!(
                "the program does not end; it wrote:\n{}{}",
                self.out.text(),
                self.err.text()
            );
        }
        self.child.wait().expect("it was started").code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Ends the guard first: afterwards the process number may belong to another process.
        let _ = self.guard.kill();
        let _ = self.guard.wait();
        if !self.ended() {
            signal("TERM", self.pid);
            if !poll(500, || self.ended()) {
                let _ = self.child.kill();
            }
        }
        let _ = self.child.wait();
    }
}

/// Ends a server when the test program ends and so closes its end of the pipe: servers that tests share are never
/// dropped.
pub fn guard(pid: u32) -> Child {
    let script = r#"cat >/dev/null; kill -TERM "$0" 2>/dev/null"#;
    let mut command = Command::new("sh");
    command
        .args(["-c", script, &pid.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.spawn().expect("there is a shell")
}

pub fn signal(name: &str, pid: u32) {
    let sent = Command::new("sh")
        .args(["-c", r#"kill -"$0" "$1""#, name, &pid.to_string()])
        .status();
    assert!(sent.expect("there is a shell").success(), "SIG{name} cannot be sent");
}

/// A running server.
pub struct Server {
    running: Mutex<Running>,
    address: SocketAddr,
    out: Output,
    err: Output,
    folder: TempDir,
    tls: Option<Arc<ClientConfig>>,
    description: Option<Arc<Description>>,
}

impl Server {
    /// A demo that tests share if they do not disturb each other. It trusts 127.0.0.1 as a proxy: tests with failed
    /// logins set a client address ([`Request::coming_from`]).
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Server> = OnceLock::new();
        SHARED.get_or_init(|| {
            Setup::demo()
                .env("TESSERA_HTTP__TRUSTED_PROXIES", r#"["127.0.0.1"]"#)
                .start()
        })
    }

    /// A new demo for one test.
    pub fn demo() -> Self {
        Setup::demo().start()
    }

    /// A new demo for one test, with these settings.
    pub fn with_config(toml: &str) -> Self {
        Setup::demo().config(toml).start()
    }

    fn of(mut running: Running, folder: TempDir, tls: Option<Arc<ClientConfig>>) -> Self {
        let (out, err) = (running.out.clone(), running.err.clone());
        let mut address = None;
        poll(6000, || {
            address = announced(&out.text());
            address.is_some() || running.ended()
        });
        let address = address.unwrap_or_else(|| panic!("the server does not start:\n{}{}", out.text(), err.text()));
        let mut server = Self {
            running: Mutex::new(running),
            address,
            out,
            err,
            folder,
            tls,
            description: None,
        };
        let ready = poll(6000, || {
            server.try_get("/readyz").is_some_and(|response| response.status == 200)
        });
        assert!(ready, "the server is not ready:\n{}", server.err.text());
        server.description = server.open().ok().and_then(Description::of).map(Arc::new);
        server
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The folder that the server runs in.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The server's `TMPDIR`.
    pub fn scratch(&self) -> PathBuf {
        self.folder.path().join("tmp")
    }

    /// A client of another listener of its, which it has printed as the value of this name; encrypted, where it is `https`.
    pub fn client_of(&self, name: &str) -> (SocketAddr, Option<Arc<ClientConfig>>) {
        let out = self.out();
        let line = out.lines().find_map(|line| line.strip_prefix(name)).expect("printed");
        let (scheme, rest) = line.trim_start_matches(": ").split_once("://").expect("a URL");
        let address = rest.split('/').next().and_then(|address| address.parse().ok());
        let tls = self.tls.clone().filter(|_| scheme == "https");
        (address.expect("an address"), tls)
    }

    fn open(&self) -> std::io::Result<Connection> {
        Connection::encrypted(self.address, self.tls.as_ref())
    }

    pub fn connect(&self) -> Connection {
        let connection = self.open().expect("the server takes connections");
        connection.described_by(self.description.clone())
    }

    /// A connection from another loopback address.
    pub fn connect_from(&self, source: &str) -> Connection {
        let connection = Connection::open_from(source, self.address).expect("the server takes connections");
        connection.described_by(self.description.clone())
    }

    pub fn send(&self, request: &Request) -> Response {
        self.connect().send(request)
    }

    pub fn get(&self, target: &str) -> Response {
        self.send(&Request::get(target))
    }

    /// Sends bytes unchanged and reads one answer; `None` if the connection is closed without one.
    pub fn raw(&self, bytes: &[u8]) -> Option<Response> {
        let mut connection = self.connect();
        connection.write(bytes);
        connection.receive().ok()
    }

    pub fn refuses_connections(&self) -> bool {
        self.open().is_err()
    }

    fn try_get(&self, target: &str) -> Option<Response> {
        let mut connection = self.open().ok()?;
        connection.write(&Request::get(target).bytes(self.address));
        connection.receive().ok()
    }

    /// Everything written to standard output.
    pub fn out(&self) -> String {
        self.out.text()
    }

    /// Everything written to standard error.
    pub fn err(&self) -> Output {
        self.err.clone()
    }

    /// The number of its process.
    pub fn process_id(&self) -> u32 {
        self.process().pid
    }

    pub fn signal(&self, name: &str) {
        signal(name, self.process_id());
    }

    /// Waits for the process to end; its exit status, or `None` if a signal ended it.
    pub fn wait(&self) -> Option<i32> {
        self.process().wait()
    }

    /// Stops it as an operator would, and expects a clean exit.
    pub fn stop(self) {
        self.signal("TERM");
        assert_eq!(self.wait(), Some(0), "{}", self.err.text());
    }

    fn process(&self) -> std::sync::MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({})", self.address)
    }
}

fn announced(out: &str) -> Option<SocketAddr> {
    let line = out.lines().find_map(|line| line.strip_prefix(READY))?;
    let (_, line) = line.split_once("://")?;
    // The line is complete only when the next one has begun; more lines always follow it.
    out.lines().nth(1).and_then(|_| line.trim_end_matches('/').parse().ok())
}
