//! What every command does with a finished run: compare, judge, and show.

use std::path::Path;
use std::sync::Arc;

use super::CommandError;
use crate::compare::{Metric, Options, PlannedCase, Results, Sequential, compare};
use crate::domain::Trial;
use crate::gate::{self, Gate, Level, Limit, Verdict};
use crate::pricing::Price;
use crate::report::{self, Input, View, format};
use crate::run_dir::{Example, Finished};
use crate::suite::Suite;
use crate::terminal::Terminal;

/// A finished run with its numbers and its verdicts.
pub(super) struct Judged {
    pub(super) results: Results,
    pub(super) gate: Gate,
    pub(super) verdicts: Vec<Verdict>,
}

/// Compares and judges a finished run by the rules of its own suite.
pub(super) fn judge(run: &Finished) -> Result<Judged, CommandError> {
    judge_trials(run, run.trials()?)
}

/// Compares and judges a finished run by the rules of its own suite; these are its trials.
pub(super) fn judge_trials(run: &Finished, mut trials: Vec<Trial>) -> Result<Judged, CommandError> {
    let suite = Suite::parse(Path::new(&run.manifest.suite.path), run.manifest.suite.text.clone())?;
    // Comparing counts repeats from 0, wherever those of the run begin.
    for trial in &mut trials {
        trial.key.repeat = trial.key.repeat.saturating_sub(run.manifest.first_repeat);
    }
    let arms: Vec<String> = run.manifest.arms.iter().map(|arm| arm.name.clone()).collect();
    let order = if suite.replay.stop_early { order(&trials) } else { Vec::new() };
    let options = Options {
        arms: &arms,
        planned: &planned(&trials),
        repeats: run.manifest.repeats,
        confidence: suite.gate.confidence,
        slice_by: &run.manifest.slice_by,
        costs: &suite.costs,
        prices: &prices(run, &suite),
        margin: margin(&suite.gate),
        sequential: suite.replay.stop_early.then(|| Sequential {
            order: &order,
            first_look: suite.gate.needed_pairs(false),
            first_look_at_slice: suite.gate.needed_pairs(true),
            stopped_early: run.manifest.stopped_early.is_some(),
        }),
    };
    let results = compare(&trials, &options);
    let verdicts = gate::judge(&results, &suite.gate);
    Ok(Judged { results, gate: suite.gate, verdicts })
}

/// The prices that the trials of each arm were bought at. Where the table has another one by now, it is no longer known.
fn prices(run: &Finished, suite: &Suite) -> Vec<Option<Price>> {
    let arms = run.manifest.arms.iter();
    arms.map(|arm| {
        let (price, info) = suite.arms.iter().find(|spec| spec.name == arm.name)?.price.as_ref()?;
        (Some(info) == arm.price.as_ref()).then(|| price.clone())
    })
    .collect()
}

/// The largest loss of accuracy that the gate tolerates over all cases; the strictest of several rules.
fn margin(gate: &Gate) -> Option<f64> {
    let rules = gate
        .rules
        .iter()
        .filter(|rule| rule.level != Level::Off && rule.metric == Metric::Accuracy && rule.slice.is_none());
    let margins = rules.filter_map(|rule| match rule.limit {
        Limit::NonInferior(margin) => Some(margin),
        Limit::MaxRatio(_) | Limit::Better | Limit::Min(_) | Limit::Max(_) => None,
    });
    margins.min_by(f64::total_cmp)
}

/// The cases of the plan: a finished run holds a trial of every one.
fn planned(trials: &[Trial]) -> Vec<PlannedCase> {
    // The trials of a case stand together, but nothing promises it.
    let mut firsts: Vec<&Trial> = trials.chunk_by(|a, b| a.key.case == b.key.case).map(|of_case| &of_case[0]).collect();
    firsts.sort_by(|a, b| a.key.case.cmp(&b.key.case));
    firsts.dedup_by(|a, b| a.key.case == b.key.case);
    let case = |trial: &Trial| PlannedCase {
        id: Arc::clone(&trial.key.case),
        tags: Arc::clone(&trial.tags),
        involves_tools: trial.involves_tools,
    };
    firsts.into_iter().map(case).collect()
}

/// The cases in the order of the table, which is the order of looking at them.
fn order(trials: &[Trial]) -> Vec<Arc<str>> {
    let mut order: Vec<Arc<str>> = trials.iter().map(|trial| Arc::clone(&trial.key.case)).collect();
    order.dedup();
    order
}

impl Judged {
    /// What a report of the run is made from.
    pub(super) fn input<'a>(&'a self, run: &'a Finished, examples: &'a [Example]) -> Input<'a> {
        let Self { results, gate, verdicts } = self;
        Input { manifest: &run.manifest, results, gate, verdicts, examples }
    }
}

/// Writes the report into the run's folder and prints it.
pub(super) fn publish(
    run: &Finished,
    judged: &Judged,
    examples: &[Example],
    terminal: &Terminal,
) -> Result<(), CommandError> {
    let view = View::new(&judged.input(run, examples));
    report::write(&run.path, &view)?;
    print(run, &view, terminal)
}

/// Prints the report of a run.
pub(super) fn print(run: &Finished, view: &View<'_>, terminal: &Terminal) -> Result<(), CommandError> {
    if terminal.json {
        terminal.print(&format::json::render(view)?)?;
    } else {
        terminal.print(&format::terminal::render(view, terminal.width, terminal.color))?;
        terminal.print(&format!("\n{}\n", run.path.join("report.html").display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::{Level, Rule};

    #[test]
    fn the_margin_is_the_strictest_on_accuracy_over_all_cases() {
        let rule = |metric, slice: Option<&str>, limit| Rule {
            metric,
            slice: slice.map(|value| ("tier".to_owned(), value.to_owned())),
            limit,
            level: Level::Error,
            line: 1,
        };
        let gate = |rules| Gate { confidence: 0.95, min_pairs: 1, min_coverage: 0.9, rules };
        let others = vec![
            rule(Metric::ToolCallFailureRate, None, Limit::NonInferior(0.01)),
            rule(Metric::Accuracy, Some("a"), Limit::NonInferior(0.01)),
            rule(Metric::Accuracy, None, Limit::MaxRatio(1.2)),
        ];
        assert_eq!(margin(&gate(others.clone())), None);
        let strict = [0.05, 0.02, 0.03].map(|share| rule(Metric::Accuracy, None, Limit::NonInferior(share)));
        assert_eq!(margin(&gate(others.into_iter().chain(strict).collect())), Some(0.02));
    }
}
