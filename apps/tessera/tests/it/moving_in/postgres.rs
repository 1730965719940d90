//! A PostgreSQL database of the other system, read over a connection.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::json;
use store_diesel::Cluster;

use crate::stage::{SETTINGS, Stage};
use crate::support::server::Setup;
use crate::support::sign_in::{bearer, lives, verify};

/// What of the rows is not text: times with a zone and without, booleans, JSON, bytes. The database prints times in a zone of its own.
/// There are more people than are read at once.
const TABLES: &str = r#"
    ALTER DATABASE postgres SET timezone = 'Asia/Tokyo';
    CREATE TABLE users (id bigserial PRIMARY KEY, email varchar(255), password varchar(255), created_at timestamp(0));
    INSERT INTO users (email, password, created_at)
        SELECT 'person' || n || '@example.com', '$2y$04$E9vyGSH6IWw0e.ervoFHiuLc6xoNa9roZeB2zQQR/6CiUNXuqbi7u', now()
        FROM generate_series(1, 2500) n;
    CREATE TABLE personal_access_tokens (id bigserial PRIMARY KEY, tokenable_type varchar(255), tokenable_id bigint,
        name varchar(255), token varchar(64), abilities jsonb, expires_at timestamp(0));
    INSERT INTO personal_access_tokens (tokenable_type, tokenable_id, name, token, abilities, expires_at) VALUES
        ('App\Models\User', 2500, 'phone', encode(sha256('secret-of-the-last-person'), 'hex'), '["read"]',
            now() AT TIME ZONE 'UTC' + interval '1 hour'),
        ('App\Models\User', 1, 'phone', encode(sha256('secret-that-has-expired'), 'hex'), '["*"]',
            now() AT TIME ZONE 'UTC' - interval '1 minute');

    CREATE TABLE auth_user (id serial PRIMARY KEY, username varchar(150), password varchar(128), is_active boolean,
        date_joined timestamptz);
    INSERT INTO auth_user (username, password, is_active, date_joined) VALUES ('ann', '!', true, now()), ('bob', '!', false, now());
    CREATE TABLE knox_authtoken (digest varchar(128) PRIMARY KEY, user_id integer, created timestamptz, expiry timestamptz);
    INSERT INTO knox_authtoken VALUES
        (encode(sha512('knox-token-of-ann'), 'hex'), 1, now(), now() + interval '1 hour'),
        (encode(sha512('knox-token-that-has-expired'), 'hex'), 1, now(), now() - interval '1 minute'),
        (encode(sha512('knox-token-of-bob'), 'hex'), 2, now(), NULL);

    CREATE TABLE accounts (id uuid PRIMARY KEY, login text);
    INSERT INTO accounts VALUES ('6a2f41a3-c54c-fce8-32d2-0324e1c32e22', 'cid');
    CREATE TABLE tokens (account uuid, scheme text, value bytea);
    INSERT INTO tokens VALUES ('6a2f41a3-c54c-fce8-32d2-0324e1c32e22', 'sha256', sha256('token-that-is-kept-as-bytes'));
"#;

/// From here on, who connects needs a password. `reader` may read the people of Django, and nothing else.
const READER: &str = "
    CREATE ROLE reader LOGIN PASSWORD 'right:@/\\';
    GRANT SELECT ON auth_user TO reader;
    DO $$ BEGIN
        EXECUTE format('COPY (SELECT ''host all reader all scram-sha-256'' UNION ALL SELECT ''host all all all trust'') TO %L',
            current_setting('hba_file'));
        PERFORM pg_reload_conf();
    END $$";

