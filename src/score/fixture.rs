//! Cases, answers and judgements for the tests of the scorers.

use serde_json::{Map, Value};

use super::{OptionError, SCORERS, Scorer};
use crate::domain::{
    Accept, Arguments, Case, Content, Expected, ExpectedArgument, ExpectedCall, FinishReason, Function, Message,
    Outcome, Response, Role, Tool, ToolCall,
};

pub(crate) fn case(expected: Expected) -> Case {
    let message = Message {
        role: Role::User,
        content: Some(Content::Text("?".into())),
        name: None,
        tool_calls: Vec::new(),
        tool_call_id: None,
        is_error: None,
        thought_signature: None,
    };
    Case { expected, ..Case::new("c", vec![message]) }
}

pub(crate) fn text(text: &str) -> Response {
    Response {
        text: text.into(),
        tool_calls: Vec::new(),
        refusal: None,
        finish_reason: FinishReason::Stop,
        finish_raw: None,
    }
}

pub(crate) fn call(name: &str, arguments: &str) -> ToolCall {
    let object = serde_json::from_str::<Map<String, Value>>(arguments).is_ok();
    let arguments = arguments.to_owned();
    let arguments = if object { Arguments::Object(arguments) } else { Arguments::Malformed(arguments) };
    ToolCall { id: None, name: name.into(), arguments }
}

pub(crate) fn calls(made: &[(&str, &str)]) -> Response {
    let tool_calls = made.iter().map(|(name, arguments)| call(name, arguments)).collect();
    Response { tool_calls, finish_reason: FinishReason::ToolCalls, ..text("") }
}

pub(crate) fn tool(name: &str, parameters: Value) -> Tool {
    Tool::Function(Function { name: name.into(), description: None, parameters: Some(parameters.into()), strict: None })
}

/// A call that accepts these values: `{"argument": [values]}`, the argument's name with a `?` when it is optional.
pub(crate) fn expected_call(name: &str, accept: &Value) -> ExpectedCall {
    let argument = |(name, any_of): (&String, &Value)| {
        let optional = name.ends_with('?');
        let any_of = any_of.as_array().unwrap().clone();
        (name.trim_end_matches('?').to_owned(), ExpectedArgument { accept: Accept::AnyOf(any_of), optional })
    };
    ExpectedCall { name: name.into(), arguments: accept.as_object().unwrap().iter().map(argument).collect() }
}

fn build(kind: &str, options: Value) -> Result<Box<dyn Scorer>, Vec<OptionError>> {
    let Value::Object(options) = options else { panic!("options are an object") };
    let row = SCORERS.iter().find(|row| row.name == kind).unwrap();
    (row.build)(options)
}

pub(crate) fn scorer(kind: &str, options: Value) -> Box<dyn Scorer> {
    build(kind, options).unwrap()
}

pub(crate) fn option_errors(kind: &str, options: Value) -> Vec<OptionError> {
    build(kind, options).unwrap_err()
}

pub(crate) fn applies(kind: &str, options: Value, case: &Case) -> bool {
    scorer(kind, options).applies(case)
}

pub(crate) fn outcome(kind: &str, options: Value, case: &Case, response: &Response) -> Outcome {
    let scorer = scorer(kind, options);
    assert!(scorer.applies(case));
    scorer.score(case, response).outcome
}

pub(crate) fn why(kind: &str, options: Value, case: &Case, response: &Response) -> String {
    scorer(kind, options).score(case, response).why.unwrap()
}
