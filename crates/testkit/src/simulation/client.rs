//! What clients do, and how its answer is judged.

use std::rc::Rc;
use std::time::Duration;

use auth_core::{
    Grant, IssueError, PresentedToken, RefreshError, RevokeError, Scope, Scopes, Sharing, SignedIn, StoreError,
    VerifiedToken, VerifyError,
};

use super::model::account::{Standing, State};
use super::model::session::Access;
use super::model::{Rights, Session};
use super::node::{Node, POLICY, STALENESS, wall};
use super::world::{World, realm};
use super::{LEEWAY, MAX_OFFSET};

/// By how much the clocks of two nodes differ at most, with the leeway that tokens have.
const LATE: Duration = MAX_OFFSET.saturating_mul(2).saturating_add(LEEWAY);

/// What a client is answered.
enum Answer<T> {
    Done(T),
    Refused(String),
    /// The server could not do it, or there was no answer: perhaps it was done.
    None,
}

impl World<'_> {
    pub(super) async fn sign_in(&self) {
        let (account, flavour) = (self.any_account(), self.kernel.below(self.setup.flavours.len()));
        let place = self.any_node();
        let at = self.node(place);
        let standing = self.model().accounts[account].standing();
        let began = self.begin(format!(
            "sign in {account} to {} on {place}",
            self.setup.flavours[flavour].name
        ));
        let answer = self.ask(&at, place, self.signed_in(&at, account, flavour)).await;
        let time = self.end(began, "sign-in", &answer);
        match answer.unwrap_or(Answer::None) {
            Answer::Done(signed_in) => self.judge_sign_in(&signed_in, account, flavour, standing, time),
            Answer::Refused(why) => {
                if self.model().accounts[account].unchanged(standing) == Some(State::Enabled) {
                    self.broken("an enabled account signs in", format!("account {account}: {why}"));
                }
            }
            Answer::None => self.model_mut().accounts[account].uncertain_sign_ins += 1,
        }
    }

    /// What the server does for somebody whose password is right.
    async fn signed_in(&self, at: &Rc<Node>, account: usize, flavour: usize) -> Answer<SignedIn> {
        let subject = self.model().accounts[account].subject;
        let ports = &self.setup.ports;
        let read = async {
            let found = at.line.call(ports.accounts.find(subject)).await?;
            let found = found.expect("the account exists");
            let role = found.role.clone().unwrap_or_default();
            let scopes = at.line.call(ports.roles.permissions_of(&realm(), &role)).await?;
            Ok::<_, StoreError>((found, scopes))
        };
        let Ok((found, scopes)) = read.await else {
            return Answer::None;
        };
        if found.disabled {
            return Answer::Refused("disabled".into());
        }
        let mut grant = Grant::new(subject, found.generation, realm(), scopes);
        grant.sharing = self.setup.flavours[flavour].sharing;
        match at.services[flavour].sessions.sign_in(grant).await {
            Ok(signed_in) => Answer::Done(signed_in),
            Err(IssueError::NotEntitled) => Answer::Refused("not entitled".into()),
            Err(_) => Answer::None,
        }
    }

    fn judge_sign_in(
        &self,
        signed_in: &SignedIn,
        account: usize,
        flavour: usize,
        standing: Standing,
        time: (Duration, Duration),
    ) {
        let unchanged = self.model().accounts[account].unchanged(standing);
        if matches!(unchanged, Some(State::Disabled(_))) {
            self.broken("nobody signs in to a disabled account", format!("account {account}"));
        }
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
        let session = &mut model.sessions[place];
        if let Some(refresh) = &signed_in.refresh {
            session.add_refresh(refresh.expose().to_owned(), time);
        }
        session.access.push(access(signed_in, rights.clone()));
        if unchanged.is_none() {
            session.may_have_ended(time.0);
        }
        if shared {
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
                "a session has one owner",
                format!("session {id} was given to another sign-in"),
            );
        }
        if ended {
            self.broken(
                "no revocation is forgotten",
                format!("session {id} was shared after its end"),
            );
        }
    }

    pub(super) async fn check(&self, session: usize, on: usize) {
        let at = self.node(on);
        let (token, flavour, id) = {
            let model = self.model();
            let session = &model.sessions[session];
            let newest = session.access.len() - 1;
            let which = if self.kernel.one_in(4) {
                self.kernel.below(newest + 1)
            } else {
                newest
            };
            (session.access[which].clone(), session.flavour, session.id)
        };
        let account = self.model().sessions[session].account;
        let standing = self.model().accounts[account].standing();
        let synced = self.model().synced[on];
        let began = self.begin(format!("check {id} on {on}"));
        let presented = PresentedToken {
            text: &token.text,
            key: token.key.as_deref(),
            source: None,
        };
        let verify = async {
            match at.services[flavour].issuer.verify(&presented).await {
                Ok(token) => Answer::Done(token),
                Err(VerifyError::Rejected(why)) => Answer::Refused(why.to_string()),
                Err(_) => Answer::None,
            }
        };
        let answer = self.ask(&at, on, verify).await;
        let time = self.end(began, "check", &answer);
        match answer.unwrap_or(Answer::None) {
            Answer::Done(verified) => {
                self.judge_accepted(session, on, &token, &verified, synced, time);
                let disabled = self.model().accounts[account].unchanged(standing);
                if let (Some(State::Disabled(since)), Some(synced)) = (disabled, synced)
                    && since < synced
                {
                    self.broken("no token of a disabled account", format!("session {id} on {on}"));
                }
            }
            Answer::Refused(why) => self.judge_refused(session, &token, &why, time.1),
            Answer::None if self.kernel.is_calm() => {
                self.broken("a quiet server answers", format!("the check of session {id} on {on}"));
            }
            Answer::None => {}
        }
    }

    fn judge_accepted(
        &self,
        session: usize,
        on: usize,
        token: &Access,
        verified: &VerifiedToken,
        synced: Option<Duration>,
        (began, ended): (Duration, Duration),
    ) {
        let model = self.model();
        let session = &model.sessions[session];
        let flavour = &self.setup.flavours[session.flavour];
        let read_at = self.node(on).line.read_at();
        let mut allowed = token.rights.clone();
        if flavour.rights_at_once {
            let since = synced.map_or(Duration::ZERO, |synced| synced.min(began));
            let held = model.rights(session.account, since, ended);
            allowed = allowed.intersection(&held).cloned().collect();
        }
        let subject = model.accounts[session.account].subject;
        let must_be_refused = session.must_be_refused(on, began, synced);
        let (id, account) = (session.id, session.account);
        drop(model);
        let how = format!("session {id} on {on}");
        if must_be_refused {
            self.broken("no revocation is forgotten", how.clone());
        }
        if token
            .expires_at
            .is_some_and(|end| end.plus(MAX_OFFSET + LEEWAY) <= wall(began))
        {
            self.broken("a token expires", how.clone());
        }
        if read_at.is_none_or(|read| read + STALENESS < began) {
            self.broken("no answer without the feed", how.clone());
        }
        if verified.subject() != subject || **verified.flavour() != *flavour.name || *verified.realm() != realm() {
            self.broken("a token is its owner's", how);
        }
        self.judge_rights(
            verified.scopes(),
            &allowed,
            account,
            &format!("the check of {id} on {on}"),
        );
    }

    fn judge_refused(&self, session: usize, token: &Access, why: &str, ended: Duration) {
        let model = self.model();
        let session = &model.sessions[session];
        let unexpired = token.expires_at.is_none_or(|end| wall(ended).plus(MAX_OFFSET) < end);
        if session.is_live(ended) && unexpired {
            let how = format!("session {} was refused: {why}", session.id);
            self.broken("a live session is never lost", how);
        }
    }

    fn judge_rights(&self, scopes: &Scopes, allowed: &Rights, account: usize, by: &str) {
        let lacking = scopes
            .iter()
            .map(Scope::to_string)
            .find(|scope| !allowed.contains(scope));
        if let Some(lacking) = lacking {
            let how = format!("account {account} was given {lacking} by {by}");
            self.broken("no right that its owner lacks", how);
        }
    }

    pub(super) async fn refresh(&self, session: usize, place: usize) {
        let on = self.any_node();
        let at = self.node(on);
        let (text, flavour, id, newest) = {
            let model = self.model();
            let session = &model.sessions[session];
            let newest = session.family.len() - 1;
            (session.family[place].text.clone(), session.flavour, session.id, newest)
        };
        let account = self.model().sessions[session].account;
        let standing = self.model().accounts[account].standing();
        let began = self.begin(format!("refresh {id} with {place} of {newest} on {on}"));
        let first_tried = self.model_mut().sessions[session].try_refresh(place, began);
        let (answer, reused) = self.ask_refresh(&at, on, flavour, &text).await;
        let time = self.end(began, "refresh", &answer);
        let renewed = matches!(answer, Some(Answer::Done(_)));
        self.model_mut().sessions[session].tried_refresh(place, time, renewed);
        match answer.unwrap_or(Answer::None) {
            Answer::Done(signed_in) => {
                let disabled = self.model().accounts[account].unchanged(standing);
                if matches!(disabled, Some(State::Disabled(_))) {
                    self.broken("no token of a disabled account", format!("session {id} was refreshed"));
                }
                self.judge_renewed(session, place, newest, &signed_in, time);
            }
            Answer::Refused(why) => {
                let mut model = self.model_mut();
                let session = &mut model.sessions[session];
                let must = session.must_renew(place, first_tried, time.1) && session.is_live(time.1);
                if reused {
                    session.ended_through(on, time.1);
                } else {
                    session.may_have_ended(began);
                }
                drop(model);
                if must {
                    self.broken("a live session is never lost", format!("session {id}: {why}"));
                }
            }
            Answer::None => {}
        }
    }

    /// The answer, and whether it is that the session was ended for reuse.
    async fn ask_refresh(
        &self,
        at: &Rc<Node>,
        on: usize,
        flavour: usize,
        text: &str,
    ) -> (Option<Answer<SignedIn>>, bool) {
        let outcome = self.ask(at, on, at.services[flavour].sessions.refresh(text)).await;
        let reused = matches!(outcome, Some(Err(RefreshError::Reused)));
        let answer = outcome.map(|outcome| match outcome {
            Ok(signed_in) => Answer::Done(signed_in),
            Err(RefreshError::Unavailable(_)) => Answer::None,
            Err(why) => Answer::Refused(why.to_string()),
        });
        (answer, reused)
    }

    fn judge_renewed(
        &self,
        place: usize,
        used: usize,
        newest: usize,
        signed_in: &SignedIn,
        time: (Duration, Duration),
    ) {
        let next = signed_in
            .refresh
            .as_ref()
            .map(|next| next.expose().to_owned())
            .unwrap_or_default();
        let mut model = self.model_mut();
        let rights = model.rights(model.sessions[place].account, time.0, time.1);
        let stranger = model.sessions.iter().any(|other| {
            let own = other.id == model.sessions[place].id;
            other
                .family
                .iter()
                .enumerate()
                .any(|(n, old)| old.text == next && !(own && n == used + 1))
        });
        let session = &mut model.sessions[place];
        let how = format!("session {} with {used} of {newest}", session.id);
        let account = session.account;
        let mut broken = Vec::new();
        match session.family.get(used + 1) {
            Some(known) if known.text != next => broken.push("one successor"),
            Some(_) => {}
            None => session.add_refresh(next, time),
        }
        let long_after = |since: Duration, life: Duration| time.0 > since + life + LATE;
        let succeeded = *session.family[used].succeeded.get_or_insert(time.1);
        if stranger || signed_in.session.id != session.id {
            broken.push("a session has one owner");
        }
        if session.ended.is_some_and(|ended| ended < time.0) {
            broken.push("no revocation is forgotten");
        }
        if newest >= used + 2 || long_after(succeeded, POLICY.grace) {
            broken.push("a refresh token works once");
        }
        if long_after(session.signed_in, POLICY.absolute) {
            broken.push("a session ends");
        }
        if used == newest && long_after(session.family[used].made.1, POLICY.idle) {
            broken.push("an idle session ends");
        }
        session.access.push(access(signed_in, rights.clone()));
        drop(model);
        broken.into_iter().for_each(|rule| self.broken(rule, how.clone()));
        self.judge_rights(&signed_in.scopes, &rights, account, "a refresh");
    }

    /// Presents a text that has the form of a refresh token of the session, and is none.
    pub(super) async fn guess(&self, session: usize) {
        let on = self.any_node();
        let at = self.node(on);
        let (text, flavour, id) = {
            let model = self.model();
            let session = &model.sessions[session];
            let near = session
                .family
                .last()
                .map(|newest| newest.text.clone())
                .unwrap_or_default();
            let (selector, _) = near.split_at(near.len() / 2);
            (
                format!("{selector}{}", "0".repeat(near.len() - selector.len())),
                session.flavour,
                session.id,
            )
        };
        let began = self.begin(format!("guess a refresh token of {id} on {on}"));
        let (answer, _) = self.ask_refresh(&at, on, flavour, &text).await;
        self.end(began, "guess", &answer);
        if matches!(answer, Some(Answer::Done(_))) {
            self.broken("a guess renews nothing", format!("session {id}"));
        }
    }

    pub(super) async fn sign_out(&self, session: usize) {
        let on = self.any_node();
        let at = self.node(on);
        let (token, flavour, id) = {
            let model = self.model();
            let session = &model.sessions[session];
            let newest = session.access.last().expect("a session has a token");
            (newest.clone(), session.flavour, session.id)
        };
        let synced = self.model().synced[on];
        let began = self.begin(format!("sign out {id} on {on}"));
        self.model_mut().begin_end(&[session]);
        let presented = PresentedToken {
            text: &token.text,
            key: token.key.as_deref(),
            source: None,
        };
        let sign_out = async {
            match at.services[flavour].sessions.sign_out(&presented).await {
                Ok(_) => Answer::Done(()),
                Err(RevokeError::Rejected(why)) => Answer::Refused(why.to_string()),
                Err(_) => Answer::None,
            }
        };
        let answer = self.ask(&at, on, sign_out).await;
        let time = self.end(began, "sign-out", &answer);
        match answer.unwrap_or(Answer::None) {
            Answer::Done(()) => {
                let forgotten = self.model().sessions[session].must_be_refused(on, began, synced);
                let mut model = self.model_mut();
                model.finish_end(&[session], began, Some(time.1));
                model.sessions[session].ended_through(on, time.1);
                model.sessions[session].sign_outs += 1;
                let first = model.sessions[session].sign_outs == 1;
                drop(model);
                if !first {
                    self.broken("one sign-out ends a session", format!("session {id}"));
                }
                if forgotten {
                    self.broken(
                        "no revocation is forgotten",
                        format!("session {id} was signed out again"),
                    );
                }
            }
            Answer::Refused(why) => {
                self.model_mut().cancel_end(&[session]);
                self.judge_refused(session, &token, &why, time.1);
            }
            Answer::None => self.model_mut().finish_end(&[session], began, None),
        }
    }

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
}

fn access(signed_in: &SignedIn, rights: Rights) -> Access {
    Access {
        text: signed_in.token.plain.expose().to_owned(),
        key: signed_in.token.key.map(|key| key.to_string()),
        expires_at: signed_in.token.expires_at,
        rights,
    }
}
