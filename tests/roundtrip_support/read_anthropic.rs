//! Reads a Messages body back.

use serde::Deserialize;
use serde_json::value::RawValue;

use cutover::domain::{
    Arguments, Content, Display, Function, ImageSource, JsonText, Message, Part, Request, ResponseFormat, Role,
    Sampling, Tool, ToolCall, ToolChoice,
};

use super::body::{Body, blank, content, parameters, present};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireMessage<'a> {
    role: String,
    #[serde(borrow)]
    content: &'a RawValue,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireBlock<'a> {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default, deserialize_with = "present")]
    text: Option<String>,
    #[serde(default, deserialize_with = "present")]
    source: Option<WireSource>,
    #[serde(default, deserialize_with = "present")]
    id: Option<String>,
    #[serde(default, deserialize_with = "present")]
    name: Option<String>,
    #[serde(default, deserialize_with = "present", borrow)]
    input: Option<&'a RawValue>,
    #[serde(default, deserialize_with = "present")]
    tool_use_id: Option<String>,
    #[serde(default, deserialize_with = "present")]
    content: Option<WireResult>,
    #[serde(default, deserialize_with = "present")]
    is_error: Option<bool>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum WireResult {
    Text(String),
    Blocks(Vec<WireText>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, tag = "type", rename_all = "snake_case")]
enum WireText {
    Text { text: String },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, tag = "type", rename_all = "snake_case")]
enum WireSource {
    Url { url: String },
    Base64 { media_type: String, data: String },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireTool {
    #[serde(rename = "type", default, deserialize_with = "present")]
    kind: Option<String>,
    name: String,
    #[serde(default, deserialize_with = "present")]
    description: Option<String>,
    #[serde(default, deserialize_with = "present")]
    input_schema: Option<JsonText>,
    #[serde(default, deserialize_with = "present")]
    strict: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    display_width_px: Option<u32>,
    #[serde(default, deserialize_with = "present")]
    display_height_px: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, tag = "type", rename_all = "snake_case")]
