//! `trials.jsonl`: every finished trial is appended before it is counted, so that a stopped run goes on where it was.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use super::RunDirError;
use super::index::{Index, Place};
use super::record::Record;
use crate::behind::Behind;
use crate::private::read_at;

/// An open journal, and where each trial's last line stands.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    /// Brings what was written to the disk itself: a power cut then loses little.
    syncer: Behind,
    end: u64,
    /// Whether something may stand behind the end: a write that failed may have left half a line.
    torn: bool,
    /// What it holds.
    pub(super) index: Index,
}

impl Journal {
    /// Opens a journal or makes one. A last line that was cut by a crash is dropped.
    pub(super) fn open(path: &Path, mut each: impl FnMut(&Record)) -> Result<Self, RunDirError> {
        let io = |source| RunDirError::Io { path: path.to_owned(), source };
        let file = File::options().read(true).append(true).create(true).open(path).map_err(io)?;
        let same = file.try_clone().map_err(io)?;
        let syncer = Behind::new(move || same.sync_data());
        let mut journal = Self { path: path.to_owned(), file, syncer, end: 0, torn: false, index: Index::default() };
        let mut reader = BufReader::new(journal.file.try_clone().map_err(io)?);
        let mut line = Vec::new();
        let mut number = 0;
        loop {
            line.clear();
            number += 1;
            let length = reader.read_until(b'\n', &mut line).map_err(io)?;
            if length == 0 {
                break;
            }
            if line.last() != Some(&b'\n') {
                journal.file.set_len(journal.end).map_err(io)?;
                break;
            }
            let record: Record = serde_json::from_slice(&line).map_err(|error| RunDirError::Damaged {
                path: path.to_owned(),
                why: format!("line {number}: {error}"),
            })?;
            each(&record);
            journal.note(&record, length);
        }
        Ok(journal)
    }

    fn note(&mut self, record: &Record, length: usize) {
        self.index.add(record, self.end, length);
        self.end += length as u64;
    }

    /// Appends finished trials, all in one write.
    pub(super) fn append(&mut self, records: &[Record]) -> Result<(), RunDirError> {
        let path = self.path.clone();
        let io = |source| RunDirError::Io { path: path.clone(), source };
        let mut lines = Vec::with_capacity(records.len() << 10);
        let mut lengths = Vec::with_capacity(records.len());
        for record in records {
            let start = lines.len();
            serde_json::to_writer(&mut lines, record).map_err(|error| io(error.into()))?;
            lines.push(b'\n');
            lengths.push(lines.len() - start);
        }
        self.append_lines(|mut file| file.write_all(&lines)).map_err(io)?;
        for (record, length) in records.iter().zip(lengths) {
            self.note(record, length);
        }
        Ok(())
    }

    /// Writes behind the last whole line: what a write that failed left behind goes first.
    fn append_lines(&mut self, write: impl FnOnce(&File) -> io::Result<()>) -> io::Result<()> {
        if self.torn {
            self.file.set_len(self.end)?;
        }
        self.torn = true;
        write(&self.file).and_then(|()| self.syncer.written())?;
        self.torn = false;
        Ok(())
    }

    /// The records of these places, in their order; places without a record are passed over.
    pub(super) fn records<'p>(
        &self,
        places: impl Iterator<Item = Place<'p>> + Send,
    ) -> impl Iterator<Item = Result<Record, RunDirError>> + Send {
        let mut bytes = Vec::new();
        places.filter_map(|place| self.index.line(place)).map(move |line| self.read(line, &mut bytes))
    }

    /// Reads the record of a line.
    pub(super) fn read(&self, line: (u64, usize), bytes: &mut Vec<u8>) -> Result<Record, RunDirError> {
        self.read_line(line, bytes)?;
        serde_json::from_slice(bytes).map_err(|error| RunDirError::Io { path: self.path.clone(), source: error.into() })
    }

    /// Reads a line as it stands there.
    pub(super) fn read_line(&self, (offset, length): (u64, usize), bytes: &mut Vec<u8>) -> Result<(), RunDirError> {
        bytes.resize(length, 0);
        read_at(&self.file, bytes, offset).map_err(|source| RunDirError::Io { path: self.path.clone(), source })
    }

    /// Reads lines one after the other, each with what stands behind it: the trials of a case often follow each other.
    pub(super) fn reader(&self) -> Reader<'_> {
        Reader { journal: self, start: 0, window: Vec::new() }
    }

    /// Begins the last sync: nothing more will be appended. Dropping the journal waits for it.
    pub(super) fn end(&mut self) {
        self.syncer.end();
    }
}

/// Bytes that are read at once.
const WINDOW: usize = 4096;

/// Reads lines.
pub(super) struct Reader<'a> {
    journal: &'a Journal,
    start: u64,
    window: Vec<u8>,
}

