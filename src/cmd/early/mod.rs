//! Runs that may stop early: their order, what they cannot be made of, and what is said of them at the stop.

mod watch;

use std::collections::BTreeSet;

use super::CommandError;
use super::lock::ids_sha256;
use super::run::Inputs;
use crate::dataset::Dataset;
use crate::domain::Usd;
use crate::exit::Exit;
use crate::replay::{Plan, Planned, shuffled_clusters};
use crate::run_dir::{RunDir, StoppedEarly};
use crate::suite::Suite;
use crate::terminal::Terminal;

pub(super) use watch::Watch;

/// The trials of a suite, and the order in which its cases are looked at where a run may stop early.
pub(super) fn plan(suite: &Suite, dataset: &Dataset) -> (Plan, Option<Vec<usize>>) {
    let (arms, repeats, seed) = (suite.arms.len(), suite.replay.repeats, suite.replay.seed);
    if !suite.replay.stop_early {
        return (Plan::new(dataset.entries.len(), arms, repeats, seed), None);
    }
    let clusters: Vec<Option<&str>> = dataset.entries.iter().map(|entry| entry.cluster.as_deref()).collect();
    let order = shuffled_clusters(&clusters, seed);
    (Plan::case_by_case(&order, arms, repeats, seed), Some(order))
}

/// Looking at cases one after another estimates their plain mean, not that of production.
pub(super) fn refuse_weights(suite: &Suite, dataset: &Dataset) -> Result<(), CommandError> {
    let weights = || dataset.entries.iter().map(|entry| entry.weight);
    let (least, most) = (weights().fold(f64::INFINITY, f64::min), weights().fold(0.0, f64::max));
    // Weights that are products of equal shares may differ in their last digits.
    if !suite.replay.stop_early || most - least <= 1e-9 * most {
        return Ok(());
    }
    Err(CommandError::with_help(
        Exit::Usage,
        format!(
            "`stop_early` counts every case once, but the cases of {} weigh from {least} to {most}",
            suite.dataset.shown
        ),
        "draw without `by`, so that every case stands for as many, or leave `stop_early` out of [replay]",
    ))
}

/// The trials of the cases before the first that lacks an answer; `None` where none does.
pub(super) fn answered(inputs: &Inputs<'_>, lacking: &[Planned]) -> Option<Plan> {
    let lacks: BTreeSet<usize> = lacking.iter().map(|planned| planned.case).collect();
    let order = inputs.order.filter(|_| !lacks.is_empty())?;
    let before: BTreeSet<usize> = order.iter().copied().take_while(|case| !lacks.contains(case)).collect();
    let trials = inputs.plan.trials.iter().filter(|planned| before.contains(&planned.case)).copied().collect();
    Some(Plan { trials })
}

/// Says what was not needed after a stop, and counts what had begun beyond it.
pub(super) fn stopped(
    inputs: &Inputs<'_>,
    run: &RunDir,
    cases: usize,
    terminal: &Terminal,
) -> Result<StoppedEarly, CommandError> {
    let (entries, arms) = (&inputs.dataset.entries, &inputs.arms.arms);
    let before: BTreeSet<usize> = inputs.order.iter().flat_map(|order| &order[..cases]).copied().collect();
    let mut spends = Vec::new();
    let mut not_needed = 0_usize;
    for planned in inputs.plan.trials.iter().filter(|planned| !before.contains(&planned.case)) {
        match run.record(&entries[planned.case].id, &arms[planned.arm].name, planned.repeat)? {
            Some(record) => spends.push(record.spend),
            None => not_needed += 1,
        }
    }
    let planned = entries.len();
    let every = if arms.len() > 2 { ", of every candidate," } else { "" };
    terminal.note(&format!(
        "stopped early after {cases} of {planned} cases: every rule{every} that can be read after every case is decided; \
         {not_needed} calls were not needed"
    ));
    Ok(StoppedEarly {
        cases,
        planned,
        planned_ids_sha256: ids_sha256(&entries.iter().map(|entry| &*entry.id).collect()),
        beyond: spends.len(),
        beyond_spend: spends.into_iter().sum::<Option<Usd>>(),
    })
}
