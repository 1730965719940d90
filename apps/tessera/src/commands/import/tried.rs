//! What a dry run would have added so far. The store takes back each batch of it, so it knows nothing of those before.

use std::collections::{HashMap, HashSet};

use auth_core::{AccountImport, FoldedLogin, ImportOutcome, TokenImport};
use sha2::{Digest, Sha256};

/// The beginning of a SHA-256: of a million names, each takes little memory.
type Short = [u8; 16];

/// Names and tokens of earlier batches.
#[derive(Debug, Default)]
pub struct Tried {
    names: HashSet<Short>,
    /// The owners of tokens, by their digests.
    tokens: HashMap<Short, Short>,
}

impl Tried {
    /// What becomes of an account that the store would add. `here`: whether the one with its key is disabled that an earlier row
    /// would have added.
    pub fn account(&mut self, row: &AccountImport, here: Option<bool>) -> ImportOutcome {
        let folded = |name: &str| FoldedLogin::parse(name).ok().map(|name| short(name.as_str()));
        let login = folded(&row.login);
        let names: Vec<Short> = login.into_iter().chain(row.alias.as_deref().and_then(folded)).collect();
        let is_taken = names.iter().any(|name| self.names.contains(name));
        match here {
            Some(disabled) if login.is_some_and(|login| self.names.contains(&login)) => {
                match disabled == row.disabled {
                    true => ImportOutcome::Present,
                    false => ImportOutcome::OtherState,
                }
            }
            Some(_) => ImportOutcome::OtherLogin,
            None if is_taken => ImportOutcome::NameTaken,
            None => {
                self.names.extend(names);
                ImportOutcome::Added
            }
        }
    }

    /// What becomes of a token that the store would add.
    pub fn token(&mut self, row: &TokenImport) -> ImportOutcome {
        let owner = short(&row.owner);
        match self.tokens.insert(short(row.digest.as_str()), owner) {
            None => ImportOutcome::Added,
            Some(first) if first == owner => ImportOutcome::Present,
            Some(_) => ImportOutcome::OtherOwner,
        }
    }
}

fn short(text: &str) -> Short {
    let digest: [u8; 32] = Sha256::digest(text).into();
    let mut short = Short::default();
    short.copy_from_slice(&digest[..16]);
    short
}
