//! Signing in by password.

use std::rc::Rc;
use std::time::Duration;

use auth_core::{FoldedLogin, Grant, IssueError, Sharing, SignedIn, StoreError};

use super::{Answer, access};
use crate::simulation::POLICY;
use crate::simulation::model::Session;
use crate::simulation::model::account::{Standing, State};
use crate::simulation::model::keys::{KeysRead, Made};
use crate::simulation::node::Node;
use crate::simulation::password::Hash;
use crate::simulation::people::realm;
use crate::simulation::rule::Rule;
use crate::simulation::world::World;

const WRONG_PASSWORD: &str = "wrong password";

/// Somebody who signs in, and what was known when they began.
struct Attempt {
    account: usize,
    flavour: usize,
    password: u64,
    standing: Standing,
    /// When the node had last read the signing keys.
    keys: KeysRead,
}

impl World<'_> {
    pub(in crate::simulation) async fn sign_in(&self, account: usize, flavour: usize, place: usize) {
        let at = self.node(place);
        let attempt = Attempt {
            account,
            flavour,
            password: self.password_of(account),
            standing: self.model().accounts[account].standing(),
            keys: self.model().keys_read[place],
        };
        let name = self.setup.flavours[flavour].name;
        let began = self.begin(format!("sign in {account} to {name} on {place}"));
        let answer = self.ask(&at, place, self.signed_in(&at, &attempt)).await;
        let time = self.end(began, "sign-in", &answer);
        match answer.unwrap_or(Answer::None) {
            Answer::Done(signed_in) => self.judge_sign_in(&signed_in, &attempt, time),
            Answer::Refused(why) => self.judge_refused_sign_in(&attempt, &why, time),
            Answer::None => {
                self.model_mut().accounts[account].uncertain_sign_ins += 1;
                self.judge_silence(|| format!("the sign-in of {account} to {name} on {place}"));
            }
        }
    }

    /// A password that the account may have now; now and then one that it had.
    fn password_of(&self, account: usize) -> u64 {
        let now = self.kernel.now();
        let model = self.model();
        let password = &model.accounts[account].password;
        let any = self.kernel.one_in(12) && !self.kernel.is_calm();
        let possible: Vec<u64> = match any {
            true => password.ever().copied().collect(),
            false => password.between(now, now).copied().collect(),
        };
        possible[self.kernel.below(possible.len())]
    }

    /// What the server does.
    async fn signed_in(&self, at: &Rc<Node>, attempt: &Attempt) -> Answer<SignedIn> {
        let ports = &self.setup.ports;
        let login = self.a_login_of(attempt.account);
        let Ok(record) = at.line.call(ports.passwords.find(&realm(), &login)).await else {
            return Answer::None;
        };
        let Some(record) = record else {
            return Answer::Refused(WRONG_PASSWORD.into());
        };
        if record.account.disabled {
            return Answer::Refused("disabled".into());
        }
        let text = record.hash.unwrap_or_default();
        self.model_mut().accounts[attempt.account].seen_hash = Some(text.clone());
        let hash = Hash::parse(&text).filter(|hash| hash.password == attempt.password);
        let Some(hash) = hash else {
            return Answer::Refused(WRONG_PASSWORD.into());
        };
        let account = record.account;
        if let Some(upgraded) = hash.upgraded() {
            let upgraded = upgraded.to_string();
            // Whether it works or not, the password was right.
            let _ = at
                .line
                .call(ports.passwords.upgrade(account.subject, &text, &upgraded))
                .await;
        }
        let role = account.role.clone().unwrap_or_default();
        let scopes: Result<_, StoreError> = at.line.call(ports.roles.permissions_of(&realm(), &role)).await;
        let Ok(scopes) = scopes else {
            return Answer::None;
        };
        let mut grant = Grant::new(account.subject, account.generation, realm(), scopes);
        grant.sharing = self.setup.flavours[attempt.flavour].sharing;
        match at.services[attempt.flavour].sessions.sign_in(grant).await {
            Ok(signed_in) => Answer::Done(signed_in),
            Err(IssueError::NotEntitled) => Answer::Refused("not entitled".into()),
            Err(_) => Answer::None,
        }
    }

    /// One of the names that the account signs in with.
    pub(super) fn a_login_of(&self, account: usize) -> FoldedLogin {
        let name = match self.kernel.one_in(4) {
            true => format!("alias-{account}"),
            false => format!("person-{account}"),
        };
        FoldedLogin::parse(&name).expect("a name to sign in with")
    }

    fn judge_refused_sign_in(&self, attempt: &Attempt, why: &str, time: (Duration, Duration)) {
        let model = self.model();
        let account = &model.accounts[attempt.account];
        let enabled = account.unchanged(attempt.standing) == Some(State::Enabled);
        let right = account.password.is(&attempt.password, time.0, time.1);
        drop(model);
        let how = || format!("account {}: {why}", attempt.account);
        match why == WRONG_PASSWORD {
            true if right => self.broken(Rule::ThePasswordIsAccepted, how()),
            false if enabled => self.broken(Rule::EnabledAccountsSignIn, how()),
            _ => {}
        }
    }

    fn judge_sign_in(&self, signed_in: &SignedIn, attempt: &Attempt, time: (Duration, Duration)) {
        let (account, flavour) = (attempt.account, attempt.flavour);
        let unchanged = self.model().accounts[account].unchanged(attempt.standing);
        if matches!(unchanged, Some(State::Disabled(_))) {
            self.broken(Rule::NoSignInOfADisabledAccount, format!("account {account}"));
        }
        self.judge_password(account, attempt.password, time, "signed in");
        let shared = self.setup.flavours[flavour].sharing == Sharing::Shared;
        let known = self.model().session(signed_in.session.id);
        if let Some(known) = known {
            self.judge_known_session(known, account, flavour, time.0);
        }
        let mut model = self.model_mut();
        let place = known.unwrap_or_else(|| {
            let session = Session::new(signed_in.session.id, flavour, account, time, self.nodes());
            model.add_session(session)
        });
        let since = model.sessions[place].began.min(time.0);
        let rights = model.rights(account, since, time.1);
        // A shared session may be that of an earlier sign-in, which had no answer.
        let issued_since = if shared { Duration::ZERO } else { since };
        let issued_with = model.rights(account, issued_since, time.1);
        let session = &mut model.sessions[place];
        if let Some(refresh) = &signed_in.refresh {
            session.add_refresh(refresh.expose().to_owned(), time);
        }
        let made = Made {
            time,
            keys: attempt.keys,
        };
        session.access.push(access(signed_in, issued_with, made));
        // The record of one that took so long may be over before the token is.
        let slow = time.1.saturating_sub(time.0) > POLICY.grace;
        if unchanged.is_none() || slow {
            session.may_have_ended(time.0);
        }
        // That it replaced another says that the other has ended, unless by a change that is under way: a database would not
        // show that yet.
        if shared && !self.feed.is_behind() {
            model.only_the_newest_is_shared(place, time.1);
        }
        drop(model);
        self.judge_rights(&signed_in.scopes, &rights, account, "a sign-in");
    }

    fn judge_known_session(&self, known: usize, account: usize, flavour: usize, began: Duration) {
        let model = self.model();
        let session = &model.sessions[known];
        let shared = self.setup.flavours[flavour].sharing == Sharing::Shared;
        let same = session.account == account && session.flavour == flavour && shared;
        let ended = session.ended.is_some_and(|ended| ended < began);
        let id = session.id;
        drop(model);
        if !same {
            self.broken(
                Rule::SessionsHaveOneOwner,
                format!("session {id} was given to another sign-in"),
            );
        }
        if ended {
            self.broken(
                Rule::RevocationsAreKept,
                format!("session {id} was shared after its end"),
            );
        }
    }
}
