//! The folder itself: made before anything is spent, locked while it is worked on, found again by name.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::anew::settle;
use super::journal::Journal;
use super::manifest::{MOST_REPEATS, Manifest, SCHEMA_VERSION};
use super::record::Record;
use super::trials::{self, Answer};
use super::{Example, RunDirError};
use crate::domain::{Trial, Usd};

const MANIFEST: &str = "manifest.json";
const JOURNAL: &str = "trials.jsonl";
pub(super) const TRIALS: &str = "trials.parquet";
const EXAMPLES: &str = "examples.json";
const LOCK: &str = ".lock";

/// A run that is being made: its folder is locked until this is dropped.
#[derive(Debug)]
pub struct RunDir {
    /// The folder.
    pub path: PathBuf,
    /// What the run is made from.
    pub manifest: Manifest,
    journal: Journal,
    counted: Counted,
    _lock: File,
}

/// What the journal says in all.
#[derive(Debug, Default)]
struct Counted {
    spent: Usd,
    models_returned: BTreeMap<String, BTreeSet<String>>,
}

/// What adds to a record what was found out after it was kept.
pub type Completing<'a> = &'a (dyn Fn(Record) -> Result<Record, RunDirError> + Sync);

/// A run that was finished just now: what its folder holds need not be read again.
#[derive(Debug)]
pub struct Ended {
    /// The run.
    pub run: Finished,
    /// The facts of every trial, as [`Finished::trials`] gives them.
    pub trials: Vec<Trial>,
    journal: Journal,
}

/// A finished run.
#[derive(Debug)]
pub struct Finished {
    /// The folder.
    pub path: PathBuf,
    /// What the run was made from.
    pub manifest: Manifest,
}

impl RunDir {
    /// Makes the folder of a new run, named by the manifest.
    ///
    /// # Errors
    /// The folder is there already, or cannot be made or written.
    pub fn create(results: &Path, manifest: &Manifest) -> Result<Self, RunDirError> {
        let path = results.join(&manifest.run);
        let io = |source| RunDirError::Io { path: path.clone(), source };
        fs::create_dir_all(results).and_then(|()| fs::create_dir(&path)).map_err(io)?;
        write_json(&path.join(MANIFEST), manifest)?;
        Self::resume(&path)
    }

    /// Goes on with an unfinished run.
    ///
    /// # Errors
    /// Another process works on it, or a file of it cannot be read.
    pub fn resume(path: &Path) -> Result<Self, RunDirError> {
        let lock = lock(path)?;
        let manifest = read_manifest(path)?;
        let mut counted = Counted::default();
        let journal = Journal::open(&path.join(JOURNAL), |record| counted.count(record))?;
        Ok(Self { path: path.to_owned(), manifest, journal, counted, _lock: lock })
    }

    /// Whether a trial needs no further work. A call that failed for a cause outside the model is asked again.
    #[must_use]
    pub fn is_done(&self, case: &str, arm: &str, repeat: u32) -> bool {
        self.journal.index.is_done((case, arm, repeat))
    }

    /// Judges and shows the run by the suite as it is now: its rules may have changed, its trials have not.
    ///
    /// # Errors
    /// The manifest cannot be written.
    pub fn adopt(&mut self, now: Manifest) -> Result<(), RunDirError> {
        let Manifest { run, started_at, .. } = &self.manifest;
        self.manifest = Manifest { run: run.clone(), started_at: *started_at, ..now };
        write_json(&self.path.join(MANIFEST), &self.manifest)
    }

    /// How many trials need no further work.
    #[must_use]
    pub fn done(&self) -> usize {
        self.journal.index.done()
    }

    /// What the run has paid so far, as far as it is known.
    #[must_use]
    pub fn spent(&self) -> Usd {
        self.counted.spent
    }

    /// How often the calls of a trial may have been billed beyond that.
    #[must_use]
    pub fn times_unknown(&self, case: &str, arm: &str, repeat: u32) -> usize {
        self.journal.index.times_unknown((case, arm, repeat))
    }

