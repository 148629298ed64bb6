//! Logs → cases: one file a format, and one row in [`IMPORTERS`]. A log is read line by line, whatever its size.

mod closed_loop;
mod conversation;

use std::collections::HashSet;
use std::io::{self, BufRead, Write};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::line::{self, BadLine};
use crate::problem::Problem;

/// A format of logs.
#[derive(Debug)]
pub struct Importer {
    /// Its name on the command line.
    pub name: &'static str,
    /// What one line of it is.
    pub about: &'static str,
    /// Checks a whole line, then writes its cases.
    convert: Convert,
}

type Convert = fn(&[u8], ImportOptions, &mut dyn Write) -> io::Result<Result<Converted, BadLine>>;

/// Every format that can be read.
pub const IMPORTERS: &[Importer] = &[Importer {
    name: "conversation",
    about: "A whole conversation a line, in the shape of Chat Completions; each answer in it becomes a case",
    convert: conversation::convert,
}];

/// How answers of a log become expectations.
#[derive(Debug, Clone, Copy, Default)]
pub struct ImportOptions {
    /// Whether an answer without calls expects its own text again.
    pub expect_text: bool,
    /// Whether a conversation becomes one case, whose calls are answered from the recording.
    pub closed_loop: bool,
}

/// What became of one line.
struct Converted {
    id: String,
    counts: ImportCounts,
}

/// What became of a log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct ImportCounts {
    /// Lines that were read.
    pub records: usize,
    /// Cases that were written.
    pub cases: usize,
    /// Cases whose prompt holds earlier answers of the log.
    pub later_turns: usize,
    /// Cases that expect nothing: nobody has said yet what a right answer is.
    pub unlabelled: usize,
    /// Answers that nothing precedes, of which no case can be made.
    pub without_prompt: usize,
    /// Lines without an answer.
    pub without_answer: usize,
    /// Conversations with a call that nobody can answer from them, of which no closed loop is made.
    #[serde(skip_serializing_if = "is_zero")]
    pub without_result: usize,
    /// Conversations whose closed loop ends before the user's second turn.
    #[serde(skip_serializing_if = "is_zero")]
    pub cut: usize,
}

impl ImportCounts {
    fn add(&mut self, other: Self) {
        self.records += other.records;
        self.cases += other.cases;
        self.later_turns += other.later_turns;
        self.unlabelled += other.unlabelled;
        self.without_prompt += other.without_prompt;
        self.without_answer += other.without_answer;
        self.without_result += other.without_result;
        self.cut += other.cut;
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// Why a log was not imported.
#[derive(Debug)]
pub enum LogError {
    /// The log cannot be read, or lines of it are wrong: all of them.
    Log(Vec<Problem>),
    /// The cases cannot be written.
    Output(io::Error),
}

impl From<io::Error> for LogError {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// A log that is being read.
pub struct Log<'a> {
    /// What problems call it.
    pub name: &'a Path,
    /// Its lines.
    pub lines: &'a mut dyn BufRead,
}

/// Writes the cases of a log. Memory holds one line, and 16 bytes of each id.
///
/// # Errors
/// All problems of the log at once, or the output refuses. What was written until then is no dataset.
pub fn import(
    importer: &Importer,
    options: ImportOptions,
    log: Log<'_>,
    out: &mut dyn Write,
) -> Result<ImportCounts, LogError> {
    let Log { name, lines } = log;
    let mut counts = ImportCounts::default();
    let mut problems: Vec<Problem> = Vec::new();
    let mut ids: HashSet<[u8; 16]> = HashSet::new();
    let mut bytes = Vec::new();
    for line in 1.. {
        bytes.clear();
        let read = lines.read_until(b'\n', &mut bytes);
        if read.map_err(|error| cannot_read(name, &error))? == 0 {
            break;
        }
        if line::is_blank(&bytes) {
            continue;
        }
        // After a problem there will be no dataset: the rest is only checked.
        let mut nowhere = io::sink();
        let out: &mut dyn Write = if problems.is_empty() { out } else { &mut nowhere };
        match (importer.convert)(&bytes, options, out)? {
            Ok(converted) => {
                if !ids.insert(short_hash(&converted.id)) {
                    problems.push(
                        Problem::at(name, line, format!("the id `{}` stands on an earlier line too", converted.id))
                            .help("give every line an id of its own"),
                    );
                }
                counts.add(converted.counts);
            }
            Err(bad) => problems.push(Problem { help: bad.help, ..Problem::at(name, line, bad.message) }),
        }
    }
    if problems.is_empty() && counts.cases == 0 {
        problems.push(Problem::of_file(name, "no case can be made of the log: it holds no answer to a prompt"));
    }
    if problems.is_empty() { Ok(counts) } else { Err(LogError::Log(problems)) }
}

/// The problem of a log that cannot be read.
#[must_use]
pub fn cannot_read(name: &Path, error: &io::Error) -> LogError {
    LogError::Log(vec![Problem::of_file(name, format!("cannot read the log: {error}"))])
}

fn short_hash(id: &str) -> [u8; 16] {
    let digest: [u8; 32] = Sha256::digest(id).into();
    std::array::from_fn(|index| digest[index])
}

#[cfg(test)]
mod tests;
