//! What is wrong with one call, measured against one expected call.

use serde_json::{Map, Value};

use crate::domain::{Accept, Case, ExpectedArgument, ExpectedCall, Function, ToolFault};

use super::super::clip::{clip, shown};
use super::super::schemas::{Schemas, violation_of};
use super::schema::{Mismatch, Node, type_of};
use super::value::{Strings, holds_json, is_accepted};
use super::{Fault, Made, Options, is_offered, is_same_tool, offered, unknown_tool};

/// Everything that is wrong with the call; empty when it is the expected one.
pub(super) fn faults(
    case: &Case,
    made: &Made<'_>,
    expected: &ExpectedCall,
    (options, schemas): (&Options, &Schemas),
) -> Vec<Fault> {
    if !is_same_tool(case, made.name, &expected.name) {
        // Without tools on record nobody can say what was offered.
        let offered = offered(case, made.name).is_some() || is_offered(case, made.name);
        let unknown = case.functions().next().is_some() && !offered;
        let wrong = || Fault::of_call(ToolFault::WrongTool, made.name, &format!("expected {}", clip(&expected.name)));
        return vec![if unknown { unknown_tool(case, made.name) } else { wrong() }];
    }
    let arguments = match &made.arguments {
        Ok(arguments) => arguments,
        Err(fault) => return vec![fault.clone()],
    };
    let schema = offered(case, made.name).and_then(|tool| tool.parameters.as_ref());
    let schema = schema.map(|schema| Node::root(schema.value(), options.numbers));
    let mut faults = Vec::new();
    for (name, accepted) in &expected.arguments {
        let node = schema.and_then(|schema| schema.property(name));
        match arguments.get(name) {
            Some(value) => {
                faults.extend(of_argument(&Argument { call: made.name, name, value, node }, accepted, options.strings));
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
    if faults.is_empty()
        && let Some(tool) = offered(case, made.name)
    {
        faults.extend(broken_schema(tool, arguments, expected, schemas));
    }
    faults
}

/// How the values that the case does not spell out break the tool's schema. A schema that cannot be used says nothing.
fn broken_schema(
    tool: &Function,
    arguments: &Map<String, Value>,
    expected: &ExpectedCall,
    schemas: &Schemas,
) -> Option<Fault> {
    let schema = tool.parameters.as_ref()?;
    let open = expected.arguments.iter().filter(|(_, argument)| !matches!(argument.accept, Accept::AnyOf(_)));
    let open: Vec<&str> = open.map(|(name, _)| name.as_str()).collect();
    if open.is_empty() {
        return None;
    }
    let compiled = schemas.get(schema.value());
    let validator = compiled.as_ref().as_ref().ok()?;
    let what = violation_of(validator, &Value::Object(arguments.clone()), &open)?;
    Some(Fault::of_call(ToolFault::SchemaViolation, &tool.name, &what))
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
    let typed = node.filter(|node| node.is_typed());
    let right = match (&accepted.accept, value) {
        (Accept::AnyOf(values), _) => values.iter().any(|one| is_accepted(value, one, node, strings)),
        (Accept::Pattern(pattern), Value::String(text)) => pattern.matches(text),
        (Accept::Pattern(_), _) => false,
        (Accept::Any, _) => typed.is_none_or(|node| node.admits(value)),
    };
    if right {
        return None;
    }
    if accepted.optional && left_out(value, node) {
        return None;
    }
    let mismatch = match (typed, &accepted.accept) {
        (Some(node), _) => node.mismatch(value),
        (None, Accept::AnyOf(values)) => untyped_mismatch(value, values),
        (None, Accept::Pattern(_)) => untyped_mismatch(value, &[Value::String(String::new())]),
        (None, Accept::Any) => None,
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
    match &accepted.accept {
        Accept::Pattern(pattern) => format!("a match of /{}/", clip(pattern.text())),
        Accept::Any => "any value".to_owned(),
        Accept::AnyOf(values) if values.len() == 1 => values.iter().map(shown).collect(),
        Accept::AnyOf(several) => {
            let several: Vec<String> = several.iter().map(shown).collect();
            format!("any of {}", clip(&several.join(", ")))
        }
    }
}
