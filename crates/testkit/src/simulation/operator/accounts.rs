//! Enabling accounts, and resetting their passwords.

use auth_core::Clock;

use super::shown;
use crate::simulation::model::account::State;
use crate::simulation::world::World;

impl World<'_> {
    pub(in crate::simulation) async fn enable(&self, account: usize) {
        if !self.take(account) {
            return;
        }
        let subject = self.model().accounts[account].subject;
        let began = self.begin(format!("enable {account}"));
        self.model_mut().accounts[account].state = State::Unknown;
        let now = self.commands.clock.now();
        let outcome = self
            .command(self.setup.ports.accounts.set_disabled(subject, false, now))
            .await;
        self.finish(began, "enabling", shown(&outcome));
        let mut model = self.model_mut();
        if matches!(outcome, Some(Ok(true))) {
            model.accounts[account].state = State::Enabled;
        }
        model.accounts[account].release();
    }

    /// Gives an account a new password, whatever the old one was, and ends its sessions or leaves them.
    pub(in crate::simulation) async fn reset_password(&self, account: usize) {
        if !self.take(account) {
            return;
        }
        let subject = self.model().accounts[account].subject;
        let ends = self.kernel.one_in(2);
        let sessions = if ends { self.sessions_of(account) } else { Vec::new() };
        let began = self.begin(format!("reset the password of {account}, ending sessions: {ends}"));
        let (_, hash) = self.next_password(account, began);
        self.model_mut().begin_end(&sessions);
        let now = self.commands.clock.now();
        let set = self.setup.ports.passwords.set(subject, &hash, ends, now);
        let outcome = self.command(set).await;
        let done = matches!(outcome, Some(Ok(true)));
        let (_, ended) = self.finish(began, "reset password", shown(&outcome));
        let mut model = self.model_mut();
        model.finish_end(&sessions, began, done.then_some(ended));
        if done {
            model.accounts[account].password.acknowledge(ended);
        }
        model.accounts[account].release();
    }
}
