//! Running servers of other systems, each with one protected page.

use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use serde_json::Value;

use crate::runtime::Runtime;
use crate::stage::Stage;
use crate::support::client::{Connection, Request};
use crate::support::server::guard;

/// Another system, and the script of a server of it.
pub struct Old {
    pub name: &'static str,
    /// What the import calls it.
    pub system: &'static str,
    script: &'static str,
    pub runtime: Runtime,
}

pub const OLD: [Old; 3] = [
    Old {
        name: "knox",
        system: "django",
        script: concat!(include_str!("django_start.py"), include_str!("knox_server.py")),
        runtime: Runtime::Python,
    },
    Old {
        name: "better_auth",
        system: "better-auth",
        script: concat!(
            include_str!("better_auth_start.mjs"),
            include_str!("better_auth_server.mjs")
        ),
        runtime: Runtime::Node,
    },
    Old {
        name: "sanctum",
        system: "laravel",
        script: concat!(include_str!("laravel_start.php"), include_str!("sanctum_server.php")),
        runtime: Runtime::Php,
    },
];

/// Signs tokens that are in no table.
pub const SIMPLEJWT: Old = Old {
    name: "simplejwt",
    system: "django",
    script: concat!(include_str!("django_start.py"), include_str!("simplejwt_server.py")),
    runtime: Runtime::Python,
};

/// The other system's process. It ends when this value is dropped, and at the latest with the test program.
pub struct OldServer {
    child: Child,
    guard: Child,
    pub address: SocketAddr,
    /// What its clients know: `header`, the word before a token; `sign_in`, what they sign in with; `refused`, tokens that it refuses. Of
    /// SimpleJWT `key`, its own.
    known: Value,
}

impl OldServer {
    /// Starts one that makes its database at this path.
    pub fn start(old: &Old, stage: &Stage, database: &Path) -> Self {
        match old.runtime {
            Runtime::Php => Self::built_in(old, stage, database),
            _ => Self::of_its_own(old, database),
        }
    }

    /// The script is a server: it prints its port and what its clients know.
    fn of_its_own(old: &Old, database: &Path) -> Self {
        let mut command = old.runtime.command(old.script);
        let command = command.arg(database).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("it runs");
        let mut line = String::new();
        let out = child.stdout.take().expect("a pipe");
        BufReader::new(out).read_line(&mut line).expect("a line");
        let known: Value = serde_json::from_str(&line).expect("what its clients know");
        let port = known["port"].as_u64().and_then(|port| u16::try_from(port).ok());
        Self::listening(child, port.expect("a port"), known)
    }

    /// The script makes the database. Then PHP's built-in server runs it for each request.
    fn built_in(old: &Old, stage: &Stage, database: &Path) -> Self {
        let known = old.runtime.run(old.script, database, None);
        let mut command = Command::new("php");
        // Without a line for each request.
        let command = command.args(["-q", "-S", "127.0.0.1:0"]);
        let command = command.arg(stage.write("server.php", old.script));
        // One process, whatever the surroundings say: others would go on when it is killed.
        let command = command
            .env("DB_DATABASE", database)
            .env_remove("PHP_CLI_SERVER_WORKERS");
        let command = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("it runs");
        let mut err = BufReader::new(child.stderr.take().expect("a pipe"));
        let port = (&mut err).lines().find_map(|line| port_of(&line.expect("a line")));
        // What it says later is for the reader of the test.
        thread::spawn(move || io::copy(&mut err, &mut io::stderr()));
        Self::listening(child, port.expect("it listens"), known)
    }

    fn listening(child: Child, port: u16, known: Value) -> Self {
        let guard = guard(child.id());
        let address = ([127, 0, 0, 1], port).into();
        Self {
            child,
            guard,
            address,
            known,
        }
    }

    pub fn text(&self, name: &str) -> &str {
        self.known[name].as_str().expect(name)
    }

    /// The header `Authorization` with this token.
    pub fn header(&self, token: &str) -> String {
        format!("{} {token}", self.text("header"))
    }

    /// A new token for one more client.
    pub fn sign_in(&self) -> String {
        let answer = self.ask(&Request::post("/sign-in").json(&self.known["sign_in"]));
        answer.1["token"].as_str().expect("a token").to_owned()
    }

    /// It looks at the tokens: it accepts this one, and refuses it altered, without it, and what has ended.
    pub fn checks(&self, token: &str) {
        let status = |header: &str| {
            let page = Request::get("/protected").header("Authorization", header);
            self.ask(&page).0
        };
        assert_eq!(status(&self.header(token)), 200);
        let ended = self.known["refused"].as_array().into_iter().flatten();
        let ended = ended.map(|token| token.as_str().expect("a token").to_owned());
        for refused in ended.chain([format!("{token}x"), String::new()]) {
            assert_eq!(status(&self.header(&refused)), 401, "{refused}");
        }
    }

    fn ask(&self, request: &Request) -> (u16, Value) {
        let mut connection = Connection::open(self.address).expect("it listens");
        let answer = connection.send(request);
        (answer.status, answer.json())
    }
}

/// The port that the built-in server of PHP listens on, from the line in which it says so.
fn port_of(line: &str) -> Option<u16> {
    let (_, rest) = line.split_once("(http://127.0.0.1:")?;
    rest.split(')').next()?.parse().ok()
}

impl Drop for OldServer {
    fn drop(&mut self) {
        // Ends the guard first: afterwards the process number may belong to another process.
        let _ = self.guard.kill();
        let _ = self.guard.wait();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
