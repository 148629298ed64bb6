//! The JSON shape of a case: messages and tools as in Chat Completions, which is what logs hold.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::expected::{RawExpected, expected};
use super::line::BadLine;
use super::message::{RawMessage, message};
use super::recorded::{RawRecorded, recorded};
use super::tool::{RawTool, tool, tool_choice};
use crate::domain::{Case, Expected, JsonText, ResponseFormat};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCase {
    id: String,
    messages: Vec<RawMessage>,
    #[serde(default)]
    tools: Vec<RawTool>,
    tool_choice: Option<Value>,
    parallel_tool_calls: Option<bool>,
    response_format: Option<RawResponseFormat>,
    expected: Option<RawExpected>,
    #[serde(default)]
    tags: BTreeMap<String, Value>,
    weight: Option<f64>,
    cluster: Option<String>,
    recorded: Option<RawRecorded>,
    origin: Option<String>,
}

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

/// Weights far beyond any real traffic would overflow their sums.
const WEIGHTS: std::ops::RangeInclusive<f64> = 1e-9..=1e12;

impl RawCase {
    pub(super) fn into_case(self) -> Result<Case, BadLine> {
        if self.id.trim().is_empty() {
            return Err(BadLine::from("`id` is empty".to_owned()));
        }
        if self.messages.is_empty() {
            return Err(BadLine::from("`messages` is empty".to_owned()));
        }
        let weight = self.weight.unwrap_or(1.0);
        if !WEIGHTS.contains(&weight) {
            return Err(BadLine {
                message: format!("`weight` is {weight}, but must be from {:e} to {:e}", WEIGHTS.start(), WEIGHTS.end()),
                help: Some("leave it out when every case stands for equally many requests".into()),
            });
        }
        Ok(Case {
            messages: self.messages.into_iter().map(message).collect::<Result<_, _>>()?,
            tools: self.tools.into_iter().map(tool).collect::<Result<_, _>>()?,
            tool_choice: self.tool_choice.as_ref().map(tool_choice).transpose()?,
            parallel_tool_calls: self.parallel_tool_calls,
            response_format: self.response_format.map(response_format).transpose()?,
            expected: self.expected.map_or(Ok(Expected::Unlabelled), expected)?,
            tags: self.tags.into_iter().map(tag).collect::<Result<_, _>>()?,
            weight,
            cluster: self.cluster,
            recorded: self.recorded.map(recorded).transpose()?.map(Box::new),
            origin: self.origin,
            id: self.id,
        })
    }
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
            (
                json!({"mesages": []}),
                "unknown field `mesages`, expected one of `id`, `messages`, `tools`, `tool_choice`, `parallel_tool_calls`, `response_format`, `expected`, `tags`, `weight`, `cluster`, `recorded`, `origin`",
            ),
            (json!({"id": " "}), "`id` is empty"),
            (json!({"messages": []}), "`messages` is empty"),
            (json!({"weight": 0}), "`weight` is 0, but must be from 1e-9 to 1e12"),
            (json!({"tags": {"a": [1]}}), "the tag `a` is [1], but must be a text, a number or a boolean"),
            (json!({"tool_choice": "maybe"}), "`tool_choice` is \"maybe\""),
            (json!({"messages": [{"role": "user"}]}), "a message has neither `content` nor `tool_calls`"),
            (
                json!({"messages": [{"role": "tool", "content": "1"}]}),
                "a message of role `tool`, and no other, has a `tool_call_id`",
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
