//! One line of JSON → one case, or what is wrong with the line.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::value::RawValue;

use super::fields::{Field, Fields};
use super::shape::case;
use crate::domain::Case;

/// The byte order mark that some tools put before the first line.
pub(super) const BOM: &[u8] = b"\xef\xbb\xbf";

/// What is wrong with a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BadLine {
    pub(super) message: String,
    pub(super) help: Option<String>,
}

impl From<String> for BadLine {
    fn from(message: String) -> Self {
        Self { message, help: None }
    }
}

/// Whether a line says nothing.
pub(super) fn is_blank(bytes: &[u8]) -> bool {
    bytes.strip_prefix(BOM).unwrap_or(bytes).iter().all(u8::is_ascii_whitespace)
}

/// Reads one line. Nothing is ignored: an unknown field is an error, since it may be a misspelt one.
pub(super) fn parse(bytes: &[u8]) -> Result<Case, BadLine> {
    read(bytes, None)
}

/// Reads one line again, whose tags are known: they are those that the case gets.
pub(super) fn parse_again(bytes: &[u8], tags: &Arc<BTreeMap<String, String>>) -> Result<Case, BadLine> {
    read(bytes, Some(tags))
}

/// A good line is read in one pass; what is wrong with any other is found out after.
fn read(bytes: &[u8], tags: Option<&Arc<BTreeMap<String, String>>>) -> Result<Case, BadLine> {
    let bytes = bytes.strip_prefix(BOM).unwrap_or(bytes);
    match Fields::opened(bytes).and_then(|fields| case(fields, tags).ok()) {
        Some(case) => Ok(case),
        None => case(as_written(bytes)?, tags),
    }
}

fn as_written(bytes: &[u8]) -> Result<Fields<'_>, BadLine> {
    let no_object = |why: String| BadLine {
        message: format!("not a JSON object{why}"),
        help: Some("each line holds one whole JSON object".into()),
    };
    if let Ok(fields) = Fields::of_line(bytes) {
        return fields;
    }
    let raw: &RawValue = serde_json::from_slice(bytes).map_err(|error| {
        let text = error.to_string();
        let what = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
        no_object(format!(": {what} at column {}", error.column()))
    })?;
    if !raw.get().starts_with('{') {
        return Err(no_object(String::new()));
    }
    Field::at("", raw).object()
}

#[cfg(test)]
mod tests;
