//! What was asked, flat: every part of a request that enters its key, by its path. It tells why an answer is missing.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::KeyFields;
use super::body::{Like, hash, inflate};
use super::canonical::{self, Hashing, Kind, ROOT, Tree};
use super::key::write_exact;

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
#[derive(Debug, Clone, Default)]
pub struct Fields {
    /// Every path with its value behind it.
    text: String,
    /// In the order of paths, each once.
    entries: Vec<Entry>,
}

/// Where a path and its value stand in the text.
#[derive(Debug, Clone, Copy)]
struct Entry {
    start: usize,
    value: usize,
    end: usize,
}

impl KeyFields<'_> {
    /// The fields, flat.
    ///
    /// # Errors
    /// As [`KeyFields::key`].
    pub fn flat(&self) -> Result<Fields, serde_json::Error> {
        let tree = Tree::read(self.body)?;
        let mut flat = Flat { tree: &tree, path: String::new(), fields: Fields::with_room() };
        flat.fact("protocol", self.protocol);
        flat.fact("host", self.host);
        flat.fact("path", self.path);
        flat.fields.add("repeat", |out| out.push_str(&self.repeat.to_string()));
        if let Some(salt) = self.salt {
            flat.fact("salt", salt);
        }
        for (name, value) in self.headers {
            flat.fact(&format!("header.{name}"), value);
        }
        flat.body()?;
        Ok(flat.fields.in_order())
    }
}

/// Fields being gathered.
struct Flat<'t> {
    tree: &'t Tree<'t>,
    /// The path of the value that is looked at.
    path: String,
    fields: Fields,
}

impl Flat<'_> {
    fn fact(&mut self, path: &str, text: &str) {
        self.fields.add(path, |out| {
            let start = out.len();
            canonical::write_text(text, out);
            if out.len() - start > VERBATIM {
                let digest = hash(&out.as_bytes()[start..]);
                out.truncate(start);
                push_digest(&digest, out);
            }
        });
    }

    fn body(&mut self) -> Result<(), serde_json::Error> {
        self.path.push_str("body");
        if self.tree.kind(ROOT) != Kind::Object {
            return self.tree(ROOT);
        }
        for (name, value) in self.tree.members(ROOT) {
            self.within(Step::Name(name), |flat| {
                if flat.is_any(name, CONVERSATION) { flat.conversation(value) } else { flat.named(name, value) }
            })?;
        }
        Ok(())
    }

    /// Looks at what is one step further in.
    fn within<T>(&mut self, step: Step, look: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.path.len();
        match step {
            Step::Item(index) => push_index(index, &mut self.path),
            Step::Name(name) => push_name(self.tree.form(name), &mut self.path),
        }
        let looked = look(self);
        self.path.truncate(length);
        looked
    }

    fn is_any(&self, name: usize, names: &[&str]) -> bool {
        let form = self.tree.form(name);
        form.get(1..form.len() - 1).is_some_and(|name| names.contains(&name))
    }

    fn leaf(&mut self, value: usize) -> Result<(), serde_json::Error> {
        let mut form = String::new();
        let form = match self.tree.kind(value) {
            Kind::Verbatim | Kind::Rewritten if !self.tree.may_hold_large(value) => self.tree.form(value),
            _ => {
                write_exact(self.tree, value, &mut form)?;
                &form
            }
        };
        self.fields.add(&self.path, |out| {
            if form.len() <= VERBATIM { out.push_str(form) } else { push_digest(&hash(form.as_bytes()), out) }
        });
        Ok(())
    }

    fn text(&mut self, value: usize) -> Result<(), serde_json::Error> {
        let mut hashing = Hashing::new();
        write_exact(self.tree, value, &mut hashing)?;
        let digest = hashing.finish();
        self.fields.add(&self.path, |out| push_digest(&digest, out));
        Ok(())
    }

    fn named(&mut self, name: usize, value: usize) -> Result<(), serde_json::Error> {
        if self.is_any(name, SCHEMAS) { self.text(value) } else { self.tree(value) }
    }

    fn tree(&mut self, value: usize) -> Result<(), serde_json::Error> {
        let tree = self.tree;
        match tree.kind(value) {
            Kind::Object if tree.members(value).next().is_some() => tree
                .members(value)
                .try_for_each(|(name, value)| self.within(Step::Name(name), |flat| flat.named(name, value))),
            Kind::Array if tree.items(value).next().is_some() => tree
                .items(value)
                .enumerate()
                .try_for_each(|(index, item)| self.within(Step::Item(index), |flat| flat.tree(item))),
            _ => self.leaf(value),
        }
    }

    /// A message is one line a field: a long conversation must not outgrow its answer.
    fn conversation(&mut self, value: usize) -> Result<(), serde_json::Error> {
        let tree = self.tree;
        if tree.kind(value) != Kind::Array {
            return self.text(value);
        }
        tree.items(value)
            .enumerate()
            .try_for_each(|(index, message)| self.within(Step::Item(index), |flat| flat.message(message)))
    }

    fn message(&mut self, message: usize) -> Result<(), serde_json::Error> {
        let tree = self.tree;
        if tree.kind(message) != Kind::Object {
            return self.text(message);
        }
        tree.members(message).try_for_each(|(name, value)| {
            self.within(
                Step::Name(name),
                |flat| {
                    if flat.is_any(name, LABELS) { flat.leaf(value) } else { flat.text(value) }
                },
            )
        })
    }
}

