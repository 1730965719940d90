//! What happens to nodes, and to time.

use std::time::Duration;

use super::POLICY;
use super::node::wall;
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

    /// The time to about some moment that is not long from now, at which a session or a token ends, or a key begins to sign.
    fn to_an_end(&self, now: Duration) -> Duration {
        let model = self.model();
        let last = model.sessions.len().min(30);
        let Some(session) = model.sessions.iter().rev().nth(self.kernel.below(last)) else {
            return Duration::ZERO;
        };
        let expiry = session.access.last().and_then(|token| token.expires_at);
        let expiry = expiry.map(|end| end.since(wall(Duration::ZERO)));
        let grace = session.family.iter().rev().find_map(|refresh| refresh.succeeded);
        let newest = session.family.last();
        let ends = [
            expiry,
            grace.map(|at| at + POLICY.grace),
            newest.map(|newest| newest.made.1 + POLICY.idle),
            newest.map(|_| session.signed_in + POLICY.absolute),
            model.keys[session.flavour].newest_signs_at(),
        ];
        let ends = ends.into_iter().flatten();
        let ends: Vec<Duration> = ends.filter(|end| now < *end && *end < now + POLICY.absolute).collect();
        let Some(end) = ends.get(self.kernel.below(ends.len())) else {
            return self.kernel.up_to(POLICY.grace);
        };
        let about = self.kernel.up_to(Duration::from_secs(36));
        (*end + about).saturating_sub(now + Duration::from_secs(12))
    }
}
