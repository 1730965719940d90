//! The model as the judge of what real servers have answered to many clients at once.

use std::collections::HashMap;
use std::time::Duration;

use auth_core::TokenId;

use super::Rule;
use super::model::Session;

/// What a client asked about a session, and what it was answered.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The number of the session, which its clients have given it.
    pub session: u64,
    /// The place of the node that was asked.
    pub node: usize,
    /// When the question was sent, on one clock of all clients.
    pub asked: Duration,
    /// When its answer had come.
    pub answered: Duration,
    /// What was asked.
    pub question: Question,
    /// What was answered.
    pub answer: Answer,
}

/// What a client asks about a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// It begins. Nothing is asked about it before that is answered.
    SignIn,
    /// Whether one of its access tokens is good.
    Check,
    /// What comes after this refresh token.
    Refresh(String),
    /// Its holder ends it: that is done once, and refused from then on.
    SignOut,
    /// Somebody else ends it, such as an administrator, or a password that is changed: that is done however often.
    Revoke,
}

/// What a client is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It was done; with the next refresh token, where there is one.
    Done(Option<String>),
    /// It was refused for the token that was presented.
    Refused,
    /// It failed, or there was no answer: perhaps it was done.
    Unknown,
}

/// The answers that nothing explains: which rule each of them breaks, and its place.
///
/// The servers let sessions be refreshed for as long as [`POLICY`](super::POLICY) says, and answer nothing when they have
/// not read the feed for `staleness`. Their clocks are one. Access tokens expire after the end of the history.
pub fn judge_history(history: &[Exchange], nodes: usize, staleness: Duration) -> Vec<(Rule, usize)> {
    let mut judge = Judge {
        history,
        nodes,
        staleness,
        sessions: HashMap::new(),
        attempts: HashMap::new(),
        broken: Vec::new(),
    };
    for (is_answer, place) in moments(history.iter().map(|one| (one.asked, one.answered))) {
        match is_answer {
            false => judge.asks(place),
            true => judge.is_answered(place),
        }
    }
    judge.broken
}

/// The questions and the answers of a history in the order of their times: whether it is an answer, and its place.
pub(super) fn moments(history: impl Iterator<Item = (Duration, Duration)>) -> impl Iterator<Item = (bool, usize)> {
    let mut moments: Vec<(Duration, bool, usize)> = history
        .enumerate()
        .flat_map(|(place, (asked, answered))| [(asked, false, place), (answered, true, place)])
        .collect();
    moments.sort_unstable();
    moments.into_iter().map(|(_, is_answer, place)| (is_answer, place))
}

struct Judge<'a> {
    history: &'a [Exchange],
    nodes: usize,
    staleness: Duration,
    sessions: HashMap<u64, Session>,
    /// The refreshes under way.
    attempts: HashMap<usize, Attempt>,
    broken: Vec<(Rule, usize)>,
}

/// A refresh that has begun.
struct Attempt {
    used: usize,
    newest: usize,
    first_tried: Duration,
}

