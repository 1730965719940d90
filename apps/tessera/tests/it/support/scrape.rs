//! A page of metrics, as Prometheus reads it.

use std::collections::{BTreeMap, BTreeSet};

use super::client::Response;

/// One reading.
#[derive(Clone, Debug)]
pub struct Scrape {
    /// The type of each family, by name.
    pub families: BTreeMap<String, String>,
    /// By name and labels, as on the page.
    series: BTreeMap<String, f64>,
}

impl Scrape {
    /// Reads a page, and expects that each family has its help before its type, and both before its series.
    pub fn of(response: &Response) -> Self {
        assert_eq!(response.status, 200, "{response:?}");
        assert_eq!(
            response.header("Content-Type"),
            Some("text/plain; version=0.0.4; charset=utf-8")
        );
        let (mut families, mut series) = (BTreeMap::new(), BTreeMap::new());
        let (mut helped, mut family) = (String::new(), String::new());
        for line in response.text().lines() {
            if let Some(help) = line.strip_prefix("# HELP ") {
                let (name, text) = help.split_once(' ').expect("a name and a text");
                assert!(text.ends_with('.'), "{line}");
                helped = name.to_owned();
            } else if let Some(kind) = line.strip_prefix("# TYPE ") {
                let (name, kind) = kind.split_once(' ').expect("a name and a type");
                assert_eq!(name, helped, "help comes first");
                name.clone_into(&mut family);
                assert!(
                    families.insert(name.to_owned(), kind.to_owned()).is_none(),
                    "twice: {line}"
                );
            } else {
                let (name, value) = line.rsplit_once(' ').expect("a series and its value");
                assert!(name.starts_with(&family), "{line} is not below {family}");
                let value = value.parse().unwrap_or_else(|_| panic!("no number: {line}"));
                assert!(series.insert(name.to_owned(), value).is_none(), "twice: {line}");
            }
        }
        Self { families, series }
    }

    /// The value of a series, such as `tessera_logins_total{flavour="login",outcome="ok"}`.
    pub fn value(&self, series: &str) -> f64 {
        let value = self.series.get(series);
        *value.unwrap_or_else(|| panic!("no {series} in {:#?}", self.series.keys()))
    }

    /// By how much each of these has risen since an earlier reading.
    pub fn since<const N: usize>(&self, earlier: &Self, series: [&str; N]) -> [f64; N] {
        series.map(|series| self.value(series) - earlier.value(series))
    }

    /// The names and labels of all series.
    pub fn names(&self) -> BTreeSet<&str> {
        self.series.keys().map(String::as_str).collect()
    }

    /// The values that the labels have, by the names of labels; without those of buckets.
    pub fn labels(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut labels: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let braced = self.series.keys().filter_map(|series| series.split_once('{'));
        for pair in braced.flat_map(|(_, labels)| labels.trim_end_matches('}').split("\",")) {
            let (name, value) = pair.split_once("=\"").expect("a label and its value");
            if name != "le" {
                labels
                    .entry(name.into())
                    .or_default()
                    .insert(value.trim_end_matches('"').into());
            }
        }
        labels
    }
}
