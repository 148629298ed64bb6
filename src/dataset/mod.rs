//! Cases on disk: open and check a dataset once, then read single cases by position, so that memory holds no prompt.

mod draw;
mod expected;
mod image;
mod line;
mod message;
mod recorded;
mod shape;
mod tool;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};

use crate::domain::{Case, Message};
use crate::problem::Problem;

pub use draw::Draw;

/// A dataset, checked from the first line to the last. Cases stay on disk.
#[derive(Debug)]
pub struct Dataset {
    /// The file, as the user named it.
    pub path: PathBuf,
    /// SHA-256 of its bytes, in hex.
    pub sha256: String,
    /// Cases in the file, drawn or not.
    pub total: usize,
    /// The cases in use, in the order of the file.
    pub entries: Vec<Entry>,
    file: Mutex<File>,
}

/// What is kept in memory of a case.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its id.
    pub id: Arc<str>,
    /// Its tags; equal ones are shared.
    pub tags: Arc<BTreeMap<String, String>>,
    /// Its weight; of a drawn case, the number of cases it stands for.
    pub weight: f64,
    /// Its cluster.
    pub cluster: Option<Arc<str>>,
    /// Its line in the file, from 1.
    pub line: usize,
    offset: u64,
    length: usize,
    /// The beginning of the line's SHA-256: a line that was edited since must not be sent under the old digest.
    hash: [u8; 8],
}

/// Opens a dataset of JSON Lines and checks every line.
///
/// # Errors
/// All problems of the file at once: it cannot be read, a line is no case, an id stands twice, there is no case.
pub fn open(path: &Path) -> Result<Dataset, Vec<Problem>> {
    let cannot_read = |error: std::io::Error| {
        vec![
            Problem::of_file(path, format!("cannot read the dataset: {error}"))
                .help("the path in `[dataset]` is taken from the suite's own folder"),
        ]
    };
    let file = File::open(path).map_err(cannot_read)?;
    let scan = scan(path, BufReader::with_capacity(1 << 20, &file)).map_err(cannot_read)?;
    if !scan.problems.is_empty() {
        return Err(scan.problems);
    }
    if scan.entries.is_empty() {
        return Err(vec![
            Problem::of_file(path, "the dataset holds no case")
                .help("put one JSON object with `id` and `messages` on each line"),
        ]);
    }
    Ok(Dataset {
        path: path.to_owned(),
        sha256: scan.sha256,
        total: scan.entries.len(),
        entries: scan.entries,
        file: Mutex::new(file),
    })
}

struct Scan {
    entries: Vec<Entry>,
    problems: Vec<Problem>,
    sha256: String,
}

fn scan(path: &Path, mut reader: impl BufRead) -> std::io::Result<Scan> {
    let mut scan = Scan { entries: Vec::new(), problems: Vec::new(), sha256: String::new() };
    let mut hash = Sha256::new();
    let mut ids: HashSet<Arc<str>> = HashSet::new();
    let mut shared_tags: BTreeSet<Arc<BTreeMap<String, String>>> = BTreeSet::new();
    let mut bytes = Vec::new();
    let (mut offset, mut line) = (0, 0);
    loop {
        bytes.clear();
        let length = reader.read_until(b'\n', &mut bytes)?;
        if length == 0 {
            break;
        }
        line += 1;
        hash.update(&bytes);
        let start = offset;
        offset += length as u64;
        if is_blank(&bytes) {
            continue;
        }
        let folder = path.parent().unwrap_or_else(|| Path::new(""));
        let case = line::parse(&bytes).and_then(|case| image::check(folder, &case.messages).map(|()| case));
        match case {
            Ok(case) => {
                let id: Arc<str> = case.id.as_str().into();
                if !ids.insert(Arc::clone(&id)) {
                    scan.problems.push(
                        Problem::at(path, line, format!("the id `{id}` stands on an earlier line too"))
                            .help("give every case an id of its own"),
                    );
                }
                let tags = Arc::new(case.tags);
                let tags = shared_tags.get(&tags).cloned().unwrap_or_else(|| {
                    shared_tags.insert(Arc::clone(&tags));
                    tags
                });
                let cluster = case.cluster.map(Arc::from);
                scan.entries.push(Entry {
                    id,
                    tags,
                    weight: case.weight,
                    cluster,
                    line,
                    offset: start,
                    length,
                    hash: hash_of(&bytes),
                });
            }
            Err(bad) => scan.problems.push(Problem { help: bad.help, ..Problem::at(path, line, bad.message) }),
        }
    }
    scan.sha256 = hex::encode(hash.finalize());
    Ok(scan)
}

