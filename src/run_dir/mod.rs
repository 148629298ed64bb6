//! The folder of a run, `results/<run>/`: create, append, resume, open.

mod anew;
mod columns;
mod example;
mod folder;
mod index;
mod journal;
mod kept;
mod line;
mod manifest;
mod record;
mod start;
mod trials;

use std::path::PathBuf;

use crate::table::TableError;

pub use anew::Anew;
pub use example::{Example, ExampleAnswer};
pub use folder::{Completing, Ended, Finished, RunDir, find, finished, newest};
pub use kept::{Kept, Rejudged};
pub use manifest::{
    ArmInfo, DatasetInfo, DefaultInfo, JudgeInfo, MOST_REPEATS, Manifest, PriceInfo, RescoredInfo, SCHEMA_VERSION,
    StoppedEarly, SuiteInfo, TranslationInfo, UncertainInfo,
};
pub use record::Record;
pub use start::{Started, start};
pub use trials::Answer;

/// Why a run folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RunDirError {
    /// A file or folder cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The table of trials cannot be read or written.
    #[error("{}: {source}", path.display())]
    Table {
        /// The table.
        path: PathBuf,
        /// What is wrong with it.
        source: TableError,
    },
    /// A file holds what this version cannot have written.
    #[error("{} is damaged or of another version: {why}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        why: String,
    },
    /// Another process works on the run.
    #[error("another process is working on the run {}", path.display())]
    Locked {
        /// The run's folder.
        path: PathBuf,
    },
    /// There is no such run.
    #[error("there is no run {name} in {}", results.display())]
    NoRun {
        /// What was asked for.
        name: String,
        /// Where runs are kept.
        results: PathBuf,
    },
}
