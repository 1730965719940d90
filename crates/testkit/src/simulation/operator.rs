//! What operators and the weather do, and the last look at everything.

use std::collections::BTreeSet;
use std::future::Future;
use std::time::Duration;

use auth_core::{Clock, StoreError, TokenId};

use super::model::Rights;
use super::model::account::State;
use super::node::{POLICY, wall};
use super::world::{World, stored_role};

/// How many records a housekeeping step removes.
const PURGED: u32 = 50;

/// How many of the last sessions are looked at in the end.
const LOOKED_AT: usize = 200;

impl World<'_> {
    /// Revokes a session by its number: through a node, or by a command beside the nodes.
    pub(super) async fn revoke(&self, session: usize) {
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
                self.ask(&at, on, self.commands.call(work)).await
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
    pub(super) async fn end_everything(&self, account: usize) {
        if !self.take(account) {
            return;
        }
        let (subject, sessions) = (self.model().accounts[account].subject, self.sessions_of(account));
        let ports = &self.setup.ports;
        let now = self.node(self.any_node()).clock.now();
        let disables = self.kernel.one_in(2);
        let by_password = self.kernel.one_in(2);
        let what = match (disables, by_password) {
            (true, _) => "disable",
            (false, true) => "new password",
            (false, false) => "end all sessions",
        };
        let began = self.begin(format!("{what} {account}"));
        self.model_mut().begin_end(&sessions);
        if disables {
            self.model_mut().accounts[account].state = State::Unknown;
        }
        let outcome = match (disables, by_password) {
            (true, _) => self.command(ports.accounts.set_disabled(subject, true, now)).await,
            (false, true) => self.command(ports.passwords.set(subject, "changed", true, now)).await,
            (false, false) => self.command(ports.token_admin.end_sessions(subject, now)).await,
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

    pub(super) async fn enable(&self, account: usize) {
        if !self.take(account) {
            return;
        }
        let subject = self.model().accounts[account].subject;
        let began = self.begin(format!("enable {account}"));
        self.model_mut().accounts[account].state = State::Unknown;
        let now = self.node(self.any_node()).clock.now();
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

    pub(super) async fn set_role(&self, account: usize) {
        if !self.take(account) {
            return;
        }
        let role = self.kernel.below(self.model().roles.len());
        let (subject, name) = (
            self.model().accounts[account].subject,
            self.model().roles[role].name.clone(),
        );
        let began = self.begin(format!("give {account} {name}"));
        self.model_mut().accounts[account].role.begin(role, began);
        let now = self.node(self.any_node()).clock.now();
        let outcome = self
            .command(self.setup.ports.accounts.set_role(subject, Some(&name), now))
            .await;
        let (_, ended) = self.finish(began, "new role", shown(&outcome));
        let mut model = self.model_mut();
        if matches!(outcome, Some(Ok(true))) {
            model.accounts[account].role.acknowledge(ended);
        }
        model.accounts[account].release();
    }

    pub(super) async fn edit_role(&self) {
        let role = self.kernel.below(self.model().roles.len());
        if std::mem::replace(&mut self.model_mut().roles[role].busy, true) {
            return;
        }
        let all = ["read", "write", "delete", "export"];
        let rights: Rights = all
            .into_iter()
            .filter(|_| self.kernel.one_in(2))
            .map(str::to_owned)
            .collect();
        let name = self.model().roles[role].name.clone();
        let began = self.begin(format!("{name} may {rights:?}"));
        self.model_mut().roles[role].rights.begin(rights.clone(), began);
        let now = self.node(self.any_node()).clock.now();
        let stored = stored_role(&name, &rights);
        let outcome = self.command(self.setup.ports.roles.put(&stored, now)).await;
        let (_, ended) = self.finish(began, "edited role", shown(&outcome));
        let mut model = self.model_mut();
        if matches!(outcome, Some(Ok(()))) {
            model.roles[role].rights.acknowledge(ended);
        }
        model.roles[role].busy = false;
    }

    /// What a node does from time to time: writes last uses, removes what is over.
    pub(super) async fn keep_house(&self) {
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

    /// Lets time pass, often to a moment at which something ends. Not while an entry of the feed is under way: it would
    /// be late by longer than a database can be.
    pub(super) fn let_time_pass(&self) {
        if self.feed.is_behind() {
            return;
        }
        let began = self.kernel.event();
        let by = match self.kernel.below(40) {
            0 => Duration::from_secs(30 * 60 * 60),
            1..=12 => self.kernel.up_to(Duration::from_secs(8)),
            _ => self.to_an_end(began),
        };
        self.kernel.jump(by);
        self.finish(began, "time passes", &format!("{by:?}"));
    }

    /// The time to some moment at which a session or a token ends.
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
        let ends = [expiry, grace, idle, Some(absolute)];
        let end = ends[self.kernel.below(ends.len())].unwrap_or(absolute);
        let about = self.kernel.up_to(Duration::from_secs(24));
        (end + about)
            .saturating_sub(now + Duration::from_secs(12))
            .min(POLICY.absolute)
    }

    /// Nothing fails any more: every node knows everything, and agrees with the store.
    pub(super) async fn look_at_everything(&self) {
        self.let_everybody_read().await;
        let last = self.model().sessions.len();
        for session in last.saturating_sub(LOOKED_AT)..last {
            for node in 0..self.nodes() {
                self.check(session, node).await;
            }
        }
        let accounts = self.model().accounts.len();
        for account in 0..accounts {
            self.look_at_records(account).await;
        }
    }

    async fn let_everybody_read(&self) {
        for node in 0..self.nodes() {
            self.sync(node).await;
        }
    }

    /// The records of an account are those of its live sessions, and of sign-ins that had no answer.
    async fn look_at_records(&self, account: usize) {
        let subject = self.model().accounts[account].subject;
        let listed = self.setup.ports.token_admin.tokens_of(subject, None, u32::MAX).await;
        let listed = listed.expect("a quiet store answers");
        let ids: BTreeSet<TokenId> = listed.iter().map(|token| token.id).collect();
        let model = self.model();
        let own = model.sessions.iter().filter(|session| session.account == account);
        let ended = own
            .clone()
            .find(|session| session.ended.is_some() && ids.contains(&session.id));
        let strangers = listed.iter().filter(|token| {
            let root = token.parent.unwrap_or(token.id);
            model.session(root).is_none() && token.parent.is_none()
        });
        let (strangers, uncertain) = (strangers.count(), model.accounts[account].uncertain_sign_ins);
        let ended = ended.map(|session| session.id);
        drop(model);
        if let Some(id) = ended {
            self.broken("no revocation is forgotten", format!("session {id} is listed as live"));
        }
        if strangers > uncertain {
            let how = format!("account {account} has {strangers} records that nobody signed in for");
            self.broken("no half session", how);
        }
    }

    async fn command<T>(&self, work: impl Future<Output = Result<T, StoreError>>) -> Option<Result<T, StoreError>> {
        Some(self.commands.call(work).await)
    }

    /// Reserves an account for a change. `false` if it is being changed.
    fn take(&self, account: usize) -> bool {
        self.model_mut().accounts[account].take()
    }

    fn sessions_of(&self, account: usize) -> Vec<usize> {
        let model = self.model();
        let all = model.sessions.iter().enumerate();
        all.filter(|(_, session)| session.account == account)
            .map(|(place, _)| place)
            .collect()
    }

    /// The place of a session, rather one of the last; `None` if there is none yet.
    pub(super) fn any_session(&self, wanted: impl Fn(&super::model::Session) -> bool) -> Option<usize> {
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

    /// Draws an operation and does it.
    pub(super) async fn one_operation(&self) {
        let session = self.any_session(|_| true);
        let refreshed = self.any_session(|session| !session.family.is_empty());
        let account = self.any_account();
        match (self.kernel.below(100), session, refreshed) {
            (0..14, ..) | (_, None, _) => self.sign_in().await,
            (14..56, Some(session), _) => self.check(session, self.any_node()).await,
            (56..70, _, Some(session)) => {
                let newest = self.model().sessions[session].family.len() - 1;
                self.refresh(session, newest).await;
            }
            (70..77, _, Some(session)) => {
                let newest = self.model().sessions[session].family.len() - 1;
                self.refresh(session, newest.saturating_sub(1)).await;
            }
            (77, _, Some(session)) => {
                let any = self.kernel.below(self.model().sessions[session].family.len());
                self.refresh(session, any).await;
            }
            (78, _, Some(session)) => self.guess(session).await,
            (79..83, Some(session), _) => self.sign_out(session).await,
            (83..85, Some(session), _) => self.revoke(session).await,
            (85, ..) => self.end_everything(account).await,
            (86..88, ..) => self.enable(account).await,
            (88..90, ..) => self.set_role(account).await,
            (90..92, ..) => self.edit_role().await,
            (92, ..) => self.keep_house().await,
            (93, ..) => self.trouble(),
            (94..97, ..) => self.let_time_pass(),
            (_, Some(session), _) => self.check_everywhere(session).await,
        }
    }

    async fn check_everywhere(&self, session: usize) {
        for node in 0..self.nodes() {
            self.check(session, node).await;
        }
    }
}

fn shown<T>(outcome: &Option<Result<T, StoreError>>) -> &'static str {
    match outcome {
        Some(Ok(_)) => "done",
        Some(Err(_)) => "unavailable",
        None => "nobody waits for the answer",
    }
}
