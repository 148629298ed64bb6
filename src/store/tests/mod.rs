//! The store as its callers see it.

mod carry;
mod crash;
mod damage;
mod fields;
mod format;
mod gc;
mod ledger;
mod plain;

use std::path::Path;
use std::sync::mpsc::channel;

use tempfile::TempDir;

use super::*;
use crate::domain::{Exchange, FinishReason, Reply, Response};

pub(super) fn exchange(text: &str, recording: &str) -> Exchange {
    let response = Response {
        text: text.to_owned(),
        tool_calls: Vec::new(),
        refusal: None,
        finish_reason: FinishReason::Stop,
        finish_raw: Some("stop".into()),
    };
    let reply = Reply {
        response,
        alternatives: Vec::new(),
        reasoning_text: None,
        stop_sequence: None,
        usage: None,
        model: None,
        request_id: None,
        fingerprint: None,
        service_tier: None,
        warnings: Vec::new(),
    };
    Exchange {
        reply,
        latency_ms: 5,
        first_token_ms: None,
        first_reasoning_ms: None,
        attempts: Vec::new(),
        bought_at: 1_770_000_000_000,
        recording: recording.into(),
    }
}

/// A store in a folder of its own.
fn store() -> (TempDir, Store) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&folder.path().join("store.sqlite")).expect("opens");
    (folder, store)
}

fn another(folder: &TempDir) -> Store {
    Store::open(&folder.path().join("store.sqlite")).expect("opens while the first is open")
}

/// The file itself, beside the store.
fn raw(folder: &TempDir) -> rusqlite::Connection {
    rusqlite::Connection::open(folder.path().join("store.sqlite")).expect("opens")
}

/// Waits for what is told from the store's own thread.
fn wait<T: Send + 'static>(work: impl FnOnce(Box<dyn FnOnce(T) + Send>)) -> T {
    let (sender, receiver) = channel();
    work(Box::new(move |told| sender.send(told).expect("is awaited")));
    receiver.recv().expect("is told")
}

fn key(byte: u8) -> Key {
    Key([byte; 32])
}

fn try_put(store: &Store, byte: u8, exchange: &Exchange, fields: Option<&Fields>) -> Result<(), StoreError> {
    wait(|told| store.put(Answer { key: key(byte), exchange, fields }, told))
}

fn put(store: &Store, byte: u8, exchange: &Exchange) {
    try_put(store, byte, exchange, None).expect("is saved");
}

#[test]
fn what_was_saved_is_there_for_another_process_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("deep/store.sqlite");
    let store = Store::open(&path).expect("opens");
    put(&store, 1, &exchange("a", "r1"));
    let other = Store::open(&path).expect("opens while the first is open");
    assert_eq!(other.get(&key(1), None).expect("reads"), Some(exchange("a", "r1")));
    put(&other, 2, &exchange("b", "r2"));
    assert_eq!(store.get(&key(2), None).expect("reads"), Some(exchange("b", "r2")));
    assert_eq!(store.get(&key(3), None).expect("reads"), None);
}

#[test]
fn a_recording_sees_only_its_own_answers_and_a_new_answer_replaces_the_old() {
    let (_folder, store) = store();
    put(&store, 1, &exchange("old", "r1"));
    assert_eq!(store.get(&key(1), Some("r2")).expect("reads"), None);
    put(&store, 1, &exchange("new", "r2"));
    assert_eq!(store.get(&key(1), None).expect("reads"), Some(exchange("new", "r2")));
    assert_eq!(store.stats().expect("reads").recordings, [("r2".to_owned(), 1)]);
}

#[test]
fn closing_waits_for_what_was_handed_over() {
    let (folder, store) = store();
    for byte in 0..100 {
        let answer = Answer { key: key(byte), exchange: &exchange("a", "r"), fields: None };
        store.put(answer, |saved| saved.expect("is saved"));
    }
    drop(store);
    assert_eq!(another(&folder).stats().expect("reads").answers, 100);
}

#[cfg(unix)]
#[test]
fn the_store_its_folder_and_its_log_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&folder.path().join("deep/store.sqlite")).expect("opens");
    put(&store, 1, &exchange("a", "r1"));
    let mode = |name: &str| folder.path().join(name).metadata().expect("is there").permissions().mode() & 0o777;
    assert_eq!(mode("deep"), 0o700);
    for name in ["deep/store.sqlite", "deep/store.sqlite-wal", "deep/store.sqlite-shm"] {
        assert_eq!(mode(name), 0o600, "{name}");
    }
}

#[test]
fn a_full_disk_reaches_everyone_who_waits_and_harms_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.sqlite");
    drop(Store::open(&path).expect("opens"));
    let connection = sqlite::connect(&path).expect("opens");
    connection.execute_batch("PRAGMA max_page_count = 48").expect("is limited");
    let store = Store::from_connection(connection, &path).expect("opens");
    put(&store, 1, &exchange("small", "r"));
    let claimed = wait(|told| store.claim(ledger::call(2, "r"), told));
    assert_eq!(claimed.expect("fits"), Claim::Mine);

    // Nothing that zstd could make smaller.
    let noise: String = (0..10_000_u32).map(|number| hex::encode(body::hash(&number.to_le_bytes()))).collect();
    let large = exchange(&noise, "r");
    let blocker = raw(&folder);
    blocker.execute_batch("BEGIN IMMEDIATE").expect("begins");
    let (sender, receiver) = channel();
    for (byte, recording) in [(3, "r"), (4, "new"), (5, "r")] {
        let sender = sender.clone();
        let large = exchange(&noise, recording);
        store.put(Answer { key: key(byte), exchange: &large, fields: None }, move |saved| {
            sender.send(saved).expect("is awaited");
        });
    }
    let done = Settlement::Done { exchange: &large, fields: None, cost: None };
    let settle = Settle { key: key(2), run: "r", now_ms: 2, settlement: done };
    store.settle(settle, move |saved| sender.send(saved).expect("is awaited"));
    blocker.execute_batch("COMMIT").expect("ends");
    let errors: Vec<String> = receiver.iter().map(|saved| saved.expect_err("is full").to_string()).collect();
    let expected = format!("the store {} cannot be used: database or disk is full", path.display());
    assert_eq!(errors, vec![expected; 4]);

    assert_eq!(store.get(&key(1), None).expect("reads"), Some(exchange("small", "r")));
    assert_eq!(store.stats().expect("reads").answers, 1);
    assert_eq!(store.open_calls("r").expect("reads").len(), 1, "the answer and its settlement are one");
    // What was taken back is not remembered.
    let small = exchange("small", "new");
    put(&store, 4, &small);
    assert_eq!(store.get(&key(4), Some("new")).expect("reads"), Some(small));
    let settle = Settle { key: key(2), run: "r", now_ms: 3, settlement: Settlement::Uncertain };
    wait(|told| store.settle(settle, told)).expect("is claimed");
    assert_eq!(store.open_calls("r").expect("reads"), []);
    drop(store);
    let store = another(&folder);
    assert!(verify(&store).expect("reads").is_sound());
    put(&store, 3, &large);
}
