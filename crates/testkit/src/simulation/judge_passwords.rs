//! The model as the judge of what real servers have answered to those who signed in while passwords were changed.

use std::collections::HashMap;
use std::time::Duration;

use super::judge::moments;
use super::model::account::Register;
use super::{Answer, Rule};

/// What was asked about the password of an account, and what was answered. Passwords are numbers; the first has 0.
#[derive(Clone, Debug)]
pub struct PasswordExchange {
    /// The number of the account.
    pub account: usize,
    /// When the question was sent, on one clock of all clients.
    pub asked: Duration,
    /// When its answer had come.
    pub answered: Duration,
    /// What was asked.
    pub question: PasswordQuestion,
    /// What was answered.
    pub answer: Answer,
}

/// What is asked about a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordQuestion {
    /// To set this one. One account's are set one after the other.
    Set(u64),
    /// To sign in with this one.
    SignIn(u64),
}

/// The answers that nothing explains: which rule each of them breaks, and its place.
pub fn judge_passwords(history: &[PasswordExchange]) -> Vec<(Rule, usize)> {
    let mut passwords: HashMap<usize, Register<u64>> = HashMap::new();
    let mut broken = Vec::new();
    for (is_answer, place) in moments(history.iter().map(|one| (one.asked, one.answered))) {
        let one = &history[place];
        let password = passwords.entry(one.account).or_insert_with(|| Register::new(0));
        match (one.question, is_answer) {
            (PasswordQuestion::Set(number), false) => password.begin(number, one.asked),
            (PasswordQuestion::Set(_), true) => match one.answer {
                Answer::Done(_) => password.acknowledge(one.answered),
                Answer::Refused => password.withdraw(),
                Answer::Unknown => {}
            },
            (PasswordQuestion::SignIn(_), false) => {}
            (PasswordQuestion::SignIn(number), true) => {
                let rule = signed_in(password, number, one);
                broken.extend(rule.map(|rule| (rule, place)));
            }
        }
    }
    broken
}

/// The rule that an answer to somebody who signs in breaks.
fn signed_in(password: &Register<u64>, number: u64, one: &PasswordExchange) -> Option<Rule> {
    let (from, to) = (one.asked, one.answered);
    match one.answer {
        Answer::Done(_) => (!password.may_be(&number, from, to)).then_some(Rule::OldPasswordsAreRefused),
        Answer::Refused => password.is(&number, from, to).then_some(Rule::ThePasswordIsAccepted),
        Answer::Unknown => None,
    }
}

#[cfg(test)]
mod tests {
    use super::PasswordQuestion::{Set, SignIn};
    use super::*;

    const DONE: Answer = Answer::Done(None);

    /// One second after the other.
    fn judged(exchanges: &[(PasswordQuestion, Answer)]) -> Vec<(Rule, usize)> {
        let exchanges = exchanges.iter().enumerate();
        let history = exchanges.map(|(place, (question, answer))| PasswordExchange {
            account: 7,
            asked: Duration::from_secs(place as u64),
            answered: Duration::from_millis(place as u64 * 1000 + 500),
            question: *question,
            answer: answer.clone(),
        });
        judge_passwords(&history.collect::<Vec<_>>())
    }

    #[test]
    fn a_password_that_was_set_signs_in_and_the_one_before_does_not() {
        let good = [
            (SignIn(0), DONE),
            (Set(1), DONE),
            (SignIn(1), DONE),
            (SignIn(0), Answer::Refused),
        ];
        assert_eq!(judged(&good), []);
        assert_eq!(
            judged(&[(Set(1), DONE), (SignIn(0), DONE)]),
            [(Rule::OldPasswordsAreRefused, 1)]
        );
        assert_eq!(
            judged(&[(Set(1), DONE), (SignIn(1), Answer::Refused)]),
            [(Rule::ThePasswordIsAccepted, 1)]
        );
    }

    #[test]
    fn a_password_that_was_perhaps_set_may_sign_in_or_the_one_before() {
        for answers in [(DONE, Answer::Refused), (Answer::Refused, DONE)] {
            let history = [
                (Set(1), Answer::Unknown),
                (SignIn(0), answers.0),
                (SignIn(1), answers.1),
            ];
            assert_eq!(judged(&history), []);
        }
        let refused = [(Set(1), Answer::Refused), (SignIn(1), DONE)];
        assert_eq!(judged(&refused), [(Rule::OldPasswordsAreRefused, 1)]);
    }
}
