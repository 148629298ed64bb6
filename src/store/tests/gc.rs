//! What is thrown away, and what stays.

use std::collections::BTreeSet;

use super::*;
use crate::domain::Usd;

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// A store with an answer and a call of each of these runs, bought at these times; the last run has an open call too.
fn filled() -> (TempDir, Store) {
    let (folder, store) = store();
    let noise: String = (0..500_u32).map(|number| hex::encode(body::hash(&number.to_le_bytes()))).collect();
    for (byte, run, time) in [(1, "a", 100), (2, "b", 200), (3, "c", 300)] {
        let exchange = Exchange { bought_at: time, ..exchange(&noise, run) };
        let call = Call { now_ms: time, ..ledger::call(byte, run) };
        assert_eq!(wait(|told| store.claim(call, told)).expect("is decided"), Claim::Mine);
        let settlement = Settlement::Done { exchange: &exchange, fields: None, cost: Some(Usd::from_pico(1)) };
        let settle = Settle { key: key(byte), run, now_ms: time, settlement };
        wait(|told| store.settle(settle, told)).expect("is saved");
    }
    assert_eq!(wait(|told| store.claim(ledger::call(4, "c"), told)).expect("is decided"), Claim::Mine);
    (folder, store)
}

/// What to collect (before, keep, finished), and then which answers and whose calls stay.
type Row = (Option<i64>, &'static [&'static str], &'static [&'static str], &'static [u8], &'static [&'static str]);

#[test]
fn only_what_is_old_and_not_to_be_kept_goes_and_no_call_of_a_run_that_may_go_on() {
    let rows: &[Row] = &[
        (Some(250), &[], &["a", "b", "c"], &[3], &["c"]),
        (Some(250), &[], &["a"], &[3], &["b", "c"]),
        (Some(250), &["b"], &["a", "b", "c"], &[2, 3], &["b", "c"]),
        (Some(200), &[], &["a", "b", "c"], &[2, 3], &["b", "c"]),
        (None, &["b"], &["a", "b", "c"], &[2], &["b", "c"]),
        (None, &["a", "b", "c"], &["a", "b", "c"], &[1, 2, 3], &["a", "b", "c"]),
    ];
    for &(before, keep, finished, answers, calls) in rows {
        let (folder, store) = filled();
        let what = Collect { before, keep: names(keep), finished: names(finished), dry_run: true };
        let counted = collect(&store, &what).expect("counts");
        assert_eq!(store.stats().expect("reads").answers, 3, "a dry run removes nothing");
        let went = collect(&store, &Collect { dry_run: false, ..what.clone() }).expect("collects");
        assert_eq!((went.answers, went.calls), (counted.answers, counted.calls), "{what:?}");
        let keys: Vec<u8> = store.keys().expect("reads").iter().map(|key| key.0[0]).collect();
        assert_eq!(keys, answers, "{what:?}");
        let known = |run: &&str| store.spent(run).expect("reads").known != Usd::ZERO;
        let left: Vec<&str> = ["a", "b", "c"].into_iter().filter(known).collect();
        assert_eq!(left, calls, "{what:?}");
        assert!(verify(&store).expect("reads").is_sound());
        // A key stays with an answer or a call, a name with either.
        let stay =
            |id: u8| (id < 4 && answers.contains(&id)) || calls.contains(&["a", "b", "c", "c"][usize::from(id) - 1]);
        let used = |sql: &str| raw(&folder).query_row(sql, [], |row| row.get::<_, isize>(0)).expect("reads");
        assert_eq!(used("SELECT count(*) FROM keys"), (1..=4).filter(|id| stay(*id)).count().cast_signed(), "{what:?}");
        assert_eq!(
            used("SELECT count(*) FROM names"),
            1 + (1..=3).filter(|id| stay(*id)).count().cast_signed(),
            "{what:?}"
        );
    }
}

#[test]
fn the_file_becomes_smaller_by_what_is_said() {
    let (folder, store) = filled();
    let size = || -> u64 {
        let names = ["store.sqlite", "store.sqlite-wal"];
        names.iter().map(|name| folder.path().join(name).metadata().expect("is there").len()).sum()
    };
    let what = Collect { before: None, keep: names(&["c"]), finished: names(&[]), dry_run: true };
    let counted = collect(&store, &what).expect("counts");
    let answers = store.stats().expect("reads");
    assert_eq!((counted.answers, counted.bytes), (2, answers.bytes / 3 * 2));
    raw(&folder).query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).expect("is emptied");
    let before = size();
    let went = collect(&store, &Collect { dry_run: false, ..what }).expect("collects");
    assert!(went.bytes >= 16_384, "{went:?}");
    assert_eq!(before - size(), went.bytes);
}
