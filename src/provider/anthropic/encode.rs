//! A neutral request as a Messages body.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::domain::{
    Arguments, Content, Display, Function, ImageSource, JsonText, Message, Part, Request, ResponseFormat, Role, Tool,
    ToolCall, ToolChoice,
};
use crate::provider::call_ids::CallIds;
use crate::provider::{Endpoint, HttpRequest, thinking};

/// The version of the API whose fields these are. Newer ones refuse temperature, `top_p` and `top_k`.
const VERSION: (&str, &str) = ("anthropic-version", "2023-06-01");

/// The header that names the betas a request uses, separated by commas.
const BETA: &str = "anthropic-beta";

/// The beta without which the API knows no computer tool.
const COMPUTER_BETA: &str = "computer-use-2025-01-24";

/// The name that the API demands of the computer tool.
const COMPUTER: &str = "computer";

/// The screen of an application that states none. Such a request is refused before it gets here.
const DISPLAY: Display = Display { width: 1024, height: 768 };

/// The schema of a function without parameters: the API demands one.
const NO_PARAMETERS: &str = r#"{"type":"object"}"#;

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    max_tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    system: Option<String>,
    messages: Vec<Turn<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Offer<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<Choice<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_config: Option<OutputConfig<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<Thinking>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_k: Option<u64>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    stop_sequences: &'a [String],
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    stream: bool,
}

/// A message. Results of tools are said by the user.
#[derive(Serialize)]
struct Turn<'a> {
    role: &'static str,
    content: Said<'a>,
    /// How many blocks at the beginning are results of tools.
    #[serde(skip)]
    results: usize,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Said<'a> {
    Text(&'a str),
    Blocks(Vec<Block<'a>>),
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Block<'a> {
    Text {
        text: &'a str,
    },
    Image {
        source: Source<'a>,
    },
    ToolUse {
        id: Cow<'a, str>,
        name: &'a str,
        input: &'a RawValue,
    },
    ToolResult {
        #[serde(skip_serializing_if = "Option::is_none")]
        tool_use_id: Option<Cow<'a, str>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        content: Option<Said<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        is_error: Option<bool>,
    },
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Source<'a> {
    Url { url: &'a str },
    Base64 { media_type: &'a str, data: &'a str },
}

/// A tool offered.
#[derive(Serialize)]
#[serde(untagged)]
enum Offer<'a> {
    Function {
        name: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        description: Option<&'a str>,
        input_schema: &'a RawValue,
        #[serde(skip_serializing_if = "Option::is_none")]
        strict: Option<bool>,
    },
    WebSearch {
        #[serde(rename = "type")]
        kind: &'static str,
        name: &'static str,
    },
    Computer {
        #[serde(rename = "type")]
        kind: &'static str,
        name: &'static str,
        display_width_px: u32,
        display_height_px: u32,
    },
}

#[derive(Serialize)]
struct Choice<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    disable_parallel_tool_use: bool,
}

#[derive(Serialize)]
struct OutputConfig<'a> {
    format: Format<'a>,
}

#[derive(Serialize)]
struct Format<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    schema: &'a JsonText,
}

#[derive(Serialize)]
struct Thinking {
    #[serde(rename = "type")]
    kind: &'static str,
    budget_tokens: u64,
}

/// The request as it is sent. What the API has no field for (seed, `n`, penalties, `min_p`, the detail of an image, a
/// speaker's name) is left out here; whether that is a loss or a refusal is decided before.
pub(in crate::provider) fn encode(request: &Request, endpoint: &Endpoint) -> HttpRequest {
    let sampling = &request.sampling;
    let tools: Vec<_> = request.tools.iter().filter_map(offer).collect();
    let body = Body {
        model: &request.model,
        max_tokens: thinking::max_output_tokens(sampling),
        system: system(&request.messages),
        messages: turns(&request.messages),
        tool_choice: choice(request, !tools.is_empty()),
        tools,
        output_config: request.response_format.as_ref().and_then(output_config),
        thinking: sampling
            .reasoning_effort
            .as_deref()
            .and_then(thinking::budget)
            .map(|budget_tokens| Thinking { kind: "enabled", budget_tokens }),
        temperature: sampling.temperature,
        top_p: sampling.top_p,
        top_k: sampling.top_k,
        stop_sequences: &sampling.stop,
        stream: request.stream,
    };
    let mut sent = HttpRequest::new(endpoint, "/messages", &body, &sampling.extra);
    let uses_computer = request.tools.iter().any(|tool| matches!(tool, Tool::ComputerUse { .. }));
    add_headers(&mut sent.headers, uses_computer);
    sent
}

