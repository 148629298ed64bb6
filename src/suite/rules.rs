//! `[gate]`: what is asked of the comparison.

use std::ops::Range;

use super::limits;
use super::reader::{At, Problems, Table, list};
use crate::compare::{METRICS, Metric, SCORE_PREFIX, ScorerName};
use crate::gate::{Gate, Level, Rule};
use crate::problem::suggestion;
use crate::score::{Configured, Measures, looks_at_calls};

/// Two-sided confidence of every interval, unless the suite says otherwise.
pub(super) const DEFAULT_CONFIDENCE: f64 = 0.95;
/// Fewer pairs are no data, unless the suite says otherwise.
pub(super) const DEFAULT_MIN_PAIRS: usize = 50;
/// A smaller share of cases in pairs is no data, unless the suite says otherwise.
pub(super) const DEFAULT_MIN_COVERAGE: f64 = 0.95;

pub(super) fn read(root: &Table<'_>, scorers: Option<&[Configured]>, problems: &Problems<'_>) -> Option<Gate> {
    let mut gate = Gate {
        confidence: DEFAULT_CONFIDENCE,
        min_pairs: DEFAULT_MIN_PAIRS,
        min_coverage: DEFAULT_MIN_COVERAGE,
        rules: Vec::new(),
    };
    let Some(table) = root.table("gate", "[gate]") else {
        return root.get("gate").is_none().then_some(gate);
    };
    let share: fn(f64) -> bool = |number| number > 0.0 && number < 1.0;
    if let Some(found) = table.number("confidence", "a number above 0 and below 1", share) {
        gate.confidence = found.value;
    }
    if let Some(found) = table.number("min_coverage", "a number from 0 to 1", |number| (0.0..=1.0).contains(&number)) {
        gate.min_coverage = found.value;
    }
    if let Some(found) = table.integer("min_pairs", 1..i64::MAX) {
        gate.min_pairs = usize::try_from(found.value).unwrap_or(usize::MAX);
    }
    let rules = rules(&table, scorers, problems);
    table.finish(&[]);
    gate.rules = rules?;
    Some(gate)
}

/// A run stops early by rules that can be read after every case: there must be one.
pub(super) fn check_early(stop_early: &Range<usize>, gate: &Gate, problems: &Problems<'_>) {
    if gate.rules.iter().all(|rule| rule.early_margin().is_none()) {
        let help = "add a rule such as `{ metric = \"accuracy\", non_inferior = \"2pp\" }` to [gate], or leave `stop_early` out";
        let message =
            "`stop_early` needs a rule of level error with `non_inferior`: no other can be read after every case";
        problems.add(stop_early, message, Some(help.to_owned()));
    }
}

fn rules(table: &Table<'_>, scorers: Option<&[Configured]>, problems: &Problems<'_>) -> Option<Vec<Rule>> {
    let Some(value) = table.get("rules") else { return Some(Vec::new()) };
    let help = "for example `rules = [{ metric = \"accuracy\", non_inferior = \"2pp\" }]`";
    let Some(items) = value.get_ref().as_array() else {
        problems.add(&value.span(), "`rules` is no list of tables", Some(help.to_owned()));
        return None;
    };
    let rules: Vec<Option<Rule>> = items
        .iter()
        .map(|item| {
            let table = problems.table("a rule".to_owned(), item)?;
            rule(table, problems.line(&item.span()), scorers)
        })
        .collect();
    rules.into_iter().collect()
}

fn rule(table: Table<'_>, line: usize, scorers: Option<&[Configured]>) -> Option<Rule> {
    let metric = metric(&table, scorers);
    let limit = metric.and_then(|metric| limits::read(&table, metric.row()));
    let slice = slice(&table);
    let level = level(&table);
    table.finish(limits::KEYS);
    Some(Rule { metric: metric?, slice: slice?, limit: limit?, level: level?, line })
}

fn metric(table: &Table<'_>, scorers: Option<&[Configured]>) -> Option<Metric> {
    let names: Vec<&str> = METRICS.iter().filter(|row| row.gateable).map(|row| row.name).collect();
    let all = format!("a rule may ask for {}, and `{SCORE_PREFIX}NAME` of a scorer that gives grades", list(&names));
    let Some(found) = table.text("metric") else {
        if table.get("metric").is_none() {
            table.missing("metric", &all);
        }
        return None;
    };
    if let (Some(name), Some(scorers)) = (found.value.strip_prefix(SCORE_PREFIX), scorers) {
        return of_scorer(table, &found, name, scorers);
    }
    let metric = Metric::from_name(found.value).filter(|metric| metric.row().gateable);
    let Some(metric) = metric else {
        let help = suggestion(found.value, names.iter().copied(), || all);
        table.problem(&found.range(), format!("unknown metric `{}`", found.value), Some(help));
        return None;
    };
    let any_looks = |scorers: &[Configured]| scorers.iter().any(|scorer| looks_at_calls(scorer.kind));
    if metric == Metric::ToolCallFailureRate && !scorers.is_none_or(any_looks) {
        let message = "a rule asks for `tool_call_failure_rate`, but no scorer looks at tool calls";
        table.problem(
            &found.range(),
            message.to_owned(),
            Some("add `[[scorers]]` with `kind = \"tool_call\"`".to_owned()),
        );
    }
    Some(metric)
}

/// `metric = "score:token_f1"`: the mean grade of the scorer of this name.
fn of_scorer(table: &Table<'_>, found: &At<'_, &str>, name: &str, scorers: &[Configured]) -> Option<Metric> {
    let graded: Vec<&str> =
        scorers.iter().filter(|one| one.scorer.measures() == Measures::Grade).map(|one| one.name.as_str()).collect();
    match graded.iter().filter(|one| **one == name).count() {
        1 => Some(Metric::Score(ScorerName::of(name))),
        0 => {
            let all = || match &graded[..] {
                [] => "no scorer of the suite gives grades".to_owned(),
                graded => format!("the scorers that give grades are {}", list(graded)),
            };
            let help = suggestion(name, graded.iter().copied(), all);
            table.problem(&found.range(), format!("no scorer that gives grades is named `{name}`"), Some(help));
            None
        }
        _ => {
            let help = "give one of them a `name` of its own, and ask for that";
            table.problem(&found.range(), format!("several scorers are named `{name}`"), Some(help.to_owned()));
            None
        }
    }
}

/// `slice = "workload=refund"`; the outer `None` is a problem, the inner one says that the rule is for all cases.
#[expect(clippy::option_option, reason = "reported and absent are two things")]
fn slice(table: &Table<'_>) -> Option<Option<(String, String)>> {
    if table.get("slice").is_none() {
        return Some(None);
    }
    let found = table.text("slice")?;
    let parts = found.value.split_once('=').filter(|(tag, value)| !tag.is_empty() && !value.is_empty());
    if parts.is_none() {
        let help = "write the tag and its value: `slice = \"workload=refund\"`".to_owned();
        table.problem(&found.range(), format!("`slice` is \"{}\"", found.value), Some(help));
    }
    parts.map(|(tag, value)| Some((tag.to_owned(), value.to_owned())))
}

fn level(table: &Table<'_>) -> Option<Level> {
    if table.get("level").is_none() {
        return Some(Level::Error);
    }
    let found = table.text("level")?;
    match found.value {
        "off" => Some(Level::Off),
        "warn" => Some(Level::Warn),
        "error" => Some(Level::Error),
        other => {
            table.problem(
                &found.range(),
                format!("`level` is \"{other}\", but must be \"off\", \"warn\" or \"error\""),
                None,
            );
            None
        }
    }
}
