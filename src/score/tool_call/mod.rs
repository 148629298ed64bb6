//! The scorer `tool_call`: the answer makes the expected calls and no others; where nobody has said what is right, at
//! least its calls conform to the tools' own schemas.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::domain::{
    Arguments, Case, Expected, ExpectedCall, ExpectedCalls, Function, Outcome, Response, Tool, ToolCall, ToolChoice,
    ToolFault,
};

use super::clip::{clip, quoted};
use super::computer_action::{is_offered, is_same_tool};
use super::schemas::Schemas;
use super::{Built, Judgement, Scorer, options};
use schema::Numbers;

mod conformance;
mod expectation;
mod leak;
mod matching;
mod schema;
mod value;

pub(super) use value::Strings;

pub(super) const OPTIONS: &[&str] = &["strings", "numbers", "ordered"];

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Options {
    /// How strings inside arguments are compared.
    strings: Strings,
    /// Which numbers are integers.
    numbers: Numbers,
    /// Whether calls must come in the expected order.
    ordered: bool,
}

#[derive(Debug)]
struct ToolCallScorer {
    options: Options,
    schemas: Schemas,
}

pub(super) fn build(given: Map<String, Value>) -> Built {
    Ok(Box::new(ToolCallScorer { options: options::parse(given)?, schemas: Schemas::default() }))
}

impl Scorer for ToolCallScorer {
    fn applies(&self, case: &Case) -> bool {
        let has_calls = case.involves_tools() || matches!(case.expected, Expected::NoToolCall);
        has_calls && !matches!(case.expected, Expected::Actions(_))
    }

    fn score(&self, case: &Case, response: &Response) -> Judgement {
        let calls = &response.tool_calls;
        match &case.expected {
            // Another scorer's.
            Expected::Actions(_) => Judgement::abstain(),
            Expected::ToolCalls(expected) if calls.iter().any(|call| is_forbidden(case, expected, &call.name)) => {
                forbidden(case, calls, expected)
            }
            Expected::ToolCalls(expected) if expected.calls.is_empty() => self.not_forbidden(case, response),
            Expected::ToolCalls(expected) if calls.is_empty() => not_called(case, response, &names(&expected.calls)),
            Expected::ToolCalls(expected) => self.labelled(case, calls, expected),
            Expected::Unlabelled => self.unlabelled(case, response),
            Expected::NoToolCall if !calls.is_empty() => uncalled_for(case, calls),
            // On the way to its last answer a closed loop may call what it likes.
            _ if case.is_closed_loop() && !calls.is_empty() => match self.unlabelled(case, response) {
                judgement @ Judgement { outcome: Outcome::Fail(_), .. } => judgement,
                Judgement { outcome: Outcome::Pass | Outcome::Unscored(_), .. } => Judgement::abstain(),
            },
            _ if !calls.is_empty() => uncalled_for(case, calls),
            Expected::NoToolCall => Judgement::pass(),
            // Nothing is wrong with the calls, as there are none. Whether the text is right is for others to say, and
            // where there are none, the case must not count as a success.
            Expected::Text(_) | Expected::AnyOf(_) | Expected::Number(_) | Expected::Json(_) | Expected::Ranking(_) => {
                Judgement::abstain()
            }
        }
    }
}

impl ToolCallScorer {
    fn labelled(&self, case: &Case, calls: &[ToolCall], expected: &ExpectedCalls) -> Judgement {
        let ordered = self.options.ordered || expected.fixed_order;
        let expected = &expected.calls;
        if calls.len() != expected.len() {
            let made: Vec<&str> = calls.iter().map(|call| call.name.as_str()).collect();
            let why = format!(
                "made {} calls ({}), expected {} ({})",
                calls.len(),
                clip(&made.join(", ")),
                expected.len(),
                clip(&names(expected)),
            );
            return Judgement::fault(ToolFault::WrongCount, why);
        }
        let read: Vec<Made<'_>> = calls.iter().map(Made::read).collect();
        let table: Vec<Vec<Vec<Fault>>> = read
            .iter()
            .map(|made| {
                expected
                    .iter()
                    .map(|call| expectation::faults(case, made, call, (&self.options, &self.schemas)))
                    .collect()
            })
            .collect();
        let assigned = matching::best(&table);
        let first = assigned.iter().enumerate().flat_map(|(made, expected)| &table[made][*expected]).min();
        if !ordered || assigned.iter().is_sorted() {
            return judged(first);
        }
        match first {
            None => Judgement::fault(ToolFault::WrongOrder, "the expected calls, in another order".to_owned()),
            Some(_) => judged(table.iter().enumerate().flat_map(|(position, row)| &row[position]).min()),
        }
    }

    /// A case that only forbids tools: what conforms to the request is right.
    fn not_forbidden(&self, case: &Case, response: &Response) -> Judgement {
        match self.unlabelled(case, response) {
            Judgement { outcome: Outcome::Unscored(_), why: None, .. } => Judgement::pass(),
            other => other,
        }
    }

