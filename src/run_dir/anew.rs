//! A finished run made anew from its own answers: beside the old one until it is whole, then in its place. The step
//! between is one rename: a crash before it leaves the old run, one after it is made up for when the run is next opened.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::folder::{TRIALS, lock, write_manifest};
use super::kept::{self, Kept, Rejudged};
use super::{Finished, Manifest, RunDirError};

/// Where the new files are while they are made.
const MAKING: &str = ".anew";
/// Where they are once they are whole.
const WHOLE: &str = ".anew-whole";

/// A run that is being made anew; nobody else works on it meanwhile.
#[derive(Debug)]
pub struct Anew {
    /// The new run, in a folder inside the old one.
    pub run: Finished,
    old: PathBuf,
    _lock: File,
}

impl Finished {
    /// Begins to make the run anew, with another manifest.
    ///
    /// # Errors
    /// Another process works on it, or the folder cannot be written.
    pub fn anew(&self, manifest: Manifest) -> Result<Anew, RunDirError> {
        let lock = lock(&self.path)?;
        let path = self.path.join(MAKING);
        let io = |source| RunDirError::Io { path: path.clone(), source };
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(io(error)),
            _ => {}
        }
        fs::create_dir(&path).map_err(io)?;
        Ok(Anew { run: Finished { path, manifest }, old: self.path.clone(), _lock: lock })
    }

    /// Every trial with its row, in the order of the table, one group of rows in memory.
    ///
    /// # Errors
    /// The table cannot be read, or what `each` says.
    pub fn each_kept<E: From<RunDirError>>(&self, each: impl FnMut(usize, Kept) -> Result<(), E>) -> Result<(), E> {
        kept::each(&self.path.join(TRIALS), each)
    }

    /// The trial of a row of the table.
    ///
    /// # Errors
    /// The table cannot be read, or has no such row.
    pub fn kept_at(&self, row: usize) -> Result<Kept, RunDirError> {
        let path = self.path.join(TRIALS);
        kept::at(&path, row)?.ok_or_else(|| RunDirError::Damaged { path, why: format!("it has no row {row}") })
    }
}

impl Anew {
    /// Writes the new table of trials from the old one.
    ///
    /// # Errors
    /// A table cannot be read or written, or what `judge` says.
    pub fn judge<E: From<RunDirError>>(&self, judge: impl FnMut(Kept) -> Result<Option<Rejudged>, E>) -> Result<(), E> {
        kept::rewrite(&self.old.join(TRIALS), &self.run.path.join(TRIALS), judge)
    }

    /// Puts the new run in the place of the old one.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn replace(self) -> Result<Finished, RunDirError> {
        let Self { run, old, _lock } = self;
        write_manifest(&run.path, &run.manifest)?;
        let whole = old.join(WHOLE);
        fs::rename(&run.path, &whole).map_err(|source| RunDirError::Io { path: whole, source })?;
        settle(&old)?;
        Ok(Finished { path: old, manifest: run.manifest })
    }

    /// Gives it up: the old run stays as it is.
    pub fn forget(self) {
        // What is left of it is removed when the run is made anew the next time.
        drop(fs::remove_dir_all(&self.run.path));
    }
}

/// Ends what a crash interrupted: new files that are whole take the place of the old ones.
pub(super) fn settle(run: &Path) -> Result<(), RunDirError> {
    let whole = run.join(WHOLE);
    let entries = match fs::read_dir(&whole) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(()),
        other => other,
    };
    let moved = entries.and_then(|entries| {
        for entry in entries {
            let entry = entry?;
            let target = run.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                gone(fs::remove_dir_all(&target))?;
            }
            // Another process may have moved it just now.
            gone(fs::rename(entry.path(), target))?;
        }
        gone(fs::remove_dir(&whole))
    });
    moved.map_err(|source| RunDirError::Io { path: whole, source })
}

fn gone(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_whole_takes_the_place_of_the_old_wherever_a_crash_came() {
        for moved in 0..=2 {
            let folder = tempfile::tempdir().expect("a folder");
            let run = folder.path();
            for (name, text) in [("a", "old"), ("charts/old.svg", "old"), ("kept", "old")] {
                fs::create_dir_all(run.join("charts")).expect("is made");
                fs::write(run.join(name), text).expect("is written");
            }
            fs::create_dir_all(run.join(WHOLE).join("charts")).expect("is made");
            fs::write(run.join(WHOLE).join("a"), "new").expect("is written");
            fs::write(run.join(WHOLE).join("charts/new.svg"), "new").expect("is written");
            if moved > 0 {
                fs::rename(run.join(WHOLE).join("a"), run.join("a")).expect("is moved");
            }
            if moved > 1 {
                fs::remove_dir_all(run.join("charts")).expect("is removed");
            }
            settle(run).expect("is settled");
            settle(run).expect("is settled already");
            let read = |name: &str| fs::read_to_string(run.join(name)).ok();
            assert_eq!((read("a").as_deref(), read("kept").as_deref()), (Some("new"), Some("old")));
            assert_eq!((read("charts/new.svg").as_deref(), read("charts/old.svg")), (Some("new"), None));
            assert!(!run.join(WHOLE).exists());
        }
    }
}