enum WireChoice {
    Auto {
        #[serde(default, deserialize_with = "present")]
        disable_parallel_tool_use: Option<bool>,
    },
    Any {
        #[serde(default, deserialize_with = "present")]
        disable_parallel_tool_use: Option<bool>,
    },
    Tool {
        name: String,
        #[serde(default, deserialize_with = "present")]
        disable_parallel_tool_use: Option<bool>,
    },
    None {},
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireOutput {
    format: WireFormat,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireFormat {
    #[serde(rename = "type")]
    kind: String,
    schema: JsonText,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireThinking {
    #[serde(rename = "type")]
    kind: String,
    budget_tokens: u64,
}

/// Reads a request.
pub(super) fn read(path: &str, body: &str) -> Result<Request, String> {
    if path != "/messages" {
        return Err(format!("path {path}"));
    }
    let mut body = Body::parse(body)?;
    let system = body.take("system")?.map(|text| Message { content: Some(Content::Text(text)), ..blank(Role::System) });
    let mut messages = Vec::from_iter(system);
    for wire in body.need::<Vec<WireMessage<'_>>>("messages")? {
        read_message(&wire, &mut messages)?;
    }
    let tools: Vec<WireTool> = body.take("tools")?.unwrap_or_default();
    let (tool_choice, disabled) = body.take("tool_choice")?.map(tool_choice).unzip();
    Ok(Request {
        model: body.need("model")?,
        messages,
        tools: tools.into_iter().map(tool).collect::<Result<_, _>>()?,
        tool_choice,
        parallel_tool_calls: disabled.flatten().map(|disabled: bool| !disabled),
        response_format: body.take("output_config")?.map(response_format).transpose()?,
        stream: body.take("stream")?.unwrap_or(false),
        sampling: Sampling {
            max_output_tokens: Some(body.need("max_tokens")?),
            temperature: body.number("temperature")?,
            top_p: body.number("top_p")?,
            top_k: body.take("top_k")?,
            stop: body.take("stop_sequences")?.unwrap_or_default(),
            reasoning_effort: body.take("thinking")?.as_ref().map(effort).transpose()?,
            extra: body.rest()?,
            ..Sampling::default()
        },
    })
}

/// A user's message may hold the results of all calls of the turn before; what follows them is the user's own.
fn read_message(wire: &WireMessage<'_>, messages: &mut Vec<Message>) -> Result<(), String> {
    let role = match wire.role.as_str() {
        "user" => Role::User,
        "assistant" => Role::Assistant,
        other => return Err(format!("role {other}")),
    };
    if messages.last().is_some_and(|last| last.role == Role::Tool) && role == Role::User {
        return Err("two user messages after one turn of calls".to_owned());
    }
    if let Ok(text) = serde_json::from_str::<String>(wire.content.get()) {
        let text = unless_blank(text)?;
        messages.push(Message { content: Some(Content::Text(text)), ..blank(role) });
        return Ok(());
    }
    let blocks: Vec<WireBlock<'_>> =
        serde_json::from_str(wire.content.get()).map_err(|error| format!("content: {error}"))?;
    let (mut parts, mut tool_calls) = (Vec::new(), Vec::new());
    for block in blocks {
        let WireBlock { kind, text, source, id, name, input, tool_use_id, content, is_error } = block;
        let text = text.map(unless_blank).transpose()?;
        let (id, tool_use_id) = (id.map(plain).transpose()?, tool_use_id.map(plain).transpose()?);
        match (kind.as_str(), role, (text, source), (id, name, input), (tool_use_id, content, is_error)) {
            ("text", _, (Some(text), None), (None, None, None), (None, None, None)) if tool_calls.is_empty() => {
                parts.push(Part::Text(text));
            }
            ("image", Role::User, (None, Some(source)), (None, None, None), (None, None, None)) => {
                let source = match source {
                    WireSource::Url { url } => ImageSource::Url(url),
                    WireSource::Base64 { media_type, data } => ImageSource::Base64 { media_type, data },
                };
                parts.push(Part::Image { source, detail: None });
            }
            ("tool_use", Role::Assistant, (None, None), (id, Some(name), Some(input)), (None, None, None))
                if id.is_some() && input.get().starts_with('{') =>
            {
                tool_calls.push(ToolCall { id, name, arguments: Arguments::Object(input.get().to_owned()) });
            }
            ("tool_result", Role::User, (None, None), (None, None, None), (tool_call_id, result, is_error))
                if tool_call_id.is_some() && parts.is_empty() =>
            {
                let content = match result {
                    None => Some(Content::Text(String::new())),
                    Some(WireResult::Text(text)) => Some(Content::Text(unless_blank(text)?)),
                    Some(WireResult::Blocks(texts)) => {
                        let parts = texts.into_iter().map(|WireText::Text { text }| unless_blank(text).map(Part::Text));
                        super::body::content(parts.collect::<Result<_, _>>()?)
                    }
                };
                messages.push(Message { tool_call_id, content, is_error, ..blank(Role::Tool) });
            }
            (kind, ..) => return Err(format!("a block of type {kind} in a message of role {role:?}")),
        }
    }
    if !parts.is_empty() || !tool_calls.is_empty() {
        messages.push(Message { content: content(parts), tool_calls, ..blank(role) });
    }
    Ok(())
}

/// The API takes no blank text.
fn unless_blank(text: String) -> Result<String, String> {
    if text.trim().is_empty() { Err(format!("the blank text {text:?}")) } else { Ok(text) }
}

/// The API takes ids of few characters.
fn plain(id: String) -> Result<String, String> {
    let fits = |character: char| character.is_ascii_alphanumeric() || "_-".contains(character);
    if !id.is_empty() && id.chars().all(fits) { Ok(id) } else { Err(format!("the id {id:?}")) }
}

fn tool(wire: WireTool) -> Result<Tool, String> {
    let WireTool { kind, name, description, input_schema, strict, .. } = wire;
    let display = wire.display_width_px.zip(wire.display_height_px).map(|(width, height)| Display { width, height });
    match (kind.as_deref(), name.as_str(), (&description, input_schema, strict), display) {
        (None, _, (_, Some(schema), _), None) => {
            Ok(Tool::Function(Function { name, description, parameters: parameters(schema), strict }))
        }
        (Some("web_search_20250305"), "web_search", (None, None, None), None) => Ok(Tool::WebSearch),
        (Some("computer_20250124"), "computer", (None, None, None), display @ Some(_)) => {
            Ok(Tool::ComputerUse { display })
        }
        (kind, ..) => Err(format!("a tool of type {kind:?} with fields of another, or without its own")),
    }
}

/// The choice, and whether parallel calls are switched off.
fn tool_choice(wire: WireChoice) -> (ToolChoice, Option<bool>) {
    match wire {
        WireChoice::Auto { disable_parallel_tool_use } => (ToolChoice::Auto, disable_parallel_tool_use),
        WireChoice::Any { disable_parallel_tool_use } => (ToolChoice::Required, disable_parallel_tool_use),
        WireChoice::Tool { name, disable_parallel_tool_use } => {
            // Named as the tool is on this wire.
            let name = if name == "computer" { "computer_use".to_owned() } else { name };
            (ToolChoice::Named(name), disable_parallel_tool_use)
        }
        WireChoice::None {} => (ToolChoice::None, None),
    }
}

fn response_format(wire: WireOutput) -> Result<ResponseFormat, String> {
    match wire.format.kind.as_str() {
        "json_schema" => {
            Ok(ResponseFormat::JsonSchema { name: String::new(), schema: wire.format.schema, strict: None })
        }
        kind => Err(format!("output_config.format {kind}")),
    }
}

fn effort(wire: &WireThinking) -> Result<String, String> {
    match (wire.kind.as_str(), wire.budget_tokens) {
        ("enabled", 1024) => Ok("low".to_owned()),
        ("enabled", 2048) => Ok("medium".to_owned()),
        ("enabled", 4096) => Ok("high".to_owned()),
        (kind, budget) => Err(format!("thinking {kind} with {budget} tokens")),
    }
}