pub fn each_system_is_read() {
    let cluster = Cluster::start(&[]).expect("PostgreSQL starts");
    cluster.execute(TABLES);
    let url = cluster.url("postgres");
    let from = Path::new(&url);
    let stage = Stage::new();

    let report = stage.imported("laravel", from, &[]);
    assert_eq!(
        [
            &report["accounts_added"],
            &report["tokens_added"],
            &report["tokens_refused"]
        ],
        [&json!(2500), &json!(1), &json!(1)],
        "{report}"
    );
    let answer = verify(&stage.server, [bearer("1|secret-of-the-last-person")]);
    assert_eq!(answer.header("X-Auth-Permissions"), Some("read"), "{answer:?}");
    let again = stage.imported("laravel", from, &["--dry-run"]);
    assert_eq!(again["accounts_present"], json!(2500));

    let report = stage.imported("django", from, &[]);
    assert_eq!(
        [
            &report["accounts_added"],
            &report["tokens_added"],
            &report["tokens_refused"]
        ],
        [&json!(2), &json!(1), &json!(2)],
        "{report}"
    );
    assert!(lives(&stage.server, [bearer("knox-token-of-ann")]));

    stage.imported("plain", from, &[]);
    assert!(lives(&stage.server, [bearer("token-that-is-kept-as-bytes")]));
    stage.server.stop();
}

pub fn what_cannot_be_read_is_said() {
    let cluster = Cluster::start(&[]).expect("PostgreSQL starts");
    cluster.execute(TABLES);
    cluster.execute(READER);
    let stage = Stage::new();
    let url = |user: &str, database: &str| format!("postgres://{user}@{}/{database}", cluster.address());
    let (right, wrong) = (
        url("reader:right%3A%40%2F%5C", "postgres"),
        url("reader:canary", "postgres"),
    );
    let in_a_file = format!("@{}", stage.write("url", &right).display());
    for (from, reason) in [
        (wrong.as_str(), "password authentication failed"),
        (&right, "permission denied for table knox_authtoken"),
        (&in_a_file, "permission denied for table knox_authtoken"),
        (&url("tessera", "no_such_database"), "does not exist"),
        (
            "postgres://me:canary@127.0.0.1:1/x",
            "postgres://127.0.0.1:1/x: the PostgreSQL database cannot be read: error connecting",
        ),
        ("postgres://me:canary@127.0.0.1:port/x", "not postgres://"),
    ] {
        let ended = stage.import("django", Path::new(from), &[]);
        assert_eq!(ended.code, Some(1), "{reason}: {}", ended.out);
        assert!(ended.err.contains(reason), "{reason}: {}", ended.err);
        assert!(
            !ended.err.contains("canary") && !ended.err.contains("right"),
            "{}",
            ended.err
        );
    }
    let reader = url("reader", "postgres");
    let with = |name: &'static str, value: &str| {
        let setup = Setup::command("import").arg("django").arg("--from").arg(&reader);
        let setup = setup.arg("--flavour").arg("device").env(name, value);
        setup.config(SETTINGS).file(&stage.path("tessera.db")).run().err
    };
    let address = cluster.address();
    let (host, port) = address.rsplit_once(':').expect("an address");
    let line = format!("{host}:{port}:postgres:reader:right\\:@/\\\\\n");
    let file = stage.write("pgpass", &format!("# of the other system\n{line}"));
    let named = file.display().to_string();
    std::fs::set_permissions(&file, Permissions::from_mode(0o600)).expect("a file");
    let home = stage.write("home/.pgpass", &line);
    std::fs::set_permissions(&home, Permissions::from_mode(0o600)).expect("a file");
    let home = home.with_file_name("").display().to_string();
    for (name, value) in [("PGPASSWORD", "right:@/\\"), ("PGPASSFILE", &named), ("HOME", &home)] {
        let err = with(name, value);
        assert!(
            err.contains("permission denied for table knox_authtoken"),
            "{name}: {err}"
        );
    }
    assert!(with("PGPASSFILE", "no such file").contains("no such file"));
    std::fs::set_permissions(&file, Permissions::from_mode(0o640)).expect("a file");
    let open = with("PGPASSFILE", &named);
    assert!(open.contains("chmod 600"), "{open}");
    let rails = stage.import("rails", Path::new(&url("tessera", "postgres")), &[]);
    assert!(rails.err.contains("no column encrypted_password"), "{}", rails.err);
    stage.server.stop();
}
