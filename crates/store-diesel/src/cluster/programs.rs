//! The PostgreSQL programs of this machine, and the user that they run as.

use std::ffi::{OsStr, OsString};
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The message where they are not installed.
pub(super) const MISSING: &str = "PostgreSQL's programs are not installed; on Debian: apt-get install postgresql";

/// Where Debian's packages put them, in a folder for each version.
const DEBIAN: &str = "/usr/lib/postgresql";

/// Where `initdb` and `postgres` are, and the user that runs them, if it is not the current one.
pub(super) struct Programs {
    folder: PathBuf,
    user: Option<User>,
}

/// A user other than root, as which PostgreSQL refuses to run.
struct User {
    uid: u32,
    gid: u32,
}

impl Programs {
    /// Looks in `PATH`, then where Debian puts them, the newest version first.
    pub(super) fn find() -> Result<Self, String> {
        Ok(Self {
            folder: installed().ok_or(MISSING)?,
            user: User::for_server()?,
        })
    }

    /// Whether [`find`](Self::find) would find them.
    pub(super) fn are_installed() -> bool {
        installed().is_some()
    }

    /// Makes the files of a cluster.
    pub(super) fn make_cluster(&self, data: &Path) -> Result<(), String> {
        let mut words = self.command("initdb");
        words.extend(["-D".into(), data.into()]);
        let settings = "-U tessera -A trust -E UTF8 --locale=C --no-sync --no-instructions";
        words.extend(settings.split(' ').map(OsString::from));
        let output = Command::new(&words[0]).args(&words[1..]).current_dir("/").output();
        match output {
            Ok(output) if output.status.success() => Ok(()),
            Ok(output) => {
                let words = String::from_utf8_lossy(&output.stderr);
                Err(format!("initdb failed: {}", words.lines().last().unwrap_or_default()))
            }
            Err(error) => Err(format!("initdb failed: {error}")),
        }
    }

    /// The command that runs the server.
    pub(super) fn server(&self, data: &Path, socket: &Path, port: u16) -> Vec<OsString> {
        let mut words = self.command("postgres");
        words.extend(["-D".into(), data.into(), "-k".into(), socket.into()]);
        let settings = "-h 127.0.0.1 -F -c full_page_writes=off -c max_connections=200 -c shared_buffers=32MB";
        words.extend(settings.split(' ').map(OsString::from));
        words.extend(["-p".into(), port.to_string().into()]);
        words
    }

    /// Copies a running cluster into a folder, as a standby of it.
    pub(super) fn copy_cluster(&self, port: u16, data: &Path) -> Result<(), String> {
        // Where only some programs have a link in `PATH`, the others are beside what the links lead to.
        let server = std::fs::canonicalize(self.folder.join("postgres"));
        let server = server.map_err(|error| format!("postgres cannot be found: {error}"))?;
        let mut words = self.as_user();
        words.push(server.with_file_name("pg_basebackup").into());
        words.extend(["-D".into(), data.into(), "-p".into(), port.to_string().into()]);
        let how = "-h 127.0.0.1 -U tessera -R -X stream -c fast --no-sync";
        words.extend(how.split(' ').map(OsString::from));
        let mut words = words.into_iter();
        let copied = Command::new(words.next().unwrap_or_default())
            .args(words)
            .current_dir("/")
            .output();
        let copied = copied.map_err(|error| format!("pg_basebackup cannot be run: {error}"))?;
        match copied.status.success() {
            true => Ok(()),
            false => Err(format!(
                "pg_basebackup failed: {}",
                String::from_utf8_lossy(&copied.stderr)
            )),
        }
    }

    /// Makes the server's user the owner of a file or folder.
    pub(super) fn give(&self, path: &Path) -> Result<(), String> {
        let Some(user) = &self.user else {
            return Ok(());
        };
        let given = std::os::unix::fs::chown(path, Some(user.uid), Some(user.gid));
        given.map_err(|error| format!("the owner of a file of the cluster cannot be changed: {error}"))
    }

