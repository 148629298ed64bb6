//! The JSON shape of a case: messages and tools as in Chat Completions, which is what logs hold.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::expected::{RawExpected, expected};
use super::line::BadLine;
use crate::domain::{
    Arguments, Case, Content, Expected, ImageSource, Message, Part, ResponseFormat, Role, Tool, ToolCall, ToolChoice,
};

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
    origin: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMessage {
    role: RawRole,
    content: Option<Value>,
    name: Option<String>,
    #[serde(default)]
    tool_calls: Vec<RawToolCall>,
    tool_call_id: Option<String>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum RawRole {
    System,
    Developer,
    User,
    Assistant,
    Tool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawToolCall {
    id: Option<String>,
    #[serde(rename = "type")]
    _kind: Option<FunctionKind>,
    function: RawFunctionCall,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFunctionCall {
    name: String,
    arguments: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum FunctionKind {
    Function,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTool {
    #[serde(rename = "type")]
    _kind: FunctionKind,
    function: RawFunction,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFunction {
    name: String,
    description: Option<String>,
    parameters: Option<Value>,
    strict: Option<bool>,
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
    schema: Value,
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
            tools: self.tools.into_iter().map(|tool| tool_of(tool.function)).collect(),
            tool_choice: self.tool_choice.as_ref().map(tool_choice).transpose()?,
            parallel_tool_calls: self.parallel_tool_calls,
            response_format: self.response_format.map(response_format).transpose()?,
            expected: self.expected.map_or(Ok(Expected::Unlabelled), expected)?,
            tags: self.tags.into_iter().map(tag).collect::<Result<_, _>>()?,
            weight,
            cluster: self.cluster,
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

fn message(raw: RawMessage) -> Result<Message, BadLine> {
    let role = match raw.role {
        RawRole::System => Role::System,
        RawRole::Developer => Role::Developer,
        RawRole::User => Role::User,
        RawRole::Assistant => Role::Assistant,
        RawRole::Tool => Role::Tool,
    };
    let content = raw.content.map(content).transpose()?;
    if content.is_none() && raw.tool_calls.is_empty() {
        return Err(BadLine::from("a message has neither `content` nor `tool_calls`".to_owned()));
    }
    if (role == Role::Tool) != raw.tool_call_id.is_some() {
        return Err(BadLine::from("a message of role `tool`, and no other, has a `tool_call_id`".to_owned()));
    }
    let tool_calls = raw.tool_calls.into_iter().map(tool_call).collect();
    Ok(Message { role, content, name: raw.name, tool_calls, tool_call_id: raw.tool_call_id, is_error: None })
}

fn tool_call(raw: RawToolCall) -> ToolCall {
    let text = raw.function.arguments;
    let is_object = serde_json::from_str::<Map<String, Value>>(&text).is_ok();
    let arguments = if is_object { Arguments::Object(text) } else { Arguments::Malformed(text) };
    ToolCall { id: raw.id, name: raw.function.name, arguments }
}

fn content(value: Value) -> Result<Content, BadLine> {
    match value {
        Value::String(text) => Ok(Content::Text(text)),
        Value::Array(parts) => parts.into_iter().map(part).collect::<Result<_, _>>().map(Content::Parts),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {
            Err(BadLine::from(format!("`content` is {value}, but must be a text or a list of parts")))
        }
    }
}

fn part(value: Value) -> Result<Part, BadLine> {
    #[derive(Deserialize)]
    #[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
    enum RawPart {
        Text { text: String },
        ImageUrl { image_url: RawImage },
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct RawImage {
        url: String,
        detail: Option<String>,
    }
    let raw: RawPart = serde_json::from_value(value)
        .map_err(|error| BadLine::from(format!("a part of `content` is not as it should be: {error}")))?;
    Ok(match raw {
        RawPart::Text { text } => Part::Text(text),
        RawPart::ImageUrl { image_url } => {
            Part::Image { source: image_source(image_url.url), detail: image_url.detail }
        }
    })
}

fn image_source(url: String) -> ImageSource {
    let base64 = url.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,"));
    match base64 {
        Some((media_type, data)) => ImageSource::Base64 { media_type: media_type.into(), data: data.into() },
        None => ImageSource::Url(url),
    }
}

fn tool_of(raw: RawFunction) -> Tool {
    Tool { name: raw.name, description: raw.description, parameters: raw.parameters, strict: raw.strict }
}

fn tool_choice(value: &Value) -> Result<ToolChoice, BadLine> {
    match value.as_str() {
        Some("auto") => return Ok(ToolChoice::Auto),
        Some("none") => return Ok(ToolChoice::None),
        Some("required") => return Ok(ToolChoice::Required),
        _ => {}
    }
    let name = value.pointer("/function/name").and_then(Value::as_str);
    name.map(|name| ToolChoice::Named(name.to_owned())).ok_or_else(|| BadLine {
        message: format!("`tool_choice` is {value}"),
        help: Some(r#"write "auto", "none", "required" or {"type":"function","function":{"name":"..."}}"#.to_owned()),
    })
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
                "unknown field `mesages`, expected one of `id`, `messages`, `tools`, `tool_choice`, `parallel_tool_calls`, `response_format`, `expected`, `tags`, `weight`, `cluster`, `origin`",
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
