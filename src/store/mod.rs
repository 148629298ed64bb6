//! The response store: what was asked, hashed, gives back what was answered.
//!
//! Only complete answers are kept, never failures. A key holds everything that changes an answer and nothing else:
//! no secret, no timeout, no concurrency.

mod export;
mod key;
mod sqlite;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

pub use export::{ExportError, ImportCount, ImportError, export, import};
pub use key::{Key, KeyFields};
pub use sqlite::{Stats, Store};

/// Why the store cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file cannot be opened, read or written.
    #[error("the store {} cannot be used: {source}", path.display())]
    Database {
        /// The store.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// The folder of the store cannot be made.
    #[error("the folder of the store {} cannot be made: {source}", path.display())]
    Folder {
        /// The store.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file is no store, or one of a later version.
    #[error("{} is not a store that this version of cutover can read: {why}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What was found.
        why: String,
    },
    /// An entry does not match its own hash.
    #[error("the stored answer {key} is damaged: {why}")]
    Damaged {
        /// The entry's key, in hex.
        key: String,
        /// How it was noticed.
        why: String,
    },
    /// The thread that writes has ended.
    #[error("the store was closed while an answer was being saved")]
    Closed,
}