    fn unlabelled(&self, case: &Case, response: &Response) -> Judgement {
        let calls = &response.tool_calls;
        // The calls of a closed loop are those of several answers.
        let too_many = case.parallel_tool_calls == Some(false) && calls.len() > 1 && !case.is_closed_loop();
        match &case.tool_choice {
            Some(ToolChoice::None) if !calls.is_empty() => uncalled_for(case, calls),
            Some(ToolChoice::Required) if calls.is_empty() => not_called(case, response, "any tool"),
            Some(ToolChoice::Named(name)) if calls.is_empty() => not_called(case, response, name),
            _ if too_many => {
                let why = format!("made {} calls, the request allows one", calls.len());
                Judgement::fault(ToolFault::WrongCount, why)
            }
            _ => conformance::judge(case, calls, (self.options.numbers, &self.schemas)),
        }
    }
}

fn judged(first: Option<&Fault>) -> Judgement {
    first.map_or_else(Judgement::pass, |fault| Judgement::fault(fault.kind, fault.why.clone()))
}

fn names(expected: &[ExpectedCall]) -> String {
    expected.iter().map(|call| call.name.as_str()).collect::<Vec<_>>().join(", ")
}

fn not_called(case: &Case, response: &Response, wanted: &str) -> Judgement {
    match leak::find(&response.text, case.functions()) {
        Some(found) => {
            let why = format!("no call of {wanted}, but the text holds {}", quoted(found));
            Judgement::fault(ToolFault::CallAsText, why)
        }
        None => Judgement::fault(ToolFault::NotCalled, format!("no call, expected {}", clip(wanted))),
    }
}

fn is_forbidden(case: &Case, expected: &ExpectedCalls, name: &str) -> bool {
    expected.forbidden.iter().any(|forbidden| is_same_tool(case, forbidden, name))
}

fn forbidden(case: &Case, calls: &[ToolCall], expected: &ExpectedCalls) -> Judgement {
    let made = calls.iter().map(|call| call.name.as_str()).filter(|name| is_forbidden(case, expected, name));
    let made = made.collect::<Vec<_>>().join(", ");
    Judgement::fault(ToolFault::ForbiddenCall, format!("called {}, the case forbids it", clip(&made)))
}

fn uncalled_for(case: &Case, calls: &[ToolCall]) -> Judgement {
    let made = calls.iter().map(|call| call.name.as_str()).collect::<Vec<_>>().join(", ");
    let made = clip(&made);
    match case.tool_choice {
        Some(ToolChoice::None) => {
            Judgement::fault(ToolFault::ForbiddenCall, format!("called {made}, the request forbids calls"))
        }
        _ => Judgement::fault(ToolFault::UnexpectedCall, format!("called {made}, expected no call")),
    }
}

/// One thing that is wrong with one call or action. The order is that of [`ToolFault`], so the least is the fault to
/// report.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fault {
    pub(super) kind: ToolFault,
    pub(super) why: String,
}

impl Fault {
    pub(super) fn of_call(kind: ToolFault, name: &str, what: &str) -> Self {
        Self { kind, why: format!("{}: {what}", clip(name)) }
    }

    pub(super) fn of_argument(kind: ToolFault, call: &str, argument: &str, what: &str) -> Self {
        Self { kind, why: format!("{}: {}: {what}", clip(call), clip(argument)) }
    }
}

/// A call with its arguments read.
pub(super) struct Made<'a> {
    pub(super) name: &'a str,
    pub(super) arguments: Result<Map<String, Value>, Fault>,
}

impl<'a> Made<'a> {
    pub(super) fn read(call: &'a ToolCall) -> Self {
        let arguments = match &call.arguments {
            Arguments::Object(text) => serde_json::from_str(text).map_err(|_| unreadable(&call.name, text)),
            Arguments::Malformed(text) => Err(unreadable(&call.name, text)),
        };
        Self { name: &call.name, arguments }
    }
}

fn unreadable(name: &str, text: &str) -> Fault {
    match serde_json::from_str::<String>(text) {
        Ok(inner) if value::holds_json(&inner) => {
            Fault::of_call(ToolFault::DoubleEncoded, name, "the arguments are JSON inside a JSON string")
        }
        _ => {
            let what = format!("the arguments are no JSON object: {}", quoted(text));
            Fault::of_call(ToolFault::Malformed, name, &what)
        }
    }
}

fn offered<'a>(case: &'a Case, name: &str) -> Option<&'a Function> {
    case.functions().find(|tool| tool.name == name)
}

fn unknown_tool(case: &Case, name: &str) -> Fault {
    let offered = case.tools.iter().map(Tool::name).collect::<Vec<_>>().join(", ");
    Fault::of_call(ToolFault::UnknownTool, name, &format!("not among the tools offered: {}", clip(&offered)))
}

#[cfg(test)]
mod tests;
