//! The test vectors: stored hashes of other implementations, and strings that only look like hashes.

#![allow(clippy::unwrap_used, reason = "a test may panic on a surprise")]

use std::fs;

use bcrypt_batch::{Cost, Job, MalformedHash, Password, StoredHash, UnusablePassword, Workspace};
use serde_json::Value;

fn vectors(file: &str) -> Value {
    let path = format!(
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/vectors/bcrypt/{}"),
        file
    );
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect()
}

/// One row of `vectors.json`.
struct Case {
    name: String,
    password: Vec<u8>,
    /// `None`: the password is being set, not checked.
    hash: Option<String>,
    expect: String,
    /// Only possible through the library, not for passwords that people type: marked so, or bytes that are not UTF-8.
    raw: bool,
}

fn cases() -> Vec<Case> {
    let file = vectors("vectors.json");
    let text = |row: &Value, field: &str| row[field].as_str().unwrap().to_owned();
    let case = |row: &Value| Case {
        name: text(row, "name"),
        password: bytes(&text(row, "password_hex")),
        hash: row["hash"].as_str().map(str::to_owned),
        expect: text(row, "expect"),
        raw: row.get("layer").is_some_and(|layer| layer == "raw")
            || str::from_utf8(&bytes(&text(row, "password_hex"))).is_err(),
    };
    file["cases"].as_array().unwrap().iter().map(case).collect()
}

type Stored = Option<Result<StoredHash, MalformedHash>>;

impl Case {
    fn password(&self) -> Result<Password<'_>, UnusablePassword> {
        if self.raw {
            Password::dangerous_raw(&self.password)
        } else {
            Password::new(&self.password)
        }
    }

    fn stored(&self) -> Stored {
        self.hash
            .as_deref()
            .map(|hash| StoredHash::parse(hash, &Cost::ACCEPTED))
    }

    /// The job of a login with this case: a decoy if the case is refused before hashing.
    fn job<'a>(&'a self, stored: &'a Stored) -> Job<'a> {
        match (self.password(), stored) {
            (Ok(password), Some(Ok(stored))) => Job::verify(password, stored),
            (Err(_), Some(Ok(stored))) => Job::decoy(stored.cost()),
            _ => Job::decoy(Cost::LOWEST),
        }
    }

    /// The answer in the terms of the file. A password that is too long for bcrypt is refused when it is set, and is a
    /// wrong password at a login.
    fn answer(&self, stored: &Stored, job: &Job<'_>) -> &'static str {
        match (self.password(), stored) {
            (Err(_), None) | (_, Some(Err(_))) => "reject",
            (Err(UnusablePassword::Empty | UnusablePassword::ContainsNul), _) => "reject",
            _ if job.matched() => "match",
            _ => "no_match",
        }
    }
}

#[test]
fn all_67_vectors_get_the_expected_answer_in_one_run() {
    let cases = cases();
    let stored: Vec<_> = cases.iter().map(Case::stored).collect();
    let mut jobs: Vec<_> = cases
        .iter()
        .zip(&stored)
        .map(|(case, stored)| case.job(stored))
        .collect();
    Workspace::new().run(&mut jobs);

    let mut answers = Vec::new();
    for ((case, stored), job) in cases.iter().zip(&stored).zip(&jobs) {
        let answer = case.answer(stored, job);
        assert_eq!(answer, case.expect, "{}", case.name);
        assert_eq!(job.matched(), case.expect == "match", "{}", case.name);
        answers.push(answer);
    }
    let count = |wanted| answers.iter().filter(|&&answer| answer == wanted).count();
    assert_eq!(
        (answers.len(), count("match"), count("no_match"), count("reject")),
        (67, 41, 15, 11)
    );
}

#[test]
fn all_67_vectors_get_the_same_answer_alone() {
    let mut workspace = Workspace::with_width(1);
    let cases = cases();
    for case in &cases {
        let matched = match (case.password(), case.stored()) {
            (Ok(password), Some(Ok(stored))) => workspace.verify(password, &stored),
            _ => false,
        };
        assert_eq!(matched, case.expect == "match", "{}", case.name);
    }
    assert_eq!(cases.len(), 67);
}

#[test]
fn the_buggy_version_has_its_own_error() {
    let refused = cases()
        .iter()
        .filter(|case| case.stored() == Some(Err(MalformedHash::BuggyVersion)))
        .count();
    assert_eq!(refused, 5);
}

#[test]
fn a_hash_is_written_as_it_was_read() {
    let mut written = 0;
    for case in &cases() {
        if let Some(Ok(stored)) = case.stored() {
            assert_eq!(Some(stored.to_text()), case.hash, "{}", case.name);
            written += 1;
        }
    }
    assert_eq!(written, 61);
}

#[test]
fn all_47_malformed_hashes_are_refused_and_the_3_costly_ones_before_any_work() {
    let file = vectors("malformed_hashes.json");
    let hashes = |list: &Value| -> Vec<String> {
        list.as_array()
            .unwrap()
            .iter()
            .map(|hash| hash.as_str().unwrap().to_owned())
            .collect()
    };

    let malformed = hashes(&file["reject"]);
    for hash in &malformed {
        assert!(StoredHash::parse(hash, &Cost::ACCEPTED).is_err(), "{hash:?}");
        // Not only for its cost: the widest range refuses it too.
        assert!(
            StoredHash::parse(hash, &(Cost::LOWEST..=Cost::HIGHEST)).is_err(),
            "{hash:?}"
        );
    }
    let costly = hashes(&file["reject_cost_too_high"]["hashes"]);
    for hash in &costly {
        let refusal = StoredHash::parse(hash, &Cost::ACCEPTED).unwrap_err();
        assert!(
            matches!(refusal, MalformedHash::CostRefused { exponent: 20 | 25 | 31 }),
            "{hash:?}"
        );
    }
    assert_eq!((malformed.len(), costly.len()), (47, 3));
}

#[test]
fn a_keyed_digest_before_bcrypt_gives_the_published_hashes() {
    let file = vectors("prehash.json");
    let cases: Vec<_> = file["cases"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|case| case.get("bcrypt").is_some())
        .collect();
    for case in &cases {
        let stored = StoredHash::parse(case["bcrypt"].as_str().unwrap(), &Cost::ACCEPTED).unwrap();
        let password = Password::new(case["prehash_ascii"].as_str().unwrap().as_bytes()).unwrap();
        assert!(Workspace::new().verify(password, &stored), "{}", case["name"]);
    }
    assert_eq!(cases.len(), 2);
}
