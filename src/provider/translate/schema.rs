//! The subschemas of a JSON Schema, found without recursion: no schema overflows the stack.

use std::borrow::Cow;

use serde_json::Value;

/// One subschema.
pub(super) struct Place<'a> {
    pub(super) schema: &'a Value,
    /// The place that holds it, by index.
    parent: Option<usize>,
    /// From the parent to here: a keyword, and a name or number under it.
    step: (&'static str, Option<Cow<'a, str>>),
    /// How many properties and elements deep it lies; a definition lies at its own root.
    pub(super) depth: usize,
}

/// What a keyword holds.
#[derive(Clone, Copy)]
enum Holds {
    /// One schema.
    One,
    /// A list of schemas.
    List,
    /// Schemas by name.
    Named,
}

/// Keywords that hold schemas, and whether what they hold lies one level deeper.
const KEYWORDS: &[(&str, Holds, bool)] = &[
    ("properties", Holds::Named, true),
    ("patternProperties", Holds::Named, true),
    ("additionalProperties", Holds::One, true),
    ("unevaluatedProperties", Holds::One, true),
    ("propertyNames", Holds::One, false),
    ("items", Holds::One, true),
    ("items", Holds::List, true),
    ("prefixItems", Holds::List, true),
    ("additionalItems", Holds::One, true),
    ("unevaluatedItems", Holds::One, true),
    ("contains", Holds::One, true),
    ("anyOf", Holds::List, false),
    ("oneOf", Holds::List, false),
    ("allOf", Holds::List, false),
    ("not", Holds::One, false),
    ("if", Holds::One, false),
    ("then", Holds::One, false),
    ("else", Holds::One, false),
    ("dependentSchemas", Holds::Named, false),
    ("$defs", Holds::Named, false),
    ("definitions", Holds::Named, false),
];

/// Every subschema, the root first, each before what it holds.
pub(super) fn places(root: &Value) -> Vec<Place<'_>> {
    let mut places = vec![Place { schema: root, parent: None, step: ("", None), depth: 0 }];
    let mut next = 0;
    while let Some(Place { schema, depth, .. }) = places.get(next) {
        let (schema, depth) = (*schema, *depth);
        for &(keyword, holds, deeper) in KEYWORDS {
            let Some(held) = schema.get(keyword) else { continue };
            let depth = match keyword {
                "$defs" | "definitions" => 0,
                _ => depth + usize::from(deeper),
            };
            let mut found = |schema, name| {
                places.push(Place { schema, parent: Some(next), step: (keyword, name), depth });
            };
            match (holds, held) {
                (Holds::One, Value::Object(_)) => found(held, None),
                (Holds::List, Value::Array(all)) => {
                    all.iter().enumerate().for_each(|(index, one)| found(one, Some(index.to_string().into())));
                }
                (Holds::Named, Value::Object(all)) => all.iter().for_each(|(name, one)| found(one, Some(name.into()))),
                _ => {}
            }
        }
        next += 1;
    }
    places
}

/// The JSON pointer of a place, such as `#/properties/a`.
pub(super) fn pointer(places: &[Place<'_>], index: usize) -> String {
    let mut steps = Vec::new();
    let mut at = places.get(index);
    while let Some(Place { parent: Some(parent), step: (keyword, name), .. }) = at {
        if let Some(name) = name {
            steps.push(name.replace('~', "~0").replace('/', "~1"));
        }
        steps.push((*keyword).to_owned());
        at = places.get(*parent);
    }
    steps.push("#".to_owned());
    steps.reverse();
    steps.join("/")
}

/// Whether a schema describes objects.
pub(super) fn is_object(schema: &Value) -> bool {
    match schema.get("type") {
        Some(Value::String(kind)) => kind == "object",
        Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == "object"),
        _ => schema.get("properties").is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_subschema_has_its_pointer_and_depth() {
        let schema = json!({
            "properties": { "a/b": { "items": { "anyOf": [true, { "not": {} }], "$defs": { "f": {} } } } },
            "$defs": { "d": { "properties": { "e": {} } } },
            "enum": [{ "properties": { "no": {} } }],
        });
        let places = places(&schema);
        let found: Vec<_> =
            places.iter().enumerate().map(|(index, one)| (pointer(&places, index), one.depth)).collect();
        let expected = [
            ("#", 0),
            ("#/properties/a~1b", 1),
            ("#/$defs/d", 0),
            ("#/properties/a~1b/items", 2),
            ("#/$defs/d/properties/e", 1),
            ("#/properties/a~1b/items/anyOf/0", 2),
            ("#/properties/a~1b/items/anyOf/1", 2),
            ("#/properties/a~1b/items/$defs/f", 0),
            ("#/properties/a~1b/items/anyOf/1/not", 2),
        ];
        assert_eq!(found, expected.map(|(pointer, depth)| (pointer.to_owned(), depth)));
    }

    #[test]
    fn objects_are_told_by_type_or_by_properties() {
        for (schema, expected) in [
            (json!({ "type": "object" }), true),
            (json!({ "type": ["null", "object"] }), true),
            (json!({ "properties": {} }), true),
            (json!({ "type": "string", "properties": {} }), false),
            (json!({ "type": ["string"] }), false),
            (json!(true), false),
        ] {
            assert_eq!(is_object(&schema), expected, "{schema}");
        }
    }
}
