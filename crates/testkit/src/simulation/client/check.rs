//! Presenting a token.

use std::time::Duration;

use auth_core::{VerifiedToken, VerifyError};

use super::{Answer, presented};
use crate::simulation::model::account::State;
use crate::simulation::model::keys::KeysRead;
use crate::simulation::model::session::Access;
use crate::simulation::node::{STALENESS, wall};
use crate::simulation::people::realm;
use crate::simulation::rule::Rule;
use crate::simulation::world::World;
use crate::simulation::{LEEWAY, MAX_OFFSET};

/// What a node had read when it was asked.
#[derive(Clone, Copy)]
pub(super) struct HadRead {
    pub(super) feed: Option<Duration>,
    pub(super) keys: KeysRead,
}

impl World<'_> {
    pub(in crate::simulation) async fn check(&self, session: usize, on: usize) {
        let at = self.node(on);
        let (token, flavour, id, account) = {
            let model = self.model();
            let session = &model.sessions[session];
            let newest = session.access.len() - 1;
            let which = match self.kernel.one_in(4) {
                true => self.kernel.below(newest + 1),
                false => newest,
            };
            let token = session.access[which].clone();
            (token, session.flavour, session.id, session.account)
        };
        let standing = self.model().accounts[account].standing();
        let had_read = self.had_read(on);
        let began = self.begin(format!("check {id} on {on}"));
        let verify = async {
            match auth_core::verify(&*at.services[flavour].issuer, &presented(&token)).await {
                Ok(token) => Answer::Done(token),
                Err(VerifyError::Rejected(why)) => Answer::Refused(why.to_string()),
                Err(_) => Answer::None,
            }
        };
        let answer = self.ask(&at, on, verify).await;
        let time = self.end(began, "check", &answer);
        match answer.unwrap_or(Answer::None) {
            Answer::Done(verified) => {
                self.judge_accepted(session, on, &token, &verified, had_read, time);
                let disabled = self.model().accounts[account].unchanged(standing);
                if let (Some(State::Disabled(since)), Some(synced)) = (disabled, had_read.feed)
                    && since < synced
                {
                    self.broken(Rule::NoTokenOfADisabledAccount, format!("session {id} on {on}"));
                }
            }
            Answer::Refused(why) => self.judge_refused(session, &token, &why, had_read, time.1),
            Answer::None => self.judge_silence(|| format!("the check of session {id} on {on}")),
        }
    }

    pub(super) fn had_read(&self, on: usize) -> HadRead {
        let model = self.model();
        HadRead {
            feed: model.synced[on],
            keys: model.keys_read[on],
        }
    }

    fn judge_accepted(
        &self,
        session: usize,
        on: usize,
        token: &Access,
        verified: &VerifiedToken,
        had_read: HadRead,
        (began, ended): (Duration, Duration),
    ) {
        let model = self.model();
        let session = &model.sessions[session];
        let flavour = &self.setup.flavours[session.flavour];
        let synced = had_read.feed;
        let read_at = self.node(on).line.read_at();
        let mut allowed = token.rights.clone();
        if flavour.rights_at_once {
            let since = synced.map_or(Duration::ZERO, |synced| synced.min(began));
            let held = model.rights(session.account, since, ended);
            allowed = allowed.intersection(&held).cloned().collect();
        }
        let subject = model.accounts[session.account].subject;
        let must_be_refused = session.must_be_refused(on, began, synced);
        let replaced = model.keys[session.flavour].must_refuse(token.made, had_read.keys);
        let (id, account) = (session.id, session.account);
        drop(model);
        let how = format!("session {id} on {on}");
        if must_be_refused {
            self.broken(Rule::RevocationsAreKept, how.clone());
        }
        if replaced {
            self.broken(Rule::NoTokenOfAReplacedKey, how.clone());
        }
        if token
            .expires_at
            .is_some_and(|end| end.plus(MAX_OFFSET + LEEWAY) <= wall(began))
        {
            self.broken(Rule::TokensExpire, how.clone());
        }
        if read_at.is_none_or(|read| read + STALENESS < began) {
            self.broken(Rule::NoAnswerWithoutTheFeed, how.clone());
        }
        if verified.subject() != subject || **verified.flavour() != *flavour.name || *verified.realm() != realm() {
            self.broken(Rule::TokensAreTheirOwners, how);
        }
        self.judge_rights(
            verified.scopes(),
            &allowed,
            account,
            &format!("the check of {id} on {on}"),
        );
    }

    pub(super) fn judge_refused(&self, session: usize, token: &Access, why: &str, had_read: HadRead, ended: Duration) {
        let model = self.model();
        let session = &model.sessions[session];
        // A clock that was just set differs from the store's by what it differed before and differs now.
        let latest = wall(ended).plus(2 * MAX_OFFSET);
        let unexpired = token.expires_at.is_none_or(|end| latest < end);
        let other_key = model.keys[session.flavour].may_refuse(token.made, had_read.keys, ended);
        if session.is_live(ended) && unexpired && !other_key {
            let how = format!("session {} was refused: {why}", session.id);
            self.broken(Rule::LiveSessionsAreKept, how);
        }
    }
}
