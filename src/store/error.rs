//! Why the store cannot serve.

use std::path::PathBuf;

use rusqlite::ErrorCode;

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
    /// The store or its folder cannot be made.
    #[error("the store {} cannot be made: {source}", path.display())]
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
    /// A call was settled that is not open: nobody claimed it, or it was settled already.
    #[error("a call of the run {run} for {key} was settled without being claimed")]
    Unclaimed {
        /// The call's key, in hex.
        key: String,
        /// The run that settled it.
        run: String,
    },
    /// The thread that writes has ended.
    #[error("the store was closed while an answer was being saved")]
    Closed,
}

impl StoreError {
    /// Whether the file itself is damaged, beyond single entries.
    #[must_use]
    pub fn is_corrupt(&self) -> bool {
        match self {
            Self::Database { source, .. } => is_corrupt(source),
            Self::Folder { .. }
            | Self::Format { .. }
            | Self::Damaged { .. }
            | Self::Unclaimed { .. }
            | Self::Closed => false,
        }
    }
}

/// Whether SQLite found the file itself damaged.
pub(super) fn is_corrupt(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

/// The same error once more: SQLite's errors cannot be cloned, and every caller that waits for a transaction gets one.
pub(super) fn again(error: &rusqlite::Error) -> rusqlite::Error {
    match error {
        rusqlite::Error::SqliteFailure(code, message) => rusqlite::Error::SqliteFailure(*code, message.clone()),
        other => rusqlite::Error::ToSqlConversionFailure(other.to_string().into()),
    }
}
