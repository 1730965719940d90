//! Checks the certificate with which the server encrypts.

use auth_core::{Clock, Timestamp};

use super::check::Check;
use crate::commands::report::time;
use crate::config::TlsFiles;
use crate::server::Tls;

const NAME: &str = "certificate";

/// Who renews certificates by himself does it earlier than this.
const SOON_S: u64 = 14 * 86_400;

pub fn check(files: &TlsFiles, clock: &dyn Clock) -> Check {
    let tls = match Tls::load(files.clone()) {
        Ok(tls) => tls,
        Err(error) => {
            return Check::fail(
                NAME,
                error.to_string(),
                "the server does not start until it is corrected",
            );
        }
    };
    let (now, end) = (
        clock.now(),
        Timestamp::from_millis(tls.not_after().saturating_mul(1000)),
    );
    let found = format!("{}: until {}", files.certificate.display(), time(end));
    match end.since(now).as_secs() {
        0 => Check::fail(NAME, found, "it is over: clients refuse it; renew it"),
        left if left < SOON_S => Check::warn(NAME, found, "renew it; the server takes the new one by itself"),
        _ => Check::ok(NAME, found),
    }
}
