//! One fixture: encode its request, decode its answer, compare both.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use cutover::domain::{Arguments, Failure, Reply, Request, Response, ToolCall, Usage};
use cutover::provider::{Dialect, Endpoint, Headers, HttpResponse, Protocol, protocol};

use super::json::{difference, minified, same_exactly};
use super::neutral::{self, NoRequest};
use super::{Outcome, expect};

/// Where the fixtures of a folder are sent.
struct Server {
    folder: &'static str,
    protocol: &'static str,
    base_url: &'static str,
    dialect: Dialect,
}

const SERVERS: &[Server] = &[
    Server {
        folder: "openai-chat",
        protocol: "openai-chat",
        base_url: "https://api.openai.com/v1",
        dialect: Dialect::Native,
    },
    Server {
        folder: "openai-compat",
        protocol: "openai-chat",
        base_url: "http://127.0.0.1:8000/v1",
        dialect: Dialect::Compatible,
    },
    Server {
        folder: "openai-responses",
        protocol: "openai-responses",
        base_url: "https://api.openai.com/v1",
        dialect: Dialect::Native,
    },
    Server {
        folder: "anthropic",
        protocol: "anthropic",
        base_url: "https://api.anthropic.com/v1",
        dialect: Dialect::Native,
    },
    Server {
        folder: "gemini",
        protocol: "gemini",
        base_url: "https://generativelanguage.googleapis.com/v1beta",
        dialect: Dialect::Native,
    },
];

