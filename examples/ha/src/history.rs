//! What was asked and answered, with its times, and what the model says about it.

use std::time::Duration;

use testkit::simulation::{
    Answer, Exchange, PasswordExchange, PasswordQuestion, Question, judge_history, judge_passwords,
};

/// How many nodes there are. The commands of an administrator are a further one, which answers nothing else.
pub const NODES: usize = 3;

/// `revocation.max_staleness` of the nodes.
pub const STALENESS: Duration = Duration::from_secs(30);

/// One question and its answer.
#[derive(Clone, Debug)]
pub struct Event {
    /// The session it is about; `None` for a sign-in without one, and for a password that is set.
    pub session: Option<u64>,
    pub account: usize,
    pub what: What,
    pub node: usize,
    pub asked: Duration,
    pub answered: Duration,
    /// 0: no answer.
    pub status: u16,
    /// The refresh token received.
    pub received: Option<String>,
}

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// With the password of this number.
    SignIn(u64),
    Check,
    /// A check of the session that every node knows.
    SteadyCheck,
    /// With this refresh token.
    Refresh(String),
    /// The holder ends the session.
    LogOut,
    /// A service ends it.
    Revoke,
    /// An administrator sets the password of this number.
    SetPassword(u64),
}

impl Event {
    pub fn is_answered(&self) -> bool {
        matches!(self.status, 200 | 401)
    }

    fn answer(&self) -> Answer {
        match self.status {
            200 => Answer::Done(self.received.clone()),
            401 => Answer::Refused,
            _ => Answer::Unknown,
        }
    }

    fn exchange(&self, session: u64, question: Question) -> Exchange {
        Exchange {
            session,
            node: self.node,
            asked: self.asked,
            answered: self.answered,
            question,
            answer: self.answer(),
        }
    }
}

/// What nothing explains, as sentences.
pub fn violations(events: &[Event]) -> Vec<String> {
    let strange = events
        .iter()
        .filter(|event| !matches!(event.status, 0 | 200 | 401 | 429 | 500..));
    let strange = strange.map(|event| format!("a status that means nothing: {event:?}"));
    let (history, places) = of_sessions(events);
    let broken = judge_history(&history, NODES + 1, STALENESS).into_iter();
    let sessions = broken.map(|(rule, place)| format!("{rule}: {:?}", events[places[place]]));
    let (history, places) = of_passwords(events);
    let broken = judge_passwords(&history).into_iter();
    let passwords = broken.map(|(rule, place)| format!("{rule}: {:?}", events[places[place]]));
    strange.chain(sessions).chain(passwords).collect()
}

/// The history of each session, and the place of each event in it. A password that is set ends all sessions of its account.
fn of_sessions(events: &[Event]) -> (Vec<Exchange>, Vec<usize>) {
    let mut history = Vec::new();
    for (place, event) in events.iter().enumerate() {
        let question = match &event.what {
            What::SignIn(_) => Question::SignIn,
            What::Check | What::SteadyCheck => Question::Check,
            What::Refresh(token) => Question::Refresh(token.clone()),
            What::LogOut => Question::SignOut,
            What::Revoke => Question::Revoke,
            What::SetPassword(_) => {
                history.extend(ended_by(event, events).map(|exchange| (exchange, place)));
                continue;
            }
        };
        if let Some(session) = event.session {
            history.push((event.exchange(session, question), place));
        }
    }
    history.into_iter().unzip()
}

/// A session that began before is ended for certain; one that began meanwhile, perhaps.
fn ended_by<'a>(set: &'a Event, events: &'a [Event]) -> impl Iterator<Item = Exchange> + 'a {
    let same = |event: &&Event| event.account == set.account && event.asked < set.answered;
    let began = events
        .iter()
        .filter(same)
        .filter(|event| matches!(event.what, What::SignIn(_)));
    began.filter_map(move |begun| {
        let mut exchange = set.exchange(begun.session?, Question::Revoke);
        if begun.answered > set.asked {
            // Nothing is asked about a session before its sign-in is answered.
            exchange.asked = begun.answered + Duration::from_nanos(1);
            exchange.answered = set.answered.max(exchange.asked);
            exchange.answer = Answer::Unknown;
        }
        Some(exchange)
    })
}

fn of_passwords(events: &[Event]) -> (Vec<PasswordExchange>, Vec<usize>) {
    let history = events.iter().enumerate().filter_map(|(place, event)| {
        let question = match event.what {
            What::SignIn(password) => PasswordQuestion::SignIn(password),
            What::SetPassword(password) => PasswordQuestion::Set(password),
            _ => return None,
        };
        let exchange = PasswordExchange {
            account: event.account,
            asked: event.asked,
            answered: event.answered,
            question,
            answer: event.answer(),
        };
        Some((exchange, place))
    });
    history.unzip()
}
