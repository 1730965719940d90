//! Signing out.

use auth_core::RevokeError;

use super::{Answer, presented};
use crate::simulation::rule::Rule;
use crate::simulation::world::World;

impl World<'_> {
    pub(in crate::simulation) async fn sign_out(&self, session: usize) {
        let on = self.any_node();
        let at = self.node(on);
        let (token, flavour, id) = {
            let model = self.model();
            let session = &model.sessions[session];
            let newest = session.access.last().expect("a session has a token");
            (newest.clone(), session.flavour, session.id)
        };
        let had_read = self.had_read(on);
        let began = self.begin(format!("sign out {id} on {on}"));
        self.model_mut().begin_end(&[session]);
        let sign_out = async {
            match at.services[flavour].sessions.sign_out(&presented(&token)).await {
                Ok(_) => Answer::Done(()),
                Err(RevokeError::Rejected(why)) => Answer::Refused(why.to_string()),
                Err(_) => Answer::None,
            }
        };
        let answer = self.ask(&at, on, sign_out).await;
        let time = self.end(began, "sign-out", &answer);
        match answer.unwrap_or(Answer::None) {
            Answer::Done(()) => {
                let mut model = self.model_mut();
                let forgotten = model.sessions[session].must_be_refused(on, began, had_read.feed);
                let replaced = model.keys[flavour].must_refuse(token.made, had_read.keys);
                model.finish_end(&[session], began, Some(time.1));
                let again = model.sessions[session].signed_out_through(on, time.1);
                drop(model);
                let broken = [
                    again,
                    forgotten.then_some(Rule::RevocationsAreKept),
                    replaced.then_some(Rule::NoTokenOfAReplacedKey),
                ];
                for rule in broken.into_iter().flatten() {
                    self.broken(rule, format!("session {id} was signed out on {on}"));
                }
            }
            Answer::Refused(why) => {
                self.model_mut().cancel_end(&[session]);
                self.judge_refused(session, &token, &why, had_read, time.1);
            }
            Answer::None => {
                self.model_mut().finish_end(&[session], began, None);
                self.judge_silence(|| format!("the sign-out of session {id} on {on}"));
            }
        }
    }
}
