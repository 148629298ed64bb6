//! Answers as JSON Lines: to commit them beside a suite, to look at them, to carry them to another store.

use std::io::{self, BufRead, Write};
use std::path::Path;
use std::sync::mpsc::channel;

use serde::{Deserialize, Serialize};

use super::{Key, Store, StoreError};
use crate::domain::Exchange;
use crate::problem::Problem;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    key: String,
    exchange: Exchange,
}

/// What an import found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportCount {
    /// Answers that the store did not have.
    pub added: usize,
    /// Answers that it had, which stay as they are.
    pub present: usize,
}

/// Writes every answer of a recording, or of all, one a line in the order of keys. Gives back how many.
///
/// # Errors
/// The store cannot be read, an entry is damaged, or the output cannot be written.
pub fn export(store: &Store, recording: Option<&str>, out: &mut impl Write) -> Result<usize, ExportError> {
    let mut count = 0;
    for key in store.keys()? {
        if let Some(exchange) = store.get(&key, recording)? {
            serde_json::to_writer(&mut *out, &Line { key: key.to_string(), exchange }).map_err(io::Error::from)?;
            out.write_all(b"\n")?;
            count += 1;
        }
    }
    Ok(count)
}

/// Adds the answers of an export to a store. What the store already has stays.
///
/// # Errors
/// A line that is no answer (nothing of it or after it is added), or the store cannot be written.
pub fn import(store: &Store, lines: impl BufRead, path: &Path) -> Result<ImportCount, ImportError> {
    let (sender, receiver) = channel();
    let mut count = ImportCount { added: 0, present: 0 };
    for (index, line) in lines.lines().enumerate() {
        let bad = |message: String| ImportError::Line(Box::new(Problem::at(path, index + 1, message)));
        let line = line.map_err(|error| bad(format!("cannot be read: {error}")))?;
        let Line { key, exchange } =
            serde_json::from_str(&line).map_err(|error| bad(format!("not a stored answer: {error}")))?;
        let key = Key::from_hex(&key).ok_or_else(|| bad(format!("`{key}` is not a key of 64 hex digits")))?;
        if store.contains(&key)? {
            count.present += 1;
            continue;
        }
        count.added += 1;
        let sender = sender.clone();
        // The receiver lives until every put has answered.
        store.put(key, &exchange, move |saved| drop(sender.send(saved)));
    }
    drop(sender);
    receiver.iter().collect::<Result<(), _>>()?;
    Ok(count)
}

/// Why an export stopped.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The output cannot be written.
    #[error("the export cannot be written: {0}")]
    Output(#[from] io::Error),
}

/// Why an import stopped.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The store cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A line is no answer.
    #[error("{0}")]
    Line(Box<Problem>),
}
