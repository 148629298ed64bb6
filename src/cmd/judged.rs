//! What every command does with a finished run: compare, judge, and show.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::CommandError;
use crate::compare::{Options, PlannedCase, Results, compare};
use crate::domain::Trial;
use crate::gate::{self, Gate, Verdict};
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
    let suite = Suite::parse(Path::new(&run.manifest.suite.path), run.manifest.suite.text.clone())?;
    let mut trials = run.trials()?;
    // Comparing counts repeats from 0, wherever those of the run begin.
    for trial in &mut trials {
        trial.key.repeat = trial.key.repeat.saturating_sub(run.manifest.first_repeat);
    }
    let arms: Vec<String> = run.manifest.arms.iter().map(|arm| arm.name.clone()).collect();
    let options = Options {
        arms: &arms,
        planned: &planned(&trials),
        repeats: run.manifest.repeats,
        confidence: suite.gate.confidence,
        slice_by: &run.manifest.slice_by,
        costs: &suite.costs,
        prices: &prices(run, &suite),
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

/// The cases of the plan: a finished run holds a trial of every one.
fn planned(trials: &[Trial]) -> Vec<PlannedCase> {
    let mut cases: BTreeMap<&Arc<str>, PlannedCase> = BTreeMap::new();
    for trial in trials {
        cases.entry(&trial.key.case).or_insert_with(|| PlannedCase {
            id: Arc::clone(&trial.key.case),
            tags: Arc::clone(&trial.tags),
            involves_tools: trial.involves_tools,
        });
    }
    cases.into_values().collect()
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
