//! Power losses: whatever of the file and its log had reached the disk, a prefix of what was written is there.

use super::*;
use crate::domain::Usd;

/// SQLite's page, and what its log puts before the first page and before each.
const PAGE: usize = 4096;
const LOG_HEADER: usize = 32;
const FRAME: usize = 24 + PAGE;
/// What a disk writes whole or not at all.
const SECTOR: usize = 512;

const RUN: &str = "r";
const COST: i64 = 4;

/// The file and its log at a moment.
#[derive(Clone)]
struct Image {
    file: Vec<u8>,
    log: Vec<u8>,
}

impl Image {
    fn take(folder: &TempDir) -> Self {
        let read = |name| std::fs::read(folder.path().join(name)).expect("reads");
        Self { file: read("store.sqlite"), log: read("store.sqlite-wal") }
    }

    /// The places in the log at which a frame begins, and one sector in it or another.
    fn cuts(&self) -> impl Iterator<Item = usize> + use<> {
        let frames = (self.log.len() - LOG_HEADER) / FRAME;
        (0..frames).flat_map(|frame| {
            let begin = LOG_HEADER + frame * FRAME;
            [begin, begin + 1 + frame * 7 % 16 * SECTOR]
        })
    }
}

fn text(byte: u8) -> Exchange {
    exchange(&format!("answer {byte}, {}", hex::encode([byte; 900])), RUN)
}

/// Asks and settles, one after the other, so that each is a transaction of its own.
fn buy(store: &Store, keys: std::ops::RangeInclusive<u8>) {
    for byte in keys {
        let claim = wait(|told| store.claim(ledger::call(byte, RUN), told));
        assert_eq!(claim.expect("is decided"), Claim::Mine);
        let cost = Some(Usd::from_pico(COST));
        let settlement = Settlement::Done { exchange: &text(byte), fields: None, cost };
        let settle = Settle { key: key(byte), run: RUN, now_ms: 200, settlement };
        wait(|told| store.settle(settle, told)).expect("is saved");
    }
}

/// Opens an image in a folder of its own, and tells how many answers of the keys from 1 it has, and how many calls are
/// open: what is there must be a prefix of what was written.
#[track_caller]
fn recover(image: &Image, last: u8, what: &str) -> (u8, usize) {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("store.sqlite"), &image.file).expect("writes");
    std::fs::write(folder.path().join("store.sqlite-wal"), &image.log).expect("writes");
    let store = another(&folder);
    let health = verify(&store).expect("reads");
    assert!(health.is_sound(), "{what}: {health:?}");
    let found = (1..=last).take_while(|byte| store.contains(&key(*byte)).expect("reads")).last().unwrap_or(0);
    for byte in 1..=last {
        let saved = store.get(&key(byte), None).expect("reads");
        assert_eq!(saved, (byte <= found).then(|| text(byte)), "{what}: {byte}");
    }
    let open = store.open_calls(RUN).expect("reads");
    assert!(open.iter().all(|call| call.key == key(found + 1) && call.calls == 1), "{what}: {open:?}");
    let spent = store.spent(RUN).expect("reads");
    assert_eq!((spent.known, spent.uncertain_calls), (Usd::from_pico(COST * i64::from(found)), 0), "{what}");
    // The run goes on: what was on the way counts, what is not there is bought.
    let forsaken = store.forsake(RUN, 300).expect("is written");
    assert_eq!(forsaken, open, "{what}");
    if found < last {
        buy(&store, found + 1..=found + 1);
    }
    (found, open.len())
}

#[test]
fn a_log_that_is_cut_anywhere_gives_back_a_prefix_and_nothing_else() {
    let (folder, store) = store();
    buy(&store, 1..=3);
    let image = Image::take(&folder);
    assert_eq!((image.log.len() - LOG_HEADER) % FRAME, 0);
    assert_eq!(recover(&image, 3, "whole"), (3, 0));

    let mut seen = std::collections::BTreeSet::new();
    let mut before = (0, 0);
    for length in image.cuts().chain([0, 1, LOG_HEADER - 1]) {
        let cut = Image { log: image.log[..length].to_vec(), ..image.clone() };
        let found = recover(&cut, 3, &format!("cut at {length}"));
        assert!(length < LOG_HEADER || found >= before, "{length}: {found:?} after {before:?}");
        before = found;
        seen.insert(found);
    }
    // Each transaction was the last one that survived, at one cut or another.
    assert!(seen.is_superset(&[(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1)].into()), "{seen:?}");
}

#[test]
fn a_log_with_a_sector_that_never_arrived_gives_back_a_prefix() {
    let (folder, store) = store();
    buy(&store, 1..=3);
    let image = Image::take(&folder);
    for at in image.cuts().step_by(2) {
        let begin = at / SECTOR * SECTOR;
        let end = image.log.len().min(begin + SECTOR);
        let mut torn = image.clone();
        if torn.log[begin..end].iter().all(|byte| *byte == 0) {
            continue;
        }
        torn.log[begin..end].fill(0);
        let (found, _) = recover(&torn, 3, &format!("zeros at {begin}"));
        assert!(found < 3, "zeros at {begin} were not noticed");
    }
}

#[test]
fn a_log_that_was_begun_again_over_an_old_one_gives_back_a_prefix() {
    let (folder, store) = store();
    buy(&store, 1..=3);
    let old = Image::take(&folder);
    raw(&folder).execute_batch("PRAGMA wal_checkpoint(RESTART)").expect("is written back");
    let written_back = Image::take(&folder).file;
    buy(&store, 4..=5);
    let new = Image::take(&folder);
    assert_eq!((new.log.len(), &new.file), (old.log.len(), &written_back), "the log is written over");
    for at in new.cuts() {
        let log = [&new.log[..at], &old.log[at..]].concat();
        let mixed = Image { log, file: written_back.clone() };
        let (found, _) = recover(&mixed, 5, &format!("new up to {at}"));
        assert!(found >= 3, "{at}: {found}");
    }
}

#[test]
fn a_file_that_was_half_written_back_is_made_whole_from_the_log() {
    let (folder, store) = store();
    buy(&store, 1..=3);
    let before = Image::take(&folder);
    raw(&folder).execute_batch("PRAGMA wal_checkpoint(FULL)").expect("is written back");
    let after = Image::take(&folder);
    assert_eq!(before.log, after.log);
    let sectors = after.file.len() / SECTOR;
    for kept in (0..=sectors).step_by(7) {
        // Some sectors are new, in an order of the disk's own; the file grew or it did not.
        let mut file = before.file.clone();
        if kept % 2 == 0 {
            file.resize(after.file.len(), 0);
        }
        for sector in (0..sectors).filter(|sector| sector * 5 % sectors < kept) {
            let place = sector * SECTOR..(sector + 1) * SECTOR;
            if let Some(found) = file.get_mut(place.clone()) {
                found.copy_from_slice(&after.file[place]);
            }
        }
        let half = Image { file, log: after.log.clone() };
        assert_eq!(recover(&half, 3, &format!("{kept} of {sectors} sectors")), (3, 0));
    }
}
