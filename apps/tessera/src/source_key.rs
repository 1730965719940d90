//! What a user of another system is called here: two systems count their users alike.

/// The key of a user, by the name of the system and its own key.
pub(crate) fn source_key(system: &str, id: &str) -> String {
    format!("{system}:{id}")
}
