//! A neutral request as a Messages body.

use serde::Serialize;
use serde_json::value::RawValue;

use super::turns::{Turn, raw, system, turns};
use crate::domain::{Asked, Display, Function, JsonText, ResponseFormat, Tool, ToolChoice};
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
pub(in crate::provider) fn encode(request: Asked<'_>, endpoint: &Endpoint) -> HttpRequest {
    let sampling = request.sampling;
    let tools: Vec<_> = request.tools.iter().filter_map(offer).collect();
    let body = Body {
        model: request.model,
        max_tokens: thinking::max_output_tokens(sampling),
        system: system(request.messages),
        messages: turns(request.messages),
        tool_choice: choice(request, !tools.is_empty()),
        tools,
        output_config: request.response_format.and_then(output_config),
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
    let mut sent = HttpRequest::new(endpoint, "/messages", request, &body);
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
fn choice(request: Asked<'_>, tools_are_offered: bool) -> Option<Choice<'_>> {
    let one_at_a_time = request.parallel_tool_calls == Some(false);
    let (kind, name) = match request.tool_choice {
        Some(ToolChoice::Auto) => ("auto", None),
        Some(ToolChoice::None) => return Some(Choice { kind: "none", name: None, disable_parallel_tool_use: false }),
        Some(ToolChoice::Required) => ("any", None),
        Some(ToolChoice::Named(name)) => ("tool", Some(sent_name(request.tools, name))),
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

#[cfg(test)]
mod tests;
