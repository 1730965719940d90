//! docs/moving-data.md has every table of an export: whoever reads one with another program has nothing but the page.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[test]
fn the_page_has_every_table_with_its_key_and_columns() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/moving-data.md");
    let page = std::fs::read_to_string(page).unwrap();
    let lines = store_diesel::transfer::table_lines();
    assert!(page.contains(&lines), "it lacks this, in this order:\n{lines}");
}