    /// What is kept of a trial; `None` where there is nothing yet.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn record(&self, case: &str, arm: &str, repeat: u32) -> Result<Option<Record>, RunDirError> {
        self.journal.records(std::iter::once((case, arm, repeat))).next().transpose()
    }

    /// Appends finished trials.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub fn append(&mut self, records: &[Record]) -> Result<(), RunDirError> {
        self.journal.append(records)?;
        for record in records {
            self.counted.count(record);
        }
        Ok(())
    }

    /// Writes the table of trials in the order of these places (case, arm, repeat), whatever the order in which they
    /// finished, and marks the run as finished. `completing` adds what was found out after a trial was kept.
    ///
    /// # Errors
    /// The table or the manifest cannot be written.
    pub fn finish<'a>(
        mut self,
        order: impl Iterator<Item = (&'a str, &'a str, u32)>,
        completing: Option<Completing<'_>>,
        now: i64,
    ) -> Result<Ended, RunDirError> {
        self.journal.end();
        let path = self.path.join(TRIALS);
        let temporary = path.with_extension("parquet.tmp");
        let lines: Vec<_> = order.filter_map(|place| self.journal.index.line(place)).collect();
        let (journal, path) = (&self.journal, &path);
        let trials = trials::write(&temporary, &lines, &|| {
            let mut reader = journal.reader();
            move |line, bytes: &mut Vec<u8>| {
                if let Some(completing) = completing {
                    let record = journal.read(line, bytes).and_then(completing)?;
                    bytes.clear();
                    let io = |source| RunDirError::Io { path: path.clone(), source };
                    serde_json::to_writer(bytes, &record).map_err(|error| io(error.into()))
                } else {
                    bytes.clear();
                    bytes.extend_from_slice(reader.line(line)?);
                    Ok(())
                }
            }
        })?;
        fs::rename(&temporary, path).map_err(|source| RunDirError::Io { path: path.clone(), source })?;
        for arm in &mut self.manifest.arms {
            arm.models_returned =
                self.counted.models_returned.remove(&arm.name).unwrap_or_default().into_iter().collect();
        }
        self.manifest.finished_at = Some(now);
        write_json(&self.path.join(MANIFEST), &self.manifest)?;
        let Self { path, manifest, journal, .. } = self;
        Ok(Ended { run: Finished { path, manifest }, trials, journal })
    }
}

impl Ended {
    /// The answers at these places (case, arm, repeat), with their texts, as [`Finished::answers`] gives them.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn answers<'a>(
        &self,
        places: impl Iterator<Item = (&'a str, &'a str, u32)> + Send,
        completing: Option<Completing<'_>>,
    ) -> Result<Vec<Answer>, RunDirError> {
        let records = self.journal.records(places);
        let completed = |record| match completing {
            Some(completing) => completing(record),
            None => Ok(record),
        };
        records.map(|record| record.and_then(completed).map(Answer::from)).collect()
    }
}

impl Counted {
    fn count(&mut self, record: &Record) {
        if let Some(spend) = record.spend {
            self.spent = self.spent.plus(spend);
        }
        let Some(model) = &record.model_returned else { return };
        if !self.models_returned.get(&record.arm).is_some_and(|known| known.contains(model)) {
            self.models_returned.entry(record.arm.clone()).or_default().insert(model.clone());
        }
    }
}

impl Finished {
    /// Opens a finished run.
    ///
    /// # Errors
    /// The manifest cannot be read, or the run is not finished.
    pub fn load(path: &Path) -> Result<Self, RunDirError> {
        let manifest = read_manifest(path)?;
        if manifest.finished_at.is_none() {
            let why = "the run is not finished; the same `cutover run` goes on with it".to_owned();
            return Err(RunDirError::Damaged { path: path.to_owned(), why });
        }
        Ok(Self { path: path.to_owned(), manifest })
    }

    /// The facts of every trial.
    ///
    /// # Errors
    /// The table cannot be read.
    pub fn trials(&self) -> Result<Vec<Trial>, RunDirError> {
        trials::read(&self.path.join(TRIALS))
    }

    /// The answers to some cases, with their texts.
    ///
    /// # Errors
    /// The table cannot be read.
    pub fn answers(&self, wanted: &dyn Fn(&str) -> bool) -> Result<Vec<Answer>, RunDirError> {
        trials::read_answers(&self.path.join(TRIALS), wanted)
    }

    /// Keeps the examples that reports show.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save_examples(&self, examples: &[Example]) -> Result<(), RunDirError> {
        write_json(&self.path.join(EXAMPLES), &examples)
    }

    /// The examples that were kept.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn examples(&self) -> Result<Vec<Example>, RunDirError> {
        read_json(&self.path.join(EXAMPLES))
    }
}

/// The newest unfinished run of a manifest's plan and mode, with a store or without one as it says: the calls of a run
/// must not stand half in a ledger.
pub(super) fn unfinished(results: &Path, wanted: &Manifest) -> Option<PathBuf> {
    let matches = |manifest: &Manifest| {
        manifest.finished_at.is_none()
            && manifest.plan_hash == wanted.plan_hash
            && manifest.mode == wanted.mode
            && manifest.no_store == wanted.no_store
    };
    runs(results).into_iter().filter(|(_, manifest)| matches(manifest)).map(|(path, _)| path).next_back()
}

