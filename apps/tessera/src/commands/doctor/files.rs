//! Checks that only their owner can read files with secrets.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::check::Check;
use crate::commands::database::{database_url, sqlite_path};
use crate::config::Config;

const NAME: &str = "files";

pub fn check(config: &Config, settings_file: Option<&Path>) -> Vec<Check> {
    let url = database_url(config);
    let mut checks = Vec::new();
    if let Some(path) = sqlite_path(&url).filter(|path| *path != ":memory:") {
        for suffix in ["", "-wal", "-shm"] {
            checks.extend(check_private(&beside(path, suffix), "it contains password hashes"));
        }
    }
    let may_contain_password = url.starts_with("postgres");
    if let Some(path) = settings_file.filter(|_| may_contain_password) {
        checks.extend(check_private(path, "it may contain the database's password"));
    }
    if let Some(files) = &config.tls {
        checks.extend(check_private(&files.key, "it is the private key of the certificate"));
    }
    match checks.is_empty() {
        true => vec![Check::ok(NAME, "no file with secrets can be read by other users")],
        false => checks,
    }
}

/// A warning, if other users can read or write the file. A missing file is not a warning of this check.
fn check_private(path: &Path, why: &str) -> Option<Check> {
    let mode = fs::metadata(path).ok()?.mode() & 0o777;
    let open = mode & 0o077 != 0;
    let shown = path.display();
    open.then(|| {
        Check::warn(
            NAME,
            format!("{shown} has mode {mode:04o}, and {why}"),
            format!("chmod 600 {shown}"),
        )
    })
}

fn beside(path: &str, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}