impl Reader<'_> {
    /// The line at a place, as it stands there.
    pub(super) fn line(&mut self, (offset, length): (u64, usize)) -> Result<&[u8], RunDirError> {
        let within = |start: u64| offset.checked_sub(start).and_then(|skipped| usize::try_from(skipped).ok());
        let ends = |skipped: usize| skipped.checked_add(length).is_some_and(|end| end <= self.window.len());
        let first = if let Some(first) = within(self.start).filter(|skipped| ends(*skipped)) {
            first
        } else {
            let left = usize::try_from(self.journal.end.saturating_sub(offset)).unwrap_or(usize::MAX);
            self.journal.read_line((offset, length.max(WINDOW.min(left))), &mut self.window)?;
            self.start = offset;
            0
        };
        Ok(&self.window[first..first + length])
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::fixture;
    use super::*;

    #[test]
    fn a_journal_goes_on_after_a_torn_line_and_the_last_line_of_a_trial_counts() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("trials.jsonl");
        let (first, second) = (fixture::failed("a", "mini"), fixture::answered("a", "mini"));
        let mut journal = Journal::open(&path, |_| {}).expect("is made");
        journal.append(std::slice::from_ref(&first)).expect("appends");
        drop(journal);
        File::options().append(true).open(&path).and_then(|mut file| file.write_all(b"{\"case\":\"b")).expect("tears");
        let mut seen = 0;
        let mut journal = Journal::open(&path, |_| seen += 1).expect("opens");
        assert_eq!(seen, 1);
        journal.append(&[second.clone(), fixture::answered("b", "mini")]).expect("appends");
        let places = [("b", "mini", 1), ("a", "mini", 1), ("z", "mini", 0)];
        let records: Result<Vec<_>, _> = journal.records(places.into_iter()).collect();
        assert_eq!(records.expect("reads"), [fixture::answered("b", "mini"), second]);
        assert_eq!(std::fs::read_to_string(&path).expect("reads").lines().count(), 3);
    }

    #[test]
    fn lines_are_read_in_any_order_whatever_was_read_with_them() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("trials.jsonl");
        let mut journal = Journal::open(&path, |_| {}).expect("is made");
        let long = |case: usize| "x".repeat(case * 700);
        let records: Vec<_> = (0..9)
            .map(|case| Record { warnings: vec![long(case)], ..fixture::failed(&case.to_string(), "mini") })
            .collect();
        journal.append(&records).expect("appends");
        let mut reader = journal.reader();
        for case in [0, 1, 2, 8, 7, 8, 3, 4, 5, 6, 0, 8] {
            let line = journal.index.line((&case.to_string(), "mini", 1)).expect("stands there");
            let read: Record = serde_json::from_slice(reader.line(line).expect("is read")).expect("is a record");
            assert_eq!(read, records[case]);
        }
    }

    #[test]
    fn what_a_full_disk_cut_off_stands_in_no_other_line() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("trials.jsonl");
        let records = ["a", "b", "c"].map(|case| fixture::answered(case, "mini"));
        let mut journal = Journal::open(&path, |_| {}).expect("is made");
        journal.append(&records[0..=0]).expect("appends");
        let full = journal.append_lines(|mut file| {
            file.write_all(b"{\"case\":\"b")?;
            Err(io::Error::from(io::ErrorKind::StorageFull))
        });
        assert_eq!(full.expect_err("is full").kind(), io::ErrorKind::StorageFull);
        // Then something was deleted elsewhere.
        journal.append(&records[1..=1]).expect("appends");
        journal.append(&records[2..=2]).expect("appends");
        let found: Result<Vec<_>, _> =
            journal.records(["a", "b", "c"].map(|case| (case, "mini", 1)).into_iter()).collect();
        assert_eq!(found.expect("reads"), records);
        drop(journal);
        let mut seen = Vec::new();
        Journal::open(&path, |record| seen.push(record.clone())).expect("opens");
        assert_eq!(seen, records);
    }

    #[test]
    fn cut_at_any_byte_a_journal_has_its_whole_lines_and_goes_on() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("trials.jsonl");
        let records = [fixture::failed("a", "mini"), fixture::answered("b", "mini")];
        let mut journal = Journal::open(&path, |_| {}).expect("is made");
        for record in &records {
            journal.append(std::slice::from_ref(record)).expect("appends");
        }
        drop(journal);
        let whole = std::fs::read(&path).expect("reads");
        for length in 0..=whole.len() {
            std::fs::write(&path, &whole[..length]).expect("cuts");
            let lines = whole[..length].split(|byte| *byte == b'\n').count() - 1;
            let mut seen = Vec::new();
            let mut journal = Journal::open(&path, |record| seen.push(record.clone())).expect("opens");
            assert_eq!(seen, records[..lines], "{length}");
            if length % 64 == 0 {
                journal.append(&records[0..=0]).expect("appends");
                drop(journal);
                let text = std::fs::read_to_string(&path).expect("reads");
                assert_eq!(text.lines().count(), lines + 1, "{length}");
                assert!(text.lines().all(|line| serde_json::from_str::<Record>(line).is_ok()), "{length}");
            }
        }
    }

    #[test]
    fn a_damaged_line_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("trials.jsonl");
        std::fs::write(&path, "{}\n").expect("writes");
        let error = Journal::open(&path, |_| {}).expect_err("is damaged").to_string();
        assert!(
            error.ends_with(
                "trials.jsonl is damaged or of another version: line 1: missing field `case` at line 1 column 2"
            ),
            "{error}"
        );
    }
}
