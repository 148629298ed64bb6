//! cutover as a user runs it, in a folder with cases and a suite.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::process::{Took, command, measure};
use crate::{Result, dataset};

/// The binary under test.
const CUTOVER: &str = env!("CARGO_BIN_EXE_cutover");

/// A folder with cases, in which everything runs.
pub(crate) struct Folder {
    folder: TempDir,
    /// Cases; every one is asked of two models.
    pub(crate) cases: usize,
}

/// A store and the runs beside it.
pub(crate) struct Runs<'a> {
    folder: &'a Folder,
    place: TempDir,
}

impl Folder {
    pub(crate) fn new(cases: usize) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        dataset::write(folder.path(), cases)?;
        Ok(Self { folder, cases })
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Requests when every case is asked once of both models.
    pub(crate) fn requests(&self) -> usize {
        self.cases * dataset::MODELS.len()
    }

    /// Runs the binary with these arguments, split at spaces.
    pub(crate) fn cutover(&self, arguments: &str) -> Result<Took> {
        measure(self.command(arguments)?, self.path())
    }

    fn command(&self, arguments: &str) -> Result<std::process::Command> {
        let mut cutover = command(CUTOVER, self.path())?;
        cutover.args(arguments.split_whitespace());
        Ok(cutover)
    }

    /// An empty store, and no run yet, for a server on this port.
    pub(crate) fn runs(&self, port: u16, concurrency: usize) -> Result<Runs<'_>> {
        dataset::write_suite(self.path(), port, concurrency)?;
        Ok(Runs { folder: self, place: tempfile::tempdir_in(self.path())? })
    }
}

impl Runs<'_> {
    fn arguments(&self, results: &str) -> String {
        let place = self.place.path().display();
        format!("run suite.toml --store {place}/store.sqlite --out {place}/{results}")
    }

    /// `cutover run` without a store, with its runs in this folder.
    pub(crate) fn run_unstored(&self, results: &str) -> Result<Took> {
        self.folder.cutover(&format!("run suite.toml --no-store --out {}", self.place.path().join(results).display()))
    }

    /// `cutover run`, with its runs in this folder.
    pub(crate) fn run(&self, results: &str) -> Result<Took> {
        self.folder.cutover(&self.arguments(results))
    }

    /// The same, left running.
    pub(crate) fn start(&self, results: &str) -> Result<std::process::Child> {
        Ok(self.folder.command(&self.arguments(results))?.spawn()?)
    }

    /// `cutover report`.
    pub(crate) fn report(&self, results: &str) -> Result<Took> {
        self.folder.cutover(&format!("report --results {}", self.place.path().join(results).display()))
    }

    /// The folder of the only run in a folder of runs.
    fn only(&self, results: &str) -> Result<PathBuf> {
        let mut runs = std::fs::read_dir(self.place.path().join(results))?
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .filter(|path| path.is_dir());
        match (runs.next(), runs.next()) {
            (Some(run), None) => Ok(run),
            _ => Err("there is not exactly one run".into()),
        }
    }

    /// The size of a file of the only run, in bytes.
    pub(crate) fn size(&self, results: &str, file: &str) -> Result<u64> {
        Ok(std::fs::metadata(self.only(results)?.join(file))?.len())
    }

    /// What came of every trial of the only run, by case and arm: the last line of each counts.
    pub(crate) fn outcomes(&self, results: &str) -> Result<BTreeMap<String, Value>> {
        let text = std::fs::read_to_string(self.only(results)?.join("trials.jsonl"))?;
        let outcome = |line: &str| {
            let mut trial: Value = serde_json::from_str(line)?;
            Ok((format!("{} {}", trial["case"], trial["arm"]), trial["outcome"].take()))
        };
        text.lines().map(outcome).collect()
    }

    /// The summary of the only run without what a clock says, and without how often it was asked: the same for every
    /// run of the same cases.
    pub(crate) fn summary(&self, results: &str) -> Result<Value> {
        let mut summary: Value = serde_json::from_slice(&std::fs::read(self.only(results)?.join("summary.json"))?)?;
        let mut parts = [summary["results"].take(), summary["verdicts"].take()];
        parts.iter_mut().for_each(forget_time);
        Ok(parts.into())
    }
}

fn forget_time(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !is_timed(name));
            fields.values_mut().for_each(forget_time);
        }
        Value::Array(values) => {
            values.retain(|value| !value["metric"].as_str().is_some_and(is_timed));
            values.iter_mut().for_each(forget_time);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn is_timed(name: &str) -> bool {
    TIMED.iter().any(|timed| name.contains(timed))
}

/// Parts of the names of what differs between two runs of the same cases.
const TIMED: &[&str] = &[
    "latency",
    "slowest_ms",
    "first_token",
    "tokens_per_second",
    "spend",
    "from_store",
    "attempts",
    "recording",
    "single_flight",
    "uncertain",
];
