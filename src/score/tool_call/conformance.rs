//! Whether calls conform to the schemas of the tools that were offered. Nobody has said which calls are right, so a
//! call that conforms is no success: it stays unscored.

use serde_json::{Map, Value};

use crate::domain::{Case, Function, ToolCall, ToolChoice, ToolFault, UnscoredReason};

use super::super::clip::{clip, shown};
use super::super::schemas::{Schemas, violation};
use super::expectation::of_type;
use super::schema::{Node, Numbers};
use super::{Fault, Judgement, Made, is_offered, is_same_tool, judged, offered, unknown_tool};

/// The first fault of the calls, else unscored.
pub(super) fn judge(case: &Case, calls: &[ToolCall], (numbers, schemas): (Numbers, &Schemas)) -> Judgement {
    let mut unusable = None;
    let mut faults: Vec<Fault> = Vec::new();
    for made in calls.iter().map(Made::read) {
        match check(case, &made, (numbers, schemas)) {
            Ok(found) => faults.extend(found),
            Err(error) => unusable = Some(error),
        }
    }
    match faults.iter().min() {
        Some(fault) => judged(Some(fault)),
        None => Judgement::unscored(UnscoredReason::Unlabelled, unusable),
    }
}

/// # Errors
/// Why the tool's schema cannot be used, where nothing else is wrong.
fn check(case: &Case, made: &Made<'_>, (numbers, schemas): (Numbers, &Schemas)) -> Result<Vec<Fault>, String> {
    let tool = offered(case, made.name);
    if tool.is_none() && !is_offered(case, made.name) {
        return Ok(vec![unknown_tool(case, made.name)]);
    }
    if let Some(ToolChoice::Named(demanded)) = &case.tool_choice
        && !is_same_tool(case, demanded, made.name)
    {
        return Ok(vec![Fault::of_call(ToolFault::WrongTool, made.name, &format!("expected {}", clip(demanded)))]);
    }
    let arguments = match &made.arguments {
        Ok(arguments) => arguments,
        Err(fault) => return Ok(vec![fault.clone()]),
    };
    // The provider's own computer tool tells no schema.
    let Some(tool) = tool else { return Ok(Vec::new()) };
    let faults = of_arguments(tool, arguments, numbers);
    if !faults.is_empty() {
        return Ok(faults);
    }
    let Some(schema) = &tool.parameters else { return Ok(faults) };
    match &*schemas.get(schema.value()) {
        Ok(validator) => {
            let broken = violation(validator, &Value::Object(arguments.clone()));
            Ok(broken.map(|what| Fault::of_call(ToolFault::SchemaViolation, made.name, &what)).into_iter().collect())
        }
        Err(error) => Err(format!("the schema of {} cannot be used: {error}", clip(made.name))),
    }
}

fn of_arguments(tool: &Function, arguments: &Map<String, Value>, numbers: Numbers) -> Vec<Fault> {
    let node = tool.parameters.as_ref().map(|schema| Node::root(schema.value(), numbers));
    let mut faults = Vec::new();
    for name in node.iter().flat_map(|node| node.required()).filter(|name| !arguments.contains_key(*name)) {
        faults.push(Fault::of_argument(ToolFault::Missing, &tool.name, name, "missing, the tool requires it"));
    }
    for (name, value) in arguments {
        if !node.is_some_and(|node| node.declares(name)) {
            let what = format!("found {}, the tool has no such argument", shown(value));
            faults.push(Fault::of_argument(ToolFault::Unexpected, &tool.name, name, &what));
        } else if let Some(mismatch) = node.and_then(|node| node.member(name)).and_then(|node| node.mismatch(value)) {
            faults.push(of_type(&tool.name, name, &mismatch));
        }
    }
    faults
}
