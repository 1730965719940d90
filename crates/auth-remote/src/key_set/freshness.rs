//! For how long an answer is fresh (RFC 9111 section 4.2).

use std::time::Duration;

use reqwest::header::{AGE, CACHE_CONTROL, HeaderMap};

/// Where the server says nothing.
const DEFAULT: Duration = Duration::from_secs(5 * 60);

/// No answer is taken to be fresh for less, so that a server that forbids caching is not asked all the time.
const LEAST: Duration = Duration::from_secs(30);

/// Nor for more, so that a new key is known within the hour in which it is published before it signs.
const MOST: Duration = Duration::from_secs(60 * 60);

/// How long an answer with these headers is fresh, within bounds.
pub(super) fn fresh_for(headers: &HeaderMap) -> Duration {
    let max_age = match directives(headers) {
        None => DEFAULT,
        Some(seconds) => Duration::from_secs(seconds).saturating_sub(age(headers)),
    };
    max_age.clamp(LEAST, MOST)
}

/// How long ago a cache on the way has had it from the server (RFC 9111 section 5.1).
pub(super) fn age(headers: &HeaderMap) -> Duration {
    let age = headers.get(AGE).and_then(|value| value.to_str().ok());
    Duration::from_secs(age.and_then(|age| age.parse().ok()).unwrap_or(0))
}

/// The seconds of `max-age`; zero where caching is forbidden; `None` where nothing is said.
fn directives(headers: &HeaderMap) -> Option<u64> {
    let values = headers.get_all(CACHE_CONTROL).into_iter();
    let directives = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    let mut found = None;
    for directive in directives {
        let directive = directive.trim().to_ascii_lowercase();
        if directive == "no-store" || directive == "no-cache" {
            return Some(0);
        }
        if let Some(seconds) = directive.strip_prefix("max-age=") {
            // What cannot be read counts as stale (RFC 9111 section 4.2.1).
            found = Some(seconds.trim_matches('"').parse().unwrap_or(0));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    fn fresh(cache_control: &'static str, age: Option<&'static str>) -> u64 {
        let mut headers = HeaderMap::new();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache_control));
        if let Some(age) = age {
            headers.insert(AGE, HeaderValue::from_static(age));
        }
        fresh_for(&headers).as_secs()
    }

    #[test]
    fn it_is_what_the_server_says_within_bounds() {
        assert_eq!(fresh_for(&HeaderMap::new()).as_secs(), 300);
        assert_eq!(fresh("public, max-age=600", None), 600);
        assert_eq!(fresh("Max-Age=600", Some("60")), 540);
        assert_eq!(fresh("max-age=600", Some("10000")), 30);
        for (text, seconds) in [
            ("max-age=0", 30),
            ("no-store", 30),
            ("no-cache, max-age=600", 30),
            ("max-age=600, no-store", 30),
            ("max-age=soon", 30),
            ("max-age=-1", 30),
            ("max-age=31536000", 3600),
            ("max-age=99999999999999999999", 30),
            ("public", 300),
        ] {
            assert_eq!(fresh(text, None), seconds, "{text}");
        }
    }
}
