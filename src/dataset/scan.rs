//! The pass over a dataset's file that checks every line. The lines are checked a batch at a time, on threads of their
//! own, while the bytes of those before them enter the digest of the file.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io::{self, BufRead};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use sha2::{Digest, Sha256};

use super::image::{Images, files};
use super::line::{self, BadLine};
use super::{Entry, hash_of};
use crate::domain::{Case, Role, auto_tags};
use crate::problem::Problem;

/// Bytes of lines that are checked together.
pub(super) const BATCH: usize = 1 << 18;
/// Threads that check lines: each takes the next batch in turn.
const WORKERS: usize = 2;
/// Batches that are read, but not done with.
const AHEAD: usize = 2 * WORKERS;

/// What was found in a file.
pub(super) struct Scan {
    pub(super) entries: Vec<Entry>,
    pub(super) problems: Vec<Problem>,
    pub(super) sha256: String,
    pub(super) images: Images,
}

/// Lines that follow each other: their bytes, and what is said of each.
struct Batch<T> {
    bytes: Vec<u8>,
    /// The length of each line in bytes.
    lines: Vec<(usize, T)>,
}

/// A line that is a case.
struct Good {
    entry: Entry,
    /// The image files that it names.
    files: Vec<String>,
}

/// Checks every line, `batch` bytes or somewhat more at a time.
pub(super) fn scan(path: &Path, mut reader: impl BufRead, batch: usize) -> io::Result<Scan> {
    let mut all = Found::of(path);
    let first = read(&mut reader, batch)?;
    if first.bytes.len() < batch {
        all.add(check(first));
        return Ok(all.finish());
    }
    std::thread::scope(|scope| -> io::Result<()> {
        let workers: [(Sender<Batch<()>>, Receiver<Batch<_>>); WORKERS] = std::array::from_fn(|_| {
            let (sender, batches) = channel();
            let (done, checked) = channel();
            scope.spawn(move || batches.into_iter().map(check).try_for_each(|batch| done.send(batch)));
            (sender, checked)
        });
        let (mut next, mut given, mut taken, mut bytes) = (first, 0, 0, 0);
        loop {
            // One that is large by itself waits until nothing else is held.
            while !next.lines.is_empty() && given - taken < AHEAD && (bytes == 0 || bytes < AHEAD * batch) {
                bytes += next.bytes.len();
                // A thread that is gone has panicked, which the end of the scope passes on.
                _ = workers[given % WORKERS].0.send(next);
                given += 1;
                next = read(&mut reader, batch)?;
            }
            if taken == given {
                return Ok(());
            }
            let Ok(checked) = workers[taken % WORKERS].1.recv() else { return Ok(()) };
            taken += 1;
            bytes -= checked.bytes.len();
            all.add(checked);
        }
    })?;
    Ok(all.finish())
}

/// The next lines; none at the end of the file.
fn read(reader: &mut impl BufRead, batch: usize) -> io::Result<Batch<()>> {
    let mut bytes = Vec::with_capacity(batch + batch / 8);
    let mut lines = Vec::new();
    while bytes.len() < batch {
        match reader.read_until(b'\n', &mut bytes)? {
            0 => break,
            length => lines.push((length, ())),
        }
    }
    Ok(Batch { bytes, lines })
}

/// What each line is; `None` of a blank one.
fn check(Batch { bytes, lines }: Batch<()>) -> Batch<Option<Result<Good, BadLine>>> {
    let mut start = 0;
    let check = |(length, ())| {
        let bytes = &bytes[start..start + length];
        start += length;
        (length, (!line::is_blank(bytes)).then(|| line::parse(bytes).map(|case| good(bytes, &case))))
    };
    let lines = lines.into_iter().map(check).collect();
    Batch { bytes, lines }
}

/// A case as it is kept in memory, but for where it stands.
fn good(line: &[u8], case: &Case) -> Good {
    let entry = Entry {
        id: case.id.as_str().into(),
        tags: Arc::new(all_tags(case)),
        weight: case.weight,
        cluster: case.cluster.as_deref().map(Arc::from),
        plain: case.roles_of_texts().map(Arc::from),
        is_recorded: case.recorded.is_some(),
        teacher_forced: case.messages.iter().any(|message| message.role == Role::Assistant),
        line: 0,
        offset: 0,
        length: line.len(),
        hash: hash_of(line),
    };
    Good { entry, files: files(&case.messages).map(str::to_owned).collect() }
}

/// The tags of a case, and those by its shape that nobody gave it otherwise.
fn all_tags(case: &Case) -> BTreeMap<String, String> {
    let mut tags = (*case.tags).clone();
    for (tag, value) in auto_tags(case) {
        tags.entry(tag.to_owned()).or_insert_with(|| value.to_owned());
    }
    tags
}

/// The first that is equal, so that each is kept once.
fn shared<T: Ord + ?Sized>(all: &mut BTreeSet<Arc<T>>, one: Arc<T>) -> Arc<T> {
    if let Some(first) = all.get(&one) {
        return Arc::clone(first);
    }
    all.insert(Arc::clone(&one));
    one
}

