//! Which arm's answers judges prefer, pair by pair.

use std::collections::BTreeSet;

use serde::Serialize;

use super::grid::BASELINE;
use super::scope::Scope;
use crate::domain::{Preference, Trial};
use crate::stats::{Estimate, PerCase, Scores, paired, pairing};

/// What one judge prefers, a candidate's answers or the baseline's. Counts are of pairs of trials.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Preferences {
    /// The judge's name.
    pub judge: String,
    /// The candidate's name.
    pub candidate: String,
    /// The candidate's answer is better.
    pub wins: usize,
    /// Neither is, whoever comes first.
    pub ties: usize,
    /// The baseline's answer is better.
    pub losses: usize,
    /// The answer that came first, or second, was better in either order: a tie, and no praise of the judge.
    pub order_decides: usize,
    /// The answers are equal: a tie that nobody was asked about.
    pub equal: usize,
    /// Pairs without a preference: an answer is missing, or what the judge said of it.
    pub missing: usize,
    /// (wins − losses) ÷ pairs, over the cases.
    pub net: Option<Estimate>,
}

/// Every judge that compares, by name, with every candidate.
pub(super) fn preferences(scope: Scope<'_>, arms: &[String]) -> Vec<Preferences> {
    let of_arm = |arm: usize| scope.cases.iter().flat_map(move |&case| scope.grid.trials(case, arm)).flatten();
    let all = || (BASELINE + 1..arms.len()).flat_map(of_arm);
    let names: BTreeSet<&str> = all().flat_map(|trial| trial.preferences()).map(|(judge, _)| &**judge).collect();
    let of_judge = |judge| (BASELINE + 1..arms.len()).map(move |arm| of_candidate(scope, judge, arm, &arms[arm]));
    names.into_iter().flat_map(of_judge).collect()
}

fn of_candidate(scope: Scope<'_>, judge: &str, arm: usize, name: &str) -> Preferences {
    let planned = || scope.cases.iter().flat_map(|&case| scope.grid.trials(case, arm));
    let count = |wanted| planned().flatten().filter(|trial| trial.preference(judge) == Some(wanted)).count();
    let cases = scope.values(arm, |trials| {
        pairing::usable_mean(trials.iter().map(|trial| trial.and_then(|trial| value(trial, judge))))
    });
    let sample = scope.sample(&cases.cases);
    let whole = cases.values.iter().all(|value| value.fract() == 0.0);
    let scores = if whole { Scores::PassFail { trials: 1 } } else { Scores::Graded };
    let per_case = PerCase { values: &cases.values, design: sample.design() };
    let known = planned().flatten().filter(|trial| trial.preference(judge).is_some()).count();
    Preferences {
        judge: judge.to_owned(),
        candidate: name.to_owned(),
        wins: count(Preference::Candidate),
        ties: count(Preference::Neither),
        losses: count(Preference::Baseline),
        order_decides: count(Preference::OrderDecides),
        equal: count(Preference::Equal),
        missing: planned().count() - known,
        net: paired::difference(per_case, scores, scope.confidence),
    }
}

fn value(trial: &Trial, judge: &str) -> Option<f64> {
    Some(match trial.preference(judge)? {
        Preference::Candidate => 1.0,
        Preference::Baseline => -1.0,
        Preference::Neither | Preference::OrderDecides | Preference::Equal => 0.0,
    })
}
