//! The last look at everything, when nothing fails any more.

use std::collections::BTreeSet;

use auth_core::TokenId;

use super::rule::Rule;
use super::scheduler::now;
use super::world::World;

/// How many of the last sessions are looked at in the end.
const LOOKED_AT: usize = 200;

/// How many of them are refreshed and signed out.
const USED: usize = 40;

impl World<'_> {
    /// Nothing fails any more: every node knows everything, and agrees with the store.
    pub(super) async fn look_at_everything(&self) {
        self.let_everybody_read().await;
        self.check_the_last().await;
        self.use_everything().await;
        self.let_everybody_read().await;
        self.check_the_last().await;
        let accounts = self.model().accounts.len();
        for account in 0..accounts {
            self.look_at_records(account);
        }
    }

    async fn let_everybody_read(&self) {
        for node in 0..self.nodes() {
            self.sync(node).await;
            self.reload_keys(node).await;
        }
    }

    /// The records of an account are those of its live sessions, and of sign-ins that had no answer.
    fn look_at_records(&self, account: usize) {
        let subject = self.model().accounts[account].subject;
        let listed = now(self.setup.ports.token_admin.tokens_of(subject, None, u32::MAX));
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
            self.broken(Rule::RevocationsAreKept, format!("session {id} is listed as live"));
        }
        if strangers > uncertain {
            let how = format!("account {account} has {strangers} records that nobody signed in for");
            self.broken(Rule::NoHalfSession, how);
        }
    }

    async fn check_the_last(&self) {
        let last = self.model().sessions.len();
        for session in last.saturating_sub(LOOKED_AT)..last {
            self.check_everywhere(session).await;
        }
    }

    /// Everybody signs in to every flavour; the last sessions are refreshed, and some are signed out.
    async fn use_everything(&self) {
        let accounts = self.model().accounts.len();
        for account in 0..accounts {
            for flavour in 0..self.setup.flavours.len() {
                self.sign_in(account, flavour, (account + flavour) % self.nodes()).await;
            }
        }
        let last = self.model().sessions.len();
        for session in last.saturating_sub(USED)..last {
            let newest = self.model().sessions[session].family.len().checked_sub(1);
            if let Some(newest) = newest {
                self.refresh(session, newest).await;
            }
            if session % 3 == 0 {
                self.sign_out(session).await;
            }
        }
    }
}
