//! What one arm did: where its trials went, what it used, and its metrics over all of its own trials.

use std::collections::BTreeMap;

use super::economics::FailureClass;
use super::scope::{Scope, number};
use super::{Accounting, ArmSummary, TokenTotals, estimate, labels, metrics, repeats};
use crate::domain::{Outcome, Trial, UnscoredReason, Usage};

/// The summary of one arm.
pub(super) fn summary(name: &str, scope: Scope<'_>, arm: usize) -> ArmSummary {
    let of_case = |case: usize| scope.grid.trials(case, arm);
    let planned = || scope.cases.iter().flat_map(|&case| of_case(case)).copied();
    let sent = || planned().flatten();
    let with_tools = scope.cases.iter().filter(|&&case| scope.grid.cases[case].involves_tools);
    let tool_trials: Vec<&Trial> =
        with_tools.flat_map(|&case| of_case(case)).flatten().copied().filter(|trial| answered(trial)).collect();
    let estimates =
        |scope| metrics(scope).map(|metric| (metric, estimate(metric, scope, arm))).collect::<BTreeMap<_, _>>();
    ArmSummary {
        arm: name.to_owned(),
        accounting: accounting(planned()),
        estimates: estimates(scope),
        unweighted: scope.is_weighted().then(|| estimates(Scope { weighted: false, ..scope })),
        tool_faults: tally(sent().filter_map(|trial| trial.tool_fault)),
        failures: tally(sent().filter_map(|trial| trial.failure)),
        slowest_ms: sent().filter_map(|trial| trial.latency_ms).max().map(|time| number(time.get())),
        tool_trials: tool_trials.len(),
        tool_trials_with_calls: tool_trials
            .iter()
            .filter(|trial| trial.tool_calls.as_ref().is_some_and(|calls| calls.count > 0))
            .count(),
        tokens: tokens(sent()),
        cost: sent().map(|trial| trial.cost).sum(),
        spend: sent().map(|trial| trial.spend).sum(),
        from_store: sent().filter(|trial| trial.from_store).count(),
        cost_unknown: sent().filter(|trial| trial.cost.is_none()).count(),
        single_flight: sent().filter(|trial| trial.single_flight).count(),
        retries: sent().map(|trial| trial.attempts.saturating_sub(1) as usize).sum(),
        repeats: repeats::of_arm(scope, arm),
        confusions: labels::confusions(scope, arm),
    }
}

/// Whether there is an answer, right or wrong.
fn answered(trial: &Trial) -> bool {
    trial.finish_reason.is_some()
}

/// Where every planned trial went: each is counted once in the sum, whatever it holds.
fn accounting<'a>(planned: impl Iterator<Item = Option<&'a Trial>>) -> Accounting {
    let mut accounting = Accounting::default();
    for trial in planned {
        accounting.planned += 1;
        let place = match trial.map(|trial| trial.outcome) {
            None | Some(Outcome::Unscored(UnscoredReason::NotSent)) => &mut accounting.not_sent,
            Some(Outcome::Pass) => &mut accounting.passed,
            Some(Outcome::Fail(_)) => &mut accounting.failed_outcome,
            Some(Outcome::Unscored(UnscoredReason::Failed)) => &mut accounting.call_failed,
            Some(Outcome::Unscored(
                UnscoredReason::Unlabelled
                | UnscoredReason::NoScorer
                | UnscoredReason::UnreadableJudge
                | UnscoredReason::JudgeFailed
                | UnscoredReason::Tied
                | UnscoredReason::OrderDecides
                | UnscoredReason::EqualAnswers
                | UnscoredReason::ScorerFailed,
            )) => &mut accounting.unscored,
        };
        *place += 1;
        if let Some(part) = trial.and_then(|trial| part_of_fails(trial, &mut accounting)) {
            *part += 1;
        }
    }
    accounting
}

/// The part of the scored fails that a trial belongs to; `None` when it is no fail, or a plainly wrong answer.
fn part_of_fails<'a>(trial: &Trial, accounting: &'a mut Accounting) -> Option<&'a mut usize> {
    match FailureClass::of(trial)? {
        FailureClass::Filtered => Some(&mut accounting.filtered),
        FailureClass::Rejected => Some(&mut accounting.rejected),
        FailureClass::Refused => Some(&mut accounting.refused),
        FailureClass::Cut => Some(&mut accounting.cut),
        FailureClass::ToolCall | FailureClass::WrongAnswer => None,
    }
}

fn tally<K: Ord>(kinds: impl Iterator<Item = K>) -> BTreeMap<K, usize> {
    let mut tally = BTreeMap::new();
    for kind in kinds {
        *tally.entry(kind).or_default() += 1;
    }
    tally
}

fn tokens<'a>(sent: impl Iterator<Item = &'a Trial>) -> TokenTotals {
    let mut totals = TokenTotals::default();
    for trial in sent {
        match trial.usage() {
            Some(Usage { input_tokens, cache_read_tokens, output_tokens, reasoning_tokens, .. }) => {
                add(&mut totals.input, input_tokens);
                add(&mut totals.cache_read, cache_read_tokens);
                add(&mut totals.output, output_tokens);
                add(&mut totals.reasoning, reasoning_tokens);
            }
            None => totals.without_usage += usize::from(answered(trial)),
        }
    }
    totals
}

/// Adds a count that was reported.
fn add(total: &mut Option<u64>, count: Option<u64>) {
    if let Some(count) = count {
        *total = Some(total.unwrap_or(0).saturating_add(count));
    }
}
