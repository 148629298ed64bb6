//! One fixture: encode its request, decode its answer, compare both.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use cutover::domain::{Arguments, Failure, Reply, Request, Response, ToolCall, Usage};
use cutover::provider::{Broken, Dialect, Endpoint, Headers, HttpResponse, Protocol, Stream, protocol};

use super::json::{difference, minified, same_exactly};
use super::neutral::{self, Invalid};
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
    first_token_event: Option<usize>,
    first_reasoning_event: Option<usize>,
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

/// The endpoint that the fixtures of a folder are sent to.
pub(super) fn endpoint(folder: &str) -> Result<Endpoint, String> {
    let server = SERVERS.iter().find(|server| server.folder == folder).ok_or("no protocol is known for this folder")?;
    let protocol = protocol(server.protocol).ok_or_else(|| format!("there is no protocol {}", server.protocol))?;
    Ok(Endpoint {
        name: folder.to_owned(),
        protocol,
        base_url: server.base_url.to_owned(),
        dialect: server.dialect,
        headers: Vec::new(),
    })
}

/// Checks the fixture with this text in this provider's folder.
pub(crate) fn check(folder: &str, text: &str) -> Result<Outcome, String> {
    let fixture: Fixture = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let endpoint = endpoint(folder)?;
    let protocol = endpoint.protocol;
    let request = neutral::request(fixture.request_neutral.get());
    let request = request.map_err(|Invalid(why)| format!("request_neutral: {why}"))?;
    let mut differences = Vec::new();
    if !fixture.notes.as_deref().is_some_and(|notes| notes.contains("do not compare")) {
        compare_request(&fixture, &request, &endpoint, &mut differences);
    }
    let headers: Headers =
        fixture.response_headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let whole = |body| HttpResponse { status: fixture.response_status, headers: &headers, body };
    match (&fixture.response_wire, &fixture.response_text, &fixture.response_sse) {
        (Some(json), None, None) => {
            let body = minified(json.get());
            compare_plain(&fixture.expected, protocol, &whole(body.as_bytes()), &mut differences);
        }
        (None, Some(text), None) => {
            compare_plain(&fixture.expected, protocol, &whole(text.as_bytes()), &mut differences);
        }
        (None, None, Some(sse)) => {
            compare_stream(&fixture.expected, protocol, &whole(sse.as_bytes()), &mut differences);
        }
        _ => return Err("not exactly one of response_wire, response_text and response_sse".to_owned()),
    }
    Ok(Outcome::of(differences))
}

fn compare_plain(expected: &Expected, protocol: &Protocol, whole: &HttpResponse<'_>, differences: &mut Vec<String>) {
    compare_answer(expected, &(protocol.decode)(whole), differences);
    compare_cuts(protocol, whole, differences);
}

/// A stream means the same in pieces of every size, and a failure once it is cut before its end mark.
fn compare_stream(expected: &Expected, protocol: &Protocol, whole: &HttpResponse<'_>, differences: &mut Vec<String>) {
    let head = HttpResponse { body: b"", ..*whole };
    let read = |body: &[u8], size: usize| {
        let mut stream = Stream::new(protocol);
        body.chunks(size.max(1)).for_each(|piece| stream.push(piece));
        stream.finish(&head)
    };
    let (marks, answer) = read(whole.body, whole.body.len());
    compare_answer(expected, &answer, differences);
    expect(differences, "first_token_event", (&expected.first_token_event, &marks.first_token));
    expect(differences, "first_reasoning_event", (&expected.first_reasoning_event, &marks.first_reasoning));
    for size in [1, 7] {
        if read(whole.body, size) != (marks, answer.clone()) {
            differences.push(format!("stream in pieces of {size}: another result than all at once"));
        }
    }
    let Ok(whole_reply) = &answer else { return };
    for end in 0..whole.body.len() {
        // Usage comes last, so that a stream cut right before it is an answer of unknown cost.
        let same = |cut: &Reply| {
            cut.response == whole_reply.response && (cut.usage == whole_reply.usage || cut.usage.is_none())
        };
        if read(&whole.body[..end], usize::MAX).1.is_ok_and(|cut| !same(&cut)) {
            differences.push(format!("stream cut at byte {end}: expected a failure, found another reply"));
            return;
        }
    }
}

fn compare_answer(expected: &Expected, answer: &Result<Reply, Broken>, differences: &mut Vec<String>) {
    match (answer, &expected.error) {
        (Ok(reply), None) => compare_reply(expected, reply, differences),
        (Ok(_), Some(error)) => differences.push(format!("error: expected {}, found a reply", error.kind)),
        (Err(broken), None) => differences.push(format!("error: expected none, found {:?}", broken.failure)),
        (Err(broken), Some(error)) => {
            compare_failure(error, &broken.failure, differences);
            match &broken.partial {
                Some(partial) => compare_reply(expected, partial, differences),
                None => compare_nothing(expected, differences),
            }
        }
    }
}

fn compare_request(fixture: &Fixture, request: &Request, endpoint: &Endpoint, differences: &mut Vec<String>) {
    let sent = (endpoint.protocol.encode)(request.into(), endpoint);
    let path = sent.url.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| rest[at..].to_owned()));
    expect(differences, "request_path", (&Some(fixture.request_path.clone()), &path));
    match serde_json::from_slice::<Value>(&sent.body) {
        Ok(body) => differences.extend(difference(&fixture.request_wire, &body, "request_wire")),
        Err(error) => differences.push(format!("request_wire: the body is no JSON: {error}")),
    }
}

fn compare_reply(expected: &Expected, reply: &Reply, differences: &mut Vec<String>) {
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

/// A failure of which nothing had arrived.
fn compare_nothing(expected: &Expected, differences: &mut Vec<String>) {
    expect(differences, "text", (&expected.text, &None));
    expect(differences, "tool_calls", (&expected.tool_calls.len(), &0));
    expect(differences, "usage", (&expected.usage, &None));
    expect(differences, "finish", (&expected.finish, &None));
    expect(differences, "finish_raw", (&expected.finish_raw, &None));
}

fn compare_failure(error: &ExpectedError, failure: &Failure, differences: &mut Vec<String>) {
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
