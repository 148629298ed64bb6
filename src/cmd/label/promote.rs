//! Answers that people agree are right become the expected ones.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::say;
use crate::cmd::CommandError;
use crate::cmd::rescore::Stored;
use crate::dataset::{rewrite, set_members};
use crate::domain::{Arguments, Case, Expected, LabelOutcome, Response, answer_digest, labels_of};
use crate::exit::Exit;
use crate::terminal::Terminal;

/// How many of the cases that are left are named, a reason.
const NAMED: usize = 5;

/// Writes `expected` into the dataset where the labels agree, and says where they do not.
pub(super) fn promote(stored: &Stored, force: bool, terminal: &Terminal) -> Result<Exit, CommandError> {
    let answers = labelled_answers(stored)?;
    let mut promoted: BTreeMap<usize, [(&'static str, String); 1]> = BTreeMap::new();
    let mut left: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for (place, entry) in stored.dataset.entries.iter().enumerate() {
        let case = stored.dataset.read(place).map_err(|problem| vec![problem])?;
        if case.labels.is_empty() {
            continue;
        }
        let none = BTreeMap::new();
        match expected(&case, answers.get(&case.id).unwrap_or(&none), force) {
            Ok(expected) => drop(promoted.insert(entry.line, [("expected", expected.to_string())])),
            Err(why) => left.entry(why).or_default().push(case.id),
        }
    }
    if !promoted.is_empty() {
        rewrite(&stored.dataset.path, |number, line| {
            Ok::<_, CommandError>(promoted.get(&number).and_then(|members| set_members(line, members)))
        })?;
    }
    let count = |count: usize| format!("{count} {}", if count == 1 { "case" } else { "cases" });
    let path = stored.dataset.path.display();
    say(terminal, &format!("{} of {path} got an expected answer from its labels", count(promoted.len())))?;
    for (why, cases) in left {
        let named = cases.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
        let more = if cases.len() > NAMED { ", …" } else { "" };
        say(terminal, &format!("  left: {}, {why}: {named}{more}", count(cases.len())))?;
    }
    Ok(Exit::Done)
}

/// The answers of the run that somebody labelled, by case and digest.
fn labelled_answers(stored: &Stored) -> Result<BTreeMap<String, BTreeMap<String, Response>>, CommandError> {
    let mut answers: BTreeMap<String, BTreeMap<String, Response>> = BTreeMap::new();
    stored.run.each_kept(|_, kept| {
        let labels = stored.case(&kept.case)?.map(|case| case.labels).unwrap_or_default();
        let Some(response) = kept.response.filter(|_| !labels.is_empty()) else { return Ok(()) };
        let digest = answer_digest(&response);
        if labels_of(&labels, &digest).next().is_some() {
            answers.entry(kept.case).or_default().insert(digest, response);
        }
        Ok::<_, CommandError>(())
    })?;
    Ok(answers)
}

/// What the labels of a case make the expected answer, or why they make none.
fn expected(case: &Case, answers: &BTreeMap<String, Response>, force: bool) -> Result<Value, &'static str> {
    if case.expected != Expected::Unlabelled && !force {
        return Err("which expect something already (`--force` replaces it)");
    }
    let of = |outcome| -> BTreeSet<&str> {
        let labels = case.labels.iter().filter(|label| label.outcome == outcome);
        labels.map(|label| label.answer.as_str()).collect()
    };
    let (right, wrong) = (of(LabelOutcome::Pass), of(LabelOutcome::Fail));
    if right.intersection(&wrong).next().is_some() {
        return Err("on which people disagree");
    }
    if right.is_empty() {
        return Err("of which no answer is right");
    }
    let Some(right) = right.into_iter().map(|digest| answers.get(digest)).collect::<Option<Vec<_>>>() else {
        return Err("whose right answers are not all in this run");
    };
    if right.iter().any(|response| response.refusal.is_some()) {
        return Err("where to refuse is right, which no scorer expects");
    }
    let calling = right.iter().filter(|response| !response.tool_calls.is_empty()).count();
    match (calling, right.as_slice()) {
        (0, _) if case.functions().next().is_some() => Ok(json!({"no_tool_call": true})),
        (0, [only]) => Ok(json!({"text": only.text})),
        (0, several) => {
            let texts: BTreeSet<&str> = several.iter().map(|response| response.text.as_str()).collect();
            Ok(json!({"any_of": texts}))
        }
        (_, several) => {
            let calls = several.iter().map(|response| calls(response)).collect::<Option<Vec<Value>>>();
            let calls = calls.ok_or("whose right call has arguments that are no JSON object")?;
            match calls.split_first() {
                Some((first, others)) if others.iter().all(|other| other == first) => Ok(json!({"tool_calls": first})),
                _ => Err("of which several different calls are right"),
            }
        }
    }
}

/// The calls of an answer as a dataset expects them.
fn calls(response: &Response) -> Option<Value> {
    let call = |call: &crate::domain::ToolCall| match &call.arguments {
        Arguments::Object(text) => {
            let arguments: Value = serde_json::from_str(text).ok()?;
            Some(json!({"name": call.name, "arguments": arguments}))
        }
        Arguments::Malformed(_) => None,
    };
    response.tool_calls.iter().map(call).collect()
}
