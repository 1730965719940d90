//! What happens to nodes, and to time.

use std::time::Duration;

use super::node::{POLICY, wall};
use super::world::World;

impl World<'_> {
    /// Something happens to a node.
    pub(super) fn trouble(&self) {
        let on = self.any_node();
        let began = self.kernel.event();
        let what = match self.kernel.below(3) {
            0 => {
                self.restart(on);
                format!("restart of {on}")
            }
            1 => {
                let time = self.kernel.up_to(Duration::from_secs(20));
                self.node(on).line.cut(time);
                format!("{on} is cut off for {time:?}")
            }
            _ => format!(
                "the clock of {on} is set to be wrong by {} ms",
                self.node(on).clock.step()
            ),
        };
        self.finish(began, "trouble", &what);
    }

    /// Lets time pass, often to a moment at which something ends, or a key begins to sign.
    pub(super) fn let_time_pass(&self) {
        let began = self.kernel.event();
        let by = match self.kernel.below(40) {
            0 => Duration::from_secs(30 * 60 * 60),
            1..=12 => self.kernel.up_to(Duration::from_secs(8)),
            _ => self.to_an_end(began),
        };
        self.kernel.jump(by);
        self.finish(began, "time passes", &format!("{by:?}"));
    }

    /// The time to some moment at which a session or a token ends, or a key begins to sign.
    fn to_an_end(&self, now: Duration) -> Duration {
        let model = self.model();
        let last = model.sessions.len().min(30);
        let Some(session) = model.sessions.iter().rev().nth(self.kernel.below(last)) else {
            return Duration::ZERO;
        };
        let expiry = session.access.last().and_then(|token| token.expires_at);
        let expiry = expiry.map(|end| end.since(wall(Duration::ZERO)));
        let family = session.family.iter().rev();
        let grace = family
            .filter_map(|refresh| refresh.succeeded)
            .next()
            .map(|at| at + POLICY.grace);
        let idle = session.family.last().map(|newest| newest.made.1 + POLICY.idle);
        let absolute = session.signed_in + POLICY.absolute;
        let key = model.keys[session.flavour].newest_signs_at();
        let ends = [expiry, grace, idle, Some(absolute), key, key];
        let end = ends[self.kernel.below(ends.len())].unwrap_or(absolute);
        let about = self.kernel.up_to(Duration::from_secs(24));
        (end + about)
            .saturating_sub(now + Duration::from_secs(12))
            .min(POLICY.absolute)
    }
}
