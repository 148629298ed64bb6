//! The suite: the file that says what is compared, on which cases, scored how, judged by which rules.
//!
//! Reading ends with a valid [`Suite`] or with every problem of the file at once. Past this module nothing asks
//! whether something is set.

mod arms;
mod costs;
mod endpoints;
mod judges;
mod limits;
mod prices;
mod reader;
mod rules;
mod scorers;
mod settings;

use std::ops::Range;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use toml::Spanned;
use toml::de::DeTable;

use crate::compare::CostModel;
use crate::gate::Gate;
use crate::input;
use crate::problem::Problem;
use crate::score::Configured;
use reader::{Problems, Table};

pub use arms::{ArmSpec, LiveSpec, RECORDED, SourceSpec};
pub use judges::JudgeSpec;
pub use settings::{DatasetSettings, ReplaySettings};

/// A valid suite.
#[derive(Debug)]
pub struct Suite {
    /// Its file, as the user named it.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
    /// Its name.
    pub name: String,
    /// One line on what it is for.
    pub description: Option<String>,
    /// The dataset and what is drawn from it.
    pub dataset: DatasetSettings,
    /// The arms, the baseline first, then the candidates in the order of their names.
    pub arms: Vec<ArmSpec>,
    /// How the replay goes.
    pub replay: ReplaySettings,
    /// What judges an answer; empty only where there are judges.
    pub scorers: Vec<Configured>,
    /// The models that judge answers besides.
    pub judges: Vec<JudgeSpec>,
    /// What judges the comparison.
    pub gate: Gate,
    /// What is assumed of production. It decides no trial, so that other assumptions need no other answers.
    pub costs: CostModel,
    /// The parts that decide which trials there are and how they are scored, as JSON.
    pub plan_fields: Value,
}

impl Suite {
    /// Reads a suite.
    ///
    /// # Errors
    /// Every problem of the file, in the order of lines.
    pub fn load(path: &Path) -> Result<Self, Vec<Problem>> {
        let text = input::read_text(path).map_err(|error| {
            vec![
                Problem::of_file(path, format!("cannot read the suite: {error}"))
                    .help("name a suite's TOML file, for example `cutover run suites/demo.toml`"),
            ]
        })?;
        let mut suite = Self::parse(path, text)?;
        suite.read_rubrics()?;
        Ok(suite)
    }

