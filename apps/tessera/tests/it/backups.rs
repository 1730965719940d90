//! A backup is taken while servers run, and what is restored from it accepts no earlier token.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::moving::{Law, fill, killed_until_it_ends, spawn};
use crate::support::server::{DEMO_KEY, Ended, Setup};
use crate::support::sign_in::{bearer, device, lives, refresh, workshop};

macro_rules! laws {
    ($($law:ident)*) => {
        pub const LAWS: [Law; [$(stringify!($law)),*].len()] = [$((stringify!($law), $law)),*];
    };
}

laws! {
    what_is_backed_up_under_load_can_be_restored_and_accepts_no_earlier_token
    a_killed_restore_goes_on_and_accepts_no_earlier_token
}

fn run(command: &'static str, args: &[&str], url: &str) -> Ended {
    let setup = args.iter().fold(Setup::command(command), Setup::arg);
    setup.database(url).env("TESSERA_MASTER_KEY", DEMO_KEY).run()
}

fn done(command: &'static str, args: &[&str], url: &str) -> String {
    let ended = run(command, args, url);
    assert_eq!(ended.code, Some(0), "{command} {args:?}: {}", ended.err);
    ended.out
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

fn what_is_backed_up_under_load_can_be_restored_and_accepts_no_earlier_token(from: &str, to: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let (key, file) = (folder.path().join("key"), folder.path().join("backup"));
    let (key, file) = (text(&key), text(&file));
    done("backup", &["--new-key", key], from);
    let server = Arc::new(Setup::demo().database(from).start());
    let (before, signed) = (device(&server), workshop(&server));
    let stop = Arc::new(AtomicBool::new(false));
    let load = {
        let (server, stop) = (server.clone(), stop.clone());
        std::thread::spawn(move || {
            let mut issued = Vec::new();
            while !stop.load(Ordering::SeqCst) {
                issued.push(device(&server));
            }
            issued
        })
    };
    done("backup", &["--to", file, "--key-file", key, "--verify"], from);
    stop.store(true, Ordering::SeqCst);
    let issued = load.join().expect("the load goes on");
    assert!(lives(&server, [bearer(&before)]), "the server goes on");
    Arc::into_inner(server).expect("nobody else has it").stop();
    let tried = done("restore", &["--from", file, "--key-file", key, "--dry-run"], to);
    assert!(tried.contains("Nothing was changed"), "{tried}");
    done("restore", &["--from", file, "--key-file", key], to);
    let again = run("restore", &["--from", file, "--key-file", key], to);
    assert!(again.err.contains("the target is not empty"), "{}", again.err);
    let server = Setup::demo().database(to).start();
    for token in issued.iter().chain([&before, &signed.token]) {
        assert!(!lives(&server, [bearer(token)]));
    }
    assert!(
        lives(&server, [bearer(&device(&server))]),
        "accounts and passwords are there"
    );
    server.stop();
    done("audit", &["verify"], to);
}

fn a_killed_restore_goes_on_and_accepts_no_earlier_token(from: &str, to: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let (key, file) = (folder.path().join("key"), folder.path().join("backup"));
    let (key, file) = (text(&key), text(&file));
    let server = Setup::demo().database(from).start();
    let (before, signed) = (device(&server), workshop(&server));
    server.stop();
    fill(from);
    done("backup", &["--new-key", key], from);
    done("backup", &["--to", file, "--key-file", key], from);
    let args = ["restore", "--from", file, "--key-file", key];
    let ended = killed_until_it_ends(to, || spawn(&args, &[("TESSERA_DATABASE_URL", to)], folder.path()));
    let err = String::from_utf8_lossy(&ended.stderr);
    // Or the run before was killed when all was done, and it had not exited.
    assert!(
        ended.status.success() || err.contains("the target is not empty"),
        "{err}"
    );
    let server = Setup::demo().database(to).start();
    assert!(!lives(&server, [bearer(&before)]) && !lives(&server, [bearer(&signed.token)]));
    assert_eq!(refresh(&server, &signed.refresh).status, 401);
    assert!(
        lives(&server, [bearer(&device(&server))]),
        "accounts and passwords are there"
    );
    server.stop();
    done("audit", &["verify"], to);
}
