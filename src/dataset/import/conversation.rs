//! A recorded conversation → its steps: each answer of it becomes a case with everything before it as the prompt, as
//! recorded (teacher-forced), whatever an arm would have answered there itself.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::super::fields::{Field, Fields};
use super::super::line::{self, BadLine};
use super::{Converted, ImportCounts, ImportOptions, closed_loop};
use crate::domain::{Arguments, Case, Content, Message, Part, Role, ToolCall};

/// The tag that parts the first turn, which every arm is asked alike, from the later ones.
const TURN: &str = "turn";

/// What a conversation does not hold: it is read from the answers themselves.
const READ_FROM_ANSWERS: &[&str] = &["expected", "recorded", "tool_results"];

/// A case as a line of a dataset. What the log holds is written as the log has it.
#[derive(Serialize)]
struct Step<'a> {
    id: String,
    messages: &'a [&'a RawValue],
    #[serde(flatten)]
    request: &'a BTreeMap<&'static str, &'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<Expectation>,
    recorded: Answer<'a>,
    tags: BTreeMap<&'a str, &'a str>,
    weight: f64,
    cluster: &'a str,
    origin: String,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Expectation {
    Text(String),
    ToolCalls(Vec<ExpectedCall>),
}

#[derive(Serialize)]
pub(super) struct ExpectedCall {
    name: String,
    arguments: Map<String, Value>,
}

#[derive(Serialize)]
struct Answer<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_calls: Option<&'a RawValue>,
}

/// Checks a conversation, then writes its steps.
pub(super) fn convert(
    bytes: &[u8],
    options: ImportOptions,
    out: &mut dyn Write,
) -> io::Result<Result<Converted, BadLine>> {
    match Conversation::read(bytes) {
        Ok(conversation) if options.closed_loop => closed_loop::write(conversation, options, out).map(Ok),
        Ok(conversation) => conversation.write(options, out).map(Ok),
        Err(bad) => Ok(Err(bad)),
    }
}

pub(super) struct Conversation<'a> {
    /// What it says, checked as the case that it nearly is.
    pub(super) case: Case,
    pub(super) messages: Vec<Field<'a>>,
    /// The rest of the request, as the log has it.
    pub(super) request: BTreeMap<&'static str, &'a RawValue>,
}

impl<'a> Conversation<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, BadLine> {
        let bytes = bytes.strip_prefix(line::BOM).unwrap_or(bytes);
        let case = line::parse(bytes)?;
        let mut fields = Fields::of_line(bytes).map_err(|error| BadLine::from(error.to_string()))??;
        if let Some(name) = READ_FROM_ANSWERS.iter().find(|name| fields.remove(name).is_some()) {
            return Err(BadLine {
                message: format!("a conversation has no `{name}`"),
                help: Some("leave it out: each answer of the conversation becomes that of its own case".to_owned()),
            });
        }
        let names = ["tools", "tool_choice", "parallel_tool_calls", "response_format"];
        let request = names.into_iter().filter_map(|name| Some((name, fields.take(name)?.raw()?))).collect();
        Ok(Self { case, messages: fields.list("messages")?, request })
    }

    fn write(self, options: ImportOptions, out: &mut dyn Write) -> io::Result<Converted> {
        let Self { case, messages, request } = self;
        let raw: Vec<&RawValue> = messages.iter().filter_map(Field::raw).collect();
        let answers: Vec<usize> =
            (0..raw.len()).filter(|index| case.messages[*index].role == Role::Assistant).collect();
        let mut counts = ImportCounts {
            records: 1,
            without_prompt: usize::from(answers.first() == Some(&0)),
            without_answer: usize::from(answers.is_empty()),
            ..ImportCounts::default()
        };
        for (before, &index) in answers.iter().enumerate().filter(|(_, index)| **index > 0) {
            let message = &case.messages[index];
            let expected = expectation(message, options);
            let mut tags: BTreeMap<&str, &str> =
                case.tags.iter().map(|(tag, value)| (tag.as_str(), value.as_str())).collect();
            tags.entry(TURN).or_insert(if before == 0 { "1" } else { "2+" });
            counts.cases += 1;
            counts.later_turns += usize::from(before > 0);
            counts.unlabelled += usize::from(expected.is_none());
            let step = Step {
                id: format!("{}#{}", case.id, before + 1),
                messages: &raw[..index],
                request: &request,
                expected,
                recorded: Answer { text: text(message), tool_calls: calls_as_written(&messages[index]) },
                tags,
                weight: case.weight,
                cluster: case.cluster.as_deref().unwrap_or(&case.id),
                origin: origin(&case, before + 1, answers.len()),
            };
            serde_json::to_writer(&mut *out, &step)?;
            out.write_all(b"\n")?;
        }
        Ok(Converted { id: case.id, counts })
    }
}

/// What a right answer is, as far as the recorded one tells. A text is one wording of many: it is expected only where
/// somebody says so.
fn expectation(message: &Message, options: ImportOptions) -> Option<Expectation> {
    if message.tool_calls.is_empty() {
        return text(message).filter(|text| options.expect_text && !text.is_empty()).map(Expectation::Text);
    }
    message.tool_calls.iter().map(expected_call).collect::<Option<_>>().map(Expectation::ToolCalls)
}

/// A call with exactly these arguments; `None` where what the model wrote is no JSON object, which nobody can expect.
pub(super) fn expected_call(call: &ToolCall) -> Option<ExpectedCall> {
    let Arguments::Object(text) = &call.arguments else { return None };
    Some(ExpectedCall { name: call.name.clone(), arguments: serde_json::from_str(text).ok()? })
}

pub(super) fn text(message: &Message) -> Option<String> {
    let of_part = |part: &Part| match part {
        Part::Text(text) => Some(text.clone()),
        Part::Image { .. } => None,
    };
    match message.content.as_ref()? {
        Content::Text(text) => Some(text.clone()),
        Content::Parts(parts) => Some(parts.iter().filter_map(of_part).collect()),
    }
}

pub(super) fn calls_as_written<'a>(message: &Field<'a>) -> Option<&'a RawValue> {
    let calls = message.clone().object().ok()?.remove("tool_calls")?;
    let raw = calls.raw()?;
    (!calls.list().ok()?.is_empty()).then_some(raw)
}

fn origin(case: &Case, step: usize, steps: usize) -> String {
    let own = case.origin.as_deref().map(|origin| format!("; {origin}")).unwrap_or_default();
    format!("step {step} of {steps} of conversation {}, on the recorded history{own}", case.id)
}