/// What the endpoint states itself stays.
fn add_headers(headers: &mut Vec<(String, String)>, uses_computer: bool) {
    let (version, number) = VERSION;
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(version)) {
        headers.push((version.to_owned(), number.to_owned()));
    }
    if !uses_computer {
        return;
    }
    match headers.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case(BETA)) {
        Some((_, betas)) if betas.split(',').any(|beta| beta.trim() == COMPUTER_BETA) => {}
        Some((_, betas)) => *betas = format!("{betas},{COMPUTER_BETA}"),
        None => headers.push((BETA.to_owned(), COMPUTER_BETA.to_owned())),
    }
}

/// The application's instructions, which have a place of their own. A request whose instructions do not all come first
/// is refused before it gets here; so is one with an image among them.
fn system(messages: &[Message]) -> Option<String> {
    let instructions = messages.iter().filter(|message| matches!(message.role, Role::System | Role::Developer));
    let texts: Vec<&str> = instructions.filter_map(|message| message.content.as_ref()).flat_map(texts).collect();
    (!texts.is_empty()).then(|| texts.join("\n\n"))
}

/// The texts of a content that are not empty.
fn texts<'a>(content: &'a Content) -> Vec<&'a str> {
    let parts = match content {
        Content::Text(text) => return if text.is_empty() { Vec::new() } else { vec![text] },
        Content::Parts(parts) => parts,
    };
    let text = |part: &'a Part| match part {
        Part::Text(text) if !text.is_empty() => Some(text.as_str()),
        Part::Text(_) | Part::Image { .. } => None,
    };
    parts.iter().filter_map(text).collect()
}

/// The conversation. All results of a turn stand in one message, before whatever the user says after them. A message
/// that says nothing is left out: the API takes no empty content.
fn turns(messages: &[Message]) -> Vec<Turn<'_>> {
    let mut ids = CallIds::new(messages);
    let mut turns: Vec<Turn<'_>> = Vec::new();
    for message in messages {
        let content = message.content.as_ref().and_then(said);
        match (message.role, turns.last_mut()) {
            (Role::System | Role::Developer, _) => {}
            (Role::Assistant, _) => {
                let content = if message.tool_calls.is_empty() {
                    content
                } else {
                    let calls = message.tool_calls.iter().map(|call| tool_use(call, &mut ids));
                    Some(Said::Blocks(content.map(blocks).into_iter().flatten().chain(calls).collect()))
                };
                turns.extend(content.map(|content| Turn { role: "assistant", content, results: 0 }));
            }
            (Role::User, Some(Turn { content: Said::Blocks(all), results: 1.., .. })) => {
                all.extend(content.map(blocks).into_iter().flatten());
            }
            (Role::User, _) => turns.extend(content.map(|content| Turn { role: "user", content, results: 0 })),
            (Role::Tool, last) => {
                let result =
                    Block::ToolResult { tool_use_id: ids.of_result(message), content, is_error: message.is_error };
                if let Some(Turn { content: Said::Blocks(all), results: results @ 1.., .. }) = last {
                    all.insert(*results, result);
                    *results += 1;
                } else {
                    turns.push(Turn { role: "user", content: Said::Blocks(vec![result]), results: 1 });
                }
            }
        }
    }
    turns
}

