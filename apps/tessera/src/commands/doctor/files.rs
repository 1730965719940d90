//! Whether files with secrets are their owner's alone.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::check::Check;
use crate::commands::admin::{database_url, sqlite_path};
use crate::config::Config;

const NAME: &str = "files";

pub fn check(config: &Config, settings_file: Option<&Path>) -> Vec<Check> {
    let url = database_url(config);
    let mut checks = Vec::new();
    if let Some(path) = sqlite_path(&url).filter(|path| *path != ":memory:") {
        for suffix in ["", "-wal", "-shm"] {
            checks.extend(private(&beside(path, suffix), "it holds the hashes of passwords"));
        }
    }
    let may_hold_password = url.starts_with("postgres");
    if let Some(path) = settings_file.filter(|_| may_hold_password) {
        checks.extend(private(path, "it may hold the database's password"));
    }
    match checks.is_empty() {
        true => vec![Check::ok(NAME, "none of them can be read by others")],
        false => checks,
    }
}

/// A warning, if others can read or write the file. One that is not there is no business of this check.
fn private(path: &Path, why: &str) -> Option<Check> {
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
