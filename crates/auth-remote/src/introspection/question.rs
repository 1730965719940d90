//! What is asked about a token, as the key under which the answer is kept.

use auth_core::{PresentedToken, TokenDigest};
use zeroize::Zeroizing;

/// The digest of a question: the key that was presented beside the token or that there was none, and the token. An answer
/// to one question is never used for another. The permissions that a request needs, and the flavour that a verifier
/// accepts, are no part of it: the answer has those that the token has.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Question([u8; 32]);

impl Question {
    pub(super) fn of(presented: &PresentedToken<'_>) -> Self {
        let most = presented.text.len() + presented.key.map_or(0, str::len) + 2 * size_of::<u64>();
        let mut text = Zeroizing::new(Vec::with_capacity(most));
        part(&mut text, presented.key);
        part(&mut text, Some(presented.text));
        Self(*TokenDigest::of(&text).as_bytes())
    }
}

/// With its length, so that different parts never give the same text.
fn part(text: &mut Vec<u8>, part: Option<&str>) {
    let length = part.map_or(u64::MAX, |part| part.len() as u64);
    text.extend_from_slice(&length.to_be_bytes());
    text.extend_from_slice(part.unwrap_or_default().as_bytes());
}

impl std::fmt::Debug for Question {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Question(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_key_or_token_is_another_question() {
        let questions = [
            Question::of(&PresentedToken::bearer("t")),
            Question::of(&PresentedToken::bearer("u")),
            Question::of(&PresentedToken::bearer("tk")),
            Question::of(&PresentedToken::with_key("t", "k")),
            Question::of(&PresentedToken::with_key("t", "")),
            Question::of(&PresentedToken::with_key("", "t")),
        ];
        let different: std::collections::HashSet<_> = questions.into_iter().collect();
        assert_eq!(different.len(), questions.len());
        assert_eq!(questions[0], Question::of(&PresentedToken::bearer("t")));
    }
}
