//! The labels that a page saved, read back: one JSON line a label.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;

use super::journal::Given;
use crate::cmd::CommandError;
use crate::cmd::rescore::Stored;
use crate::domain::{Label, LabelOutcome, answer_digest};
use crate::input;
use crate::problem::Problem;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    case: String,
    answer: String,
    outcome: LabelOutcome,
    #[serde(default)]
    by: Option<String>,
}

/// Reads the labels of a file, or says everything that is wrong with it.
pub(super) fn read(stored: &Stored, file: &Path, by: Option<&str>) -> Result<Vec<Given>, CommandError> {
    let text = input::read_text(file)
        .map_err(|error| vec![Problem::of_file(file, format!("cannot read the labels: {error}"))])?;
    let answers = answers(stored)?;
    let mut problems = Vec::new();
    let mut given: BTreeMap<String, Given> = BTreeMap::new();
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        let Line { case, answer, outcome, by: named } = match serde_json::from_str(line) {
            Ok(line) => line,
            Err(error) => {
                let help = "a label is {\"case\": …, \"answer\": …, \"outcome\": \"pass\" or \"fail\", \"by\": …}";
                problems.push(Problem::at(file, number, format!("not a label: {error}")).help(help));
                continue;
            }
        };
        match answers.get(&case) {
            None => problems.push(Problem::at(file, number, format!("the run has no case `{case}`"))),
            Some(known) if !known.contains(&answer) => {
                let message = format!("the run has no answer {answer} to the case `{case}`");
                problems.push(Problem::at(file, number, message).help("label the page of this very run"));
            }
            Some(_) => {
                let label = Label { answer, outcome, by: named.or_else(|| by.map(str::to_owned)) };
                given.entry(case.clone()).or_insert(Given { case, labels: Vec::new() }).labels.push(label);
            }
        }
    }
    if problems.is_empty() { Ok(given.into_values().collect()) } else { Err(problems.into()) }
}

/// The digests of every answer of the run, by case.
fn answers(stored: &Stored) -> Result<BTreeMap<String, BTreeSet<String>>, CommandError> {
    let mut answers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    stored.run.each_kept(|_, kept| {
        let digests = answers.entry(kept.case).or_default();
        digests.extend(kept.response.as_ref().map(answer_digest));
        Ok::<_, CommandError>(())
    })?;
    Ok(answers)
}
