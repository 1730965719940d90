//! Ending sessions, and keeping house.

use auth_core::Clock;

use super::shown;
use crate::simulation::model::account::State;
use crate::simulation::world::World;

/// How many records a housekeeping step removes.
const PURGED: u32 = 50;

impl World<'_> {
    /// Revokes a session by its number: through a node, or by a command beside the nodes.
    pub(in crate::simulation) async fn revoke(&self, session: usize) {
        let on = self.any_node();
        let at = self.node(on);
        let by_command = self.kernel.one_in(2);
        let id = self.model().sessions[session].id;
        let by = if by_command { "a command" } else { "a node" };
        let began = self.begin(format!("revoke {id} by {by} ({on})"));
        self.model_mut().begin_end(&[session]);
        let outcome = match by_command {
            true => {
                let work = self.setup.ports.tokens.revoke(id, at.clock.now());
                self.ask(&at, on, self.commands.line.call(work)).await
            }
            false => self.ask(&at, on, at.registry.revoke(id)).await,
        };
        // That it had ended before says when, unless by a change that is under way: a database would not show it yet.
        let done = match outcome {
            Some(Ok(ended_now)) => ended_now || !self.feed.is_behind(),
            _ => false,
        };
        let (_, ended) = self.finish(began, "revocation", shown(&outcome));
        let mut model = self.model_mut();
        model.finish_end(&[session], began, done.then_some(ended));
        if done && !by_command {
            model.sessions[session].ended_through(on, ended);
        }
    }

    /// Does something that ends every session of an account.
    pub(in crate::simulation) async fn end_everything_of(&self, account: usize) {
        if !self.take(account) {
            return;
        }
        let (subject, sessions) = (self.model().accounts[account].subject, self.sessions_of(account));
        let ports = &self.setup.ports;
        let now = self.commands.clock.now();
        let disables = self.kernel.one_in(2);
        let what = if disables { "disable" } else { "end all sessions of" };
        let began = self.begin(format!("{what} {account}"));
        self.model_mut().begin_end(&sessions);
        if disables {
            self.model_mut().accounts[account].state = State::Unknown;
        }
        let outcome = match disables {
            true => self.command(ports.accounts.set_disabled(subject, true, now)).await,
            false => self.command(ports.token_admin.end_sessions(subject, now)).await,
        };
        let done = matches!(outcome, Some(Ok(true)));
        let (_, ended) = self.finish(began, "end of all sessions", shown(&outcome));
        let mut model = self.model_mut();
        model.finish_end(&sessions, began, done.then_some(ended));
        if disables && done {
            model.accounts[account].state = State::Disabled(ended);
        }
        model.accounts[account].release();
    }

    /// Ends every session of everybody, as after a backup was restored.
    pub(in crate::simulation) async fn end_everything(&self) {
        let accounts = 0..self.model().accounts.len();
        let taken: Vec<usize> = accounts.clone().filter(|account| self.take(*account)).collect();
        let sessions: Vec<usize> = taken.iter().flat_map(|account| self.sessions_of(*account)).collect();
        if taken.len() == accounts.len() {
            let began = self.begin("end all sessions".to_owned());
            self.model_mut().begin_end(&sessions);
            let now = self.commands.clock.now();
            let outcome = self.command(self.setup.ports.token_admin.end_all_sessions(now)).await;
            let (_, ended) = self.finish(began, "end of everything", shown(&outcome));
            let done = matches!(outcome, Some(Ok(_)));
            self.model_mut().finish_end(&sessions, began, done.then_some(ended));
        }
        let mut model = self.model_mut();
        taken.iter().for_each(|account| model.accounts[*account].release());
    }

    /// What a node does from time to time: writes last uses, removes what is over.
    pub(in crate::simulation) async fn keep_house(&self) {
        let on = self.any_node();
        let at = self.node(on);
        let began = self.begin(format!("housekeeping on {on}"));
        let work = async {
            at.registry.flush_used().await?;
            at.registry.purge(PURGED).await
        };
        let outcome = self.on(&at, on, work).await;
        self.finish(began, "housekeeping", shown(&outcome));
    }
}
