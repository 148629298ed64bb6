//! Cases on disk: open and check a dataset once, then read single cases by position, so that memory holds no prompt.

mod actions;
mod draw;
mod expected;
mod fields;
mod image;
mod image_url;
mod import;
mod label;
mod line;
mod message;
mod node;
mod recorded;
mod rewrite;
mod scan;
mod shape;
pub mod tokens;
mod tool;
mod tool_result;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::hash::BuildHasher as _;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use foldhash::quality::FixedState;

use crate::domain::{Case, Message, Role};
use crate::input;
use crate::private::read_at;
use crate::problem::Problem;
use image::Images;

pub use draw::Draw;
pub use import::{IMPORTERS, ImportCounts, ImportOptions, Importer, Log, LogError, cannot_read, import};
pub use rewrite::{Member, rewrite, set_members};

/// A dataset, checked from the first line to the last. Cases stay on disk.
#[derive(Debug)]
pub struct Dataset {
    /// The file, as the user named it.
    pub path: PathBuf,
    /// SHA-256 in hex: of each line, followed by the SHA-256 of each image file that it is the first to name. Without
    /// image files that is the SHA-256 of the file.
    pub sha256: String,
    /// Cases in the file, drawn or not.
    pub total: usize,
    /// The cases in use, in the order of the file.
    pub entries: Vec<Entry>,
    file: File,
    images: Images,
}

/// What is kept in memory of a case.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its id.
    pub id: Arc<str>,
    /// Its tags, those by its shape among them; equal ones are shared.
    pub tags: Arc<BTreeMap<String, String>>,
    /// Its weight; of a drawn case, the number of cases it stands for.
    pub weight: f64,
    /// Its cluster.
    pub cluster: Option<Arc<str>>,
    /// Whether its prompt holds earlier answers: every arm is given them, whatever it would have answered itself.
    pub teacher_forced: bool,
    /// The roles of its messages, where its request holds nothing but texts: whether it can be sent is then the same as of
    /// every other case with these roles.
    pub plain: Option<Arc<[Role]>>,
    /// Whether it holds production's answer.
    pub is_recorded: bool,
    /// Its line in the file, from 1.
    pub line: usize,
    offset: u64,
    length: usize,
    /// A hash of the line: one that was edited since must not be sent under the old digest.
    hash: u64,
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
    let file = input::open(path).map_err(cannot_read)?;
    let reader = BufReader::with_capacity(scan::BATCH, &file);
    let scan = scan::scan(path, reader, scan::BATCH).map_err(cannot_read)?;
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
        file,
        images: scan.images,
    })
}

/// A hash that is kept no longer than the dataset is open.
fn hash_of(line: &[u8]) -> u64 {
    FixedState::with_seed(0).hash_one(line)
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
        read_at(&self.file, &mut bytes, entry.offset).map_err(|error| changed(error.to_string()))?;
        if hash_of(&bytes) != entry.hash {
            return Err(changed(format!("the line of `{}` is another one now", entry.id)));
        }
        let case = line::parse_again(&bytes, &entry.tags).map_err(|bad| changed(bad.message))?;
        Ok(Case { weight: entry.weight, ..case })
    }

    /// The messages of the case at a position of `entries` as they are sent: image files read and encoded.
    ///
    /// # Errors
    /// An image cannot be read any more, or it changed since the dataset was opened.
    pub fn to_send<'a>(&self, index: usize, case: &'a Case) -> Result<Cow<'a, [Message]>, Problem> {
        self.images.embed(&case.messages).map_err(|why| {
            let message = format!("the image changed while it was in use: {why}");
            Problem::at(&self.path, self.entries[index].line, message)
                .help("put the image back, or run again: the dataset is checked anew")
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use sha2::{Digest as _, Sha256};

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
                (Some(5), "the case lacks `messages`"),
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
    fn the_digest_covers_each_image_file_once_in_order_of_appearance() {
        let folder = tempfile::tempdir().expect("a folder");
        let png =
            |rest: &str| format!("\u{89}PNG\r\n\u{1a}\n{rest}").chars().map(|byte| byte as u8).collect::<Vec<u8>>();
        let (first, second) = (png("first"), png("second"));
        let line = |id: &str, names: &[&str]| {
            let image = |name: &&str| format!(r#"{{"type":"image_url","image_url":{{"url":"file:{name}"}}}}"#);
            let parts = names.iter().map(image).collect::<Vec<_>>().join(",");
            format!("{{\"id\":\"{id}\",\"messages\":[{{\"role\":\"user\",\"content\":[{parts}]}}]}}\n")
        };
        let lines = [line("a", &["2.png", "1.png", "2.png"]), line("b", &["1.png"])];
        let path = folder.path().join("cases.jsonl");
        std::fs::write(&path, lines.concat()).expect("is written");
        let digest = |first: &[u8], second: &[u8]| {
            std::fs::write(folder.path().join("1.png"), first).expect("is written");
            std::fs::write(folder.path().join("2.png"), second).expect("is written");
            open(&path).expect("is valid").sha256
        };
        let hashed = [lines[0].as_bytes(), &Sha256::digest(&second), &Sha256::digest(&first), lines[1].as_bytes()];
        assert_eq!(digest(&first, &second), hex::encode(Sha256::digest(hashed.concat())));
        assert_ne!(digest(&first, &second), digest(&second, &first));

        let dataset = open(&path).expect("is valid");
        let case = dataset.read(1).expect("is read");
        std::fs::write(folder.path().join("1.png"), png("other")).expect("is written");
        let problem = dataset.to_send(1, &case).expect_err("is noticed").to_string();
        let expected = "cases.jsonl:2: the image changed while it was in use: `1.png` is another one now\n  \
                        help: put the image back, or run again: the dataset is checked anew";
        assert!(problem.ends_with(expected), "{problem}");
    }

    #[test]
    fn a_case_is_tagged_by_its_shape_unless_somebody_did() {
        let tagged = A.replace("\"id\":\"a\"", r#""id":"a","tags":{"auto:turn":"first"}"#);
        assert_ne!(tagged, A);
        let file = file(&tagged);
        let dataset = open(file.path()).expect("is valid");
        let shape = [("modality", "text"), ("prompt_length", "0-1k"), ("tools", "0"), ("turn", "first")];
        let expected = shape.map(|(tag, value)| (format!("auto:{tag}"), value.to_owned())).into();
        assert_eq!(*dataset.entries[0].tags, expected);
        assert_eq!(*dataset.read(0).expect("is read").tags, expected);
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
