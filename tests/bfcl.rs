//! `tool_call` with loose strings agrees with the checker of the Berkeley Function Calling Leaderboard, but for the
//! differences listed here. `tests/bfcl/README.md` says where the answers and the verdicts come from.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of a test may fail it")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use cutover::domain::{
    Arguments, Case, Content, Expected, ExpectedArgument, ExpectedCall, FinishReason, Function, JsonText, Message,
    Outcome, Response, Role, Tool, ToolCall, ToolFault,
};
use cutover::score::{Configured, SCORERS, judge};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

#[derive(Deserialize)]
struct CaseLine {
    id: String,
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
struct AnswerLine {
    id: String,
    /// Which mutation it is.
    what: String,
    calls: Vec<CallLine>,
    /// BFCL's verdict, and its error where the answer is not valid.
    valid: bool,
    error: Option<String>,
}

#[derive(Deserialize)]
struct CallLine {
    name: String,
    arguments: Option<Value>,
    /// Arguments that are not a JSON object.
    raw: Option<String>,
}

/// Answers that BFCL judges otherwise, and why.
const DISAGREEMENTS: &[(&str, &str, &str)] = &[
    ("simple_python_13", "interval: float as whole", WHOLE),
    ("simple_python_96", "conditions: other type inside", FINER),
    ("simple_python_122", "table: whole as float", ONE_LEVEL),
    ("simple_python_260", "area: other type inside", FINER),
    ("simple_python_260", "area: whole as float inside", ONE_LEVEL),
    (
        "simple_python_307",
        "venue: other value",
        "the label is a boolean where the schema says string: BFCL calls any boolean typed right",
    ),
    ("simple_python_337", "cards: loud inside", LOOSE),
    (
        "parallel_44",
        "amenities: one fewer inside",
        "BFCL reads its mark \"\" for an optional array as an empty array, and takes one",
    ),
    (
        "parallel_178",
        "backwards",
        "BFCL gives each expected call the first call that fits, and finds none left for the last one",
    ),
    ("parallel_multiple_21", "x: loud", LOOSE),
];

const WHOLE: &str =
    "JSON has one kind of number, so [1, 2] is an array of numbers; BFCL wants [1.0, 2.0] inside arrays";
const ONE_LEVEL: &str = "BFCL checks types one level deep, and not inside objects: it takes 10.0 for an integer there";
const FINER: &str = "both fail it: BFCL calls any wrong value inside an object a wrong value, also one of a wrong type";
const LOOSE: &str = "BFCL compares strings loosely only where the schema says string, and not inside nested lists";

/// The faults that each of BFCL's errors stands for. Where several calls are matched, it only says that one has no
/// match.
const ERRORS: &[(&str, &[ToolFault])] = &[
    ("no_call", &[ToolFault::NotCalled]),
    ("irrelevance", &[ToolFault::UnexpectedCall]),
    ("wrong_count", &[ToolFault::WrongCount]),
    ("wrong_func_name", &[ToolFault::UnknownTool, ToolFault::WrongTool]),
    ("not_an_object", &[ToolFault::Malformed, ToolFault::DoubleEncoded]),
    ("missing_required", &[ToolFault::Missing]),
    ("missing_optional", &[ToolFault::Missing]),
    ("unexpected_param", &[ToolFault::Unexpected]),
    ("type_error", &[ToolFault::WrongType, ToolFault::DoubleEncoded]),
    ("value_error", &[ToolFault::WrongValue]),
];

fn lines<T: DeserializeOwned>(name: &str) -> Vec<T> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bfcl").join(name);
    fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn case(line: CaseLine) -> Case {
    let expected_call = |call: ExpectedLine| {
        let argument = |(name, AcceptLine { any_of, optional })| (name, ExpectedArgument { any_of, optional });
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
        id: line.id,
        messages: vec![message],
        tools: line.tools.into_iter().map(tool).collect(),
        tool_choice: None,
        parallel_tool_calls: None,
        response_format: None,
        expected: if expected.is_empty() { Expected::NoToolCall } else { Expected::ToolCalls(expected) },
        tags: BTreeMap::new(),
        weight: 1.0,
        cluster: None,
        recorded: None,
        origin: None,
    }
}

fn response(calls: &[CallLine]) -> Response {
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
        tool_calls: calls.iter().map(call).collect(),
        refusal: None,
        finish_reason: FinishReason::Stop,
        finish_raw: None,
    }
}

/// How our outcome differs from BFCL's verdict, if it does.
fn disagreement(answer: &AnswerLine, outcome: Outcome) -> Option<String> {
    let says = || format!("{outcome:?}, BFCL says {}", answer.error.as_deref().unwrap_or("valid"));
    match (outcome, answer.error.as_deref()) {
        (Outcome::Pass, None)
        | (Outcome::Fail(Some(_)), Some("parallel_function_checker_no_order:cannot_find_match")) => None,
        (Outcome::Fail(Some(fault)), Some(error)) => {
            let row = ERRORS.iter().find(|(name, _)| error.contains(name)).unwrap();
            (!row.1.contains(&fault)).then(says)
        }
        _ => Some(says()),
    }
}

#[test]
fn loose_tool_calls_agree_with_bfcl_but_for_the_differences_listed() {
    let row = SCORERS.iter().find(|row| row.name == "tool_call").unwrap();
    let options = Map::from_iter([("strings".to_owned(), Value::from("loose"))]);
    let scorer = Configured { kind: row.name, only: BTreeMap::new(), scorer: (row.build)(options).unwrap() };
    let scorers = [scorer];
    let cases: BTreeMap<String, Case> =
        lines::<CaseLine>("cases.jsonl").into_iter().map(case).map(|case| (case.id.clone(), case)).collect();
    let answers = lines::<AnswerLine>("calls.jsonl");
    assert!(answers.len() >= 500 && answers.iter().filter(|answer| answer.valid).count() >= 150);
    let mut found = Vec::new();
    for answer in &answers {
        let (heard, outcome) = judge(&cases[&answer.id], &response(&answer.calls), &scorers);
        if let Some(what) = disagreement(answer, outcome) {
            found.push((answer, format!("{what}; {}", heard[0].why.as_deref().unwrap_or("no why"))));
        }
    }
    let listed: Vec<(&str, &str)> = DISAGREEMENTS.iter().map(|(id, what, _)| (*id, *what)).collect();
    let named: Vec<(&str, &str)> = found.iter().map(|(answer, _)| (answer.id.as_str(), answer.what.as_str())).collect();
    let report: Vec<String> =
        found.iter().map(|(answer, what)| format!("{} {}: {what}", answer.id, answer.what)).collect();
    assert_eq!(named, listed, "{} of {} answers:\n{}", found.len(), answers.len(), report.join("\n"));
}
