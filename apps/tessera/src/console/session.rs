//! A session of the console: a token, bound to how long it may go on and to the role that its operator had.

use std::time::Duration;

use auth_core::{SecretKey, Timestamp, TokenDigest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::operators::OperatorRole;

/// The moments of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Times {
    /// When the last request came.
    pub(super) seen: Timestamp,
    /// When the password was last typed.
    pub(super) authenticated: Timestamp,
}

/// The keys that bind a browser's cookies and forms to its session.
#[derive(Debug)]
pub(super) struct SessionKeys {
    times: SecretKey,
    csrf: SecretKey,
}

impl Times {
    /// Those of a session that begins.
    pub(super) fn begin(now: Timestamp) -> Self {
        Self {
            seen: now,
            authenticated: now,
        }
    }

    /// Whether the session has gone without a request for too long.
    pub(super) fn is_idle(&self, now: Timestamp, idle: Duration) -> bool {
        now.since(self.seen) >= idle
    }

    /// Whether the password was typed a short time ago.
    pub(super) fn is_fresh(&self, now: Timestamp, most: Duration) -> bool {
        now.since(self.authenticated) < most
    }
}

impl SessionKeys {
    pub(super) fn new(root: &SecretKey) -> Self {
        Self {
            times: root.derive("server/console/times"),
            csrf: root.derive("server/console/csrf"),
        }
    }

    /// The moments in the form of a cookie, of this session and role alone.
    pub(super) fn seal(&self, token: &str, role: OperatorRole, times: &Times) -> String {
        let (seen, authenticated) = (times.seen.as_seconds(), times.authenticated.as_seconds());
        let mac = URL_SAFE_NO_PAD.encode(self.mac(token, role, seen, authenticated));
        format!("{seen}.{authenticated}.{mac}")
    }

    /// The moments in a cookie, if they were sealed for this session and role.
    ///
    /// # Security
    /// The cookie comes from the browser. Its moments count only with the MAC, which is compared in constant time. A role
    /// that has changed ends the session: the operator signs in again.
    pub(super) fn open(&self, token: &str, role: OperatorRole, sealed: &str) -> Option<Times> {
        let mut parts = sealed.split('.');
        let mut number = || parts.next()?.parse::<i64>().ok();
        let (seen, authenticated) = (number()?, number()?);
        let mac = URL_SAFE_NO_PAD.decode(parts.next()?).ok()?;
        let mac: [u8; 32] = mac.try_into().ok()?;
        let is_ours =
            TokenDigest::from_bytes(mac) == TokenDigest::from_bytes(self.mac(token, role, seen, authenticated));
        (is_ours && parts.next().is_none()).then(|| Times {
            seen: Timestamp::from_seconds(seen),
            authenticated: Timestamp::from_seconds(authenticated),
        })
    }

    /// What every form of this session has in it, and no other page can know.
    pub(super) fn csrf(&self, token: &str) -> String {
        URL_SAFE_NO_PAD.encode(self.csrf.mac(&[token.as_bytes()]))
    }

    /// Whether a form is one of this session.
    pub(super) fn is_of_session(&self, token: &str, presented: &str) -> bool {
        TokenDigest::of(presented.as_bytes()) == TokenDigest::of(self.csrf(token).as_bytes())
    }

    fn mac(&self, token: &str, role: OperatorRole, seen: i64, authenticated: i64) -> [u8; 32] {
        let token = TokenDigest::of(token.as_bytes());
        let parts = [&token.as_bytes()[..], &seen.to_be_bytes(), &authenticated.to_be_bytes()];
        self.times
            .mac(&[parts[0], parts[1], parts[2], role.as_str().as_bytes()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> SessionKeys {
        SessionKeys::new(&SecretKey::from_bytes([1; 32]))
    }

    fn times() -> Times {
        Times::begin(Timestamp::from_seconds(1_700_000_000))
    }

    #[test]
    fn moments_count_for_one_session_and_one_role() {
        let sealed = keys().seal("1|a", OperatorRole::Viewer, &times());
        assert_eq!(keys().open("1|a", OperatorRole::Viewer, &sealed), Some(times()));
        assert_eq!(keys().open("2|a", OperatorRole::Viewer, &sealed), None);
        assert_eq!(keys().open("1|a", OperatorRole::Owner, &sealed), None);
        let other = SessionKeys::new(&SecretKey::from_bytes([2; 32]));
        assert_eq!(other.open("1|a", OperatorRole::Viewer, &sealed), None);
    }

    #[test]
    fn no_other_moment_opens() {
        let sealed = keys().seal("1|a", OperatorRole::Viewer, &times());
        let later = sealed.replacen("1700000000", "1700000001", 1);
        for wrong in [
            &later,
            &format!("{sealed}."),
            &format!("{sealed}A"),
            "",
            "..",
            "1.1.",
            "a.b.c",
        ] {
            assert_eq!(keys().open("1|a", OperatorRole::Viewer, wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_form_is_of_one_session() {
        let keys = keys();
        assert!(keys.is_of_session("1|a", &keys.csrf("1|a")));
        assert!(!keys.is_of_session("1|b", &keys.csrf("1|a")));
        assert!(!keys.is_of_session("1|a", ""));
    }

    #[test]
    fn a_session_ends_exactly_when_it_has_been_idle_for_so_long() {
        let (idle, at) = (Duration::from_secs(60), |seconds: i64| {
            Timestamp::from_seconds(1_700_000_000 + seconds)
        });
        assert!(!times().is_idle(at(59), idle) && times().is_idle(at(60), idle));
        assert!(times().is_fresh(at(59), idle) && !times().is_fresh(at(60), idle));
        assert!(
            !times().is_fresh(at(0), Duration::ZERO),
            "zero: it is asked for each time"
        );
    }
}
