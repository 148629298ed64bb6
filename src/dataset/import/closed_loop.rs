//! A recorded conversation → one case whose calls are answered from the recording: what was said up to the end of the
//! user's first turn is asked, and what an arm then calls is its own.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::value::RawValue;

use super::super::fields::Field;
use super::conversation::{Conversation, Expectation, calls_as_written, expected_call, text};
use super::{Converted, ImportCounts, ImportOptions};
use crate::domain::{Arguments, Content, Message, Part, Role, ToolCall};

/// A case as a line of a dataset. What the log holds is written as the log has it.
#[derive(Serialize)]
struct ClosedLoop<'a> {
    id: &'a str,
    messages: &'a [&'a RawValue],
    #[serde(flatten)]
    request: &'a BTreeMap<&'static str, &'a RawValue>,
    tool_results: Vec<Row<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<Expectation>,
    recorded: Answer<'a>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    tags: &'a BTreeMap<String, String>,
    weight: f64,
    cluster: &'a str,
    origin: String,
}

/// A call on record with its result.
#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    arguments: &'a RawValue,
    result: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_error: Option<bool>,
}

/// What the whole conversation answered: its last text and all of its calls, as scorers see those of an arm.
#[derive(Serialize)]
struct Answer<'a> {
    text: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<&'a RawValue>,
}

/// Writes the case, or counts why there is none.
pub(super) fn write(
    Conversation { case, messages: raw, request }: Conversation<'_>,
    options: ImportOptions,
    out: &mut dyn Write,
) -> io::Result<Converted> {
    let mut counts = ImportCounts { records: 1, ..ImportCounts::default() };
    let is_user = |message: &Message| message.role == Role::User;
    let first = case.messages.iter().position(is_user);
    // The user's turn may be several messages.
    let begin = first.map(|first| first + case.messages[first..].iter().take_while(|message| is_user(message)).count());
    let end = begin.map(|begin| begin + case.messages[begin..].iter().take_while(|message| !is_user(message)).count());
    let Some((begin, end)) = begin.zip(end) else {
        counts.without_prompt = 1;
        return Ok(Converted { id: case.id, counts });
    };
    let said = &case.messages[begin..end];
    let Some(last) = said.iter().rfind(|message| message.role == Role::Assistant) else {
        counts.without_answer = 1;
        return Ok(Converted { id: case.id, counts });
    };
    let Some(tool_results) = results(said) else {
        counts.without_result = 1;
        return Ok(Converted { id: case.id, counts });
    };
    let calls = || said.iter().flat_map(|message| &message.tool_calls);
    let expected = match text(last).filter(|text| options.expect_text && !text.is_empty()) {
        Some(text) => Some(Expectation::Text(text)),
        None if calls().next().is_none() => None,
        None => calls().map(expected_call).collect::<Option<_>>().map(Expectation::ToolCalls),
    };
    counts.cases = 1;
    counts.unlabelled = usize::from(expected.is_none());
    counts.cut = usize::from(end < case.messages.len());
    let as_written: Vec<_> = raw[begin..end].iter().filter_map(calls_as_written).collect();
    let lists: Result<Vec<Vec<&RawValue>>, _> =
        as_written.iter().map(|calls| serde_json::from_str(calls.get())).collect();
    let messages: Vec<&RawValue> = raw[..begin].iter().filter_map(Field::raw).collect();
    let own = case.origin.as_deref().map(|origin| format!("; {origin}")).unwrap_or_default();
    let line = ClosedLoop {
        id: &case.id,
        messages: &messages,
        request: &request,
        tool_results,
        expected,
        recorded: Answer { text: text(last).unwrap_or_default(), tool_calls: lists?.concat() },
        tags: &case.tags,
        weight: case.weight,
        cluster: case.cluster.as_deref().unwrap_or(&case.id),
        origin: format!("closed loop of conversation {}, its tools answer from the recording{own}", case.id),
    };
    serde_json::to_writer(&mut *out, &line)?;
    out.write_all(b"\n")?;
    Ok(Converted { id: case.id, counts })
}

/// The calls with their results, in the order of the calls; `None` where a call has no result of text. A call whose
/// arguments are no object is left out: no call can be told to be the same.
fn results(said: &[Message]) -> Option<Vec<Row<'_>>> {
    let mut rows = Vec::new();
    for (place, message) in said.iter().enumerate() {
        let mut results: Vec<&Message> =
            said[place + 1..].iter().take_while(|message| message.role == Role::Tool).collect();
        for call in &message.tool_calls {
            let result = results.remove(results.iter().position(|result| answers(result, call, &message.tool_calls))?);
            let text = plain(result)?;
            let Arguments::Object(arguments) = &call.arguments else { continue };
            let arguments = serde_json::from_str(arguments).ok()?;
            rows.push(Row { name: &call.name, arguments, result: text, is_error: result.is_error });
        }
    }
    Some(rows)
}

/// Whether a result is that of a call: by its id, or by its place where it or the call has none.
fn answers(result: &Message, call: &ToolCall, calls: &[ToolCall]) -> bool {
    let has_id = |call: &ToolCall| call.id.as_deref().is_some_and(|id| !id.is_empty());
    match result.tool_call_id.as_deref().filter(|id| !id.is_empty()) {
        Some(id) if has_id(call) => call.id.as_deref() == Some(id),
        Some(id) => calls.iter().all(|call| call.id.as_deref() != Some(id)),
        None => !has_id(call) || calls.iter().all(has_id),
    }
}

/// A content of text alone.
fn plain(message: &Message) -> Option<String> {
    let is_text = match message.content.as_ref()? {
        Content::Text(_) => true,
        Content::Parts(parts) => parts.iter().all(|part| matches!(part, Part::Text(_))),
    };
    is_text.then(|| text(message)).flatten()
}
