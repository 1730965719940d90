//! What a process was answered by its store, and whether the database that it left explains that.

use std::collections::{BTreeMap, BTreeSet};

use auth_core::{StoreError, TokenId};
use store_diesel::DieselStore;

/// How an operation went, as its caller knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answered {
    Done,
    /// It failed, and has done nothing.
    Failed,
    /// It failed, and may have been done.
    Unknown,
}

impl Answered {
    pub(crate) fn of<T>(outcome: &Result<T, StoreError>) -> Self {
        match outcome {
            Ok(_) => Self::Done,
            Err(StoreError::OutcomeUnknown(_)) => Self::Unknown,
            Err(_) => Self::Failed,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

/// The answers of a process, by the label of the token. What was begun and has no answer may have been done.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answers {
    issued: BTreeMap<String, Answered>,
    revoked: BTreeMap<String, Answered>,
}

impl Answers {
    /// The line that says so.
    pub(crate) fn line(what: &str, label: &str, answered: Answered) -> String {
        format!("{what} {label} {}\n", answered.word())
    }

    /// Takes in a line; others are ignored.
    pub(crate) fn take(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [what, label, how] = words[..] else {
            return;
        };
        let how = match how {
            "done" => Answered::Done,
            "failed" => Answered::Failed,
            "unknown" => Answered::Unknown,
            _ => return,
        };
        match what {
            "issued" => self.issued.insert(label.to_owned(), how),
            "revoked" => self.revoked.insert(label.to_owned(), how),
            _ => None,
        };
    }

    pub(crate) fn count(&self) -> usize {
        self.issued.len() + self.revoked.len()
    }

    pub(crate) fn done(&self) -> usize {
        self.all(Answered::Done)
    }

    pub(crate) fn failed(&self) -> usize {
        self.all(Answered::Failed) + self.all(Answered::Unknown)
    }

    fn all(&self, how: Answered) -> usize {
        let answers = self.issued.values().chain(self.revoked.values());
        answers.filter(|answered| **answered == how).count()
    }

    /// What the database that is there contradicts, a sentence each.
    pub(crate) fn judge(&self, found: &Found) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut rule = |holds: bool, sentence: String| {
            if !holds {
                wrong.push(sentence);
            }
        };
        rule(found.intact, "the file is damaged".to_owned());
        rule(
            found.refused || !found.intact,
            "the port finds a revoked token".to_owned(),
        );
        rule(
            found.ended == found.revoked.len(),
            format!(
                "{} ends were published, {} tokens are revoked",
                found.ended,
                found.revoked.len()
            ),
        );
        for (label, how) in &self.issued {
            let rows = found.issued.get(label).copied().unwrap_or_default();
            let explained = match how {
                Answered::Done => rows == 1,
                Answered::Failed => rows == 0,
                Answered::Unknown => rows <= 1,
            };
            rule(explained, format!("{label} was {how:?} and is there {rows} times"));
        }
        for (label, how) in &self.revoked {
            let revoked = found.revoked.contains(label);
            let explained = match how {
                Answered::Done => revoked,
                Answered::Failed => !revoked,
                Answered::Unknown => true,
            };
            rule(
                explained,
                format!("the end of {label} was {how:?}, and revoked is {revoked}"),
            );
        }
        wrong
    }
}

/// What is in a database.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    pub(crate) issued: BTreeMap<String, usize>,
    pub(crate) revoked: BTreeSet<String>,
    /// Ends in the feed.
    pub(crate) ended: usize,
    pub(crate) intact: bool,
    /// Whether the port finds none of the revoked tokens.
    pub(crate) refused: bool,
}

impl Found {
    /// What cannot be read is damaged.
    pub(crate) async fn in_store(store: &DieselStore) -> Self {
        Self::read(store).await.unwrap_or_default()
    }

    async fn read(store: &DieselStore) -> Result<Self, StoreError> {
        let labels = async |of: &str| -> Result<Vec<String>, StoreError> {
            let labels = format!("SELECT group_concat(label, ' ') FROM tokens WHERE {of}");
            let labels = store.dangerous_text(&labels).await?.unwrap_or_default();
            Ok(labels.split_whitespace().map(str::to_owned).collect())
        };
        let check = "SELECT integrity_check FROM pragma_integrity_check";
        let ended = "SELECT count(*) FROM feed WHERE kind = 'ended'";
        let mut found = Self {
            intact: store.dangerous_text(check).await?.as_deref() == Some("ok"),
            ended: store.dangerous_number(ended).await?.unwrap_or_default() as usize,
            revoked: labels("revoked_at IS NOT NULL").await?.into_iter().collect(),
            refused: true,
            issued: BTreeMap::new(),
        };
        for label in labels("TRUE").await? {
            *found.issued.entry(label).or_default() += 1;
        }
        for label in &found.revoked {
            let id = format!("SELECT id FROM tokens WHERE label = '{label}'");
            let id = TokenId(store.dangerous_number(&id).await?.unwrap_or_default());
            found.refused &= store.tokens().find(id).await?.is_none();
        }
        Ok(found)
    }
}

/// What is wrong, and how it becomes so.
type Wrong<'a> = (&'a str, &'a dyn Fn(&mut Found));

/// For each rule a database that breaks it, and nothing else.
pub(crate) async fn wrong_databases_are_found() {
    let mut answers = Answers::default();
    for line in [
        "issued a done",
        "issued b failed",
        "issued c unknown",
        "revoked a done",
        "issued d done",
        "revoked d failed",
        "issued e done",
        "revoked e unknown",
    ] {
        answers.take(line);
    }
    let right = Found {
        issued: ["a", "d", "e"].map(|label| (label.to_owned(), 1)).into(),
        revoked: ["a".to_owned()].into(),
        ended: 1,
        intact: true,
        refused: true,
    };
    assert_eq!(answers.judge(&right), Vec::<String>::new());
    let rows = |found: &mut Found, label: &str, rows| found.issued.insert(label.to_owned(), rows);
    let wrong: [Wrong<'_>; 8] = [
        ("damaged", &|found| found.intact = false),
        ("found again", &|found| found.refused = false),
        ("lost", &|found| assert!(rows(found, "d", 0).is_some())),
        ("twice", &|found| assert!(rows(found, "d", 2).is_some())),
        ("refused and done", &|found| assert!(rows(found, "b", 1).is_none())),
        ("unpublished", &|found| found.ended = 0),
        ("not revoked", &|found| {
            (found.revoked, found.ended) = (BTreeSet::new(), 0)
        }),
        ("revoked all the same", &|found| {
            found.revoked.insert("d".to_owned());
            found.ended = 2;
        }),
    ];
    for (what, break_it) in wrong {
        let mut found = right.clone();
        break_it(&mut found);
        assert_eq!(answers.judge(&found).len(), 1, "{what}");
    }
}
