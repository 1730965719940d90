//! Every law that is written is also made a test of.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The public functions of a suite's files.
fn written(suite: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(suite);
    let files = fs::read_dir(folder).expect("the suite's folder");
    let mut names = BTreeSet::new();
    for file in files {
        let source = fs::read_to_string(file.expect("a file").path()).expect("source");
        let laws = source.lines().filter_map(|line| line.strip_prefix("pub async fn "));
        names.extend(laws.filter_map(|line| line.split('(').next()).map(str::to_owned));
    }
    names
}

fn listed<H: ?Sized>(laws: Vec<testkit::law::Law<H>>) -> BTreeSet<String> {
    let number = laws.len();
    let names: BTreeSet<_> = laws.into_iter().map(|law| law.name.to_owned()).collect();
    assert_eq!(names.len(), number, "a law is listed twice");
    names
}

#[test]
fn every_law_is_listed() {
    assert_eq!(listed(testkit::store::laws()), written("store"));
    assert_eq!(listed(testkit::issuer::laws()), written("issuer"));
    assert_eq!(listed(testkit::service::laws()), written("service"));
    assert_eq!(listed(testkit::sign_in::laws()), written("sign_in"));
}