/// What was found in the lines so far.
struct Found<'a> {
    path: &'a Path,
    entries: Vec<Entry>,
    problems: Vec<Problem>,
    digest: Sha256,
    images: Images,
    ids: HashSet<Arc<str>>,
    shared_tags: BTreeSet<Arc<BTreeMap<String, String>>>,
    shared_roles: BTreeSet<Arc<[Role]>>,
    /// Lines, and their bytes.
    line: usize,
    offset: u64,
}

impl<'a> Found<'a> {
    fn of(path: &'a Path) -> Self {
        Self {
            path,
            entries: Vec::new(),
            problems: Vec::new(),
            digest: Sha256::new(),
            images: Images::beside(path),
            ids: HashSet::new(),
            shared_tags: BTreeSet::new(),
            shared_roles: BTreeSet::new(),
            line: 0,
            offset: 0,
        }
    }

    /// Adds the next lines.
    fn add(&mut self, Batch { bytes, lines }: Batch<Option<Result<Good, BadLine>>>) {
        let mut start = 0;
        for (length, found) in lines {
            self.digest.update(&bytes[start..start + length]);
            start += length;
            self.line += 1;
            if let Some(Err(bad)) = found.map(|found| found.and_then(|good| self.add_case(good))) {
                self.problems.push(Problem { help: bad.help, ..Problem::at(self.path, self.line, bad.message) });
            }
            self.offset += length as u64;
        }
    }

    fn add_case(&mut self, Good { entry, files }: Good) -> Result<(), BadLine> {
        for sha in self.images.check(files.iter().map(String::as_str))? {
            self.digest.update(sha);
        }
        if !self.ids.insert(Arc::clone(&entry.id)) {
            let message = format!("the id `{}` stands on an earlier line too", entry.id);
            let problem = Problem::at(self.path, self.line, message).help("give every case an id of its own");
            self.problems.push(problem);
        }
        let Entry { tags, plain, .. } = entry;
        let (tags, plain) =
            (shared(&mut self.shared_tags, tags), plain.map(|roles| shared(&mut self.shared_roles, roles)));
        self.entries.push(Entry { tags, plain, line: self.line, offset: self.offset, ..entry });
        Ok(())
    }

    fn finish(self) -> Scan {
        let Self { entries, problems, digest, images, .. } = self;
        Scan { entries, problems, sha256: hex::encode(digest.finalize()), images }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::io::Cursor;

    use super::*;

    #[test]
    fn batches_of_any_size_give_what_the_whole_file_gives() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("a.png"), b"\x89PNG\r\n\x1a\nx").expect("is written");
        let path = folder.path().join("cases.jsonl");
        let mut text = "\u{feff}\n".to_owned();
        for number in 0..60 {
            let content = match number % 7 {
                3 => r#"[{"type":"image_url","image_url":{"url":"file:a.png"}}]"#.to_owned(),
                5 => r#"[{"type":"image_url","image_url":{"url":"file:b.png"}}]"#.to_owned(),
                rest => format!("\"{}\"", "Q".repeat(40 * rest)),
            };
            let id = number % 50;
            writeln!(text, r#"{{"id":"{id}","messages":[{{"role":"user","content":{content}}}]}}"#).expect("a text");
            text.push_str(["", "\n", "7\n"][number % 3]);
        }
        let all = scan(&path, Cursor::new(&text), text.len() + 1).expect("is read");
        let lines: Vec<_> = all.problems.iter().filter_map(|problem| problem.line).collect();
        assert!(lines.is_sorted() && lines.len() == 36, "{lines:?}");
        for batch in [1, 100, 1000, 10_000] {
            let parts = scan(&path, Cursor::new(&text), batch).expect("is read");
            assert_eq!((parts.entries, parts.problems), (all.entries.clone(), all.problems.clone()), "{batch}");
            assert_eq!(parts.sha256, all.sha256);
        }
        let digest = Sha256::new().chain_update(&text[..]).finalize();
        assert_ne!(all.sha256, hex::encode(digest), "the image is part of it");
        for entry in &all.entries {
            let start = usize::try_from(entry.offset).expect("is small");
            let line = text[start..start + entry.length].strip_suffix('\n').expect("is a line");
            let case = line::parse(line.as_bytes()).expect("is a case");
            assert_eq!(*case.id, *entry.id);
        }
    }

    #[test]
    fn a_file_that_breaks_off_is_an_error_on_any_batch() {
        struct Broken(u32);
        impl io::Read for Broken {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                self.0 += 1;
                buffer[0] = b'\n';
                if self.0 > 9 { Err(io::Error::other("is gone")) } else { Ok(1) }
            }
        }
        for batch in [1, 4, 100] {
            let found = scan(Path::new("a"), io::BufReader::new(Broken(0)), batch);
            assert_eq!(found.map(|_| ()).expect_err("is gone").to_string(), "is gone");
        }
    }
}
