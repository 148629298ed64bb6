//! The format of the answer and JSON schemas.

use serde_json::{Value, json};

use super::super::{strict::violation, subset};
use super::{Row, json as text};
use crate::domain::{Function, JsonText, Request, ResponseFormat, Tool};

const OPEN: &str = r#"{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}"#;
const CLOSED: &str =
    r#"{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}"#;
const LONG: &str =
    r#"{"type":"object","properties":{"a":{"type":"string","maxLength":3}},"additionalProperties":false}"#;

fn answer(request: &mut Request, schema: &str, strict: Option<bool>) {
    request.response_format = Some(ResponseFormat::JsonSchema { name: "x".to_owned(), schema: text(schema), strict });
}

fn tool(request: &mut Request, schema: &str, strict: Option<bool>) {
    let function = Function { name: "f".to_owned(), description: None, parameters: Some(text(schema)), strict };
    request.tools.push(Tool::Function(function));
}

pub(super) const ROWS: &[Row] = &[
    Row {
        code: "json_object_unsupported",
        param: "response_format",
        target: "anthropic",
        model: "claude-haiku-4-5",
        breaks: |request| request.response_format = Some(ResponseFormat::JsonObject),
        keeps: |request| request.response_format = Some(ResponseFormat::Text),
        says: " is asked through Anthropic's Messages API, which has no `response_format` of any JSON object",
    },
    Row {
        code: "schema_not_strict",
        param: "response_format",
        target: "openai-chat",
        model: "gpt-5.4-mini",
        breaks: |request| answer(request, OPEN, Some(true)),
        keeps: |request| answer(request, CLOSED, Some(true)),
        says: " is asked through OpenAI's Chat Completions API, which takes no such schema with `strict`: `x` lacks \
               `additionalProperties: false` at `#`",
    },
    Row {
        code: "schema_not_strict",
        param: "response_format",
        target: "openai-responses",
        model: "gpt-6",
        breaks: |request| answer(request, "[]", Some(true)),
        keeps: |request| answer(request, OPEN, None),
        says: " is asked through OpenAI's Responses API, which takes no such schema with `strict`: `x` is not of type \
               `object` at its root",
    },
    Row {
        code: "schema_not_strict",
        param: "tools",
        target: "openai-responses",
        model: "gpt-5.4",
        breaks: |request| {
            tool(request, OPEN, Some(false));
            tool(request, OPEN, Some(true));
        },
        keeps: |request| tool(request, OPEN, Some(false)),
        says: " is asked through OpenAI's Responses API, which takes no such schema with `strict`: `f` lacks \
               `additionalProperties: false` at `#`",
    },
    Row {
        code: "schema_keywords",
        param: "response_format",
        target: "gemini",
        model: "gemini-3.1-flash-lite",
        breaks: |request| answer(request, LONG, None),
        keeps: |request| answer(request, OPEN, Some(true)),
        says: " is asked through Gemini's API, which does not enforce all of the schema `x`: `maxLength`, first at \
               `#/properties/a`",
    },
    Row {
        code: "schema_keywords",
        param: "response_format",
        target: "anthropic",
        model: "claude-haiku-4-5",
        breaks: |request| answer(request, OPEN, None),
        keeps: |request| answer(request, CLOSED, None),
        says: " is asked through Anthropic's Messages API, which does not enforce all of the schema `x`: \
               `additionalProperties`, first at `#`",
    },
    Row {
        code: "schema_keywords",
        param: "tools",
        target: "anthropic",
        model: "claude-haiku-4-5",
        breaks: |request| tool(request, LONG, Some(true)),
        keeps: |request| tool(request, LONG, None),
        says: " is asked through Anthropic's Messages API, which does not enforce all of the schema `f`: `maxLength`, \
               first at `#/properties/a`",
    },
    Row {
        code: "schema_keywords",
        param: "tools",
        target: "gemini",
        model: "gemini-3.1-flash-lite",
        breaks: |request| tool(request, LONG, None),
        keeps: |request| tool(request, CLOSED, None),
        says: " is asked through Gemini's API, which does not enforce all of the schema `f`: `maxLength`, first at \
               `#/properties/a`",
    },
];

/// An object schema that OpenAI enforces.
fn closed(properties: &Value) -> Value {
    let names: Vec<_> = properties.as_object().expect("is an object").keys().collect();
    json!({ "type": "object", "properties": properties, "required": names, "additionalProperties": false })
}

fn with(keyword: &str, value: Value) -> Value {
    let mut schema = closed(&json!({ "a": { "type": "string" } }));
    schema["properties"]["a"][keyword] = value;
    schema
}

fn nested(levels: usize) -> Value {
    (0..levels).fold(closed(&json!({})), |inner, _| closed(&json!({ "a": inner })))
}

fn properties(count: usize, length: usize) -> Value {
    closed(&(0..count).map(|index| (format!("{index:0length$}"), json!({ "type": "string" }))).collect())
}

