//! The start of a run: one process at a time looks for an unfinished run of its plan, or makes a new one.

use std::fs::{self, File};
use std::path::Path;

use super::RunDirError;
use super::folder::{RunDir, unfinished};
use super::manifest::Manifest;

/// Held while a process decides which run is its own.
const STARTING: &str = ".starting";

/// A run that begins, or goes on.
#[derive(Debug)]
pub struct Started {
    /// The run, locked.
    pub run: RunDir,
    /// Whether it was made just now.
    pub is_new: bool,
}

/// Goes on with the newest unfinished run of this manifest's plan and mode, with a store or without one as it says, else
/// makes the run that the manifest names.
///
/// # Errors
/// Another process works on that run, or a file cannot be read or written.
pub fn start(results: &Path, manifest: Manifest) -> Result<Started, RunDirError> {
    let path = results.join(STARTING);
    let io = |source| RunDirError::Io { path: path.clone(), source };
    fs::create_dir_all(results).map_err(io)?;
    let starting: File = File::options().create(true).write(true).truncate(false).open(&path).map_err(io)?;
    starting.lock().map_err(io)?;
    match unfinished(results, &manifest) {
        Some(path) => {
            let mut run = RunDir::resume(&path)?;
            run.adopt(manifest)?;
            Ok(Started { run, is_new: false })
        }
        None => Ok(Started { run: RunDir::create(results, &manifest)?, is_new: true }),
    }
}
