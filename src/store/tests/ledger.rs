//! Claims and settlements.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use super::*;
use crate::domain::Usd;

/// A process that lives.
fn live() -> u32 {
    std::process::id()
}

/// A process that is gone.
fn dead() -> u32 {
    let mut child = std::process::Command::new("true").spawn().expect("starts");
    child.wait().expect("ends");
    child.id()
}

pub(super) fn call(byte: u8, run: &str) -> Call {
    let worst_case = Some(Usd::from_pico(9));
    Call { key: key(byte), run: run.to_owned(), pid: live(), worst_case, now_ms: 100, lease_ms: 50, anew: false }
}

fn claim(store: &Store, call: Call) -> Claim {
    wait(|told| store.claim(call, told)).expect("is decided")
}

fn settle(store: &Store, byte: u8, run: &str, settlement: Settlement<'_>) -> Result<(), StoreError> {
    wait(|told| store.settle(Settle { key: key(byte), run, now_ms: 200, settlement }, told))
}

fn done(exchange: &Exchange, pico: i64) -> Settlement<'_> {
    Settlement::Done { exchange, fields: None, cost: Some(Usd::from_pico(pico)) }
}

fn spent(store: &Store, run: &str) -> (i64, u64, Option<i64>) {
    let Spent { known, uncertain_calls, uncertain } = store.spent(run).expect("reads");
    (known.pico(), uncertain_calls, uncertain.map(Usd::pico))
}

#[test]
fn a_call_is_on_record_before_it_is_sent_and_holds_others_off() {
    let (folder, store) = store();
    let other = another(&folder);
    assert_eq!(claim(&store, call(1, "a")), Claim::Mine);
    let on_record = OpenCall { key: key(1), pid: live(), calls: 1, worst_case: Some(Usd::from_pico(9)), sent_at: 100 };
    assert_eq!(other.open_calls("a").expect("reads"), std::slice::from_ref(&on_record));
    assert_eq!(claim(&other, call(1, "b")), Claim::Taken { pid: live(), until_ms: 150 });
    assert_eq!(claim(&other, Call { anew: true, ..call(1, "b") }), Claim::Taken { pid: live(), until_ms: 150 });
    assert_eq!(other.open_calls("b").expect("reads"), []);
    // The same process asks again, and holds it for longer.
    assert_eq!(claim(&store, Call { now_ms: 140, ..call(1, "a") }), Claim::Mine);
    assert_eq!(store.open_calls("a").expect("reads"), [OpenCall { calls: 2, sent_at: 140, ..on_record }]);
    assert_eq!(claim(&other, Call { now_ms: 160, ..call(1, "b") }), Claim::Taken { pid: live(), until_ms: 190 });
    assert_eq!(spent(&store, "a"), (0, 0, Some(0)), "what is out is not spent");
}

#[test]
fn an_answer_and_its_settlement_are_there_together_and_nobody_asks_again() {
    let (folder, store) = store();
    let other = another(&folder);
    assert_eq!(claim(&store, call(1, "a")), Claim::Mine);
    settle(&store, 1, "a", done(&exchange("x", "a"), 4)).expect("is saved");
    assert_eq!(other.get(&key(1), None).expect("reads"), Some(exchange("x", "a")));
    assert_eq!((other.open_calls("a").expect("reads"), spent(&other, "a")), (vec![], (4, 0, Some(0))));
    assert_eq!(claim(&other, call(1, "b")), Claim::Answered);
    assert_eq!(claim(&store, call(1, "a")), Claim::Answered);
    assert_eq!(claim(&other, Call { anew: true, ..call(1, "b") }), Claim::Mine);
    let cost = |run| other.cost_of(&key(1), run).expect("reads");
    assert_eq!([cost("a"), cost("b"), cost("c")], [Some(4), Some(0), Some(0)].map(|pico| pico.map(Usd::from_pico)));
    settle(&other, 1, "b", Settlement::Done { exchange: &exchange("y", "b"), fields: None, cost: None })
        .expect("saved");
    assert_eq!((cost("b"), spent(&other, "b")), (None, (0, 1, Some(9))));
    let calls = other.stats().expect("reads").calls;
    assert_eq!((calls.done, calls.open + calls.failed + calls.uncertain), (2, 0));
}