    /// Writes a file that the server's user alone can read.
    pub(super) fn write(&self, path: &Path, content: &str) -> Result<(), String> {
        let mut options = OpenOptions::new();
        let file = options.write(true).create_new(true).mode(0o600).open(path);
        let written = file.and_then(|mut file| file.write_all(content.as_bytes()));
        written.map_err(|error| format!("a file of the cluster cannot be written: {error}"))?;
        self.give(path)
    }

    fn command(&self, program: &str) -> Vec<OsString> {
        let mut words = self.as_user();
        words.push(self.folder.join(program).into());
        words
    }

    /// The words before a command that have it run as the server's user.
    fn as_user(&self) -> Vec<OsString> {
        let mut words: Vec<OsString> = Vec::new();
        if let Some(User { uid, gid }) = &self.user {
            words.push("setpriv".into());
            words.push(format!("--reuid={uid}").into());
            words.push(format!("--regid={gid}").into());
            words.push("--clear-groups".into());
        }
        words
    }
}

impl User {
    /// For root: `postgres`, or else `nobody`. For any other user: none, the server runs as that user.
    fn for_server() -> Result<Option<Self>, String> {
        let id = Command::new("id").arg("-u").output();
        let id = id.map_err(|error| format!("`id -u` failed: {error}"))?;
        if id.stdout.trim_ascii() != b"0" {
            return Ok(None);
        }
        let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        let user = ["postgres", "nobody"].iter().find_map(|name| Self::read(&users, name));
        user.map(Some)
            .ok_or("PostgreSQL does not run as root, and there is no user `nobody`".to_owned())
    }

    fn read(users: &str, name: &str) -> Option<Self> {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut numbers = line.split(':').skip(2).map(str::parse);
        Some(Self {
            uid: numbers.next()?.ok()?,
            gid: numbers.next()?.ok()?,
        })
    }
}

fn installed() -> Option<PathBuf> {
    first_with_programs(&std::env::var_os("PATH").unwrap_or_default(), Path::new(DEBIAN))
}

/// The first folder that has both programs: of those in `path`, then of Debian's.
fn first_with_programs(path: &OsStr, debian: &Path) -> Option<PathBuf> {
    let mut folders = std::env::split_paths(path).chain(by_version(debian));
    folders.find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
}

/// The folders `VERSION/bin` below Debian's, the newest version first.
fn by_version(debian: &Path) -> Vec<PathBuf> {
    let versions = std::fs::read_dir(debian).into_iter().flatten().flatten();
    let mut folders: Vec<(u32, PathBuf)> = versions
        .map(|version| {
            let number = version.file_name().to_string_lossy().parse().unwrap_or(0);
            (number, version.path().join("bin"))
        })
        .collect();
    folders.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
    folders.into_iter().map(|(_, folder)| folder).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A folder with an empty file for each of these programs.
    fn folder(at: PathBuf, programs: &[&str]) -> PathBuf {
        fs::create_dir_all(&at).unwrap();
        for program in programs {
            fs::write(at.join(program), "").unwrap();
        }
        at
    }

    #[test]
    fn a_machine_without_them_has_none() {
        let machine = tempfile::tempdir().unwrap();
        let other = folder(machine.path().join("bin"), &["initdb"]);
        let debian = machine.path().join("missing");
        assert_eq!(first_with_programs(other.as_os_str(), &debian), None);
        assert_eq!(first_with_programs(OsStr::new(""), &debian), None);
    }

    #[test]
    fn the_path_comes_first_and_then_the_newest_version() {
        let machine = tempfile::tempdir().unwrap();
        let programs = ["initdb", "postgres"];
        let debian = machine.path().join("postgresql");
        folder(debian.join("9/bin"), &programs);
        let newest = folder(debian.join("17/bin"), &programs);
        let ours = folder(machine.path().join("bin"), &programs);
        assert_eq!(first_with_programs(ours.as_os_str(), &debian), Some(ours));
        assert_eq!(first_with_programs(OsStr::new(""), &debian), Some(newest));
    }
}