#[test]
fn openai_enforces_this_subset() {
    let numbers = |count: usize| (0..count).map(Value::from).collect::<Value>();
    let node = closed(&json!({ "next": { "anyOf": [{ "$ref": "#/$defs/node" }, { "type": "null" }] } }));
    let recursive = |node: Value| {
        let mut schema = closed(&json!({ "head": { "$ref": "#/$defs/node" } }));
        schema["$defs"] = json!({ "node": node });
        schema
    };
    let root = |keyword: &str, value: Value| {
        let mut schema = closed(&json!({ "a": { "type": "string" } }));
        schema[keyword] = value;
        schema
    };
    for (schema, expected) in [
        (closed(&json!({})), None),
        (recursive(node), None),
        (recursive(json!({ "type": "object" })), Some("lacks `additionalProperties: false` at `#/$defs/node`")),
        (with("pattern", json!("^a")), None),
        (with("type", json!(["string", "null"])), None),
        (with("type", json!(["object", "null"])), Some("lacks `additionalProperties: false` at `#/properties/a`")),
        (with("anyOf", json!([{ "type": "string" }])), None),
        (with("allOf", json!([])), Some("has `allOf` at `#/properties/a`")),
        (with("oneOf", json!([])), Some("has `oneOf` at `#/properties/a`")),
        (with("not", json!({})), Some("has `not` at `#/properties/a`")),
        (root("if", json!({})), Some("has `if` at `#`")),
        (root("dependentRequired", json!({})), Some("has `dependentRequired` at `#`")),
        (root("patternProperties", json!({})), Some("has `patternProperties` at `#`")),
        (root("anyOf", json!([])), Some("has `anyOf` at its root")),
        (root("type", json!("array")), Some("is not of type `object` at its root")),
        (root("type", json!(["object", "null"])), Some("is not of type `object` at its root")),
        (root("required", json!([])), Some("does not name `a` in `required` at `#`")),
        (root("required", json!(["a", "b"])), Some("requires `b`, which is no property, at `#`")),
        (root("additionalProperties", json!(true)), Some("lacks `additionalProperties: false` at `#`")),
        (
            with("items", json!({ "type": "object" })),
            Some("lacks `additionalProperties: false` at `#/properties/a/items`"),
        ),
        (with("enum", numbers(1000)), None),
        (with("enum", numbers(1001)), Some("has 1001 values of `enum`, and 1000 are allowed")),
        (properties(5000, 5), None),
        (properties(5001, 5), Some("has 5001 properties, and 5000 are allowed")),
        (properties(1000, 120), None),
        (properties(1001, 120), Some("has 120120 characters of names and values, and 120000 are allowed")),
        (with("const", json!("é".repeat(119_999))), None),
        (
            with("const", json!("é".repeat(120_000))),
            Some("has 120001 characters of names and values, and 120000 are allowed"),
        ),
        (json!(true), Some("is not of type `object` at its root")),
    ] {
        assert_eq!(violation(&JsonText::from(schema.clone())).as_deref(), expected, "{schema:.200}");
    }
    assert_eq!(violation(&JsonText::from(nested(10))), None);
    let found = violation(&JsonText::from(nested(11))).expect("is too deep");
    assert!(found.starts_with("is nested more than 10 levels deep at `#/properties/a/"), "{found}");
}

#[test]
fn a_schema_of_any_depth_is_looked_at_without_recursion() {
    let deep = format!("{}{{}}{}", r#"{"type":"object","items":"#.repeat(100_000), "}".repeat(100_000));
    let deep = text(&deep);
    assert_eq!(violation(&deep).as_deref(), Some("is nested too deep to be read"));
    assert_eq!((subset::outside_anthropic(&deep), subset::outside_gemini(&deep)), (None, None));
}

#[test]
fn anthropic_and_gemini_enforce_subsets_of_their_own() {
    let recursive = json!({ "$ref": "#/$defs/a", "$defs": {
        "a": { "items": { "$ref": "#/$defs/b" } }, "b": { "anyOf": [{ "$ref": "#/$defs/a" }] },
    } });
    let shared = json!({ "anyOf": [{ "$ref": "#/$defs/a" }, { "$ref": "#/$defs/a" }, { "$ref": "#/$defs/c" }], "$defs": {
        "a": { "items": { "$ref": "#/$defs/b" } }, "b": { "type": "null" }, "c": { "$ref": "elsewhere" },
    } });
    for (schema, anthropic, gemini) in [
        (with("description", json!("d")), None, None),
        (with("enum", json!(["b"])), None, None),
        (with("const", json!("b")), None, Some("`const`, first at `#/properties/a`")),
        (with("format", json!("email")), None, None),
        (with("format", json!("regex")), Some("`format`, first at `#/properties/a`"), None),
        (with("minItems", json!(1)), None, None),
        (with("minItems", json!(2)), Some("`minItems`, first at `#/properties/a`"), None),
        (with("minimum", json!(2)), Some("`minimum`, first at `#/properties/a`"), None),
        (with("propertyOrdering", json!([])), Some("`propertyOrdering`, first at `#/properties/a`"), None),
        (with("allOf", json!([])), None, Some("`allOf`, first at `#/properties/a`")),
        (
            with("not", json!({ "pattern": "^a" })),
            Some("`not` and `pattern`, first at `#/properties/a`"),
            Some("`not` and `pattern`, first at `#/properties/a`"),
        ),
        (recursive, Some("`$ref` of `#/$defs/a` leads back to itself"), None),
        (json!({ "$ref": "#" }), Some("`$ref` of `#` leads back to itself"), None),
        (shared, None, None),
    ] {
        let text = JsonText::from(schema.clone());
        assert_eq!(subset::outside_anthropic(&text).as_deref(), anthropic, "{schema}");
        assert_eq!(subset::outside_gemini(&text).as_deref(), gemini, "{schema}");
    }
}
