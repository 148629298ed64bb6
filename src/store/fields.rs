//! What was asked, flat: every part of a request that enters its key, by its path. It tells why an answer is missing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::KeyFields;
use super::body::{Like, hash, inflate};
use super::key::canonical;

/// The longest value that is kept as it is, in bytes; of a longer one a digest is kept.
const VERBATIM: usize = 64;
/// The bytes of a digest: enough to tell values apart, too few to be mistaken for a proof.
const DIGEST: usize = 8;
/// The most bytes that one request's fields may inflate to.
const MAX_FIELDS: usize = 16 << 20;
/// The parts of a body that hold the conversation: private, so that texts are kept as digests whatever their length.
const CONVERSATION: &[&str] =
    &["messages", "input", "contents", "system", "instructions", "systemInstruction", "system_instruction"];
/// The fields of a message that are no text.
const LABELS: &[&str] = &["role", "type"];
/// The parts that are kept as one digest each: JSON Schemas.
const SCHEMAS: &[&str] =
    &["parameters", "input_schema", "schema", "parametersJsonSchema", "responseJsonSchema", "responseSchema"];

/// Everything that enters a key, flat: `protocol`, `host`, `path`, `header.NAME`, `salt`, `repeat`, and the body as
/// `body.temperature`, `body.messages[3].content`, `body.tools[0].function.parameters`. A short scalar is kept as JSON,
/// anything else as `#` and 16 hex digits of its hash.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fields(BTreeMap<String, String>);

impl KeyFields<'_> {
    /// The fields, flat.
    ///
    /// # Errors
    /// As [`KeyFields::key`].
    pub fn flat(&self) -> Result<Fields, serde_json::Error> {
        let mut fields = Fields::default();
        fields.leaf("protocol", &self.protocol.into())?;
        fields.leaf("host", &self.host.into())?;
        fields.leaf("path", &self.path.into())?;
        fields.leaf("repeat", &self.repeat.into())?;
        if let Some(salt) = self.salt {
            fields.leaf("salt", &salt.into())?;
        }
        for (name, value) in self.headers {
            fields.leaf(&format!("header.{name}"), &value.as_str().into())?;
        }
        let Value::Object(body) = self.body else {
            fields.tree("body", self.body)?;
            return Ok(fields);
        };
        for (name, value) in body {
            let path = child("body", name);
            if CONVERSATION.contains(&name.as_str()) {
                fields.conversation(&path, value)?;
            } else {
                fields.named(&path, name, value)?;
            }
        }
        Ok(fields)
    }
}

impl Fields {
    /// The fields by path, in the order of paths.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(path, value)| (path.as_str(), value.as_str()))
    }

    /// The value at a path.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    /// How many paths have the same value here and there.
    pub(super) fn shared(&self, other: &Self) -> usize {
        self.iter().filter(|(path, value)| other.get(path) == Some(value)).count()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The paths of both, in order.
    pub(super) fn paths<'a>(&'a self, other: &'a Self) -> BTreeSet<&'a str> {
        self.0.keys().chain(other.0.keys()).map(String::as_str).collect()
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(&inflate(bytes, Like::Fields, MAX_FIELDS)?).map_err(|error| error.to_string())
    }

    fn leaf(&mut self, path: &str, value: &Value) -> Result<(), serde_json::Error> {
        let text = canonical(value)?;
        let text = if text.len() <= VERBATIM { text } else { digest(&text) };
        self.0.insert(path.to_owned(), text);
        Ok(())
    }

    fn text(&mut self, path: &str, value: &Value) -> Result<(), serde_json::Error> {
        self.0.insert(path.to_owned(), digest(&canonical(value)?));
        Ok(())
    }

    fn named(&mut self, path: &str, name: &str, value: &Value) -> Result<(), serde_json::Error> {
        if SCHEMAS.contains(&name) { self.text(path, value) } else { self.tree(path, value) }
    }

    fn tree(&mut self, path: &str, value: &Value) -> Result<(), serde_json::Error> {
        match value {
            Value::Object(fields) if !fields.is_empty() => {
                fields.iter().try_for_each(|(name, value)| self.named(&child(path, name), name, value))
            }
            Value::Array(items) if !items.is_empty() => {
                items.iter().enumerate().try_for_each(|(index, item)| self.tree(&format!("{path}[{index}]"), item))
            }
            leaf => self.leaf(path, leaf),
        }
    }

    /// A message is one line a field: a long conversation must not outgrow its answer.
    fn conversation(&mut self, path: &str, value: &Value) -> Result<(), serde_json::Error> {
        let Value::Array(messages) = value else { return self.text(path, value) };
        for (index, message) in messages.iter().enumerate() {
            let path = format!("{path}[{index}]");
            let Value::Object(fields) = message else {
                self.text(&path, message)?;
                continue;
            };
            for (name, value) in fields {
                let path = child(&path, name);
                if LABELS.contains(&name.as_str()) { self.leaf(&path, value)? } else { self.text(&path, value)? }
            }
        }
        Ok(())
    }
}

fn digest(text: &str) -> String {
    format!("#{}", hex::encode(&hash(text.as_bytes())[..DIGEST]))
}

/// The path of a field. A name that would blur the path is quoted.
fn child(path: &str, name: &str) -> String {
    let is_plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-$".contains(&byte));
    let mut child = path.to_owned();
    // Writing to a string cannot fail.
    let _ = if is_plain { write!(child, ".{name}") } else { write!(child, "[{}]", Value::from(name)) };
    child
}
