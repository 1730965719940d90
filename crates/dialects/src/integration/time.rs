//! Times in the format of the document.

use chrono::{DateTime, SecondsFormat};

/// `2019-10-03T19:10:16Z` (RFC 3339, UTC, whole seconds, truncated) from milliseconds since 1970. `None` outside the
/// years 0 to 9999, which the format does not have.
pub(super) fn utc_text(unix_ms: i64) -> Option<String> {
    let time = DateTime::from_timestamp_millis(unix_ms)?;
    let text = time.to_rfc3339_opts(SecondsFormat::Secs, true);
    (text.len() == "2019-10-03T19:10:16Z".len()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_become_the_documents_utc_seconds() {
        for (unix_ms, text) in [
            (1_570_129_816_000, "2019-10-03T19:10:16Z"),
            (1_570_129_816_999, "2019-10-03T19:10:16Z"),
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (1_709_164_800_000, "2024-02-29T00:00:00Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(utc_text(unix_ms).as_deref(), Some(text));
        }
    }

    #[test]
    fn a_time_outside_the_format_is_none() {
        for unix_ms in [253_402_300_800_000, -62_167_219_200_001, i64::MAX, i64::MIN] {
            assert_eq!(utc_text(unix_ms), None, "{unix_ms}");
        }
    }
}
