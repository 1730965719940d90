//! What clients do, and how its answer is judged.

mod check;
mod password;
mod refresh;
mod sign_in;
mod sign_out;

use std::time::Duration;

use auth_core::{PresentedToken, Scope, Scopes, SignedIn};

use super::model::Rights;
use super::model::keys::Made;
use super::model::session::Access;
use super::rule::Rule;
use super::world::World;

/// What a client is answered.
enum Answer<T> {
    Done(T),
    Refused(String),
    /// The server could not do it, or there was no answer: perhaps it was done.
    None,
}

impl World<'_> {
    pub(super) fn begin(&self, what: String) -> Duration {
        let began = self.kernel.event();
        self.note(&format!("[{:.9}] {what}", began.as_secs_f64()));
        began
    }

    fn end<T>(&self, began: Duration, what: &'static str, answer: &Option<Answer<T>>) -> (Duration, Duration) {
        let shown = match answer {
            Some(Answer::Done(_)) => "done",
            Some(Answer::Refused(why)) => why,
            Some(Answer::None) => "unavailable",
            None => "nobody waits for the answer",
        };
        self.finish(began, what, shown)
    }

    pub(super) fn finish(&self, began: Duration, what: &'static str, answer: &str) -> (Duration, Duration) {
        let ended = self.kernel.event();
        self.note(&format!("[{:.9}] {what}: {answer}", began.as_secs_f64()));
        self.count(what);
        (began, ended)
    }

    pub(super) fn any_account(&self) -> usize {
        self.kernel.below(self.model().accounts.len())
    }

    /// There was no answer: that is allowed only where something fails.
    fn judge_silence(&self, what: impl FnOnce() -> String) {
        if self.kernel.is_calm() {
            self.broken(Rule::QuietServersAnswer, what());
        }
    }

    fn judge_rights(&self, scopes: &Scopes, allowed: &Rights, account: usize, by: &str) {
        let lacking = scopes
            .iter()
            .map(Scope::to_string)
            .find(|scope| !allowed.contains(scope));
        if let Some(lacking) = lacking {
            let how = format!("account {account} was given {lacking} by {by}");
            self.broken(Rule::NoRightThatItsOwnerLacks, how);
        }
    }
}

fn access(signed_in: &SignedIn, rights: Rights, made: Made) -> Access {
    Access {
        text: signed_in.token.plain.expose().to_owned(),
        key: signed_in.token.key.map(|key| key.to_string()),
        expires_at: signed_in.token.expires_at,
        rights,
        made,
    }
}

fn presented(token: &Access) -> PresentedToken<'_> {
    PresentedToken {
        text: &token.text,
        key: token.key.as_deref(),
        source: None,
    }
}
