//! What a run remembers of each trial: where its last line stands and whether it is done, in a few bytes.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use sha2::{Digest, Sha256};

use super::record::Record;
use crate::domain::FailureKind;

/// What identifies a trial: case, arm, repeat.
pub(super) type Place<'a> = (&'a str, &'a str, u32);

/// A place, hashed: ids may be long. So many bits of SHA-256 collide for nobody.
type Hash = [u8; 16];

/// Every recorded trial.
#[derive(Debug, Default)]
pub(super) struct Index(HashMap<Hash, Line, BuildHasherDefault<Own>>);

/// What is known of a trial.
#[derive(Debug, Clone, Copy, Default)]
struct Line {
    offset: u64,
    length: u32,
    /// How often its calls may have been billed, nobody knows how much.
    unknown: u16,
    /// Whether it needs no further work.
    lasting: bool,
}

impl Index {
    /// Takes a trial whose line stands here. The last one of a trial counts.
    pub(super) fn add(&mut self, record: &Record, offset: u64, length: usize) {
        let line = self.0.entry(hash((&record.case, &record.arm, record.repeat))).or_default();
        line.offset = offset;
        line.length = u32::try_from(length).unwrap_or(u32::MAX);
        line.unknown = line.unknown.saturating_add(u16::from(record.spend.is_none()));
        line.lasting = record.failure_kind().is_none_or(FailureKind::model_caused);
    }

    pub(super) fn is_done(&self, place: Place<'_>) -> bool {
        self.0.get(&hash(place)).is_some_and(|line| line.lasting)
    }

    /// How many trials need no further work.
    pub(super) fn done(&self) -> usize {
        self.0.values().filter(|line| line.lasting).count()
    }

    /// How often the calls of a trial may have been billed, nobody knows how much.
    pub(super) fn times_unknown(&self, place: Place<'_>) -> usize {
        self.0.get(&hash(place)).map_or(0, |line| line.unknown.into())
    }

    /// Where the last line of a trial stands, and its length.
    pub(super) fn line(&self, place: Place<'_>) -> Option<(u64, usize)> {
        self.0.get(&hash(place)).and_then(|line| Some((line.offset, usize::try_from(line.length).ok()?)))
    }
}

/// A hash's own first bytes: they are as good as those of another hash over them.
#[derive(Debug, Default)]
struct Own(u64);

impl Hasher for Own {
    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk() {
            self.0 = u64::from_le_bytes(*first);
        }
    }

    /// The length of every hash is the same.
    fn write_usize(&mut self, _: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

fn hash((case, arm, repeat): Place<'_>) -> Hash {
    let digest: [u8; 32] = Sha256::new()
        .chain_update((case.len() as u64).to_le_bytes())
        .chain_update(case)
        .chain_update(repeat.to_le_bytes())
        .chain_update(arm)
        .finalize()
        .into();
    std::array::from_fn(|index| digest[index])
}

#[cfg(test)]
mod tests {
    use std::hash::BuildHasher as _;

    use super::super::record::fixture;
    use super::*;

    #[test]
    fn the_last_line_of_a_trial_counts_and_every_unknown_bill() {
        let mut index = Index::default();
        let unpaid = Record { spend: None, ..fixture::failed("a", "mini") };
        index.add(&unpaid, 0, 10);
        index.add(&unpaid, 10, 20);
        index.add(&fixture::failed("b", "mini"), 30, 5);
        let place = ("a", "mini", 1);
        assert_eq!((index.is_done(place), index.times_unknown(place), index.line(place)), (false, 2, Some((10, 20))));
        index.add(&fixture::answered("a", "mini"), 35, 7);
        assert_eq!((index.is_done(place), index.times_unknown(place), index.line(place)), (true, 2, Some((35, 7))));
        assert_eq!((index.done(), index.times_unknown(("b", "mini", 1))), (1, 0));
    }

    #[test]
    fn the_map_goes_by_the_first_bytes_of_a_hash() {
        let of = |hash: Hash| BuildHasherDefault::<Own>::default().hash_one(hash);
        assert_eq!(of([1; 16]), u64::from_le_bytes([1; 8]));
        assert_ne!(of([1; 16]), of([2; 16]));
    }

    #[test]
    fn every_part_of_a_place_tells_it_from_others() {
        let places = [("a", "b", 0), ("a", "b", 1), ("ab", "", 0), ("", "ab", 0), ("b", "a", 0)];
        let hashes: std::collections::BTreeSet<Hash> = places.iter().map(|place| hash(*place)).collect();
        assert_eq!(hashes.len(), places.len());
    }
}