#[derive(Deserialize)]
struct Fixture {
    notes: Option<String>,
    request_neutral: Box<RawValue>,
    request_path: String,
    request_wire: Value,
    response_status: u16,
    response_headers: std::collections::BTreeMap<String, String>,
    response_wire: Option<Box<RawValue>>,
    response_sse: Option<String>,
    response_text: Option<String>,
    expected: Expected,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    text: Option<String>,
    tool_calls: Vec<ExpectedCall>,
    usage: Option<Usage>,
    finish: Option<String>,
    finish_raw: Option<String>,
    error: Option<ExpectedError>,
    refusal: Option<String>,
    reasoning_text: Option<String>,
    stop_sequence: Option<String>,
    choices: Option<Vec<ExpectedChoice>>,
    #[serde(rename = "first_token_event")]
    _first_token_event: Option<u64>,
    #[serde(rename = "first_reasoning_event")]
    _first_reasoning_event: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedCall {
    id: Option<String>,
    name: String,
    arguments: Option<Box<RawValue>>,
    arguments_raw: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedError {
    kind: String,
    status: Option<u16>,
    code: Option<String>,
    message: Option<String>,
    retryable: bool,
    retry_after_ms: Option<u64>,
    request_id: Option<String>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedChoice {
    index: usize,
    text: String,
    finish: String,
}

/// Checks the fixture with this text in this provider's folder.
pub(crate) fn check(folder: &str, text: &str) -> Result<Outcome, String> {
    let fixture: Fixture = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let server = SERVERS.iter().find(|server| server.folder == folder).ok_or("no protocol is known for this folder")?;
    let skipped = |what: &str| Ok(Outcome::Skipped(format!("not yet supported: {what}")));
    let Some(protocol) = protocol(server.protocol) else {
        return skipped(&format!("protocol {}", server.protocol));
    };
    let body = match (&fixture.response_wire, &fixture.response_text, &fixture.response_sse) {
        (Some(json), None, None) => minified(json.get()),
        (None, Some(text), None) => text.clone(),
        (None, None, Some(_)) => return skipped("streaming"),
        _ => return Err("not exactly one of response_wire, response_text and response_sse".to_owned()),
    };
    let request = match neutral::request(fixture.request_neutral.get()) {
        Ok(request) => request,
        Err(NoRequest::Unsupported(what)) => return skipped(&what),
        Err(NoRequest::Invalid(why)) => return Err(format!("request_neutral: {why}")),
    };
    let mut differences = Vec::new();
    if !fixture.notes.as_deref().is_some_and(|notes| notes.contains("do not compare")) {
        let endpoint = Endpoint {
            name: folder.to_owned(),
            protocol,
            base_url: server.base_url.to_owned(),
            dialect: server.dialect,
            headers: Vec::new(),
        };
        compare_request(&fixture, &request, &endpoint, &mut differences);
    }
    let headers: Headers =
        fixture.response_headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let whole = HttpResponse { status: fixture.response_status, headers: &headers, body: body.as_bytes() };
    match (protocol.decode)(&whole) {
        Ok(reply) => compare_reply(&fixture.expected, &reply, &mut differences),
        Err(failure) => compare_failure(&fixture.expected, &failure, &mut differences),
    }
    compare_cuts(protocol, &whole, &mut differences);
    Ok(Outcome::of(differences))
}

fn compare_request(fixture: &Fixture, request: &Request, endpoint: &Endpoint, differences: &mut Vec<String>) {
    let sent = (endpoint.protocol.encode)(request, endpoint);
    let path = sent.url.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| rest[at..].to_owned()));
    expect(differences, "request_path", (&Some(fixture.request_path.clone()), &path));
    match serde_json::from_slice::<Value>(&sent.body) {
        Ok(body) => differences.extend(difference(&fixture.request_wire, &body, "request_wire")),
        Err(error) => differences.push(format!("request_wire: the body is no JSON: {error}")),
    }
}

fn compare_reply(expected: &Expected, reply: &Reply, differences: &mut Vec<String>) {
    if let Some(error) = &expected.error {
        differences.push(format!("error: expected {}, found a reply", error.kind));
    }
    let Response { text, tool_calls, refusal, finish_reason, finish_raw } = &reply.response;
    let finish = finish_reason.name().to_owned();
    expect(differences, "text", (&expected.text, &Some(text.clone())));
    compare_calls(&expected.tool_calls, tool_calls, differences);
    expect(differences, "usage", (&expected.usage, &reply.usage));
    expect(differences, "finish", (&expected.finish, &Some(finish)));
    expect(differences, "finish_raw", (&expected.finish_raw, finish_raw));
    expect(differences, "refusal", (&expected.refusal, refusal));
    expect(differences, "reasoning_text", (&expected.reasoning_text, &reply.reasoning_text));
    expect(differences, "stop_sequence", (&expected.stop_sequence, &reply.stop_sequence));
    let answers = std::iter::once(&reply.response).chain(&reply.alternatives).enumerate();
    let choices = answers.map(|(index, answer)| ExpectedChoice {
        index,
        text: answer.text.clone(),
        finish: answer.finish_reason.name().to_owned(),
    });
    let choices = (expected.choices.is_some() || !reply.alternatives.is_empty()).then(|| choices.collect());
    expect(differences, "choices", (&expected.choices, &choices));
}

fn compare_calls(expected: &[ExpectedCall], found: &[ToolCall], differences: &mut Vec<String>) {
    let same = |(expected, found): (&ExpectedCall, &ToolCall)| {
        let same_arguments = match (&found.arguments, &expected.arguments, &expected.arguments_raw) {
            (Arguments::Object(text), Some(object), None) => same_exactly(object.get(), text),
            (Arguments::Malformed(text), None, Some(raw)) => raw == text,
            _ => false,
        };
        expected.id == found.id && expected.name == found.name && same_arguments
    };
    if expected.len() != found.len() || !expected.iter().zip(found).all(same) {
        differences.push(format!("tool_calls: expected {expected:?}, found {found:?}"));
    }
}

fn compare_failure(expected: &Expected, failure: &Failure, differences: &mut Vec<String>) {
    let Some(error) = &expected.error else {
        differences.push(format!("error: expected none, found {failure:?}"));
        return;
    };
    expect(differences, "text", (&expected.text, &None));
    expect(differences, "tool_calls", (&expected.tool_calls.len(), &0));
    expect(differences, "usage", (&expected.usage, &None));
    expect(differences, "finish", (&expected.finish, &None));
    expect(differences, "finish_raw", (&expected.finish_raw, &None));
    expect(differences, "error.kind", (&error.kind.as_str(), &failure.kind.name()));
    expect(differences, "error.status", (&error.status, &failure.status));
    expect(differences, "error.code", (&error.code, &failure.code));
    expect(differences, "error.retryable", (&error.retryable, &failure.retryable));
    expect(differences, "error.retry_after_ms", (&error.retry_after_ms, &failure.retry_after_ms));
    expect(differences, "error.request_id", (&error.request_id, &failure.request_id));
    if let Some(message) = &error.message {
        expect(differences, "error.message", (message, &failure.message));
    }
}

/// An answer cut anywhere is a failure; decoding one never panics.
fn compare_cuts(protocol: &Protocol, whole: &HttpResponse<'_>, differences: &mut Vec<String>) {
    for end in 0..whole.body.len() {
        if (protocol.decode)(&HttpResponse { body: &whole.body[..end], ..*whole }).is_ok() {
            differences.push(format!("response cut at byte {end}: expected a failure, found a reply"));
            return;
        }
    }
}
