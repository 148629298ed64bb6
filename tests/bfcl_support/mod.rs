//! Cases and answers of the Berkeley Function Calling Leaderboard, as `tests/bfcl/make.py` writes them.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of a test may fail it")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use cutover::domain::{
    Accept, Arguments, Case, Content, Expected, ExpectedArgument, ExpectedCall, FinishReason, Function, JsonText,
    Message, Response, Role, Tool, ToolCall, ToolChoice,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

#[derive(Deserialize)]
struct CaseLine {
    id: String,
    /// Whether a call is demanded, whatever it is.
    #[serde(default)]
    demanded: bool,
    tools: Vec<ToolLine>,
    expected: Vec<ExpectedLine>,
}

#[derive(Deserialize)]
struct ToolLine {
    name: String,
    parameters: JsonText,
}

#[derive(Deserialize)]
struct ExpectedLine {
    name: String,
    accept: BTreeMap<String, AcceptLine>,
}

#[derive(Deserialize)]
struct AcceptLine {
    any_of: Vec<Value>,
    optional: bool,
}

#[derive(Deserialize)]
pub(crate) struct AnswerLine {
    /// The case's id.
    pub(crate) id: String,
    /// Which mutation it is.
    pub(crate) what: String,
    calls: Vec<CallLine>,
    /// BFCL's verdict.
    pub(crate) valid: bool,
    /// BFCL's error where the answer is not valid.
    pub(crate) error: Option<String>,
}

#[derive(Deserialize)]
struct CallLine {
    name: String,
    arguments: Option<Value>,
    /// Arguments that are not a JSON object.
    raw: Option<String>,
}

fn lines<T: DeserializeOwned>(path: &Path) -> Vec<T> {
    fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The cases of a folder that `make.py` wrote, by id.
pub(crate) fn cases(folder: &Path) -> BTreeMap<String, Case> {
    let cases = lines::<CaseLine>(&folder.join("cases.jsonl")).into_iter().map(case);
    cases.map(|case| (case.id.clone(), case)).collect()
}

/// The answers of a file that `make.py` wrote.
pub(crate) fn answers(file: &Path) -> Vec<AnswerLine> {
    lines(file)
}

fn case(line: CaseLine) -> Case {
    let expected_call = |call: ExpectedLine| {
        let argument = |(name, AcceptLine { any_of, optional })| {
            (name, ExpectedArgument { accept: Accept::AnyOf(any_of), optional })
        };
        ExpectedCall { name: call.name, arguments: call.accept.into_iter().map(argument).collect() }
    };
    let expected: Vec<ExpectedCall> = line.expected.into_iter().map(expected_call).collect();
    let tool = |ToolLine { name, parameters }: ToolLine| {
        Tool::Function(Function { name, description: None, parameters: Some(parameters), strict: None })
    };
    let message = Message {
        role: Role::User,
        content: Some(Content::Text(String::new())),
        name: None,
        tool_calls: Vec::new(),
        tool_call_id: None,
        is_error: None,
        thought_signature: None,
    };
    Case {
        tools: line.tools.into_iter().map(tool).collect(),
        tool_choice: line.demanded.then_some(ToolChoice::Required),
        expected: match expected {
            _ if line.demanded => Expected::Unlabelled,
            calls if calls.is_empty() => Expected::NoToolCall,
            calls => Expected::ToolCalls(calls.into()),
        },
        ..Case::new(line.id, vec![message])
    }
}

/// The answer as a response.
pub(crate) fn response(answer: &AnswerLine) -> Response {
    let call = |call: &CallLine| {
        let arguments = match (&call.arguments, &call.raw) {
            (Some(arguments), None) => Arguments::Object(arguments.to_string()),
            (None, Some(raw)) => Arguments::Malformed(raw.clone()),
            _ => panic!("a call has either arguments or raw text"),
        };
        ToolCall { id: None, name: call.name.clone(), arguments }
    };
    Response {
        text: String::new(),
        tool_calls: answer.calls.iter().map(call).collect(),
        refusal: None,
        finish_reason: FinishReason::Stop,
        finish_raw: None,
    }
}
