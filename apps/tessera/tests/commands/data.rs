//! `tessera data`: what is refused before anything is done. The moving itself is in `it/moving.rs`.

use crate::admin_folder::AdminFolder;

#[test]
fn one_database_by_two_names_is_not_both_ends() {
    let admin = AdminFolder::new();
    std::os::unix::fs::symlink(admin.path("tessera.db"), admin.path("link.db")).expect("a link");
    let whole = admin.url();
    for target in ["sqlite:tessera.db", "sqlite:./tessera.db", "sqlite:link.db", &whole] {
        let sentence = admin.refused("data", &["copy", "--from", "sqlite:tessera.db", "--to", target], "");
        assert!(sentence.contains("are the same database"), "{target}: {sentence}");
    }
}

#[test]
fn a_file_that_is_no_export_is_refused_with_one_reason() {
    let admin = AdminFolder::new();
    let sentence = admin.refused("data", &["import", "--file", "."], "");
    assert_eq!(sentence.matches("directory").count(), 1, "{sentence}");
    let sentence = admin.refused("data", &["import", "--file", "/dev/null"], "");
    assert!(
        sentence.contains("nothing was changed") && sentence.contains("empty"),
        "{sentence}"
    );
}
