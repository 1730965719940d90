//! What `sslmode=` promises, with a server that has a certificate and one that has none.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[macro_use]
#[path = "support/database.rs"]
mod support;

use auth_core::StoreError;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use store_diesel::{Cluster, ConnectError, DieselStore, StoreOptions};

tests! {
    postgres {
        a_server_with_a_certificate
        a_server_without_one
    }
}

/// An authority, and a server's certificate for `localhost` from it.
struct Certificates {
    authority: String,
    server: String,
    key: String,
}

impl Certificates {
    fn make() -> Self {
        let mut authority = CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let server = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let server = server.signed_by(&key, &authority).unwrap();
        Self {
            authority: authority.pem(),
            server: server.pem(),
            key: key.serialize_pem(),
        }
    }
}

async fn encrypted(url: &str) -> Result<bool, ConnectError> {
    let store = DieselStore::connect(url, &StoreOptions::default()).await?;
    let encrypted = store
        .dangerous_number("SELECT count(*) FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl")
        .await?;
    Ok(encrypted == Some(1))
}

fn is_refused(outcome: Result<bool, ConnectError>) -> bool {
    matches!(outcome, Err(ConnectError::Store(StoreError::Unavailable(_))))
}

async fn a_server_with_a_certificate(_: &'static Cluster) {
    let certificates = Certificates::make();
    let cluster = Cluster::start_with_tls(&certificates.server, &certificates.key).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, pem: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, pem).unwrap();
        path.display().to_string()
    };
    let root = write("authority.pem", &certificates.authority);
    let stranger = write("stranger.pem", &Certificates::make().authority);
    let address = cluster.database();
    let name = address.replace("127.0.0.1", "localhost");

    assert!(!encrypted(&format!("{address}?sslmode=disable")).await.unwrap());
    for any_server in ["", "?sslmode=prefer", "?sslmode=require"] {
        assert!(
            encrypted(&format!("{address}{any_server}")).await.unwrap(),
            "{any_server}"
        );
    }
    let verified = |url: &str, root: &str| format!("{url}?sslmode=verify-full&sslrootcert={root}");
    assert!(encrypted(&verified(&name, &root)).await.unwrap());
    assert!(
        is_refused(encrypted(&verified(&name, &stranger)).await),
        "another authority"
    );
    assert!(is_refused(encrypted(&verified(&address, &root)).await), "another name");
    assert!(
        is_refused(encrypted(&format!("{name}?sslmode=verify-full")).await),
        "the machine's roots"
    );
}

async fn a_server_without_one(cluster: &'static Cluster) {
    let url = cluster.database();
    assert!(!encrypted(&url).await.unwrap());
    assert!(is_refused(encrypted(&format!("{url}?sslmode=require")).await));
}
