//! What operators do, and which operation comes next.

mod accounts;
mod keys;
mod rights;
mod sessions;

use std::future::Future;

use auth_core::StoreError;

use super::model::Session;
use super::world::World;

impl World<'_> {
    /// Draws an operation and does it.
    pub(super) async fn one_operation(&self) {
        let session = self.any_session(|_| true);
        let refreshed = self.any_session(|session| !session.family.is_empty());
        let account = self.any_account();
        match (self.kernel.below(200), session, refreshed) {
            (0..28, ..) | (_, None, _) => {
                let flavour = self.kernel.below(self.setup.flavours.len());
                self.sign_in(account, flavour, self.any_node()).await;
            }
            (28..110, Some(session), _) => self.check(session, self.any_node()).await,
            (110..137, _, Some(session)) => {
                let newest = self.model().sessions[session].family.len() - 1;
                self.refresh(session, newest).await;
            }
            (137..150, _, Some(session)) => {
                let newest = self.model().sessions[session].family.len() - 1;
                self.refresh(session, newest.saturating_sub(1)).await;
            }
            (150..152, _, Some(session)) => {
                let any = self.kernel.below(self.model().sessions[session].family.len());
                self.refresh(session, any).await;
            }
            (152..154, _, Some(session)) => self.guess(session).await,
            (154..161, Some(session), _) => self.sign_out(session).await,
            (161..165, Some(session), _) => self.revoke(session).await,
            (165..190, ..) => self.one_change(account).await,
            (190..196, ..) => self.let_time_pass(),
            (_, Some(session), _) => self.check_everywhere(session).await,
        }
    }

    /// Draws something that changes more than a session.
    async fn one_change(&self, account: usize) {
        match self.kernel.below(25) {
            0..2 => self.end_everything_of(account).await,
            2..4 => self.change_password(account).await,
            4..8 => self.enable(account).await,
            8..12 => self.set_role(account).await,
            12..16 => self.edit_role().await,
            16..18 => self.keep_house().await,
            18..20 => self.change_keys().await,
            20 if self.kernel.one_in(8) => self.end_everything().await,
            20..22 => self.reset_password(account).await,
            _ => self.trouble(),
        }
    }

    pub(super) async fn check_everywhere(&self, session: usize) {
        for node in 0..self.nodes() {
            self.check(session, node).await;
        }
    }

    /// The place of a session, rather one of the last; `None` if there is none yet.
    pub(super) fn any_session(&self, wanted: impl Fn(&Session) -> bool) -> Option<usize> {
        let model = self.model();
        let recent = if self.kernel.one_in(4) { 200 } else { 12 };
        let all = model.sessions.iter().enumerate().rev();
        let found: Vec<usize> = all
            .filter(|(_, session)| wanted(session))
            .map(|(place, _)| place)
            .take(recent)
            .collect();
        (!found.is_empty()).then(|| found[self.kernel.below(found.len())])
    }

    async fn command<T>(&self, work: impl Future<Output = Result<T, StoreError>>) -> Option<Result<T, StoreError>> {
        Some(self.commands.line.call(work).await)
    }

    /// Reserves an account for a change. `false` if it is being changed.
    pub(super) fn take(&self, account: usize) -> bool {
        self.model_mut().accounts[account].take()
    }

    pub(super) fn sessions_of(&self, account: usize) -> Vec<usize> {
        let model = self.model();
        let all = model.sessions.iter().enumerate();
        all.filter(|(_, session)| session.account == account)
            .map(|(place, _)| place)
            .collect()
    }
}

fn shown<T, E>(outcome: &Option<Result<T, E>>) -> &'static str {
    match outcome {
        Some(Ok(_)) => "done",
        Some(Err(_)) => "unavailable",
        None => "nobody waits for the answer",
    }
}