impl Judge<'_> {
    fn asks(&mut self, place: usize) {
        let one = &self.history[place];
        let Some(session) = self.sessions.get_mut(&one.session) else {
            return;
        };
        match &one.question {
            Question::SignOut | Question::Revoke => session.ends_under_way += 1,
            Question::Refresh(text) => {
                let used = session.family.iter().position(|token| token.text == *text);
                // A second successor, which broke a rule, is none of the family.
                let Some(used) = used else {
                    return;
                };
                let attempt = Attempt {
                    used,
                    newest: session.family.len() - 1,
                    first_tried: session.try_refresh(used, one.asked),
                };
                self.attempts.insert(place, attempt);
            }
            Question::SignIn | Question::Check => {}
        }
    }

    fn is_answered(&mut self, place: usize) {
        let one = &self.history[place];
        let time = (one.asked, one.answered);
        if let (Question::SignIn, Answer::Done(refresh)) = (&one.question, &one.answer) {
            let id = TokenId(one.session as i64);
            let mut session = Session::new(id, 0, 0, time, self.nodes);
            refresh.iter().for_each(|text| session.add_refresh(text.clone(), time));
            self.sessions.insert(one.session, session);
            return;
        }
        let Some(session) = self.sessions.get_mut(&one.session) else {
            return;
        };
        // Each server that answers has read the feed since.
        let read = Some(one.asked.saturating_sub(self.staleness));
        let forgotten = session.must_be_refused(one.node, one.asked, read);
        let forgotten = forgotten.then_some(Rule::RevocationsAreKept);
        let broken: Vec<Rule> = match (&one.question, &one.answer) {
            (Question::SignIn, _) | (Question::Check, Answer::Unknown) => Vec::new(),
            (Question::Check, Answer::Done(_)) => forgotten.into_iter().collect(),
            (Question::Check, Answer::Refused) => lost(session, time.1),
            (Question::SignOut, answer) => {
                session.ends_under_way -= 1;
                match answer {
                    Answer::Done(_) => {
                        let again = session.signed_out_through(one.node, time.1);
                        again.into_iter().chain(forgotten).collect()
                    }
                    Answer::Refused => lost(session, time.1),
                    Answer::Unknown => {
                        session.may_have_ended(time.0);
                        Vec::new()
                    }
                }
            }
            (Question::Revoke, answer) => {
                session.ends_under_way -= 1;
                match answer {
                    Answer::Done(_) => session.ended_through(one.node, time.1),
                    Answer::Refused | Answer::Unknown => session.may_have_ended(time.0),
                }
                Vec::new()
            }
            (Question::Refresh(_), answer) => match self.attempts.remove(&place) {
                Some(attempt) => refreshed(session, &attempt, answer, time),
                None => Vec::new(),
            },
        };
        self.broken.extend(broken.into_iter().map(|rule| (rule, place)));
    }
}

fn refreshed(session: &mut Session, attempt: &Attempt, answer: &Answer, time: (Duration, Duration)) -> Vec<Rule> {
    let used = attempt.used;
    session.tried_refresh(used, time, matches!(answer, Answer::Done(_)));
    match answer {
        Answer::Done(next) => session.renewed(used, attempt.newest, next.clone().unwrap_or_default(), time),
        Answer::Unknown => Vec::new(),
        Answer::Refused => {
            let must = session.must_renew(used, attempt.first_tried, time.1);
            let lost = if must { lost(session, time.1) } else { Vec::new() };
            session.may_have_ended(time.0);
            lost
        }
    }
}

/// The rule that a refusal breaks, if nothing can have ended the session.
fn lost(session: &Session, now: Duration) -> Vec<Rule> {
    match session.is_live(now) {
        true => vec![Rule::LiveSessionsAreKept],
        false => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One second after the other, on two nodes in turns.
    fn history(exchanges: impl IntoIterator<Item = (Question, Answer)>) -> Vec<Exchange> {
        let exchanges = exchanges.into_iter().enumerate();
        exchanges
            .map(|(place, (question, answer))| Exchange {
                session: 1,
                node: place % 2,
                asked: Duration::from_secs(place as u64),
                answered: Duration::from_millis(place as u64 * 1000 + 500),
                question,
                answer,
            })
            .collect()
    }

    fn judged(exchanges: impl IntoIterator<Item = (Question, Answer)>) -> Vec<(Rule, usize)> {
        judge_history(&history(exchanges), 2, Duration::ZERO)
    }

    const DONE: Answer = Answer::Done(None);

    #[test]
    fn what_was_revoked_is_refused_from_then_on_and_may_be_revoked_again() {
        let revoked = [
            (Question::SignIn, DONE),
            (Question::Check, DONE),
            (Question::Revoke, DONE),
            (Question::Check, Answer::Refused),
            (Question::Revoke, DONE),
        ];
        assert_eq!(judged(revoked.clone()), []);
        let accepted = revoked.into_iter().chain([(Question::Check, DONE)]);
        assert_eq!(judged(accepted), [(Rule::RevocationsAreKept, 5)]);
    }

    #[test]
    fn what_was_perhaps_revoked_may_be_accepted_and_refused() {
        let perhaps = [(Question::SignIn, DONE), (Question::Revoke, Answer::Unknown)];
        for answer in [DONE, Answer::Refused] {
            let history = perhaps.clone().into_iter().chain([(Question::Check, answer)]);
            assert_eq!(judged(history), []);
        }
    }

    #[test]
    fn what_nobody_revoked_is_not_refused() {
        let refused = [(Question::SignIn, DONE), (Question::Check, Answer::Refused)];
        assert_eq!(judged(refused), [(Rule::LiveSessionsAreKept, 1)]);
    }
}