#[test]
fn a_claim_is_void_when_its_lease_is_over_or_its_process_is_dead() {
    let (folder, store) = store();
    assert_eq!(claim(&store, call(1, "a")), Claim::Mine);
    assert_eq!(claim(&store, call(1, "a")), Claim::Mine);
    assert_eq!(claim(&store, Call { now_ms: 150, ..call(1, "b") }), Claim::Taken { pid: live(), until_ms: 150 });
    assert_eq!(claim(&store, Call { now_ms: 151, ..call(1, "b") }), Claim::Mine);
    assert_eq!(spent(&store, "a"), (0, 2, Some(18)));

    assert_eq!(claim(&store, Call { pid: dead(), worst_case: None, ..call(2, "a") }), Claim::Mine);
    assert_eq!(claim(&store, call(2, "b")), Claim::Mine);
    assert_eq!(spent(&store, "a"), (0, 3, None));

    // A process id of another machine, or of another container, says nothing.
    assert_eq!(claim(&store, Call { pid: dead(), ..call(3, "a") }), Claim::Mine);
    raw(&folder).execute("UPDATE calls SET machine = 99", []).expect("is moved");
    assert!(matches!(claim(&store, call(3, "b")), Claim::Taken { .. }));
}

#[test]
fn a_frozen_process_that_wakes_late_still_brings_its_answer_and_its_bill() {
    let (folder, store) = store();
    let other = another(&folder);
    assert_eq!(claim(&store, call(1, "a")), Claim::Mine);
    assert_eq!(claim(&other, Call { now_ms: 500, ..call(1, "b") }), Claim::Mine);
    settle(&store, 1, "a", done(&exchange("late", "a"), 5)).expect("is saved");
    assert_eq!(spent(&store, "a"), (5, 0, Some(0)));
    assert_eq!(store.get(&key(1), None).expect("reads"), Some(exchange("late", "a")));
    settle(&other, 1, "b", done(&exchange("x", "b"), 6)).expect("is saved");
    assert_eq!(spent(&store, "b"), (6, 0, Some(0)));
}

/// The thread that writes remembers what it claimed, and must not where others have written since.
#[test]
fn a_call_that_another_process_lost_sight_of_and_asked_again_is_settled_as_it_stands() {
    let (folder, store) = store();
    let other = another(&folder);
    assert_eq!(claim(&store, call(1, "a")), Claim::Mine);
    assert_eq!(other.forsake("a", 150).expect("is written").len(), 1);
    assert_eq!(claim(&other, call(1, "a")), Claim::Mine);
    settle(&store, 1, "a", done(&exchange("x", "a"), 5)).expect("is saved");
    assert_eq!(spent(&store, "a"), (5, 1, Some(9)));
    assert!(settle(&other, 1, "a", Settlement::Uncertain).is_err());
    assert_eq!(spent(&store, "a"), (5, 1, Some(9)));
}

#[test]
fn a_claim_that_another_run_of_this_process_voided_is_settled_as_it_stands() {
    let (_folder, store) = store();
    assert_eq!(claim(&store, call(1, "a")), Claim::Mine);
    assert_eq!(claim(&store, Call { now_ms: 500, ..call(1, "b") }), Claim::Mine);
    // Not a retry: the call before counts as uncertain.
    assert_eq!(claim(&store, Call { now_ms: 900, ..call(1, "a") }), Claim::Mine);
    settle(&store, 1, "a", done(&exchange("x", "a"), 5)).expect("is saved");
    assert_eq!((spent(&store, "a"), spent(&store, "b")), ((5, 1, Some(9)), (0, 1, Some(9))));
}

#[test]
fn a_key_that_was_thrown_away_and_whose_number_another_got_is_a_key_of_its_own() {
    let (folder, store) = store();
    assert_eq!(claim(&store, call(1, "a")), Claim::Mine);
    raw(&folder)
        .execute_batch("DELETE FROM calls; DELETE FROM keys; INSERT INTO keys (key) VALUES (zeroblob(32));")
        .expect("is written");
    settle(&store, 1, "a", done(&exchange("x", "a"), 4)).expect_err("its claim is gone");
    assert_eq!(store.get(&key(1), None).expect("reads"), Some(exchange("x", "a")));
    assert_eq!(store.get(&key(0), None).expect("reads"), None);
}

