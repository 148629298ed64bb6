//! The JSON shape of a case: messages and tools as in Chat Completions, which is what logs hold.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::expected::{RawExpected, expected};
use super::fields::{Field, Fields};
use super::label::labels;
use super::line::BadLine;
use super::message::{left_out, message};
use super::recorded::recorded;
use super::tool::{tool, tool_choice};
use super::tool_result::tool_results;
use crate::domain::{Case, Expected, JsonText, ResponseFormat};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawResponseFormat {
    #[serde(rename = "type")]
    kind: FormatKind,
    json_schema: Option<RawSchema>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum FormatKind {
    Text,
    JsonObject,
    JsonSchema,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSchema {
    name: String,
    schema: JsonText,
    strict: Option<bool>,
}

type Tags = BTreeMap<String, String>;

/// Weights far beyond any real traffic would overflow their sums.
const WEIGHTS: std::ops::RangeInclusive<f64> = 1e-9..=1e12;

/// What cases hold in the shape before there were tools, with how it is written today.
const OLD_SHAPES: &[(&str, &str)] = &[
    ("functions", r#"write `"tools": [{"type": "function", "function": {"name": "…", "parameters": {…}}}]`"#),
    ("function_call", r#"write `"tool_choice"`: "auto", "none" or {"type": "function", "function": {"name": "…"}}"#),
];

/// Reads a case from the fields of its line; its tags too, where they are not known yet.
pub(super) fn case(mut fields: Fields<'_>, known: Option<&Arc<Tags>>) -> Result<Case, BadLine> {
    let id = fields.require("id")?.text()?;
    if id.trim().is_empty() {
        return Err(BadLine::from("`id` is empty".to_owned()));
    }
    let messages = fields.require("messages")?.list()?;
    if messages.is_empty() {
        return Err(BadLine::from("`messages` is empty".to_owned()));
    }
    let messages = messages.into_iter().map(message).collect::<Result<_, _>>()?;
    for (name, help) in OLD_SHAPES {
        left_out(&mut fields, name, help)?;
    }
    let read = Case {
        id,
        messages,
        tools: fields.list("tools")?.iter().map(|field| tool(field.read()?)).collect::<Result<_, _>>()?,
        tool_choice: fields.take("tool_choice").map(|field| tool_choice(&field.read()?)).transpose()?,
        parallel_tool_calls: fields.flag("parallel_tool_calls")?,
        response_format: fields.take("response_format").map(|field| response_format(field.read()?)).transpose()?,
        expected: fields
            .take("expected")
            .map_or(Ok(Expected::Unlabelled), |field| expected(RawExpected::of(&field)?))?,
        tags: tags(fields.take("tags"), known)?,
        weight: fields.take("weight").map_or(Ok(1.0), |field| weight(&field))?,
        cluster: fields.text("cluster")?,
        recorded: fields.take("recorded").map(recorded).transpose()?.map(Box::new),
        tool_results: fields.take("tool_results").map(tool_results).transpose()?,
        origin: fields.text("origin")?,
        labels: labels(&mut fields)?,
    };
    fields.finish(&[])?;
    Ok(read)
}

fn weight(field: &Field<'_>) -> Result<f64, BadLine> {
    let weight: Option<f64> = field.parse();
    weight.filter(|weight| WEIGHTS.contains(weight)).ok_or_else(|| BadLine {
        help: Some("leave it out when every case stands for equally many requests".into()),
        ..field.wrong(&format!("a number from {:e} to {:e}", WEIGHTS.start(), WEIGHTS.end()))
    })
}

fn tags(given: Option<Field<'_>>, known: Option<&Arc<Tags>>) -> Result<Arc<Tags>, BadLine> {
    if let Some(known) = known {
        return Ok(Arc::clone(known));
    }
    let tags: BTreeMap<String, Value> = given.map_or(Ok(BTreeMap::new()), |field| field.read())?;
    tags.into_iter().map(tag).collect::<Result<_, _>>().map(Arc::new)
}

fn tag((name, value): (String, Value)) -> Result<(String, String), BadLine> {
    match value {
        Value::String(text) => Ok((name, text)),
        Value::Bool(_) | Value::Number(_) => Ok((name, value.to_string())),
        Value::Null | Value::Array(_) | Value::Object(_) => {
            Err(BadLine::from(format!("the tag `{name}` is {value}, but must be a text, a number or a boolean")))
        }
    }
}

fn response_format(raw: RawResponseFormat) -> Result<ResponseFormat, BadLine> {
    match (raw.kind, raw.json_schema) {
        (FormatKind::Text, None) => Ok(ResponseFormat::Text),
        (FormatKind::JsonObject, None) => Ok(ResponseFormat::JsonObject),
        (FormatKind::JsonSchema, Some(raw)) => {
            Ok(ResponseFormat::JsonSchema { name: raw.name, schema: raw.schema, strict: raw.strict })
        }
        (FormatKind::JsonSchema, None) | (FormatKind::Text | FormatKind::JsonObject, Some(_)) => Err(BadLine::from(
            "`response_format` has a `json_schema` with the type \"json_schema\", and only then".to_owned(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::line::parse;
    use super::*;
    use crate::domain::{Content, ImageSource, Part, ToolChoice};

    fn with(extra: &Value) -> Result<Case, BadLine> {
        let mut line = json!({"id": "a", "messages": [{"role": "user", "content": "Q"}]});
        for (key, value) in extra.as_object().expect("an object") {
            line[key] = value.clone();
        }
        parse(line.to_string().as_bytes())
    }

    #[test]
    fn what_is_wrong_is_said() {
        let rows = [
            (json!({"mesages": []}), "unknown field `mesages` in the case"),
            (json!({"id": " "}), "`id` is empty"),
            (json!({"messages": []}), "`messages` is empty"),
            (json!({"weight": 0}), "`weight` is 0, but must be a number from 1e-9 to 1e12"),
            (json!({"tags": {"a": [1]}}), "the tag `a` is [1], but must be a text, a number or a boolean"),
            (json!({"tool_choice": "maybe"}), "`tool_choice` is \"maybe\""),
            (json!({"messages": [{"role": "user"}]}), "`messages[0]` has neither `content` nor `tool_calls`"),
            (json!({"functions": [{"name": "f"}]}), "`functions` is a list, but must be empty"),
            (json!({"function_call": "auto"}), "`function_call` is \"auto\", but must be empty"),
            (json!({"id": 7}), "`id` is 7, but must be a text"),
            (json!({"tool_results": [{"name": "f"}]}), "`tool_results[0]` lacks `result`"),
            (
                json!({"tool_results": [{"name": "f", "arguments": "[1]", "result": ""}]}),
                "`tool_results[0].arguments` is \"[1]\", but must be a JSON object, or the text of one",
            ),
            (
                json!({"tool_results": [{"name": "f", "result": {}}]}),
                "`tool_results[0].result` is an object, but must be a text",
            ),
            (
                json!({"recorded": {"latency_ms": "5"}}),
                "`recorded.latency_ms` is \"5\", but must be a whole number of milliseconds",
            ),
            (
                json!({"expected": {"txt": "a"}}),
                "`expected`: unknown variant `txt`, expected one of `text`, `any_of`, `number`, `json`, `tool_calls`, `actions`, `ranking`, `no_tool_call`",
            ),
            (json!({"expected": {"any_of": []}}), "`expected.any_of` is empty"),
            (json!({"expected": {"tool_calls": []}}), "`expected.tool_calls` is empty"),
            (
                json!({"expected": {"tool_calls": [{"name": "f", "accept": {"a": {"any_of": []}}}]}}),
                "`f` accepts no value for `a`: `any_of` is empty",
            ),
            (
                json!({"response_format": {"type": "json_schema"}}),
                "`response_format` has a `json_schema` with the type \"json_schema\", and only then",
            ),
        ];
        for (given, message) in rows {
            assert_eq!(with(&given).expect_err("is wrong").message, message, "{given}");
        }
    }

    #[test]
    fn old_shapes_are_explained_and_empty_ones_passed_over() {
        for (name, help) in OLD_SHAPES {
            assert_eq!(with(&json!({*name: {"name": "f"}})).expect_err("is refused").help.as_deref(), Some(*help));
            assert_eq!(with(&json!({*name: null})), with(&json!({})));
        }
        assert_eq!(with(&json!({"functions": [], "tools": null})), with(&json!({})));
    }

    #[test]
    fn a_conversation_with_tools_and_an_image_is_read() {
        let case = with(&json!({
            "messages": [
                {"role": "user", "content": [
                    {"type": "text", "text": "What is this?"},
                    {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA", "detail": "low"}}]},
                {"role": "assistant", "content": null, "tool_calls": [
                    {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{\"big\":12345678901234567890123}"}}]},
                {"role": "tool", "tool_call_id": "c1", "content": "a cat"}],
            "tools": [{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}],
            "tool_choice": {"type": "function", "function": {"name": "look"}},
            "tags": {"n": 3}
        }))
        .expect("is read");
        assert_eq!(case.tool_choice, Some(ToolChoice::Named("look".into())));
        assert_eq!(case.messages[1].tool_calls[0].arguments.text(), "{\"big\":12345678901234567890123}");
        let Some(Content::Parts(parts)) = &case.messages[0].content else { panic!("parts") };
        let source = ImageSource::Base64 { media_type: "image/png".into(), data: "AAAA".into() };
        assert_eq!(parts[1], Part::Image { source, detail: Some("low".into()) });
        assert_eq!(case.tags["n"], "3");
        assert!(case.involves_tools());
    }
}