impl Fields {
    fn with_room() -> Self {
        Self { text: String::with_capacity(1024), entries: Vec::with_capacity(16) }
    }

    fn add(&mut self, path: &str, write: impl FnOnce(&mut String)) {
        let start = self.text.len();
        self.text.push_str(path);
        let value = self.text.len();
        write(&mut self.text);
        self.entries.push(Entry { start, value, end: self.text.len() });
    }

    /// The fields in the order of paths; of equal paths the last one counts.
    fn in_order(mut self) -> Self {
        let text = &self.text;
        self.entries.sort_by(|one, other| text[one.start..one.value].cmp(&text[other.start..other.value]));
        self.entries.dedup_by(|later, kept| {
            let is_same = text[later.start..later.value] == text[kept.start..kept.value];
            if is_same {
                *kept = *later;
            }
            is_same
        });
        self
    }

    /// The fields by path, in the order of paths.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries.iter().map(|entry| (self.path(entry), &self.text[entry.value..entry.end]))
    }

    fn path(&self, entry: &Entry) -> &str {
        &self.text[entry.start..entry.value]
    }

    /// The value at a path.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&str> {
        let index = self.entries.binary_search_by(|entry| self.path(entry).cmp(path)).ok()?;
        let entry = self.entries.get(index)?;
        self.text.get(entry.value..entry.end)
    }

    /// How many paths have the same value here and there.
    pub(super) fn shared(&self, other: &Self) -> usize {
        self.iter().filter(|(path, value)| other.get(path) == Some(value)).count()
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The paths of both, in order.
    pub(super) fn paths<'a>(&'a self, other: &'a Self) -> BTreeSet<&'a str> {
        self.iter().chain(other.iter()).map(|(path, _)| path).collect()
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(&inflate(bytes, Like::Fields, MAX_FIELDS)?).map_err(|error| error.to_string())
    }
}

impl PartialEq for Fields {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Fields {}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ByPath;
        impl<'de> Visitor<'de> for ByPath {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Fields, A::Error> {
                let mut fields = Fields::with_room();
                while let Some((path, value)) = access.next_entry::<String, String>()? {
                    fields.add(&path, |out| out.push_str(&value));
                }
                Ok(fields.in_order())
            }
        }
        deserializer.deserialize_map(ByPath)
    }
}

/// One step from a value to what is in it.
#[derive(Clone, Copy)]
enum Step {
    /// To an item of a list.
    Item(usize),
    /// To the value of a member, whose name is this node.
    Name(usize),
}

fn push_index(index: usize, path: &mut String) {
    path.push('[');
    path.push_str(&index.to_string());
    path.push(']');
}

/// Adds a name, in its canonical form, to a path. One that would blur the path stays quoted.
fn push_name(form: &str, path: &mut String) {
    let is_plain = |name: &&str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-$".contains(&byte))
    };
    if let Some(name) = form.get(1..form.len() - 1).filter(is_plain) {
        path.push('.');
        path.push_str(name);
    } else {
        path.push('[');
        path.push_str(form);
        path.push(']');
    }
}

fn push_digest(hash: &[u8; 32], out: &mut String) {
    let mut digits = [0; 2 * DIGEST];
    // Its length is that of the digits.
    if hex::encode_to_slice(&hash[..DIGEST], &mut digits).is_ok() {
        out.push('#');
        out.extend(digits.map(char::from));
    }
}
