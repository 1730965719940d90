//! Where a request that changes something comes from.

use actix_web::http::header::{HeaderMap, HeaderName, ORIGIN};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// How a browser can name its own machine.
const LOCAL: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// The origins of the console's own pages: the one that is configured, and where that is the machine itself, its other names.
#[derive(Debug)]
pub(super) struct Origins(Vec<String>);

impl Origins {
    pub(super) fn new(origin: String) -> Self {
        let parts = origin
            .split_once("://")
            .and_then(|(scheme, rest)| Some((scheme, rest.rsplit_once(':')?)));
        let others: Vec<String> = match parts {
            Some((scheme, (host, port))) if LOCAL.contains(&host) => {
                let others = LOCAL.into_iter().filter(|other| *other != host);
                others.map(|other| format!("{scheme}://{other}:{port}")).collect()
            }
            _ => Vec::new(),
        };
        let origins = [vec![origin], others].concat();
        Self(origins)
    }

    /// The one that is configured.
    pub(super) fn first(&self) -> &str {
        &self.0[0]
    }

    /// Whether browsers keep its cookies from unencrypted connections.
    pub(super) fn is_secure(&self) -> bool {
        self.first().starts_with("https://")
    }

    /// Whether the request was sent by a page of the console. Every browser says from which origin a form is sent; those
    /// that also say `Sec-Fetch-Site` have to agree.
    pub(super) fn sent(&self, headers: &HeaderMap) -> bool {
        let is_own = the_one(headers, &ORIGIN).is_some_and(|from| self.0.iter().any(|own| own == from));
        let says_otherwise =
            headers.contains_key(SEC_FETCH_SITE) && the_one(headers, &SEC_FETCH_SITE) != Some("same-origin");
        is_own && !says_otherwise
    }
}

fn the_one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name);
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn sent(own: &str, headers: &[(HeaderName, &'static str)]) -> bool {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name.clone(), HeaderValue::from_static(value));
        }
        Origins::new(own.to_owned()).sent(&map)
    }

    #[test]
    fn only_its_own_pages_may_send() {
        let own = "https://c.example";
        assert!(sent(own, &[(ORIGIN, "https://c.example")]));
        assert!(sent(
            own,
            &[(ORIGIN, "https://c.example"), (SEC_FETCH_SITE, "same-origin")]
        ));
        assert!(!sent(own, &[]));
        for other in [
            "null",
            "http://c.example",
            "https://c.example:444",
            "https://c.example.evil",
            "https://localhost",
        ] {
            assert!(!sent(own, &[(ORIGIN, other)]), "{other}");
        }
        for other in ["same-site", "cross-site", "none", ""] {
            assert!(
                !sent(own, &[(ORIGIN, "https://c.example"), (SEC_FETCH_SITE, other)]),
                "{other}"
            );
        }
        assert!(!sent(
            own,
            &[(ORIGIN, "https://c.example"), (ORIGIN, "https://c.example")]
        ));
    }

    #[test]
    fn the_machine_itself_has_several_names() {
        for name in ["http://127.0.0.1:8080", "http://localhost:8080", "http://[::1]:8080"] {
            assert!(sent("http://127.0.0.1:8080", &[(ORIGIN, name)]), "{name}");
        }
        assert!(!sent("http://127.0.0.1:8080", &[(ORIGIN, "http://localhost:8081")]));
        assert!(!sent("https://c.example", &[(ORIGIN, "http://localhost:8080")]));
    }
}
