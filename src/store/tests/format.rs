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
    assert_eq!(store.stats().expect("reads").format, 2);
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
    other.execute_batch("PRAGMA application_id = 1668641903; PRAGMA user_version = 3").expect("is changed");
    assert!(why(&path).ends_with("its format is 3, this version knows 2"), "{}", why(&path));
    let tables: i64 = other.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).expect("reads");
    assert_eq!(tables, 1);
    let text = folder.path().join("text");
    std::fs::write(&text, "hello, this is not a database at all").expect("writes");
    assert!(matches!(Store::open(&text), Err(StoreError::Format { .. })), "{}", why(&text));
}
