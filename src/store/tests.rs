//! The store as its callers see it.

use std::sync::mpsc::channel;

use std::path::Path;

use super::*;
use crate::domain::{Exchange, FinishReason, Reply, Response};

fn exchange(text: &str, recording: &str) -> Exchange {
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

fn put(store: &Store, key: u8, exchange: &Exchange) {
    let (sender, receiver) = channel();
    store.put(Key([key; 32]), exchange, move |saved| sender.send(saved).expect("is awaited"));
    receiver.recv().expect("is called").expect("is saved");
}

#[test]
fn what_was_saved_is_there_for_another_process_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("deep/store.sqlite");
    let store = Store::open(&path).expect("opens");
    put(&store, 1, &exchange("a", "r1"));
    let other = Store::open(&path).expect("opens while the first is open");
    assert_eq!(other.get(&Key([1; 32]), None).expect("reads"), Some(exchange("a", "r1")));
    put(&other, 2, &exchange("b", "r2"));
    assert_eq!(store.get(&Key([2; 32]), None).expect("reads"), Some(exchange("b", "r2")));
    assert_eq!(store.get(&Key([3; 32]), None).expect("reads"), None);
}

#[test]
fn a_recording_sees_only_its_own_answers_and_a_new_answer_replaces_the_old() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&folder.path().join("store.sqlite")).expect("opens");
    put(&store, 1, &exchange("old", "r1"));
    assert_eq!(store.get(&Key([1; 32]), Some("r2")).expect("reads"), None);
    put(&store, 1, &exchange("new", "r2"));
    assert_eq!(store.get(&Key([1; 32]), None).expect("reads"), Some(exchange("new", "r2")));
    assert_eq!(store.stats().expect("reads").recordings, [("r2".to_owned(), 1)]);
}

#[test]
fn closing_waits_for_what_was_handed_over() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.sqlite");
    let store = Store::open(&path).expect("opens");
    for key in 0..100 {
        store.put(Key([key; 32]), &exchange("a", "r"), |saved| saved.expect("is saved"));
    }
    drop(store);
    assert_eq!(Store::open(&path).expect("opens").stats().expect("reads").answers, 100);
}

#[test]
fn a_damaged_entry_is_noticed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.sqlite");
    let store = Store::open(&path).expect("opens");
    put(&store, 1, &exchange("a", "r"));
    let raw = rusqlite::Connection::open(&path).expect("opens");
    let damages = [
        ("UPDATE answers SET sha256 = zeroblob(32)", "its hash does not match"),
        ("UPDATE answers SET body = x'00112233'", "is damaged: "),
    ];
    for (damage, why) in damages {
        raw.execute(damage, []).expect("damages");
        let error = store.get(&Key([1; 32]), None).expect_err("is noticed").to_string();
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn a_file_that_is_no_store_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("other.sqlite");
    let other = rusqlite::Connection::open(&path).expect("opens");
    other.execute_batch("CREATE TABLE t (a); PRAGMA user_version = 7;").expect("makes a database");
    let error = Store::open(&path).expect_err("is refused").to_string();
    assert!(error.ends_with("it is another program's database"), "{error}");
    let text = folder.path().join("text");
    std::fs::write(&text, "hello, this is not a database at all").expect("writes");
    assert!(matches!(Store::open(&text), Err(StoreError::Format { .. } | StoreError::Database { .. })));
}

#[test]
fn an_export_carries_everything_to_another_store_and_adds_nothing_twice() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&folder.path().join("a.sqlite")).expect("opens");
    put(&store, 2, &exchange("b", "r1"));
    put(&store, 1, &exchange("a", "r1"));
    put(&store, 3, &exchange("c", "r2"));
    let mut text = Vec::new();
    assert_eq!(export(&store, Some("r1"), &mut text).expect("exports"), 2);
    let other = Store::open(&folder.path().join("b.sqlite")).expect("opens");
    let path = Path::new("answers.jsonl");
    assert_eq!(import(&other, &text[..], path).expect("imports"), ImportCount { added: 2, present: 0 });
    assert_eq!(import(&other, &text[..], path).expect("imports"), ImportCount { added: 0, present: 2 });
    assert_eq!(other.get(&Key([1; 32]), None).expect("reads"), Some(exchange("a", "r1")));
    let error = import(&other, &b"{\"key\":\"00\"}"[..], path).expect_err("is refused").to_string();
    assert_eq!(error, "answers.jsonl:1: not a stored answer: missing field `exchange` at line 1 column 12");
}
