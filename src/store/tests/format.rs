//! Files of other versions and other programs.

use rusqlite::params;

use super::*;

/// A store as format 1 had it, with an answer.
fn format_1(path: &Path) {
    let json = serde_json::to_vec(&exchange("old", "r1")).expect("is JSON");
    let connection = rusqlite::Connection::open(path).expect("opens");
    connection
        .execute_batch(
            "PRAGMA page_size = 8192;
             PRAGMA journal_mode = WAL;
             CREATE TABLE answers (
                 id INTEGER PRIMARY KEY,
                 key BLOB NOT NULL UNIQUE,
                 recording TEXT NOT NULL,
                 bought_at INTEGER NOT NULL,
                 sha256 BLOB NOT NULL,
                 body BLOB NOT NULL
             );
             PRAGMA application_id = 1668641903;
             PRAGMA user_version = 1;",
        )
        .expect("is made");
    let body = zstd::bulk::compress(&json, 3).expect("compresses");
    let row = params![key(1).0, "r1", 1_770_000_000_000_i64, body::hash(&json), body];
    let sql = "INSERT INTO answers (key, recording, bought_at, sha256, body) VALUES (?1, ?2, ?3, ?4, ?5)";
    connection.execute(sql, row).expect("is written");
}

#[test]
fn a_store_of_format_1_keeps_its_answers_and_gets_a_ledger() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.sqlite");
    format_1(&path);
    // Several processes come at once: one of them brings it up to date.
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(Store::open(&path).expect("opens").stats().expect("reads").answers, 1));
        }
    });
    let store = Store::open(&path).expect("opens");
    assert_eq!(store.get(&key(1), None).expect("reads"), Some(exchange("old", "r1")));
    assert!(verify(&store).expect("reads").is_sound());
    assert_eq!(store.fields(&key(1)).expect("reads"), None);
    assert_eq!(store.nearest(&[Fields::default()]).expect("reads"), [None]);
    assert_eq!(wait(|told| store.claim(ledger::call(1, "r2"), told)).expect("is decided"), Claim::Answered);
    assert_eq!(wait(|told| store.claim(ledger::call(2, "r2"), told)).expect("is decided"), Claim::Mine);
    assert_eq!(store.stats().expect("reads").format, 3);
}

