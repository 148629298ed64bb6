//! The subsets of JSON Schema that Anthropic and Gemini enforce while decoding.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::domain::JsonText;

use super::listed;
use super::schema::{is_object, places, pointer};

/// Keywords that change no answer: notes to readers of the schema.
const NOTES: &[&str] = &["$schema", "$comment", "title", "description"];

/// What Anthropic's structured outputs and strict tools take.
const ANTHROPIC: &[&str] = &[
    "type",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "minItems",
    "enum",
    "const",
    "format",
    "anyOf",
    "oneOf",
    "allOf",
    "$ref",
    "$defs",
    "default",
];

/// Formats of text that Anthropic knows.
const ANTHROPIC_FORMATS: &[&str] =
    &["date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"];

/// What Gemini's `responseJsonSchema` and `parametersJsonSchema` take.
const GEMINI: &[&str] = &[
    "$id",
    "$defs",
    "$ref",
    "$anchor",
    "type",
    "format",
    "enum",
    "items",
    "prefixItems",
    "minItems",
    "maxItems",
    "minimum",
    "maximum",
    "anyOf",
    "oneOf",
    "properties",
    "additionalProperties",
    "required",
    "propertyOrdering",
];

/// What lies outside Anthropic's subset, with the first place of it.
pub(super) fn outside_anthropic(schema: &JsonText) -> Option<String> {
    outside(schema.value(), |schema| {
        let mut found = keywords_outside(schema, ANTHROPIC);
        if is_object(schema) && schema.get("additionalProperties") != Some(&Value::Bool(false)) {
            found.insert("additionalProperties".to_owned());
        }
        if schema.get("minItems").is_some_and(|count| !matches!(count.as_u64(), Some(0 | 1))) {
            found.insert("minItems".to_owned());
        }
        if schema.get("format").is_some_and(|format| !format.as_str().is_some_and(|it| ANTHROPIC_FORMATS.contains(&it)))
        {
            found.insert("format".to_owned());
        }
        found
    })
    .or_else(|| recursion(schema.value()).map(|reference| format!("`$ref` of `{reference}` leads back to itself")))
}

/// What lies outside Gemini's subset, with the first place of it.
pub(super) fn outside_gemini(schema: &JsonText) -> Option<String> {
    outside(schema.value(), |schema| keywords_outside(schema, GEMINI))
}

fn outside(root: &Value, look: impl Fn(&Value) -> BTreeSet<String>) -> Option<String> {
    let places = places(root);
    let (mut all, mut first) = (BTreeSet::new(), None);
    for (index, place) in places.iter().enumerate() {
        let found = look(place.schema);
        if !found.is_empty() {
            first.get_or_insert(index);
        }
        all.extend(found);
    }
    let words: Vec<String> = all.into_iter().collect();
    Some(format!("{}, first at `{}`", listed(&words, "and"), pointer(&places, first?)))
}

fn keywords_outside(schema: &Value, subset: &[&str]) -> BTreeSet<String> {
    let known = |keyword: &&String| !subset.contains(&keyword.as_str()) && !NOTES.contains(&keyword.as_str());
    schema.as_object().into_iter().flat_map(|all| all.keys()).filter(known).cloned().collect()
}

/// A reference that leads back to itself, directly or through others.
fn recursion(root: &Value) -> Option<String> {
    let beyond = |reference: &str| -> Vec<&str> {
        let target = reference.strip_prefix('#').and_then(|pointer| root.pointer(pointer));
        target.map(references).unwrap_or_default()
    };
    let mut left: BTreeMap<&str, bool> = BTreeMap::new();
    let mut path: Vec<(&str, Vec<&str>)> = vec![("", references(root))];
    while let Some((at, further)) = path.last_mut() {
        let Some(reference) = further.pop() else {
            left.insert(*at, true);
            path.pop();
            continue;
        };
        match left.get(reference) {
            Some(true) => {}
            Some(false) => return Some(reference.to_owned()),
            None => {
                left.insert(reference, false);
                path.push((reference, beyond(reference)));
            }
        }
    }
    None
}

fn references(schema: &Value) -> Vec<&str> {
    places(schema).into_iter().filter_map(|place| place.schema.get("$ref")?.as_str()).collect()
}
