use diesel_async::SimpleAsyncConnection as _;

use super::*;

async fn panic(_: &mut Connection) -> Outcome<()> {
    panic!("as the test wants it")
}

/// Connections that close at the same moment each leave it to the others to empty the write-ahead log.
#[tokio::test]
async fn a_closed_database_is_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let options = StoreOptions {
        readers: 8,
        ..StoreOptions::default()
    };
    for round in 0..40 {
        let path = folder.path().join(format!("{round}.db"));
        let db = Db::open(Some(path.display().to_string()), &options).unwrap();
        db.write((), |conn, ()| make_table(conn).boxed()).await.unwrap();
        drop(db);
        assert!(!path.with_extension("db-wal").exists(), "round {round}");
    }
}

async fn make_table(conn: &mut Connection) -> Outcome<()> {
    Ok(conn.batch_execute("CREATE TABLE things (id INTEGER)").await?)
}

/// An operation that has begun and does not end, as on a disk that stalls: its caller hears so after a bound.
#[tokio::test]
async fn a_stalled_disk_is_given_up_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = StoreOptions::default();
    (options.wait, options.deadline) = (Duration::from_millis(20), Duration::from_millis(20));
    let path = folder.path().join("tessera.db").display().to_string();
    let db = Db::open(Some(path), &options).unwrap();
    let stall = Arc::new(std::sync::Barrier::new(2));
    let outcome = db.write(stall.clone(), |_, stall| {
        stall.wait();
        async { Ok(()) }.boxed()
    });
    let outcome = outcome.await;
    assert!(matches!(outcome, Err(StoreError::OutcomeUnknown(_))), "{outcome:?}");
    let waiting = db.write((), |_, ()| async { Ok(()) }.boxed()).await;
    assert!(matches!(waiting, Err(StoreError::Busy(_))), "{waiting:?}");
    stall.wait();
}

#[tokio::test]
async fn what_may_take_long_is_waited_for_beyond_the_bound() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = StoreOptions::default();
    (options.wait, options.deadline) = (Duration::from_millis(500), Duration::from_millis(20));
    let path = folder.path().join("tessera.db").display().to_string();
    let db = Db::open(Some(path), &options).unwrap();
    let stall = Arc::new(std::sync::Barrier::new(2));
    let long = db.write_patiently(stall.clone(), |_, stall| {
        stall.wait();
        async { Ok(7) }.boxed()
    });
    let after_the_bound = async {
        // Each waits for `wait` at least, and none gets its turn.
        for _ in 0..2 {
            let waiting = db.write((), |_, ()| async { Ok(()) }.boxed()).await;
            assert!(waiting.is_err());
        }
        stall.wait();
    };
    assert_eq!(tokio::join!(long, after_the_bound).0, Ok(7));
}

#[tokio::test]
async fn the_status_says_what_works_and_what_waits() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tessera.db").display().to_string();
    let db = Arc::new(Db::open(Some(path), &StoreOptions::default()).unwrap());
    let writer = |db: &Db| {
        let status = db.pools()[0];
        assert_eq!(status.name, "writer");
        (status.in_use, status.waiting)
    };
    assert_eq!(writer(&db), (0, 0));
    let stall = Arc::new(std::sync::Barrier::new(2));
    let (stalled, stalls) = (db.clone(), stall.clone());
    let begun = tokio::spawn(async move {
        let stalling: Step<Arc<std::sync::Barrier>, ()> = |_, stall| {
            stall.wait();
            stall.wait();
            async { Ok(()) }.boxed()
        };
        stalled.write(stalls, stalling).await
    });
    let first = stall.clone();
    tokio::task::spawn_blocking(move || first.wait()).await.unwrap();
    let behind = db.clone();
    let waits = tokio::spawn(async move { behind.write((), |_, ()| async { Ok(()) }.boxed()).await });
    while db.pools()[0].waiting == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(writer(&db), (1, 1));
    tokio::task::spawn_blocking(move || stall.wait()).await.unwrap();
    assert_eq!((begun.await.unwrap(), waits.await.unwrap()), (Ok(()), Ok(())));
    while writer(&db) != (0, 0) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_panic_is_one_callers_trouble() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tessera.db").display().to_string();
    for location in [Some(path), None] {
        let db = Db::open(location, &StoreOptions::default()).unwrap();
        let panicked = db.write((), |conn, ()| panic(conn).boxed()).await;
        assert!(matches!(panicked, Err(StoreError::Unavailable(_))), "{panicked:?}");
        let read = db.read((), |conn, ()| panic(conn).boxed()).await;
        assert!(matches!(read, Err(StoreError::Unavailable(_))), "{read:?}");
        let seven = db.write((), |_, ()| async { Ok(7) }.boxed()).await;
        assert_eq!(seven, Ok(7));
    }
}