/// Brings a store of format 1 to format 2, with another answer and calls of three runs.
fn format_2(path: &Path) {
    format_1(path);
    let connection = rusqlite::Connection::open(path).expect("opens");
    connection
        .execute_batch(
            "ALTER TABLE answers ADD COLUMN fields BLOB;
             CREATE TABLE calls (
                 key BLOB NOT NULL,
                 run TEXT NOT NULL,
                 pid INTEGER NOT NULL,
                 machine TEXT NOT NULL,
                 state TEXT NOT NULL CHECK (state IN ('sent', 'done', 'failed', 'uncertain')),
                 sent INTEGER NOT NULL,
                 open INTEGER NOT NULL,
                 uncertain INTEGER NOT NULL,
                 worst_case_pico INTEGER,
                 uncertain_pico INTEGER,
                 cost_pico INTEGER,
                 lease_until INTEGER NOT NULL,
                 sent_at INTEGER NOT NULL,
                 settled_at INTEGER,
                 PRIMARY KEY (key, run)
             );
             CREATE INDEX calls_sent ON calls (key) WHERE state = 'sent';
             CREATE INDEX calls_by_run ON calls (run);
             PRAGMA user_version = 2;",
        )
        .expect("is made");
    let exchange = exchange("paid", "r2");
    let json = serde_json::to_vec(&exchange).expect("is JSON");
    let body = zstd::bulk::compress(&json, 3).expect("compresses");
    let fields = body::deflate(br#"{"host":"\"h\""}"#, body::Like::Fields).expect("compresses");
    let sql = "INSERT INTO answers (key, recording, bought_at, sha256, body, fields) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    connection
        .execute(sql, params![key(2).0, "r2", exchange.bought_at, body::hash(&json), body, fields])
        .expect("is written");
    let calls = [
        (2, "r2", "done", 0, 1, Some(7), Some(4)),
        (2, "r3", "uncertain", 1, 0, Some(0), None),
        (3, "r2", "sent", 2, 0, Some(0), None),
    ];
    for (byte, run, state, open, uncertain, uncertain_pico, cost) in calls {
        let pid = std::process::id();
        let sql = "INSERT INTO calls VALUES (?1, ?2, ?3, ?4, ?5, 2, ?6, ?7, 9, ?8, ?9, 150, 100, NULL)";
        let row = params![key(byte).0, run, pid, process::machine(), state, open, uncertain, uncertain_pico, cost];
        connection.execute(sql, row).expect("is written");
    }
}

#[test]
fn a_store_of_format_2_keeps_its_answers_and_its_ledger() {
    use crate::domain::Usd;

    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.sqlite");
    format_2(&path);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(Store::open(&path).expect("opens").stats().expect("reads").answers, 2));
        }
    });
    let store = Store::open(&path).expect("opens");
    assert_eq!(store.get(&key(1), Some("r1")).expect("reads"), Some(exchange("old", "r1")));
    assert_eq!(store.get(&key(2), Some("r2")).expect("reads"), Some(exchange("paid", "r2")));
    let fields: Fields = serde_json::from_str(r#"{"host":"\"h\""}"#).expect("are fields");
    assert_eq!(store.newest(9).expect("reads"), [(key(2), fields)]);
    assert_eq!(store.keys().expect("reads"), [key(1), key(2)]);
    let stats = store.stats().expect("reads");
    assert_eq!((stats.format, stats.recordings), (3, vec![("r1".to_owned(), 1), ("r2".to_owned(), 1)]));
    assert_eq!((stats.calls.open, stats.calls.done, stats.calls.failed, stats.calls.uncertain), (1, 1, 0, 1));
    let usd = |pico| Some(Usd::from_pico(pico));
    let spent = |run| store.spent(run).expect("reads");
    assert_eq!(spent("r2"), Spent { known: Usd::from_pico(4), uncertain_calls: 1, uncertain: usd(7) });
    assert_eq!(spent("r3"), Spent { known: Usd::ZERO, uncertain_calls: 1, uncertain: usd(9) });
    let open = OpenCall { key: key(3), pid: std::process::id(), calls: 2, worst_case: usd(9), sent_at: 100 };
    assert_eq!(store.open_calls("r2").expect("reads"), [open]);
    // The claim still holds, for the process that made it.
    let claim = |run| wait(|told| store.claim(ledger::call(3, run), told)).expect("is decided");
    assert_eq!(claim("r3"), Claim::Taken { pid: std::process::id(), until_ms: 150 });
    assert_eq!(claim("r2"), Claim::Mine);
    assert_eq!(store.open_calls("r2").expect("reads")[0].calls, 3);
    assert!(verify(&store).expect("reads").is_sound());
    let left: i64 = raw(&folder)
        .query_row("SELECT count(*) FROM sqlite_schema WHERE name LIKE 'old%'", [], |row| row.get(0))
        .expect("reads");
    assert_eq!(left, 0);
}

#[test]
fn several_processes_make_one_store() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("deep/store.sqlite");
    std::thread::scope(|scope| {
        for byte in 0..8 {
            let path = &path;
            scope.spawn(move || put(&Store::open(path).expect("opens"), byte, &exchange("a", "r")));
        }
    });
    assert_eq!(Store::open(&path).expect("opens").stats().expect("reads").answers, 8);
}

#[test]
fn a_file_that_is_no_store_or_of_a_later_version_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("other.sqlite");
    let why = |path: &Path| Store::open(path).expect_err("is refused").to_string();
    let other = rusqlite::Connection::open(&path).expect("opens");
    for marks in ["CREATE TABLE t (a)", "PRAGMA user_version = 7", "PRAGMA application_id = 7"] {
        other.execute_batch(marks).expect("is changed");
        assert!(why(&path).ends_with("it is another program's database"), "{}", why(&path));
    }
    other.execute_batch("PRAGMA application_id = 1668641903; PRAGMA user_version = 4").expect("is changed");
    assert!(why(&path).ends_with("its format is 4, this version knows 3"), "{}", why(&path));
    let tables: i64 = other.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).expect("reads");
    assert_eq!(tables, 1);
    let text = folder.path().join("text");
    std::fs::write(&text, "hello, this is not a database at all").expect("writes");
    assert!(matches!(Store::open(&text), Err(StoreError::Format { .. })), "{}", why(&text));
}
