//! The result of one check.

use console::style;
use serde_json::{Value, json};

/// How serious the result is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    Ok,
    /// The server runs, and an administrator should look at this.
    Warn,
    /// The server does not run, or should not.
    Fail,
}

impl Verdict {
    /// The word in its colour, where standard output takes colours: on a terminal, without NO_COLOR.
    fn coloured(self) -> String {
        let word = style(format!("{:<4}", self.word()));
        let word = match self {
            Self::Ok => word.green(),
            Self::Warn => word.yellow(),
            Self::Fail => word.red().bold(),
        };
        word.to_string()
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// What was checked, what was found, and what to do.
#[derive(Debug)]
pub struct Check {
    name: &'static str,
    pub verdict: Verdict,
    found: String,
    advice: Option<String>,
}

impl Check {
    pub fn ok(name: &'static str, found: impl Into<String>) -> Self {
        let found = found.into();
        Self {
            name,
            verdict: Verdict::Ok,
            found,
            advice: None,
        }
    }

    pub fn warn(name: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Warn,
            advice: Some(advice.into()),
            ..Self::ok(name, found)
        }
    }

    pub fn fail(name: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Fail,
            ..Self::warn(name, found, advice)
        }
    }

    /// The check as one line: line breaks in an error's text are replaced.
    pub fn line(&self) -> String {
        let advice = self
            .advice
            .as_ref()
            .map(|advice| format!(" -> {advice}"))
            .unwrap_or_default();
        let line = format!("{}  {:<12}  {}{advice}", self.verdict.coloured(), self.name, self.found);
        line.replace('\n', "; ")
    }

    pub fn json(&self) -> Value {
        json!({ "check": self.name, "verdict": self.verdict.word(), "found": self.found, "advice": self.advice })
    }
}
