//! `tessera man`.

use std::process::Command;

use libtest_mimic::Trial;

use crate::{missing, succeeded, tessera, trials::unless_skipped};

pub fn trials() -> Vec<Trial> {
    vec![
        unless_skipped(
            "manual::every_page_is_formatted_without_a_warning",
            || missing("groff"),
            every_page_is_formatted_without_a_warning,
        ),
        Trial::test("manual::each_command_has_a_page", || {
            each_command_has_a_page();
            Ok(())
        }),
    ]
}

fn every_page_is_formatted_without_a_warning() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_str().expect("UTF-8");
    tessera(&["man", "--dir", path]);
    for page in std::fs::read_dir(path).expect("a folder") {
        let page = page.expect("a file").path();
        let groff = Command::new("groff")
            .args(["-k", "-ww", "-man", "-Tutf8", "-P-cbou"])
            .arg(&page)
            .output();
        let text = succeeded(groff.expect("groff starts"));
        assert!(text.contains("SYNOPSIS"), "{}: {text}", page.display());
    }
}

fn each_command_has_a_page() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_str().expect("UTF-8");
    let said: serde_json::Value = serde_json::from_str(&tessera(&["man", "--dir", path, "--json"])).expect("JSON");
    let pages: Vec<&str> = said["pages"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|page| page.as_str())
        .collect();
    for page in [
        "tessera.1",
        "tessera-account.1",
        "tessera-account-set-role.1",
        "tessera-resource-server-list.1",
    ] {
        assert!(pages.contains(&page), "{page}: {pages:?}");
    }
    for page in &pages {
        let text = std::fs::read_to_string(folder.path().join(page)).expect("a page");
        let called = page.trim_end_matches(".1");
        assert!(text.contains(&format!(".TH {called} 1")), "{page}");
    }
    let one = tessera(&["man"]);
    assert_eq!(
        one,
        std::fs::read_to_string(folder.path().join("tessera.1")).expect("a page")
    );
}
