//! How far judges agree with people, and what a judge's pass rates come to once people correct them.

use std::collections::BTreeSet;

use serde::Serialize;

use super::grid::{BASELINE, Trials};
use super::scope::{Scope, Values};
use crate::domain::Trial;
use crate::stats::ppi::{LABELS_WANTED, Labels, Trust, corrected_mean};
use crate::stats::{Estimate, PerCase, Scores, kappa, paired, proportion};

/// One judge, set against the people who labelled answers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JudgeQuality {
    /// The judge's name.
    pub judge: String,
    /// Below so many labelled cases there is no kappa and no corrected number.
    pub labels_wanted: usize,
    /// One an arm, the baseline first.
    pub arms: Vec<JudgedArm>,
    /// One a candidate, in the suite's order.
    pub candidates: Vec<JudgedChange>,
}

/// What a judge said of one arm's answers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JudgedArm {
    /// The arm's name.
    pub arm: String,
    /// Answers that the judge passed or failed.
    pub answers: usize,
    /// Those of them that people passed or failed too.
    pub labelled: usize,
    /// Share of the labelled answers on which both agree.
    pub agreement: Option<Estimate>,
    /// Agreement beyond chance (Cohen's kappa); `None` with few labels, or where chance alone explains everything.
    pub kappa: Option<Estimate>,
    /// Share of what people pass that the judge passes.
    pub sensitivity: Option<Estimate>,
    /// Share of what people fail that the judge fails.
    pub specificity: Option<Estimate>,
    /// The pass rate as the judge alone says it.
    pub judged: Option<Estimate>,
    /// The pass rate as people would say it.
    pub corrected: Correction,
}

/// What a judge said of a candidate and the baseline, on the cases that it judged in both arms.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JudgedChange {
    /// The candidate's name.
    pub candidate: String,
    /// Cases judged in both arms.
    pub pairs: usize,
    /// The difference of pass rates as the judge alone says it, candidate − baseline.
    pub judged: Option<Estimate>,
    /// The difference as people would say it. A judge that favours one arm does no harm here.
    pub corrected: Correction,
}

/// A number that people's labels correct.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Correction {
    /// Cases that people and the judge both judged.
    pub labels: usize,
    /// The corrected number.
    pub estimate: Option<Estimate>,
    /// How far the judge was trusted, from 0 to 1.
    pub trust: Option<f64>,
    /// Why there is no corrected number.
    pub absent: Option<Uncorrected>,
}

/// Why a judge's number is not corrected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Uncorrected {
    /// Nobody labelled an answer that the judge judged.
    NoLabels,
    /// Fewer cases are labelled than its interval needs.
    FewLabels,
    /// Cases weigh differently or belong together, for which there is no such correction.
    Design,
}

/// A case as the judge sees it, and as people and the judge see the answers that people labelled.
#[derive(Debug, Clone, Copy)]
struct Seen {
    judged: f64,
    labelled: Option<Both>,
}

/// What people and the judge say of the same answers: a mean each.
#[derive(Debug, Clone, Copy)]
struct Both {
    human: f64,
    judge: f64,
}

/// Every judge that said something, by name.
pub(super) fn judges(scope: Scope<'_>, arms: &[String]) -> Vec<JudgeQuality> {
    let trials =
        || scope.cases.iter().flat_map(|&case| (0..arms.len()).flat_map(move |arm| scope.grid.trials(case, arm)));
    let names: BTreeSet<&str> =
        trials().flatten().flat_map(|trial| trial.opinions()).map(|opinion| &*opinion.judge).collect();
    let quality = |judge: &str| JudgeQuality {
        judge: judge.to_owned(),
        labels_wanted: LABELS_WANTED,
        arms: arms.iter().enumerate().map(|(arm, name)| of_arm(scope, judge, arm, name)).collect(),
        candidates: (BASELINE + 1..arms.len()).map(|arm| of_pair(scope, judge, arm, &arms[arm])).collect(),
    };
    names.into_iter().map(quality).collect()
}

fn of_arm(scope: Scope<'_>, judge: &str, arm: usize, name: &str) -> JudgedArm {
    let trials = || scope.cases.iter().flat_map(|&case| scope.grid.trials(case, arm)).flatten();
    let both: Vec<(bool, bool)> = trials().filter_map(|trial| Some((trial.human()?, trial.opinion(judge)?))).collect();
    let seen = scope.values(arm, |trials| seen(trials, judge));
    let share = |counts: fn(bool) -> bool| {
        let agreeing = scope.values(arm, |trials| {
            mean(trials, |trial| {
                let human = trial.human().filter(|human| counts(*human))?;
                Some(human == trial.opinion(judge)?)
            })
        });
        rate(scope, &agreeing)
    };
    let labelled_cases = seen.values.iter().filter(|seen| seen.labelled.is_some()).count();
    let judged = Values { cases: seen.cases.clone(), values: seen.values.iter().map(|seen| seen.judged).collect() };
    JudgedArm {
        arm: name.to_owned(),
        answers: trials().filter(|trial| trial.opinion(judge).is_some()).count(),
        labelled: both.len(),
        agreement: share(|_| true),
        kappa: (labelled_cases >= LABELS_WANTED).then(|| cohens_kappa(scope, &both, labelled_cases)).flatten(),
        sensitivity: share(|human| human),
        specificity: share(|human| !human),
        judged: rate(scope, &judged),
        corrected: correction(scope, &seen, |share| share.clamp(0.0, 1.0)),
    }
}

