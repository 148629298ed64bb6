//! What one arm did: where its trials went, what it used, and its metrics over all of its own trials.

use std::collections::BTreeMap;

use super::scope::Scope;
use super::{Accounting, ArmSummary, METRICS, TokenTotals, estimate};
use crate::domain::{FailureKind, FinishReason, Outcome, Trial, UnscoredReason, Usage, Usd};

/// The summary of one arm.
pub(super) fn summary(name: &str, scope: Scope<'_>, arm: usize) -> ArmSummary {
    let cells: Vec<_> = scope.cases.iter().map(|&case| (scope.grid.cases[case], scope.grid.trials(case, arm))).collect();
    let sent = || cells.iter().flat_map(|(_, trials)| trials.iter().flatten().copied());
    let with_tools = cells.iter().filter(|(case, _)| case.involves_tools);
    let tool_calls: Vec<u32> = with_tools.flat_map(|(_, trials)| trials.iter().flatten()).filter_map(calls).collect();
    ArmSummary {
        arm: name.to_owned(),
        accounting: accounting(cells.iter().flat_map(|(_, trials)| trials.iter().copied())),
        estimates: METRICS.iter().map(|row| (row.metric, estimate(row.metric, scope, arm))).collect(),
        tool_faults: tally(sent().filter_map(|trial| trial.tool_fault)),
        failures: tally(sent().filter_map(|trial| trial.failure)),
        tool_trials: tool_calls.len(),
        tool_trials_with_calls: tool_calls.iter().filter(|calls| **calls > 0).count(),
        tokens: tokens(sent()),
        cost: sent().map(|trial| trial.cost).sum::<Option<Usd>>(),
        spend: sent().map(|trial| trial.spend).sum::<Option<Usd>>(),
        from_store: sent().filter(|trial| trial.from_store).count(),
        retries: sent().map(|trial| trial.attempts.saturating_sub(1) as usize).sum(),
    }
}
