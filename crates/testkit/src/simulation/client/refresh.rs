//! Refreshing, and guessing at it.

use std::rc::Rc;

use auth_core::{RefreshError, SignedIn};

use super::{Answer, access};
use crate::simulation::model::account::State;
use crate::simulation::model::keys::Made;
use crate::simulation::node::Node;
use crate::simulation::rule::Rule;
use crate::simulation::world::World;

/// A refresh: of which session, with which of its refresh tokens, and how many there were.
#[derive(Clone, Copy)]
struct Attempt {
    session: usize,
    used: usize,
    newest: usize,
    made: Made,
}

impl World<'_> {
    pub(in crate::simulation) async fn refresh(&self, session: usize, used: usize) {
        let on = self.any_node();
        let at = self.node(on);
        let (text, flavour, id, newest, account) = {
            let model = self.model();
            let session = &model.sessions[session];
            let text = session.family[used].text.clone();
            let newest = session.family.len() - 1;
            (text, session.flavour, session.id, newest, session.account)
        };
        let standing = self.model().accounts[account].standing();
        let keys = self.model().keys_read[on];
        let began = self.begin(format!("refresh {id} with {used} of {newest} on {on}"));
        let first_tried = self.model_mut().sessions[session].try_refresh(used, began);
        let (answer, reused) = self.ask_refresh(&at, on, flavour, &text).await;
        let time = self.end(began, "refresh", &answer);
        let renewed = matches!(answer, Some(Answer::Done(_)));
        self.model_mut().sessions[session].tried_refresh(used, time, renewed);
        match answer.unwrap_or(Answer::None) {
            Answer::Done(signed_in) => {
                let disabled = self.model().accounts[account].unchanged(standing);
                if matches!(disabled, Some(State::Disabled(_))) {
                    self.broken(Rule::NoTokenOfADisabledAccount, format!("session {id} was refreshed"));
                }
                let made = Made { time, keys };
                let attempt = Attempt {
                    session,
                    used,
                    newest,
                    made,
                };
                self.judge_renewed(attempt, &signed_in);
            }
            Answer::Refused(why) => {
                let mut model = self.model_mut();
                let session = &mut model.sessions[session];
                let must = session.must_renew(used, first_tried, time.1) && session.is_live(time.1);
                match reused {
                    true => session.ended_through(on, time.1),
                    false => session.may_have_ended(began),
                }
                drop(model);
                if must {
                    self.broken(Rule::LiveSessionsAreKept, format!("session {id}: {why}"));
                }
            }
            Answer::None => self.judge_silence(|| format!("the refresh of session {id} on {on}")),
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
        Attempt {
            session: place,
            used,
            newest,
            made,
        }: Attempt,
        signed_in: &SignedIn,
    ) {
        let time = made.time;
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
        let elsewhere = stranger || signed_in.session.id != session.id;
        let broken = session.renewed(used, newest, next, time);
        session.access.push(access(signed_in, rights.clone(), made));
        drop(model);
        let elsewhere = elsewhere.then_some(Rule::SessionsHaveOneOwner);
        let broken = broken.into_iter().chain(elsewhere);
        broken.for_each(|rule| self.broken(rule, how.clone()));
        self.judge_rights(&signed_in.scopes, &rights, account, "a refresh");
    }

    /// Presents a text that has the form of a refresh token of the session, and is none.
    pub(in crate::simulation) async fn guess(&self, session: usize) {
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
            self.broken(Rule::GuessesRenewNothing, format!("session {id}"));
        }
    }
}