    /// Reads the rubrics that stand in files: they decide what is asked as if they stood in the suite.
    fn read_rubrics(&mut self) -> Result<(), Vec<Problem>> {
        let mut problems = Vec::new();
        for (index, judge) in self.judges.iter_mut().enumerate() {
            match judge.read_rubric(&self.path) {
                Ok(None) => {}
                Ok(Some(rubric)) => self.plan_fields["judges"][index]["rubric"] = rubric.into(),
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    /// Reads the text of a suite; `path` names it in messages and is where its paths start.
    ///
    /// # Errors
    /// Every problem of the text, in the order of lines.
    pub fn parse(path: &Path, text: String) -> Result<Self, Vec<Problem>> {
        let problems = Problems::new(path, &text);
        let (document, syntax) = DeTable::parse_recoverable(&text);
        for error in &syntax {
            let message = format!("not valid TOML: {}", error.message());
            problems.add(&error.span().unwrap_or(0..0), message, None);
        }
        if !syntax.is_empty() {
            return Err(problems.into_sorted());
        }
        let read = read(path, &document, &problems);
        let found = problems.into_sorted();
        match read {
            Some(parts) if found.is_empty() => Ok(parts.into_suite(path, text)),
            Some(_) | None => Err(found),
        }
    }
}

/// What was read; it is a suite once there is no problem.
struct Parts {
    name: String,
    description: Option<String>,
    dataset: DatasetSettings,
    arms: Vec<ArmSpec>,
    replay: ReplaySettings,
    scorers: Vec<Configured>,
    judges: Vec<JudgeSpec>,
    gate: Gate,
    costs: CostModel,
    plan_fields: Value,
}

impl Parts {
    fn into_suite(self, path: &Path, text: String) -> Suite {
        let Self { name, description, dataset, arms, replay, scorers, judges, gate, costs, plan_fields } = self;
        let path = path.to_owned();
        Suite { path, text, name, description, dataset, arms, replay, scorers, judges, gate, costs, plan_fields }
    }
}

/// Reads every part, whatever the others hold, so that all problems come to light.
fn read(path: &Path, document: &Spanned<DeTable<'_>>, problems: &Problems<'_>) -> Option<Parts> {
    let root = Table::new("the suite".to_owned(), 0..0, document.get_ref(), problems);
    let name = name(&root, path);
    let description = root.text("description").map(|text| text.value.to_owned());
    let dataset = settings::dataset(&root, path);
    let replay = settings::replay(&root);
    let arms = arms::read(&root, replay.as_ref(), problems);
    let scorers = scorers::read(&root, problems);
    let gate = rules::read(&root, scorers.as_deref(), problems);
    let costs = costs::read(&root);
    if let (Some(ReplaySettings { stop_early: true, .. }), Some(gate)) = (&replay, &gate) {
        rules::check_early(&stop_early(&root), gate, problems);
    }
    let plan_fields = plan_fields(document.get_ref());
    root.finish(&[]);
    let (arms, judges) = arms?;
    Some(Parts {
        name: name?,
        description,
        dataset: dataset?,
        arms,
        judges,
        replay: replay?,
        scorers: scorers?,
        gate: gate?,
        costs: costs?,
        plan_fields,
    })
}

/// Where the suite says that a run may stop early.
fn stop_early(root: &Table<'_>) -> Range<usize> {
    let replay = root.get("replay").and_then(|replay| replay.get_ref().as_table());
    replay.and_then(|replay| replay.get("stop_early")).map_or(0..0, Spanned::span)
}

/// The suite's name: it is part of the names of files.
fn name(root: &Table<'_>, path: &Path) -> Option<String> {
    let Some(name) = root.text("name") else {
        if root.get("name").is_none() {
            let stem = path.file_stem().map_or_else(|| "migration".into(), |stem| stem.to_string_lossy());
            root.missing("name", &format!("put `name = \"{stem}\"` on the first line"));
        }
        return None;
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !name.value.chars().all(plain) {
        let message = format!("`name` is \"{}\", but must be made of letters, digits, `-` and `_`", name.value);
        root.problem(&name.range(), message, Some("it becomes part of the names of folders".to_owned()));
        return None;
    }
    Some(name.value.to_owned())
}

/// The parts of a suite that decide its trials and their scores: not the gate, whose rules may change over the same
/// trials, nor how fast they are bought.
fn plan_fields(document: &DeTable<'_>) -> Value {
    let part = |key: &str| document.get(key).map(|value| reader::json(value.get_ref()));
    let replay = part("replay").unwrap_or_default();
    let mut fields = json!({
        "baseline": part("baseline"),
        "candidates": part("candidates"),
        "endpoints": part("endpoints"),
        "prices": part("prices"),
        "scorers": part("scorers"),
        "draw": part("dataset").and_then(|dataset| dataset.get("draw").cloned()),
        "repeats": replay.get("repeats"),
        "seed": replay.get("seed"),
        "max_output_tokens": replay.get("max_output_tokens"),
        "stream": replay.get("stream"),
    });
    if let Some(judges) = part("judges") {
        fields["judges"] = judges;
    }
    // It decides which of the trials there are. Suites without it keep the hash that they had before it came.
    if replay.get("stop_early") == Some(&Value::Bool(true)) {
        fields["stop_early"] = true.into();
    }
    // It decides how the trials of closed loops end.
    if let Some(steps) = replay.get("max_steps") {
        fields["max_steps"] = steps.clone();
    }
    fields
}

#[cfg(test)]
mod tests;
