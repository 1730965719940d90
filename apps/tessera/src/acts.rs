//! What an administrator does: one function for each act, whether it comes from a command or from the console.
//!
//! An act checks what it is asked for, does it, and writes its audit entry with the current
//! [`Provenance`](auth_core::Provenance). What it says of itself is the caller's business.

pub mod account;
pub mod consumer;
pub mod key;
pub mod operator;
pub mod organisation;
pub mod patience;
pub mod role;
pub mod secret;
pub mod session;

/// An act that is refused: nothing has changed. The text is for the person who asked, and says what to do: by a command, or in a page.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub struct Refusal {
    text: String,
    page: Option<String>,
}

impl Refusal {
    /// With the same words for both.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            page: None,
        }
    }

    /// With other words for a page: its own nouns, and no command where there is a page for it.
    #[must_use]
    pub fn in_page(self, text: impl Into<String>) -> Self {
        Self {
            page: Some(text.into()),
            ..self
        }
    }

    /// What a page says, as sentences.
    pub fn for_page(&self) -> String {
        sentence(self.page.as_ref().unwrap_or(&self.text))
    }
}

/// A message as a sentence: with a capital and a full stop.
pub fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    let end = if message.ends_with(['.', '!', '?']) { "" } else { "." };
    first.chain(letters).chain(end.chars()).collect()
}

/// `anyhow::bail!` with a [`Refusal`]. After `in page`: the words for a page.
macro_rules! refuse {
    ($text:literal $(, $value:expr)* ; in page $page:literal $(, $of_page:expr)* $(,)?) => {
        return Err($crate::acts::Refusal::new(format!($text $(, $value)*)).in_page(format!($page $(, $of_page)*)).into())
    };
    ($($text:tt)*) => {
        return Err($crate::acts::Refusal::new(format!($($text)*)).into())
    };
}
pub(crate) use refuse;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_it_in_a_sentence_and_a_command_in_a_line() {
        let refusal = Refusal::new("there is no consumer x: see `tessera consumer list`");
        assert_eq!(
            refusal.to_string(),
            "there is no consumer x: see `tessera consumer list`"
        );
        assert_eq!(
            refusal.in_page("there is no partner x").for_page(),
            "There is no partner x."
        );
        assert_eq!(Refusal::new("Choose one.").for_page(), "Choose one.");
        assert_eq!(sentence(""), ".");
    }
}