fn hash_of(line: &[u8]) -> [u8; 8] {
    let digest: [u8; 32] = Sha256::digest(line).into();
    std::array::from_fn(|index| digest[index])
}

fn is_blank(bytes: &[u8]) -> bool {
    bytes.strip_prefix(line::BOM).unwrap_or(bytes).iter().all(u8::is_ascii_whitespace)
}

impl Dataset {
    /// Reads the case at a position of `entries`.
    ///
    /// # Errors
    /// The file cannot be read any more, or it changed since it was opened.
    pub fn read(&self, index: usize) -> Result<Case, Problem> {
        let entry = &self.entries[index];
        let changed = |why: String| {
            Problem::at(&self.path, entry.line, format!("the dataset changed while it was in use: {why}"))
                .help("run again: the dataset is checked anew")
        };
        let mut bytes = vec![0; entry.length];
        {
            let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
            file.seek(SeekFrom::Start(entry.offset))
                .and_then(|_| file.read_exact(&mut bytes))
                .map_err(|error| changed(error.to_string()))?;
        }
        if hash_of(&bytes) != entry.hash {
            return Err(changed(format!("the line of `{}` is another one now", entry.id)));
        }
        let case = line::parse(&bytes).map_err(|bad| changed(bad.message))?;
        Ok(Case { weight: entry.weight, ..case })
    }

    /// The messages of the case at a position of `entries` as they are sent: image files read and encoded.
    ///
    /// # Errors
    /// An image cannot be read any more.
    pub fn to_send<'a>(&self, index: usize, case: &'a Case) -> Result<Cow<'a, [Message]>, Problem> {
        let folder = self.path.parent().unwrap_or_else(|| Path::new(""));
        image::embed(folder, &case.messages).map_err(|why| {
            Problem::at(&self.path, self.entries[index].line, why).help("put the image back, and run again")
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn file(text: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::Builder::new().suffix(".jsonl").tempfile().expect("a temporary file");
        file.write_all(text.as_bytes()).expect("is written");
        file
    }

    const A: &str = r#"{"id":"a","messages":[{"role":"user","content":"1+1?"}],"expected":{"number":2}}"#;
    const B: &str = r#"{"id":"b","messages":[{"role":"user","content":"2+2?"}],"tags":{"w":"sums"}}"#;

    #[test]
    fn every_bad_line_is_reported_and_good_ones_do_not_hide_them() {
        let file = file(&format!("{A}\nnot json\n\n{A}\n{{\"id\":\"c\"}}\n"));
        let problems = open(file.path()).expect_err("has problems");
        let lines: Vec<_> = problems.iter().map(|problem| (problem.line, problem.message.as_str())).collect();
        assert_eq!(
            lines,
            [
                (Some(2), "not a JSON object: expected ident at column 2"),
                (Some(4), "the id `a` stands on an earlier line too"),
                (Some(5), "missing field `messages`"),
            ]
        );
    }

    #[test]
    fn cases_are_read_by_position_and_the_digest_covers_every_byte() {
        let text = format!("\u{feff}{A}\n\n{B}");
        let file = file(&text);
        let dataset = open(file.path()).expect("is valid");
        assert_eq!((dataset.total, dataset.entries.len()), (2, 2));
        assert_eq!(dataset.read(1).expect("is read").id, "b");
        assert_eq!(dataset.read(0).expect("is read").id, "a");
        assert_eq!(dataset.sha256, hex::encode(Sha256::digest(text.as_bytes())));
    }

    #[test]
    fn a_file_that_changed_underneath_is_noticed() {
        let file = file(&format!("{A}\n{B}\n"));
        let dataset = open(file.path()).expect("is valid");
        std::fs::write(file.path(), format!("{B}\n{A}\n")).expect("is rewritten");
        let problem = dataset.read(0).expect_err("is noticed");
        assert!(problem.message.starts_with("the dataset changed while it was in use"), "{problem}");
    }

    #[test]
    fn a_dataset_without_a_case_is_a_problem() {
        let problems = open(file("\n \n").path()).expect_err("is empty");
        assert_eq!(problems[0].message, "the dataset holds no case");
    }
}