/// Its interval is for independent answers: where a case has several, or cases belong together, there is none.
fn cohens_kappa(scope: Scope<'_>, both: &[(bool, bool)], labelled_cases: usize) -> Option<Estimate> {
    let (human, judge): (Vec<usize>, Vec<usize>) =
        both.iter().map(|&(human, judge)| (usize::from(human), usize::from(judge))).unzip();
    let table = kappa::cross_tabulate(&human, &judge, 2);
    let estimate = kappa::agreement(&table, scope.confidence)?.kappa?.estimate;
    let independent = both.len() == labelled_cases && scope.sample(scope.cases).is_simple();
    // No disagreement among so few is no certainty.
    let interval = estimate.interval.filter(|interval| independent && interval.low < interval.high);
    Some(Estimate { interval, ..estimate })
}

fn of_pair(scope: Scope<'_>, judge: &str, arm: usize, name: &str) -> JudgedChange {
    let pairs = scope.pairs(arm, |baseline, candidate| {
        let (baseline, candidate) = (seen(baseline, judge)?, seen(candidate, judge)?);
        let labelled = baseline.labelled.zip(candidate.labelled).map(|(baseline, candidate)| Both {
            human: candidate.human - baseline.human,
            judge: candidate.judge - baseline.judge,
        });
        Some(Seen { judged: candidate.judged - baseline.judged, labelled })
    });
    let values: Vec<f64> = pairs.values.iter().map(|pair| pair.judged).collect();
    let sample = scope.sample(&pairs.cases);
    let per_case = PerCase { values: &values, design: sample.design() };
    JudgedChange {
        candidate: name.to_owned(),
        pairs: pairs.cases.len(),
        judged: paired::difference(per_case, scores(&values), scope.confidence),
        corrected: correction(scope, &pairs, |difference| difference.clamp(-1.0, 1.0)),
    }
}

/// PPI++ over the cases, one value each.
fn correction(scope: Scope<'_>, seen: &Values<Seen>, within: fn(f64) -> f64) -> Correction {
    let both: Vec<Both> = seen.values.iter().filter_map(|seen| seen.labelled).collect();
    let absent = |why| Correction { labels: both.len(), estimate: None, trust: None, absent: Some(why) };
    if both.is_empty() {
        return absent(Uncorrected::NoLabels);
    }
    if both.len() < LABELS_WANTED {
        return absent(Uncorrected::FewLabels);
    }
    if !scope.sample(&seen.cases).is_simple() {
        return absent(Uncorrected::Design);
    }
    let (human, judge): (Vec<f64>, Vec<f64>) = both.iter().map(|both| (both.human, both.judge)).unzip();
    let alone = seen.values.iter().filter(|seen| seen.labelled.is_none()).map(|seen| seen.judged);
    let judge_alone: Vec<f64> = alone.collect();
    let labels = Labels { human: &human, judge: &judge, judge_alone: &judge_alone };
    match corrected_mean(labels, Trust::Tuned, scope.confidence) {
        None => absent(Uncorrected::NoLabels),
        Some(found) => Correction {
            labels: found.labels,
            // Labels that never vary are no certainty.
            estimate: Some(Estimate {
                interval: found.estimate.interval.filter(|_| found.standard_error > Some(0.0)),
                ..found.estimate
            })
            .map(|estimate| estimate.rising(within)),
            trust: Some(found.trust),
            absent: None,
        },
    }
}

/// What the judge says of a case, and of the part of its answers that people labelled.
fn seen(trials: &Trials<'_>, judge: &str) -> Option<Seen> {
    let judged = mean(trials, |trial| trial.opinion(judge))?;
    let of_labelled = |trial: &Trial| trial.human().and(trial.opinion(judge));
    let by_human = |trial: &Trial| trial.opinion(judge).and(trial.human());
    let labelled = mean(trials, by_human).zip(mean(trials, of_labelled));
    Some(Seen { judged, labelled: labelled.map(|(human, judge)| Both { human, judge }) })
}

/// The share of the trials that have the fact for which it holds.
fn mean(trials: &Trials<'_>, fact: impl Fn(&Trial) -> Option<bool>) -> Option<f64> {
    let known = trials.iter().flatten().map(|trial| fact(trial).map(|holds| f64::from(u8::from(holds))));
    crate::stats::pairing::usable_mean(known)
}

fn rate(scope: Scope<'_>, cases: &Values<f64>) -> Option<Estimate> {
    let sample = scope.sample(&cases.cases);
    let per_case = PerCase { values: &cases.values, design: sample.design() };
    proportion::rate(per_case, scores(&cases.values), scope.confidence)
}

/// Shares of several answers, where not every value is whole.
fn scores(values: &[f64]) -> Scores {
    let whole = values.iter().all(|value| value.fract() == 0.0);
    if whole { Scores::PassFail { trials: 1 } } else { Scores::Graded }
}
