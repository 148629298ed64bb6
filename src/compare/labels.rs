//! Classification: which class each case has and which the answers name, arm by arm, and macro F1.

use std::collections::BTreeSet;

use serde::Serialize;

use super::grid::Trials;
use super::scope::{Scope, Values};
use super::{Change, Metric, ScorerName};
use crate::domain::{Measured, Trial};
use crate::stats::macro_f1::{self, Answered, Class};
use crate::stats::{Design, Estimate};

/// What one scorer that classifies saw in one arm.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Confusion {
    /// The scorer's name.
    pub scorer: String,
    /// Cases with a class.
    pub n: usize,
    /// The classes in the order of rows and columns: those that cases have, then those that answers name only.
    pub labels: Vec<String>,
    /// Cases by expected class (rows) and found class (columns), each counted as it weighs, the mean weight being 1; the
    /// repeats of a case share it.
    pub matrix: Vec<Vec<f64>>,
    /// Every class, in the order of the labels.
    pub classes: Vec<ClassRates>,
    /// Mean of F1 over the classes that cases have.
    pub macro_f1: Option<f64>,
}

/// One class in one arm.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassRates {
    /// The class.
    pub label: String,
    /// Of the answers that name it, the share that is right; `None` when none names it.
    pub precision: Option<f64>,
    /// Of the cases of this class, the share that is found; `None` when there is no such case.
    pub recall: Option<f64>,
    /// 2 tp ÷ (2 tp + fp + fn); `None` when there is no such case.
    pub f1: Option<f64>,
    /// Cases of this class, counted as they weigh.
    pub support: f64,
}

/// The expected class and the found one of a trial.
fn labels(trial: &Trial, scorer: ScorerName) -> Option<[&str; 2]> {
    let of_scorer = |measured: &&Measured| *measured.scorer == *scorer.as_str();
    let [expected, found] = trial.measured().iter().filter(of_scorer).find_map(|measured| measured.labels.as_ref())?;
    Some([expected, found])
}

/// The classes of a scorer over all cases and arms: those that cases have, then those that answers name only.
fn labels_of(scope: Scope<'_>, scorer: ScorerName) -> Vec<&str> {
    let trials = scope.cases.iter().flat_map(|&case| scope.grid.of_case(case));
    let pairs: Vec<[&str; 2]> = trials.filter_map(|trial| labels(trial, scorer)).collect();
    let of_cases: BTreeSet<&str> = pairs.iter().map(|[expected, _]| *expected).collect();
    let others: BTreeSet<&str> = pairs.iter().map(|[_, found]| *found).filter(|one| !of_cases.contains(one)).collect();
    of_cases.into_iter().chain(others).collect()
}

/// What the trials of a case say; `None` when none of them has a class.
fn answered(trials: &Trials<'_>, scorer: ScorerName, all: &[&str]) -> Option<Vec<Answered>> {
    let pairs: Vec<[&str; 2]> = trials.iter().flatten().filter_map(|trial| labels(trial, scorer)).collect();
    #[expect(clippy::cast_precision_loss, reason = "repeats of one case")]
    let share = 1.0 / pairs.len() as f64;
    let place = |label: &str| all.iter().position(|one| *one == label);
    let answer =
        |[expected, found]: &[&str; 2]| Some(Answered { expected: place(expected)?, found: place(found)?, share });
    let answers: Vec<Answered> = pairs.iter().filter_map(answer).collect();
    (!answers.is_empty()).then_some(answers)
}

/// The confusion matrix of every scorer that classifies.
pub(super) fn confusions(scope: Scope<'_>, arm: usize) -> Vec<Confusion> {
    let scorers = scope.grid.of_scorers.iter().filter_map(|metric| match metric {
        Metric::MacroF1(scorer) => Some(*scorer),
        _ => None,
    });
    scorers.map(|scorer| confusion(scope, arm, scorer)).collect()
}

fn confusion(scope: Scope<'_>, arm: usize, scorer: ScorerName) -> Confusion {
    let all = labels_of(scope, scorer);
    let Values { cases, values } = scope.values(arm, |trials| answered(trials, scorer, &all));
    let sample = scope.sample(&cases);
    let matrix = macro_f1::confusion(&values, all.len(), sample.design());
    let rates = |(label, class): (&&str, Class)| {
        let Class { precision, recall, f1, support } = class;
        ClassRates { label: (*label).to_owned(), precision, recall, f1, support }
    };
    Confusion {
        scorer: scorer.as_str().to_owned(),
        n: cases.len(),
        classes: all.iter().zip(macro_f1::classes(&matrix)).map(rates).collect(),
        macro_f1: macro_f1::macro_f1(&matrix),
        labels: all.into_iter().map(str::to_owned).collect(),
        matrix,
    }
}

/// Macro F1 of one arm.
pub(super) fn estimate(scorer: ScorerName, scope: Scope<'_>, arm: usize) -> Option<Estimate> {
    let all = labels_of(scope, scorer);
    let Values { cases, values } = scope.values(arm, |trials| answered(trials, scorer, &all));
    macro_f1::estimate(&values, all.len(), scope.sample(&cases).design(), scope.confidence)
        .map(|estimate| believed(estimate, scope))
}

/// Macro F1 of both arms and its difference, over the cases that have a class in both.
pub(super) fn change(scorer: ScorerName, scope: Scope<'_>, candidate: usize) -> Change {
    let all = labels_of(scope, scorer);
    let Values { cases, values } = scope.pairs(candidate, |baseline, candidate| {
        answered(baseline, scorer, &all).zip(answered(candidate, scorer, &all))
    });
    let (baseline, candidate): (Vec<_>, Vec<_>) = values.into_iter().unzip();
    let sample = scope.sample(&cases);
    let design: Design<'_> = sample.design();
    let of = |arm: &[Vec<Answered>]| macro_f1::estimate(arm, all.len(), design, scope.confidence);
    let difference = macro_f1::difference([&baseline, &candidate], all.len(), design, scope.confidence);
    let counted = scope.cases.iter().filter(|&&case| scope.grid.of_case(case).any(|one| labels(one, scorer).is_some()));
    Change {
        baseline: of(&baseline).map(|estimate| believed(estimate, scope)),
        candidate: of(&candidate).map(|estimate| believed(estimate, scope)),
        contrast: difference.map(|estimate| believed(estimate, scope)),
        ..Change::uncompared(Metric::MacroF1(scorer), cases.len(), counted.count() - cases.len())
    }
}

/// The estimate, without its interval where what was seen ended the run: it knows of no looks.
fn believed(estimate: Estimate, scope: Scope<'_>) -> Estimate {
    let ended = scope.looks.is_some_and(|looks| looks.stopped_early);
    Estimate { interval: estimate.interval.filter(|_| !ended), ..estimate }
}