#[test]
fn a_run_that_goes_on_counts_what_its_killed_process_may_have_been_billed() {
    let (_folder, store) = store();
    for byte in 1..=3 {
        assert_eq!(claim(&store, Call { pid: dead(), ..call(byte, "a") }), Claim::Mine);
    }
    settle(&store, 1, "a", done(&exchange("x", "a"), 4)).expect("is saved");
    let forsaken = store.forsake("a", 300).expect("is written");
    assert_eq!(forsaken.iter().map(|call| call.key).collect::<Vec<_>>(), [key(2), key(3)]);
    assert_eq!(forsaken[0].worst_case, Some(Usd::from_pico(9)));
    assert_eq!(store.forsake("a", 300).expect("is written"), []);
    assert_eq!(spent(&store, "a"), (4, 2, Some(18)));
    assert_eq!(store.cost_of(&key(1), "a").expect("reads"), Some(Usd::from_pico(4)));
    // The new process asks again: both calls count, the lost one at its worst.
    assert_eq!(claim(&store, call(2, "a")), Claim::Mine);
    assert_eq!(spent(&store, "a"), (4, 2, Some(18)));
    settle(&store, 2, "a", done(&exchange("y", "a"), 3)).expect("is saved");
    assert_eq!(spent(&store, "a"), (7, 2, Some(18)));
    assert_eq!(store.cost_of(&key(2), "a").expect("reads"), Some(Usd::from_pico(3)));
    assert_eq!(spent(&store, "b"), (0, 0, Some(0)));
}

#[test]
fn a_failed_call_may_be_asked_again_by_anyone() {
    let (_folder, store) = store();
    assert_eq!(claim(&store, call(1, "a")), Claim::Mine);
    settle(&store, 1, "a", Settlement::Failed { cost: Some(Usd::ZERO) }).expect("is saved");
    assert_eq!(claim(&store, call(1, "b")), Claim::Mine);
    settle(&store, 1, "b", Settlement::Uncertain).expect("is saved");
    assert_eq!(claim(&store, call(1, "a")), Claim::Mine);
    assert_eq!((spent(&store, "a"), spent(&store, "b")), ((0, 0, Some(0)), (0, 1, Some(9))));
    let calls = store.stats().expect("reads").calls;
    assert_eq!((calls.open, calls.done, calls.failed, calls.uncertain), (1, 0, 0, 1));
}

#[test]
fn a_call_is_settled_once_and_an_answer_is_kept_in_any_case() {
    let (_folder, store) = store();
    let error = settle(&store, 1, "a", done(&exchange("x", "a"), 4)).expect_err("nobody claimed it").to_string();
    assert_eq!(error, format!("a call of the run a for {} was settled without being claimed", key(1)));
    assert!(store.contains(&key(1)).expect("reads"));
    assert_eq!(claim(&store, call(2, "a")), Claim::Mine);
    settle(&store, 2, "a", Settlement::Failed { cost: Some(Usd::from_pico(1)) }).expect("is saved");
    assert!(settle(&store, 2, "a", Settlement::Failed { cost: Some(Usd::from_pico(1)) }).is_err());
    assert_eq!(spent(&store, "a"), (1, 0, Some(0)));
}

#[cfg(unix)]
#[test]
fn of_many_who_ask_for_the_same_each_call_is_sent_by_one() {
    const KEYS: u8 = 120;
    let (folder, store) = store();
    let gone = dead();
    for byte in 0..KEYS / 2 {
        assert_eq!(claim(&store, Call { pid: gone, ..call(byte, "killed") }), Claim::Mine);
    }
    // Two processes that live, with two threads each; every thread asks for every key, in an order of its own.
    let pids = [live(), std::os::unix::process::parent_id()];
    let mine = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for (thread, pid) in [pids[0], pids[1], pids[0], pids[1]].into_iter().enumerate() {
            let (store, mine) = (another(&folder), &mine);
            scope.spawn(move || {
                let run = format!("run {thread}");
                for step in 0..KEYS {
                    let byte = if thread % 2 == 0 { step } else { KEYS - 1 - step };
                    match claim(&store, Call { pid, ..call(byte, &run) }) {
                        Claim::Mine => mine.lock().expect("is not poisoned").push(byte),
                        Claim::Taken { pid, until_ms } => assert!(pids.contains(&pid) && until_ms == 150),
                        Claim::Answered => panic!("nothing was answered"),
                    }
                }
            });
        }
    });
    let mut mine = mine.into_inner().expect("is not poisoned");
    mine.sort_unstable();
    assert_eq!(mine, (0..KEYS).collect::<Vec<_>>());
    assert_eq!(spent(&store, "killed"), (0, u64::from(KEYS / 2), Some(9 * i64::from(KEYS / 2))));
}