/// The names of the runs that are finished.
#[must_use]
pub fn finished(results: &Path) -> Vec<String> {
    let finished = runs(results).into_iter().filter(|(_, manifest)| manifest.finished_at.is_some());
    finished.map(|(_, manifest)| manifest.run).collect()
}

/// A finished run by its name or folder; the newest one when nothing is named.
///
/// # Errors
/// There is no such run, or it is not finished.
pub fn find(results: &Path, name: Option<&str>) -> Result<Finished, RunDirError> {
    let Some(name) = name else {
        return newest(results, &|_| true)
            .ok_or_else(|| RunDirError::NoRun { name: "that is finished".to_owned(), results: results.to_owned() });
    };
    let candidates = [PathBuf::from(name), results.join(name)];
    let path = candidates.iter().find(|path| path.join(MANIFEST).is_file());
    path.map_or_else(
        || Err(RunDirError::NoRun { name: format!("`{name}`"), results: results.to_owned() }),
        |path| Finished::load(path),
    )
}

/// The newest finished run of those that are wanted.
#[must_use]
pub fn newest(results: &Path, wanted: &dyn Fn(&Manifest) -> bool) -> Option<Finished> {
    let finished = |manifest: &Manifest| manifest.finished_at.is_some() && wanted(manifest);
    let newest = runs(results).into_iter().rfind(|(_, manifest)| finished(manifest));
    newest.map(|(path, manifest)| Finished { path, manifest })
}

/// Every run with a readable manifest, the oldest first. A folder that is no run is passed over: it may be anything.
fn runs(results: &Path) -> Vec<(PathBuf, Manifest)> {
    let entries = fs::read_dir(results).into_iter().flatten().filter_map(Result::ok);
    let mut runs: Vec<_> = entries
        .filter_map(|entry| read_manifest(&entry.path()).ok().map(|manifest| (entry.path(), manifest)))
        .collect();
    runs.sort_by(|(_, a), (_, b)| (a.started_at, &a.run).cmp(&(b.started_at, &b.run)));
    runs
}

pub(super) fn lock(path: &Path) -> Result<File, RunDirError> {
    let file_path = path.join(LOCK);
    let io = |source| RunDirError::Io { path: file_path.clone(), source };
    let file = File::options().create(true).write(true).truncate(false).open(&file_path).map_err(io)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(RunDirError::Locked { path: path.to_owned() }),
        Err(TryLockError::Error(source)) => Err(io(source)),
    }
}

/// Writes the manifest of a run whole or not at all.
pub(super) fn write_manifest(path: &Path, manifest: &Manifest) -> Result<(), RunDirError> {
    write_json(&path.join(MANIFEST), manifest)
}

fn read_manifest(path: &Path) -> Result<Manifest, RunDirError> {
    settle(path)?;
    let path = path.join(MANIFEST);
    let manifest: Manifest = read_json(&path)?;
    let damaged = |why: String| Err(RunDirError::Damaged { path: path.clone(), why });
    if manifest.schema_version != SCHEMA_VERSION {
        let found = manifest.schema_version;
        return damaged(format!("its schema_version is {found}, this version of cutover knows {SCHEMA_VERSION}"));
    }
    if manifest.arms.len() < 2 || !(1..=MOST_REPEATS).contains(&manifest.repeats) {
        return damaged("it has no candidate, or no repeat, or more repeats than a suite may ask for".to_owned());
    }
    Ok(manifest)
}

fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, RunDirError> {
    let text = fs::read(path).map_err(|source| RunDirError::Io { path: path.to_owned(), source })?;
    serde_json::from_slice(&text)
        .map_err(|error| RunDirError::Damaged { path: path.to_owned(), why: error.to_string() })
}

/// Writes a file whole or not at all.
fn write_json(path: &Path, value: &impl serde::Serialize) -> Result<(), RunDirError> {
    let io = |source| RunDirError::Io { path: path.to_owned(), source };
    let mut text = serde_json::to_vec_pretty(value).map_err(|error| io(error.into()))?;
    text.push(b'\n');
    let temporary = path.with_extension("json.tmp");
    File::create(&temporary).and_then(|mut file| file.write_all(&text).and_then(|()| file.sync_all())).map_err(io)?;
    fs::rename(&temporary, path).map_err(io)
}
