//! Owners who change their passwords.

use std::time::Duration;

use super::Answer;
use crate::simulation::password::Hash;
use crate::simulation::people::realm;
use crate::simulation::rule::Rule;
use crate::simulation::world::World;

impl World<'_> {
    /// The owner, or somebody who has found an old password, sets another. The node has read the hash before; perhaps long
    /// before.
    pub(in crate::simulation) async fn change_password(&self, account: usize) {
        if !self.take(account) {
            return;
        }
        let on = self.any_node();
        let at = self.node(on);
        let (subject, seen) = {
            let model = self.model();
            let account = &model.accounts[account];
            (account.subject, account.seen_hash.clone())
        };
        let ends = self.kernel.one_in(2);
        let sessions = if ends { self.sessions_of(account) } else { Vec::new() };
        let began = self.begin(format!(
            "{account} changes the password on {on}, ending sessions: {ends}"
        ));
        let (next, text) = self.next_password(account, began);
        self.model_mut().begin_end(&sessions);
        let ports = &self.setup.ports;
        let change = async {
            let old = match seen.filter(|_| self.kernel.one_in(2)) {
                Some(seen) => seen,
                None => {
                    let login = self.a_login_of(account);
                    let record = at
                        .line
                        .call(ports.passwords.find(&realm(), &login))
                        .await
                        .ok()
                        .flatten();
                    record.and_then(|record| record.hash).unwrap_or_default()
                }
            };
            let (now, used) = (self.kernel.event(), Hash::parse(&old).map(|hash| hash.password));
            let clock = auth_core::Clock::now(&*at.clock);
            let changed = at
                .line
                .call(ports.passwords.change(subject, &old, &text, ends, clock))
                .await;
            match changed {
                Ok(true) => Answer::Done((used, now)),
                Ok(false) => Answer::Refused("the hash is another".into()),
                Err(_) => Answer::None,
            }
        };
        // It has written its hash before anybody can look, so nobody goes away.
        let answer = self.on(&at, on, change).await;
        let (_, ended) = self.end(began, "changed password", &answer);
        self.note_password_change(account, &answer, &sessions, (began, ended));
        if let Some(Answer::Done((Some(used), from))) = answer
            && used != next
        {
            self.judge_password(account, used, (from, ended), "changed the password");
        }
    }

    fn note_password_change<T>(
        &self,
        account: usize,
        answer: &Option<Answer<T>>,
        sessions: &[usize],
        (began, ended): (Duration, Duration),
    ) {
        let mut model = self.model_mut();
        match answer {
            Some(Answer::Done(_)) => {
                model.finish_end(sessions, began, Some(ended));
                model.accounts[account].password.acknowledge(ended);
            }
            Some(Answer::Refused(_)) => {
                model.cancel_end(sessions);
                model.accounts[account].password.withdraw();
            }
            Some(Answer::None) | None => model.finish_end(sessions, began, None),
        }
        model.accounts[account].release();
    }

    /// Another password, and its hash, of a cost that the server may want to raise.
    pub(in crate::simulation) fn next_password(&self, account: usize, began: Duration) -> (u64, String) {
        let mut model = self.model_mut();
        let password = &mut model.accounts[account].password;
        let next = password.ever().max().map_or(0, |highest| highest + 1);
        password.begin(next, began);
        let hash = Hash {
            is_weak: self.kernel.one_in(2),
            password: next,
        };
        (next, hash.to_string())
    }

    /// Somebody did something with this password: the account must have had it.
    pub(super) fn judge_password(&self, account: usize, used: u64, time: (Duration, Duration), what: &str) {
        let had = self.model().accounts[account].password.may_be(&used, time.0, time.1);
        if !had {
            let how = format!("account {account}: {what} with password {used}");
            self.broken(Rule::OldPasswordsAreRefused, how);
        }
    }
}