#[test]
fn claims_that_come_close_together_share_a_transaction() {
    let (folder, store) = store();
    // Another process writes for a while: what gathers meanwhile is one group.
    let blocker = raw(&folder);
    blocker.execute_batch("BEGIN IMMEDIATE").expect("begins");
    let watcher = Mutex::new(raw(&folder));
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    let told = {
        let seen = Arc::clone(&seen);
        // It changes with every transaction of another connection.
        Arc::new(move || {
            let watcher = watcher.lock().expect("is not poisoned");
            let version: i64 = watcher.query_row("PRAGMA data_version", [], |row| row.get(0)).expect("reads");
            seen.lock().expect("is not poisoned").insert(version);
        })
    };
    for byte in 0..100 {
        let told = Arc::clone(&told);
        store.claim(call(byte, "a"), move |claim| {
            assert_eq!(claim.expect("is decided"), Claim::Mine);
            told();
        });
    }
    blocker.execute_batch("COMMIT").expect("ends");
    drop(store);
    let transactions = seen.lock().expect("is not poisoned").len();
    assert!((1..=2).contains(&transactions), "{transactions} transactions");
    assert_eq!(another(&folder).open_calls("a").expect("reads").len(), 100);
}

#[test]
fn a_clock_that_jumps_lets_nobody_ask_twice_within_a_lease_and_nobody_wait_for_ever() {
    const DAY: i64 = 86_400_000;
    let (folder, store) = store();
    let other = another(&folder);
    let at = |byte, run, now_ms| Call { now_ms, lease_ms: 50, ..call(byte, run) };
    // The holder's clock was a day ahead: others wait for its lease, as far as they can tell, or until it is dead.
    assert_eq!(claim(&store, at(1, "a", DAY)), Claim::Mine);
    assert_eq!(claim(&other, at(1, "b", 0)), Claim::Taken { pid: live(), until_ms: DAY + 50 });
    settle(&store, 1, "a", done(&exchange("x", "a"), 4)).expect("is saved");
    assert_eq!(claim(&other, at(1, "b", 0)), Claim::Answered);
    assert_eq!(claim(&store, Call { pid: dead(), ..at(2, "a", DAY) }), Claim::Mine);
    assert_eq!(claim(&other, at(2, "b", 0)), Claim::Mine);

    // The holder's clock was a day behind, or another's leaps ahead: one more call, on record as uncertain.
    assert_eq!(claim(&store, at(3, "a", 0)), Claim::Mine);
    assert_eq!(claim(&other, at(3, "b", DAY)), Claim::Mine);
    assert_eq!(claim(&store, at(3, "c", DAY + 50)), Claim::Taken { pid: live(), until_ms: DAY + 50 });
    settle(&store, 3, "a", done(&exchange("late", "a"), 5)).expect("is saved");

    // A retry after the own clock fell back holds the key until its own lease from then on.
    assert_eq!(claim(&store, at(4, "a", DAY)), Claim::Mine);
    assert_eq!(claim(&store, at(4, "a", 0)), Claim::Mine);
    assert_eq!(claim(&other, at(4, "b", 50)), Claim::Taken { pid: live(), until_ms: 50 });
    assert_eq!(claim(&other, at(4, "b", 51)), Claim::Mine);
    // A clock before 1970, and one at the end of time.
    assert_eq!(claim(&store, at(5, "a", i64::MAX)), Claim::Mine);
    assert_eq!(claim(&other, at(5, "b", i64::MIN)), Claim::Taken { pid: live(), until_ms: i64::MAX });
}

#[test]
fn after_a_write_that_failed_nothing_more_is_claimed_and_what_was_bought_is_still_saved() {
    let (folder, store) = store();
    assert_eq!(claim(&store, call(1, "run")), Claim::Mine);
    let full = "CREATE TRIGGER full BEFORE INSERT ON answers BEGIN SELECT RAISE(ABORT, 'no room'); END";
    raw(&folder).execute_batch(full).expect("is made");
    let answer = exchange("one", "run");
    let failed = settle(&store, 1, "run", done(&answer, 4)).expect_err("has no room");
    assert!(failed.to_string().contains("no room"));
    raw(&folder).execute_batch("DROP TRIGGER full").expect("is dropped");
    let refused: Result<Claim, _> = wait(|told| store.claim(call(2, "run"), told));
    assert!(refused.expect_err("is refused").to_string().contains("no room"));
    settle(&store, 1, "run", done(&answer, 4)).expect("has room");
    assert_eq!(store.get(&key(1), None).expect("reads"), Some(answer));
    assert_eq!(claim(&another(&folder), call(2, "run")), Claim::Mine);
}
