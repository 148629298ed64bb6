//! What is wrong with one call, measured against one expected call.

use serde_json::Value;

use crate::domain::{Case, ExpectedArgument, ExpectedCall, ToolFault};

use super::super::clip::{clip, shown};
use super::schema::{Mismatch, Node, type_of};
use super::value::{Strings, holds_json, is_accepted};
use super::{Fault, Made, offered, unknown_tool};

/// Everything that is wrong with the call; empty when it is the expected one.
pub(super) fn faults(case: &Case, made: &Made<'_>, expected: &ExpectedCall, strings: Strings) -> Vec<Fault> {
    if made.name != expected.name {
        // Without tools on record nobody can say what was offered.
        let unknown = case.functions().next().is_some() && offered(case, made.name).is_none();
        let wrong = || Fault::of_call(ToolFault::WrongTool, made.name, &format!("expected {}", clip(&expected.name)));
        return vec![if unknown { unknown_tool(case, made.name) } else { wrong() }];
    }
    let arguments = match &made.arguments {
        Ok(arguments) => arguments,
        Err(fault) => return vec![fault.clone()],
    };
    let schema =
        offered(case, made.name).and_then(|tool| tool.parameters.as_ref()).map(|schema| Node::root(schema.value()));
    let mut faults = Vec::new();
    for (name, accepted) in &expected.arguments {
        let node = schema.and_then(|schema| schema.property(name));
        match arguments.get(name) {
            Some(value) => {
                faults.extend(of_argument(&Argument { call: made.name, name, value, node }, accepted, strings));
            }
            None if !accepted.optional || schema.is_some_and(|schema| schema.required().any(|one| one == name)) => {
                let what = format!("missing, expected {}", values(accepted));
                faults.push(Fault::of_argument(ToolFault::Missing, made.name, name, &what));
            }
            None => {}
        }
    }
    for (name, value) in arguments.iter().filter(|(name, _)| !expected.arguments.contains_key(*name)) {
        let node = schema.and_then(|schema| schema.property(name));
        if !left_out(value, node) {
            let what = format!("found {}, expected no such argument", shown(value));
            faults.push(Fault::of_argument(ToolFault::Unexpected, made.name, name, &what));
        }
    }
    faults
}

/// Whether the value stands for an argument left out: with strict schemas a model must send every argument, and null is
/// how it leaves one out, where the schema takes null.
fn left_out(value: &Value, node: Option<Node<'_>>) -> bool {
    value.is_null() && node.is_some_and(|node| node.is_typed() && node.admits(value))
}

struct Argument<'a> {
    call: &'a str,
    name: &'a str,
    value: &'a Value,
    node: Option<Node<'a>>,
}

/// What is wrong with the value of an expected argument. A value that the case accepts is right, whatever the schema
/// says.
fn of_argument(argument: &Argument<'_>, accepted: &ExpectedArgument, strings: Strings) -> Option<Fault> {
    let Argument { call, name, value, node } = *argument;
    if accepted.any_of.iter().any(|one| is_accepted(value, one, node, strings)) {
        return None;
    }
    if accepted.optional && left_out(value, node) {
        return None;
    }
    let typed = node.filter(|node| node.is_typed());
    let mismatch = match typed {
        Some(node) => node.mismatch(value),
        None => untyped_mismatch(value, &accepted.any_of),
    };
    Some(mismatch.map_or_else(
        || {
            let what = format!("found {}, expected {}", shown(value), values(accepted));
            Fault::of_argument(ToolFault::WrongValue, call, name, &what)
        },
        |mismatch| of_type(call, name, &mismatch),
    ))
}

/// The fault of a value of the wrong type.
pub(super) fn of_type(call: &str, argument: &str, mismatch: &Mismatch<'_>) -> Fault {
    let place = format!("{argument}{}", mismatch.path);
    let wants_structure = mismatch.wanted.iter().any(|wanted| matches!(*wanted, "object" | "array"));
    let kind = match mismatch.found {
        Value::String(text) if wants_structure && holds_json(text) => ToolFault::DoubleEncoded,
        _ => ToolFault::WrongType,
    };
    let what = format!(
        "found {} ({}), expected {}",
        shown(mismatch.found),
        type_of(mismatch.found),
        mismatch.wanted.join(" or ")
    );
    Fault::of_argument(kind, call, &place, &what)
}

/// Without a schema, the accepted values say what types are right.
fn untyped_mismatch<'v>(value: &'v Value, accepted: &[Value]) -> Option<Mismatch<'v>> {
    let kind = |value: &Value| match type_of(value) {
        "integer" => "number",
        other => other,
    };
    let mut wanted: Vec<&'static str> = accepted.iter().map(kind).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let differs = !wanted.contains(&kind(value));
    differs.then(|| Mismatch { path: String::new(), found: value, wanted })
}

fn values(accepted: &ExpectedArgument) -> String {
    match accepted.any_of.as_slice() {
        [one] => shown(one),
        several => {
            let several: Vec<String> = several.iter().map(shown).collect();
            format!("any of {}", clip(&several.join(", ")))
        }
    }
}
