//! The subset of JSON Schema that OpenAI enforces while decoding, and its limits.

use std::collections::HashSet;

use serde_json::Value;

use crate::domain::JsonText;

use super::schema::{Place, is_object, places, pointer};

/// Keywords that are refused. `oneOf` is on no list of the documentation, but the API answers that it is not permitted.
const REFUSED: &[&str] = &[
    "allOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
    "dependentRequired",
    "dependentSchemas",
    "dependencies",
    "patternProperties",
];

/// Most properties of a whole schema.
const PROPERTIES: usize = 5000;
/// Most levels of objects and lists below the root.
const LEVELS: usize = 10;
/// Most values in all `enum`s of a schema together.
const ENUM_VALUES: usize = 1000;
/// Most characters in all names and in all values of `enum` and `const` together.
const CHARACTERS: usize = 120_000;

/// The first thing by which a schema leaves the subset; a fragment that goes on from the schema's name.
pub(super) fn violation(schema: &JsonText) -> Option<String> {
    let root = schema.value();
    if !root.is_object() && schema.text().trim_start().starts_with('{') {
        return Some("is nested too deep to be read".to_owned());
    }
    if root.get("anyOf").is_some() {
        return Some("has `anyOf` at its root".to_owned());
    }
    if root.get("type") != Some(&Value::from("object")) {
        return Some("is not of type `object` at its root".to_owned());
    }
    let places = places(root);
    let of_place = |(index, place): (usize, &Place<'_>)| Some((index, violation_at(place)?));
    if let Some((index, violation)) = places.iter().enumerate().find_map(of_place) {
        return Some(format!("{violation} at `{}`", pointer(&places, index)));
    }
    let totals = totals(&places);
    let limits = [
        (totals.properties, PROPERTIES, "properties"),
        (totals.enum_values, ENUM_VALUES, "values of `enum`"),
        (totals.characters, CHARACTERS, "characters of names and values"),
    ];
    let (total, most, what) = limits.into_iter().find(|(total, most, _)| total > most)?;
    Some(format!("has {total} {what}, and {most} are allowed"))
}

fn violation_at(place: &Place<'_>) -> Option<String> {
    let schema = place.schema;
    if place.depth > LEVELS && (is_object(schema) || schema.get("items").is_some()) {
        return Some(format!("is nested more than {LEVELS} levels deep"));
    }
    if let Some(keyword) = REFUSED.iter().find(|keyword| schema.get(keyword).is_some()) {
        return Some(format!("has `{keyword}`"));
    }
    if !is_object(schema) {
        return None;
    }
    if schema.get("additionalProperties") != Some(&Value::Bool(false)) {
        return Some("lacks `additionalProperties: false`".to_owned());
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    let required: HashSet<&str> =
        schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    if let Some(name) = properties.into_iter().flat_map(|all| all.keys()).find(|name| !required.contains(name.as_str()))
    {
        return Some(format!("does not name `{name}` in `required`"));
    }
    let unknown = |name: &&&str| !properties.is_some_and(|all| all.contains_key(**name));
    required.iter().filter(|name| unknown(name)).min().map(|name| format!("requires `{name}`, which is no property,"))
}

/// What is limited over a whole schema.
#[derive(Default)]
struct Totals {
    properties: usize,
    enum_values: usize,
    characters: usize,
}

fn totals(places: &[Place<'_>]) -> Totals {
    let mut totals = Totals::default();
    for Place { schema, .. } in places {
        let keys = |keyword| schema.get(keyword).and_then(Value::as_object).into_iter().flat_map(|all| all.keys());
        totals.properties += keys("properties").count();
        let names = ["properties", "$defs", "definitions"].into_iter().flat_map(keys);
        totals.characters += names.map(|name| name.chars().count()).sum::<usize>();
        let values = schema.get("enum").and_then(Value::as_array).into_iter().flatten();
        totals.enum_values += values.clone().count();
        totals.characters += values.chain(schema.get("const")).map(characters).sum::<usize>();
    }
    totals
}

fn characters(value: &Value) -> usize {
    match value {
        Value::String(text) => text.chars().count(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string().len(),
        // Its text may be nested without end, and no limit is known to count it.
        Value::Array(_) | Value::Object(_) => 0,
    }
}
