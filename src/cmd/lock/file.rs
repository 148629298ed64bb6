//! The lock of a suite as it stands on disk: read, compared, and told what differs.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::Pins;
use super::pins::VERSION;
use crate::cmd::CommandError;
use crate::cmd::error::Message;
use crate::exit::Exit;
use crate::run_dir::Manifest;

/// The lock of a suite.
#[derive(Debug)]
pub(in crate::cmd) struct Lock {
    path: PathBuf,
    table: Table,
}

/// One thing that differs.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Drift {
    /// Its place in the lock: `arms.new.model`.
    pub(super) what: String,
    pub(super) locked: String,
    pub(super) now: String,
}

/// Where the lock of a suite is: beside it, by the suite's name.
pub(super) fn path(suite: &Path, name: &str) -> PathBuf {
    suite.with_file_name(format!("{name}.lock"))
}

impl Lock {
    /// Reads the lock of a suite.
    pub(in crate::cmd) fn of(suite: &Path, name: &str) -> Result<Self, CommandError> {
        let path = path(suite, name);
        let damaged = |why: String| {
            let message = format!("{} is no lock that this version of cutover can read: {why}", path.display());
            let help = format!("restore it, or write it anew with `cutover lock {}`", suite.display());
            CommandError::with_help(Exit::Integrity, message, help)
        };
        let text = fs::read_to_string(&path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => {
                let message = format!("`--locked` needs a lock, and there is none at {}", path.display());
                let help = format!("`cutover lock {}` writes it from a finished run", suite.display());
                CommandError::with_help(Exit::Usage, message, help)
            }
            _ => damaged(error.to_string()),
        })?;
        let table: Table = text.parse().map_err(|error: toml::de::Error| damaged(error.message().to_owned()))?;
        match table.get("version") {
            Some(Value::Integer(VERSION)) => Ok(Self { path, table }),
            Some(other) => Err(damaged(format!("its version is {}", shown(other)))),
            None => Err(damaged("it has no version".to_owned())),
        }
    }

    /// Ends the command when anything differs from what is pinned: every drift is listed.
    pub(in crate::cmd) fn refuse_drift(&self, now: &Pins) -> Result<(), CommandError> {
        let drift = drift(&self.table, &now.table()?);
        if drift.is_empty() {
            return Ok(());
        }
        let path = self.path.display();
        let problems =
            drift.iter().map(|Drift { what, locked, now }| format!("{path}: {what}: locked {locked}, now {now}"));
        let undo = "undo the change, or run without `--locked` and pin the new state with `cutover lock`";
        let help = if drift.iter().any(|drift| drift.what == "plan") {
            format!("headers, salts, dialects and `--on-untranslatable` are in the plan too; {undo}")
        } else {
            undo.to_owned()
        };
        Err(refused(Exit::Integrity, problems, help))
    }

    /// The models that answered and did not when the lock was made: an alias has moved.
    pub(in crate::cmd) fn aliases(&self, manifest: &Manifest) -> Vec<String> {
        let at = |path: &[&str]| {
            path.iter().try_fold(None, |found: Option<&Value>, key| match found {
                None => self.table.get(*key).map(Some),
                Some(found) => found.get(*key).map(Some),
            })
        };
        let locked_on = at(&["run", "finished"]).flatten().and_then(Value::as_str).unwrap_or("an unknown day");
        let arms = manifest.arms.iter().map(|info| ("arms", info));
        let judges = manifest.judges.iter().map(|info| ("judges", &info.asks));
        let moved = arms.chain(judges).filter_map(|(kind, info)| {
            let returned = at(&[kind, &info.name, "returned"]).flatten().and_then(Value::as_array);
            let locked: BTreeSet<&str> = returned.into_iter().flatten().filter_map(Value::as_str).collect();
            let new = info.models_returned.iter().any(|model| !locked.contains(model.as_str()));
            new.then(|| {
                let locked: Vec<&str> = locked.into_iter().collect();
                let then = if locked.is_empty() { "no model that named itself".to_owned() } else { locked.join(", ") };
                format!(
                    "{}: {} is answered by {}, and was by {then} when the suite was locked on {locked_on}",
                    info.name,
                    info.model,
                    info.models_returned.join(", ")
                )
            })
        });
        moved.collect()
    }
}

/// What differs, by its place. The hash of the plan is named only where nothing says more.
pub(super) fn drift(locked: &Table, now: &Table) -> Vec<Drift> {
    let (locked, now) = (flat(locked), flat(now));
    let places: BTreeSet<&String> = locked.keys().chain(now.keys()).collect();
    let value = |values: &BTreeMap<String, String>, place: &String| {
        values.get(place).cloned().unwrap_or_else(|| "nothing".to_owned())
    };
    let all = places.into_iter().filter(|place| locked.get(*place) != now.get(*place));
    let (plan, named): (Vec<&String>, Vec<&String>) = all.partition(|place| *place == "plan");
    let told = if named.is_empty() { plan } else { named };
    let drift = |place: &String| Drift { what: place.clone(), locked: value(&locked, place), now: value(&now, place) };
    told.into_iter().map(drift).collect()
}

/// Every value with its place, but for what is not compared: the run that was locked, and the models that answered it.
fn flat(table: &Table) -> BTreeMap<String, String> {
    fn walk(place: &str, value: &Value, found: &mut BTreeMap<String, String>) {
        match value {
            Value::Table(table) => {
                for (key, value) in table {
                    walk(&format!("{place}.{key}"), value, found);
                }
            }
            Value::Array(items) if items.iter().any(Value::is_table) => {
                for (index, item) in items.iter().enumerate() {
                    walk(&format!("{place}.{}", index + 1), item, found);
                }
            }
            _ => drop(found.insert(place.to_owned(), shown(value))),
        }
    }
    let mut found = BTreeMap::new();
    for (key, value) in table.iter().filter(|(key, _)| *key != "run") {
        walk(key, value, &mut found);
    }
    let of_model = |place: &str| ["arms.", "judges."].iter().any(|kind| place.starts_with(kind));
    found.retain(|place, _| !(of_model(place) && place.ends_with(".returned")));
    found
}

/// A value as a message shows it.
fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// An error of one message each; the last one says what to do.
pub(super) fn refused(exit: Exit, messages: impl Iterator<Item = String>, help: String) -> CommandError {
    let mut problems: Vec<Message> = messages.map(|message| Message::Other { message, help: None }).collect();
    if let Some(Message::Other { help: last, .. }) = problems.last_mut() {
        *last = Some(help);
    }
    CommandError { exit, problems }
}
