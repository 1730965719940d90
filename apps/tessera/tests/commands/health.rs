//! `tessera health`.

use crate::admin_folder::AdminFolder;

#[test]
fn health_says_by_its_exit_status_whether_the_server_is_ready() {
    let admin = AdminFolder::new();
    let server = admin.serve();
    let address = server.address().to_string();
    let ask = ["--listen", &address];
    assert_eq!(
        admin.done("health", &ask, ""),
        format!("the server at {address} is ready\n")
    );
    let live = admin.json("health", &["--listen", &address, "--live"], "");
    assert_eq!(live["path"], "/healthz");
    server.stop();
    let sentence = admin.refused("health", &ask, "");
    assert!(sentence.contains("does not answer /readyz"), "{sentence}");
}
