//! The labels of a session: each is on the disk before the next is asked for. Folded, they are in the dataset.

use std::fs::{self, File, TryLockError};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::fold::fold;
use crate::cmd::CommandError;
use crate::domain::Label;
use crate::exit::Exit;

/// What somebody said of one case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Given {
    pub(super) case: String,
    pub(super) labels: Vec<Label>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Given(Given),
    /// The one before does not count.
    Undo,
}

/// An open journal beside the dataset; no other session writes it meanwhile.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    given: Vec<Given>,
}

impl Journal {
    /// Opens the journal of a dataset, with what an earlier session left in it.
    pub(super) fn open(dataset: &Path) -> Result<Self, CommandError> {
        let mut name = dataset.file_name().unwrap_or_default().to_owned();
        name.push(".labels");
        let path = dataset.with_file_name(name);
        let mut file = File::options().read(true).append(true).create(true).open(&path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(CommandError::with_help(
                    Exit::Locked,
                    format!("somebody is labelling {} just now", dataset.display()),
                    "wait for the other `cutover label` to end",
                ));
            }
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        let (mut given, mut whole, mut line) = (Vec::new(), 0, Vec::new());
        let mut reader = BufReader::new(&file);
        loop {
            line.clear();
            let length = reader.read_until(b'\n', &mut line)?;
            // A last line that a crash cut was never acknowledged.
            if length == 0 || line.last() != Some(&b'\n') {
                break;
            }
            match serde_json::from_slice(&line) {
                Ok(Line::Given(one)) => given.push(one),
                Ok(Line::Undo) => drop(given.pop()),
                Err(error) => {
                    return Err(CommandError::with_help(
                        Exit::Integrity,
                        format!("{} holds what this version cannot have written: {error}", path.display()),
                        "put it aside, and label again what it held",
                    ));
                }
            }
            whole += length as u64;
        }
        file.set_len(whole)?;
        file.flush()?;
        Ok(Self { path, file, given })
    }

    /// Keeps what somebody said: it is on the disk when this returns.
    pub(super) fn give(&mut self, given: &[Given]) -> Result<(), CommandError> {
        let mut text = String::new();
        for one in given {
            text += &serde_json::to_string(&Line::Given(one.clone()))?;
            text.push('\n');
        }
        self.append(&text)?;
        self.given.extend_from_slice(given);
        Ok(())
    }

    /// Takes the last one back.
    pub(super) fn undo(&mut self) -> Result<(), CommandError> {
        self.append(&format!("{}\n", serde_json::to_string(&Line::Undo)?))?;
        self.given.pop();
        Ok(())
    }

    fn append(&mut self, text: &str) -> Result<(), CommandError> {
        self.file.write_all(text.as_bytes())?;
        Ok(self.file.sync_data()?)
    }

    /// Puts everything into the dataset, whole or not at all, and empties the journal. Gives back how many labels.
    pub(super) fn fold(&mut self, dataset: &Path) -> Result<usize, CommandError> {
        if !self.given.is_empty() {
            fold(dataset, &self.given, &self.path)?;
        }
        // A crash here folds the same labels again, which changes nothing.
        self.file.set_len(0)?;
        Ok(std::mem::take(&mut self.given).iter().map(|given| given.labels.len()).sum())
    }
}

impl Drop for Journal {
    /// An empty journal leaves no file.
    fn drop(&mut self) {
        if self.given.is_empty() && self.file.metadata().is_ok_and(|data| data.len() == 0) {
            drop(fs::remove_file(&self.path));
        }
    }
}
