//! Answers as JSON Lines: to commit them beside a suite, to look at them, to carry them to another store.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::body::hash;
use super::{Fields, Store, StoreError};
use crate::private;

/// zstd's level for a file that is written once and carried around.
const COMPRESSION: i32 = 9;

/// One answer.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    pub(super) key: String,
    /// Of the bytes of `exchange`, in hex. Old exports have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sha256: Option<String>,
    pub(super) exchange: Box<RawValue>,
    /// What was asked, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) fields: Option<Fields>,
}

/// Writes every answer of a recording, or of all, one a line in the order of keys, each with its hash. Gives back how
/// many.
///
/// # Errors
/// The store cannot be read, an entry is damaged, or the output cannot be written.
pub fn export(store: &Store, recording: Option<&str>, out: &mut impl Write) -> Result<usize, ExportError> {
    let mut count = 0;
    for key in store.keys()? {
        let Some(exchange) = store.get(&key, recording)? else { continue };
        let exchange = serde_json::value::to_raw_value(&exchange).map_err(io::Error::from)?;
        let sha256 = Some(hex::encode(hash(exchange.get().as_bytes())));
        let line = Line { key: key.to_string(), sha256, exchange, fields: store.fields(&key)? };
        serde_json::to_writer(&mut *out, &line).map_err(io::Error::from)?;
        out.write_all(b"\n")?;
        count += 1;
    }
    Ok(count)
}

/// Writes an export to a file, whole or not at all; compressed with zstd when its name ends in `.zst`.
///
/// # Errors
/// As [`export`].
pub fn export_to(store: &Store, recording: Option<&str>, path: &Path) -> Result<usize, ExportError> {
    let written = private::replace(path, |file| {
        let mut out = BufWriter::new(file);
        if path.extension().is_some_and(|extension| extension == "zst") {
            let mut packed = zstd::Encoder::new(&mut out, COMPRESSION)?;
            let count = export(store, recording, &mut packed)?;
            packed.finish()?.flush()?;
            Ok(count)
        } else {
            let count = export(store, recording, &mut out)?;
            out.flush()?;
            Ok(count)
        }
    });
    written.map_err(|error| match error {
        ExportError::Output(source) => ExportError::File { path: path.to_owned(), source },
        other => other,
    })
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
    /// The file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}
