//! The cases that a report shows side by side: those on which arms disagree, with their texts, clipped.

use std::collections::{BTreeMap, BTreeSet};

use super::CommandError;
use crate::compare::Results;
use crate::dataset::Dataset;
use crate::domain::{AUTO_PREFIX, Accept, Case, Content, Expected, Message, Part, Tool};
use crate::run_dir::{Answer, Example, ExampleAnswer, RunDirError};

/// Cases lost by each candidate that are shown.
const LOST: usize = 20;
/// Cases gained by each candidate that are shown.
const GAINED: usize = 5;
/// Bytes of one text that are shown.
const LONGEST: usize = 2000;

/// Picks the cases and reads their texts. Those that a candidate lost come first. `read` gives the answers to some cases.
pub(super) fn collect(
    dataset: &Dataset,
    results: &Results,
    read: impl FnOnce(&BTreeSet<&str>) -> Result<Vec<Answer>, RunDirError>,
) -> Result<Vec<Example>, CommandError> {
    let ids = pick(results);
    let wanted: BTreeSet<&str> = ids.iter().copied().collect();
    let mut answers: BTreeMap<String, Vec<Answer>> = BTreeMap::new();
    for answer in read(&wanted)? {
        answers.entry(answer.trial.key.case.to_string()).or_default().push(answer);
    }
    ids.into_iter().map(|id| example(id, answers.remove(id).unwrap_or_default(), Some(dataset))).collect()
}

/// A case with its answers; without a dataset, the answers alone.
pub(super) fn example(id: &str, answers: Vec<Answer>, dataset: Option<&Dataset>) -> Result<Example, CommandError> {
    let place = dataset.and_then(|dataset| dataset.entries.iter().position(|entry| *entry.id == *id));
    let case = dataset
        .zip(place)
        .map(|(dataset, index)| dataset.read(index))
        .transpose()
        .map_err(|problem| CommandError::from(vec![problem]))?;
    // What the shape of a case says is seen in the case itself.
    let given = answers.first().map(|answer| answer.trial.tags.iter()).into_iter().flatten();
    let given = given.filter(|(tag, _)| !tag.starts_with(AUTO_PREFIX));
    let tags = given.map(|(tag, value)| (tag.clone(), value.clone())).collect();
    Ok(Example {
        case: id.to_owned(),
        tags,
        prompt: case.as_ref().map(|case| clip(&prompt(case))).unwrap_or_default(),
        expected: case.as_ref().map(|case| clip(&expected(&case.expected))).unwrap_or_default(),
        answers: answers.into_iter().map(example_answer).collect(),
    })
}

/// Each candidate's worst losses, then each one's best gains; no case twice.
fn pick(results: &Results) -> Vec<&str> {
    let lost = results.comparisons.iter().flat_map(|comparison| comparison.lost.iter().take(LOST));
    let gained = results.comparisons.iter().flat_map(|comparison| comparison.gained.iter().take(GAINED));
    let mut seen = BTreeSet::new();
    lost.chain(gained).map(String::as_str).filter(|id| seen.insert(*id)).collect()
}

fn example_answer(answer: Answer) -> ExampleAnswer {
    let refusal = answer.refusal.into_iter();
    let failure = answer.failure_message.into_iter();
    let scores = answer.scores.into_iter().filter_map(|score| score.why.map(|why| format!("{}: {why}", score.scorer)));
    ExampleAnswer {
        arm: answer.trial.key.arm.to_string(),
        outcome: answer.trial.outcome,
        failure: answer.trial.failure,
        text: clip(&answer.text.unwrap_or_default()),
        tool_calls: answer.tool_calls.into_iter().map(|call| (clip(&call.name), clip(call.arguments.text()))).collect(),
        why: scores.chain(refusal).chain(failure).map(|why| clip(&why)).collect(),
    }
}

/// The conversation as text.
pub(super) fn prompt(case: &Case) -> String {
    let tools: Vec<&str> = case.tools.iter().map(Tool::name).collect();
    let turns = case.messages.iter().map(|message| {
        let role = message.role.name();
        let content = content(message);
        let calls = message.tool_calls.iter().map(|call| format!("\n→ {}({})", call.name, call.arguments.text()));
        format!("[{role}] {content}{}", calls.collect::<String>())
    });
    let tools = (!tools.is_empty()).then(|| format!("[tools] {}", tools.join(", ")));
    turns.chain(tools).collect::<Vec<_>>().join("\n\n")
}

/// What a message says, as text.
pub(super) fn content(message: &Message) -> String {
    match &message.content {
        Some(Content::Text(text)) => text.clone(),
        Some(Content::Parts(parts)) => parts.iter().map(part).collect::<Vec<_>>().join("\n"),
        None => String::new(),
    }
}

fn part(part: &Part) -> &str {
    match part {
        Part::Text(text) => text,
        Part::Image { .. } => "[image]",
    }
}

/// What is expected, as text.
fn expected(expected: &Expected) -> String {
    match expected {
        Expected::Text(text) => text.clone(),
        Expected::AnyOf(texts) => texts.join(" | "),
        Expected::Number(number) => number.to_string(),
        Expected::Json(value) => value.to_string(),
        Expected::ToolCalls(expected) => expected
            .calls
            .iter()
            .map(|call| {
                let arguments: Vec<String> = call
                    .arguments
                    .iter()
                    .map(|(name, argument)| {
                        let values = match &argument.accept {
                            Accept::AnyOf(values) => {
                                values.iter().map(ToString::to_string).collect::<Vec<_>>().join(" | ")
                            }
                            Accept::Pattern(pattern) => format!("/{}/", pattern.text()),
                            Accept::Any => "any".to_owned(),
                        };
                        let optional = if argument.optional { "?" } else { "" };
                        format!("{name}{optional}: {values}")
                    })
                    .collect();
                format!("{}({})", call.name, arguments.join(", "))
            })
            .chain(expected.forbidden.iter().map(|name| format!("no call of {name}")))
            .collect::<Vec<_>>()
            .join("\n"),
        Expected::Actions(actions) => actions.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
        Expected::Ranking(relevance) => {
            let mut ids: Vec<_> = relevance.iter().collect();
            ids.sort_by(|one, other| other.1.total_cmp(one.1));
            ids.into_iter().map(|(id, relevance)| format!("{id}: {relevance}")).collect::<Vec<_>>().join("\n")
        }
        Expected::NoToolCall => "no tool call".to_owned(),
        Expected::Unlabelled => "unlabelled".to_owned(),
    }
}

fn clip(text: &str) -> String {
    if text.len() <= LONGEST {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(LONGEST);
    format!("{}… ({} bytes in all)", &text[..end], text.len())
}
