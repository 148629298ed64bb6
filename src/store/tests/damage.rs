//! Damage of every kind is noticed, and never becomes a wrong answer.

use rusqlite::params;

use super::*;

#[test]
fn a_damaged_entry_is_noticed() {
    let (folder, store) = store();
    put(&store, 1, &exchange("a", "r"));
    let damages = [
        ("UPDATE answers SET sha256 = zeroblob(32)", "its hash does not match"),
        ("UPDATE answers SET body = x'00112233'", "is damaged: "),
    ];
    for (damage, why) in damages {
        raw(&folder).execute(damage, []).expect("damages");
        let error = store.get(&key(1), None).expect_err("is noticed").to_string();
        assert!(error.contains(why), "{error}");
    }
}

/// The answer is the one that was saved, or it is not given.
#[track_caller]
fn never_wrong(store: &Store, saved: &Exchange, what: &str) -> bool {
    match store.get(&key(1), None) {
        Err(StoreError::Damaged { .. }) => true,
        Ok(Some(found)) => {
            assert_eq!(found, *saved, "{what}");
            false
        }
        other => panic!("{what}: {other:?}"),
    }
}

#[test]
fn every_byte_that_flips_and_every_byte_that_is_missing_is_noticed() {
    let (folder, store) = store();
    let saved = exchange("The capital of France is Paris.", "r");
    put(&store, 1, &saved);
    let raw = raw(&folder);
    let blob = |column| -> Vec<u8> {
        raw.query_row(&format!("SELECT {column} FROM answers"), [], |row| row.get(0)).expect("reads")
    };
    raw.execute_batch("PRAGMA synchronous = OFF").expect("is set");
    let mut harmless = 0;
    for column in ["body", "sha256"] {
        let sound = blob(column);
        let set = |bytes: &[u8]| {
            raw.execute(&format!("UPDATE answers SET {column} = ?1"), params![bytes]).expect("is written");
        };
        for at in 0..sound.len() {
            for mask in [0x01, 0x80, 0xff] {
                let mut flipped = sound.clone();
                flipped[at] ^= mask;
                set(&flipped);
                harmless += usize::from(!never_wrong(&store, &saved, &format!("{column} {at} ^ {mask:#x}")));
            }
            set(&sound[..at]);
            assert!(never_wrong(&store, &saved, &format!("{column} cut at {at}")), "{column} cut at {at}");
        }
        set(&sound);
        assert!(!never_wrong(&store, &saved, "restored"));
    }
    // A bit that zstd does not read changes nothing in what comes out.
    assert!(harmless <= 4, "{harmless}");
}

#[test]
fn a_file_with_a_flipped_byte_or_a_missing_end_never_gives_a_wrong_answer() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.sqlite");
    let store = Store::open(&path).expect("opens");
    let saved = exchange("The capital of France is Paris.", "r");
    put(&store, 1, &saved);
    put(&store, 2, &exchange("Another.", "r"));
    let body: Vec<u8> =
        raw(&folder).query_row("SELECT body FROM answers WHERE id = 1", [], |row| row.get(0)).expect("reads");
    drop(store);
    let sound = std::fs::read(&path).expect("reads");
    let end = sound.windows(body.len()).position(|window| window == body).expect("is in the file") + body.len();
    let begin = end - body.len() - 120;
    let look = |bytes: &[u8], what: &str| {
        std::fs::write(&path, bytes).expect("writes");
        for name in ["store.sqlite-wal", "store.sqlite-shm"] {
            drop(std::fs::remove_file(folder.path().join(name)));
        }
        let found = sqlite::connect(&path)
            .and_then(|connection| Store::from_connection(connection, &path))
            .and_then(|store| store.get(&key(1), None));
        if let Ok(Some(found)) = found {
            assert_eq!(found, saved, "{what}");
        }
    };
    for at in begin..end {
        let mut flipped = sound.clone();
        flipped[at] ^= 0xff;
        look(&flipped, &format!("byte {at}"));
    }
    for length in (0..sound.len()).step_by(512) {
        look(&sound[..length], &format!("length {length}"));
    }
}

#[test]
fn verify_lists_what_is_damaged_and_repair_removes_it_alone() {
    let (folder, store) = store();
    for byte in 1..=6 {
        try_put(&store, byte, &exchange("a", "r1"), Some(&Fields::default())).expect("is saved");
    }
    assert!(verify(&store).expect("reads").is_sound());
    let damages = [
        "UPDATE answers SET sha256 = zeroblob(32) WHERE id = 1",
        "UPDATE answers SET body = 'text' WHERE id = 2",
        "UPDATE answers SET recording = 99 WHERE id = 3",
        "UPDATE keys SET key = x'0404' WHERE id = 4",
        "UPDATE answers SET fields = x'00' WHERE id = 5",
    ];
    for damage in damages {
        assert_eq!(raw(&folder).execute(damage, []).expect("damages"), 1);
    }
    let health = verify(&store).expect("reads");
    let found: Vec<_> = health
        .damaged
        .iter()
        .map(|damage| {
            let why = damage.why.split(": ").next().expect("a reason");
            (damage.key[..4].to_owned(), damage.recording.as_deref().unwrap_or("-"), why)
        })
        .collect();
    let expected = [
        ("0101", "r1", "its hash does not match"),
        ("0202", "r1", "Src size is incorrect"),
        ("0303", "-", "its recording or its time is not that of the answer"),
        ("0404", "r1", "its key has 2 bytes"),
        ("0505", "r1", "what was asked is damaged"),
    ];
    assert_eq!(found, expected.map(|(key, recording, why)| (key.to_owned(), recording, why)));
    assert_eq!((health.answers, &health.file), (6, &vec![]));
    repair(&store, &health).expect("is written");
    let health = verify(&store).expect("reads");
    assert!(health.is_sound() && health.answers == 1);
    assert!(store.contains(&key(6)).expect("reads"));
}

#[test]
fn an_index_that_lost_an_entry_is_found_and_made_again() {
    let (folder, store) = store();
    drop(store);
    // An index that holds other rows for a while: what is sent meanwhile is not in it.
    let index_of = |found: &str, made: &str| {
        let sql = format!(
            "PRAGMA writable_schema = ON;
             UPDATE sqlite_schema SET sql = replace(sql, '{found}', '{made}') WHERE name = 'calls_by_run';
             PRAGMA writable_schema = RESET;"
        );
        raw(&folder).execute_batch(&sql).expect("is changed");
    };
    index_of("(run)", "(run) WHERE pid = 0");
    let store = another(&folder);
    assert_eq!(wait(|told| store.claim(ledger::call(2, "r"), told)).expect("is decided"), Claim::Mine);
    drop(store);
    index_of("(run) WHERE pid = 0", "(run)");
    let store = another(&folder);
    let health = verify(&store).expect("reads");
    assert!(!health.is_sound() && health.damaged.is_empty(), "{health:?}");
    repair(&store, &health).expect("is written");
    assert!(verify(&store).expect("reads").is_sound());
}