/// A content, unless it is empty.
fn said(content: &Content) -> Option<Said<'_>> {
    match content {
        Content::Text(text) => (!text.is_empty()).then_some(Said::Text(text)),
        Content::Parts(parts) => {
            let blocks: Vec<_> = parts.iter().filter_map(block).collect();
            (!blocks.is_empty()).then_some(Said::Blocks(blocks))
        }
    }
}

fn blocks(said: Said<'_>) -> Vec<Block<'_>> {
    match said {
        Said::Text(text) => vec![Block::Text { text }],
        Said::Blocks(blocks) => blocks,
    }
}

fn block(part: &Part) -> Option<Block<'_>> {
    match part {
        Part::Text(text) => (!text.is_empty()).then_some(Block::Text { text }),
        Part::Image { source, detail: _ } => Some(Block::Image {
            source: match source {
                ImageSource::Url(url) | ImageSource::File(url) => Source::Url { url },
                ImageSource::Base64 { media_type, data } => Source::Base64 { media_type, data },
            },
        }),
    }
}

fn tool_use<'a>(call: &'a ToolCall, ids: &mut CallIds<'a>) -> Block<'a> {
    let input = match &call.arguments {
        Arguments::Object(text) => raw(text),
        // The API takes nothing but an object. A conversation with such a call is refused before it gets here.
        Arguments::Malformed(_) => raw("{}"),
    };
    Block::ToolUse { id: ids.of_call(call), name: &call.name, input }
}

fn offer(tool: &Tool) -> Option<Offer<'_>> {
    match tool {
        Tool::Function(Function { name, description, parameters, strict }) => Some(Offer::Function {
            name,
            description: description.as_deref(),
            input_schema: raw(parameters.as_ref().map_or(NO_PARAMETERS, JsonText::text)),
            strict: *strict,
        }),
        Tool::WebSearch => Some(Offer::WebSearch { kind: "web_search_20250305", name: "web_search" }),
        Tool::ComputerUse { display } => {
            let Display { width, height } = display.unwrap_or(DISPLAY);
            Some(Offer::Computer {
                kind: "computer_20250124",
                name: COMPUTER,
                display_width_px: width,
                display_height_px: height,
            })
        }
        // There is no such tool; a request that offers it is refused before it gets here.
        Tool::FileSearch { .. } => None,
    }
}

/// How the model may choose. That calls come one at a time can be said only as part of a choice.
fn choice(request: &Request, tools_are_offered: bool) -> Option<Choice<'_>> {
    let one_at_a_time = request.parallel_tool_calls == Some(false);
    let (kind, name) = match &request.tool_choice {
        Some(ToolChoice::Auto) => ("auto", None),
        Some(ToolChoice::None) => return Some(Choice { kind: "none", name: None, disable_parallel_tool_use: false }),
        Some(ToolChoice::Required) => ("any", None),
        Some(ToolChoice::Named(name)) => ("tool", Some(sent_name(&request.tools, name))),
        None if one_at_a_time && tools_are_offered => ("auto", None),
        None => return None,
    };
    Some(Choice { kind, name, disable_parallel_tool_use: one_at_a_time })
}

/// The name under which a tool is offered.
fn sent_name<'a>(tools: &[Tool], name: &'a str) -> &'a str {
    match tools.iter().find(|tool| tool.name() == name) {
        Some(Tool::ComputerUse { .. }) => COMPUTER,
        _ => name,
    }
}

/// The API knows schemas only; any JSON object is refused before it gets here.
fn output_config(format: &ResponseFormat) -> Option<OutputConfig<'_>> {
    match format {
        ResponseFormat::JsonSchema { schema, .. } => {
            Some(OutputConfig { format: Format { kind: "json_schema", schema } })
        }
        ResponseFormat::Text | ResponseFormat::JsonObject => None,
    }
}

/// JSON text that is embedded as it was written. Arguments and schemas are JSON by construction.
fn raw(text: &str) -> &RawValue {
    serde_json::from_str(text).unwrap_or(RawValue::NULL)
}

#[cfg(test)]
mod tests;
