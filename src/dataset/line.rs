//! One line of JSON → one case, or what is wrong with the line.

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

/// Reads one line. Nothing is ignored: an unknown field is an error, since it may be a misspelt one.
pub(super) fn parse(bytes: &[u8]) -> Result<Case, BadLine> {
    let bytes = bytes.strip_prefix(BOM).unwrap_or(bytes);
    let no_object = |why: String| BadLine {
        message: format!("not a JSON object{why}"),
        help: Some("each line holds one whole JSON object".into()),
    };
    // What is an object is read at once; what is wrong with anything else is found out after.
    if let Ok(fields) = Fields::of_line(bytes) {
        return case(fields?);
    }
    let raw: &RawValue = serde_json::from_slice(bytes).map_err(|error| {
        let text = error.to_string();
        let what = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
        no_object(format!(": {what} at column {}", error.column()))
    })?;
    if !raw.get().starts_with('{') {
        return Err(no_object(String::new()));
    }
    case(Field { place: String::new(), raw }.object()?)
}
