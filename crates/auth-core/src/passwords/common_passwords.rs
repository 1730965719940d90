//! The passwords that attackers try first.

use zeroize::Zeroizing;

/// One for each line, lower case, sorted. Their sources are in `common_passwords.LICENSES.md`.
const COMMON: &str = include_str!("common_passwords.txt");

/// Whether this is one of the common ones, in any case. Scans all of them, some 80 kB: that costs little beside the hash
/// that follows.
pub(super) fn is_common(password: &str) -> bool {
    let lower = Zeroizing::new(password.to_ascii_lowercase());
    COMMON.lines().any(|common| common == *lower)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_complete_and_each_entry_fits_the_length_rule() {
        assert_eq!(COMMON.lines().count(), 8036);
        assert!(
            COMMON
                .lines()
                .all(|p| p.len() >= 8 && p.is_ascii() && p == p.to_ascii_lowercase())
        );
        assert!(COMMON.lines().is_sorted());
    }

    #[test]
    fn the_most_common_ones_are_listed() {
        for password in [
            "password",
            "12345678",
            "1234567890",
            "qwertyuiop",
            "iloveyou",
            "PassWord1",
            "1q2w3e4r5t",
        ] {
            assert!(is_common(password), "{password}");
        }
        assert!(!is_common("correct horse battery staple"));
    }
}
