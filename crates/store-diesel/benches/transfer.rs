//! How fast everything moves between SQLite and PostgreSQL:
//!
//!     cargo bench -p store-diesel --features test-support --bench transfer -- 200000
//!
//! The argument is the number of tokens; there is an account for every ten. Both databases work in `TMPDIR`, which should be on
//! a disk.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a benchmark reads the clock and may fail"
)]

use std::time::Instant;

use auth_core::{AuditEvent, Provenance, Timestamp};
use store_diesel::transfer::{self, ExportFile, HeldDatabase, Progress, Stage, TransferDatabase};
use store_diesel::{Cluster, DieselStore, Filling, StoreOptions};

const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

fn main() {
    if let Some(reason) = Cluster::skip_reason() {
        eprintln!("skipped: {reason}");
        return;
    }
    let tokens = std::env::args()
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(200_000);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(measure(tokens));
}

async fn measure(tokens: u64) {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| format!("sqlite:{}", folder.path().join(name).display());
    let cluster = Cluster::start(&["-c", "fsync=on", "-c", "full_page_writes=on"]).unwrap();
    let (first, second, third) = (file("first.db"), cluster.database(), file("third.db"));
    let filling = Filling {
        tokens,
        accounts: tokens / 10,
        expired: tokens / 20,
        revocations: tokens / 100,
        audit_entries: 0,
    };
    let store = connect(&first).await;
    filling.fill(&store, NOW, |_, _| ()).await.unwrap();
    drop(store);
    for url in [&second, &third] {
        drop(connect(url).await);
    }
    copy("SQLite to PostgreSQL", &first, &second).await;
    copy("PostgreSQL to SQLite", &second, &third).await;
    through_a_file(&first, &file("fourth.db"), folder.path()).await;
}

async fn connect(url: &str) -> DieselStore {
    DieselStore::connect(url, &StoreOptions::default()).await.unwrap()
}

async fn hold(url: &str) -> HeldDatabase {
    let source = TransferDatabase::open_source(url).await.unwrap();
    HeldDatabase::hold(source).await.unwrap()
}

async fn copy(what: &str, from: &str, to: &str) {
    let mut source = hold(from).await;
    let target = TransferDatabase::open_target(to).await.unwrap();
    let began = Instant::now();
    let mut moved = None;
    let mut watch = |progress: &Progress| {
        if progress.stage == Stage::Comparing {
            moved.get_or_insert_with(|| began.elapsed());
        }
    };
    let rows = transfer::copy(&mut source, &target, &mut watch).await.unwrap().rows;
    let (all, moved) = (began.elapsed(), moved.unwrap_or_default());
    let rate = |time: std::time::Duration| rows as f64 / time.as_secs_f64();
    println!(
        "{what}: {rows} rows in {:.1} s, {:.0} rows/s; of that moved in {:.1} s, {:.0} rows/s, and compared",
        all.as_secs_f64(),
        rate(all),
        moved.as_secs_f64(),
        rate(moved)
    );
    complete(&target).await;
}

async fn complete(target: &TransferDatabase) {
    let entry = Provenance::SERVER.entry(AuditEvent::DataCopied, NOW);
    target.complete(entry).await.unwrap();
}

async fn through_a_file(from: &str, to: &str, folder: &std::path::Path) {
    drop(connect(to).await);
    let path = folder.join("export.ndjson");
    let began = Instant::now();
    let mut source = hold(from).await;
    let file = std::io::BufWriter::with_capacity(1 << 20, std::fs::File::create(&path).unwrap());
    let rows = transfer::export(&mut source, file, &mut |_| ()).await.unwrap().rows;
    let exported = began.elapsed().as_secs_f64();
    let bytes = std::fs::metadata(&path).unwrap().len();
    println!(
        "export: {rows} rows in {exported:.1} s, {:.0} rows/s, {bytes} bytes",
        rows as f64 / exported
    );
    let began = Instant::now();
    let mut file = ExportFile::check(&path, |_| ()).unwrap();
    let target = TransferDatabase::open_target(to).await.unwrap();
    transfer::import(&mut file, &target, &mut |_| ()).await.unwrap();
    complete(&target).await;
    let imported = began.elapsed().as_secs_f64();
    println!(
        "import into SQLite: {rows} rows in {imported:.1} s, {:.0} rows/s",
        rows as f64 / imported
    );
}
