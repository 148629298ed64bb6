//! Which arm for which slice, over all candidates, and what that is worth: told by cases that did not choose.

use super::advice::{Advice, Choice, Policy, PolicyValue};
use super::cost::{self, case_cost};
use super::grid::{BASELINE, TagValue};
use super::routing::{Evidence, advice};
use super::scope::Scope;
use super::{Change, Metric, change_within, estimate};
use crate::stats::crossfit::{FOLDS, fold};
use crate::stats::{Estimate, PerCase, Scores, mean, paired};

/// Requests that a saving is told for.
const REQUESTS: f64 = 1000.0;

/// What every policy starts from.
#[derive(Clone, Copy)]
struct Plan<'a> {
    scope: Scope<'a>,
    /// The largest loss of accuracy tolerated.
    margin: f64,
    /// Arms in all, the baseline among them.
    arms: usize,
}

/// One policy a tag; none without a margin, or where no candidate's cost can be set against the baseline's.
pub(super) fn policies(
    scope: Scope<'_>,
    arms: &[String],
    tags: &[Vec<TagValue<'_>>],
    margin: Option<f64>,
) -> Vec<Policy> {
    let priced = |candidate: usize| cost::ratio(scope, candidate).is_some();
    let Some(margin) = margin.filter(|_| (1..arms.len()).any(priced)) else { return Vec::new() };
    let plan = Plan { scope, margin, arms: arms.len() };
    tags.iter()
        .filter_map(|slices| {
            let cases: Vec<&[usize]> = slices.iter().map(|slice| &*slice.cases).collect();
            let chosen = plan.choose(&cases);
            let moves = chosen.iter().any(|arm| *arm != BASELINE);
            let choices = slices.iter().zip(chosen);
            Some(Policy {
                tag: slices.first()?.tag.to_owned(),
                choices: choices
                    .map(|(slice, arm)| choice(scope.within(&slice.cases), slice.value, (arms, arm)))
                    .collect(),
                value: if moves { plan.value(&cases) } else { None },
            })
        })
        .collect()
}

fn choice(slice: Scope<'_>, value: &str, (names, arm): (&[String], usize)) -> Choice {
    let change = |metric| (arm != BASELINE).then(|| change_within(metric, slice, arm));
    let contrast = |change: &Option<Change>| change.as_ref().and_then(|change| change.contrast);
    let cost = change(Metric::CostPerSuccess);
    Choice {
        value: value.to_owned(),
        arm: names[arm].clone(),
        accuracy: contrast(&change(Metric::Accuracy)),
        cost_ratio: contrast(&cost),
        cost_per_success: cost.map_or_else(|| estimate(Metric::CostPerSuccess, slice, arm), |cost| cost.candidate),
    }
}

impl Plan<'_> {
    /// The arm of each slice: the cheapest by success of the baseline and the candidates that may have it.
    fn choose(&self, slices: &[&[usize]]) -> Vec<usize> {
        let mut chosen = vec![(BASELINE, 1.0); slices.len()];
        for candidate in 1..self.arms {
            let evidence: Vec<Evidence> =
                slices.iter().map(|cases| Evidence::of(self.scope.within(cases), candidate)).collect();
            let advice = advice(&evidence, self.margin, self.scope.confidence);
            for ((cases, advice), chosen) in slices.iter().zip(advice).zip(&mut chosen) {
                if advice == Advice::Move {
                    let ratio = cost::ratio(self.scope.within(cases), candidate);
                    if let Some(ratio) = ratio.filter(|ratio| *ratio < chosen.1) {
                        *chosen = (candidate, ratio);
                    }
                }
            }
        }
        chosen.into_iter().map(|(arm, _)| arm).collect()
    }

    /// What choosing is worth: each case goes to the arm that the cases of the other folds choose for its slice.
    fn value(&self, slices: &[&[usize]]) -> Option<PolicyValue> {
        let folds: Vec<Vec<u32>> =
            slices.iter().map(|cases| cases.iter().map(|&case| self.fold(case)).collect()).collect();
        let mut gains: Vec<(usize, Gain)> = Vec::new();
        let mut moved = 0;
        for held_out in 0..FOLDS {
            let part = |keep: fn(u32, u32) -> bool| -> Vec<Vec<usize>> {
                let kept = |(cases, folds): (&&[usize], &Vec<u32>)| {
                    let both = cases.iter().zip(folds);
                    both.filter(|(_, fold)| keep(**fold, held_out)).map(|(case, _)| *case).collect()
                };
                slices.iter().zip(&folds).map(kept).collect()
            };
            let others = part(|fold, held_out| fold != held_out);
            let chosen = self.choose(&others.iter().map(Vec::as_slice).collect::<Vec<_>>());
            for (cases, arm) in part(|fold, held_out| fold == held_out).into_iter().zip(chosen) {
                let known = cases.into_iter().filter_map(|case| Some((case, self.gain(case, arm)?)));
                let before = gains.len();
                gains.extend(known);
                moved += if arm == BASELINE { 0 } else { gains.len() - before };
            }
        }
        // In the order of the cases, as every number is.
        gains.sort_by_key(|(case, _)| *case);
        if moved == 0 { None } else { self.told(&gains, moved) }
    }

    fn told(&self, gains: &[(usize, Gain)], moved: usize) -> Option<PolicyValue> {
        let cases: Vec<usize> = gains.iter().map(|(case, _)| *case).collect();
        let accuracy: Vec<f64> = gains.iter().map(|(_, gain)| gain.accuracy).collect();
        let saving: Vec<f64> = gains.iter().map(|(_, gain)| REQUESTS * gain.saving).collect();
        let sample = self.scope.sample(&cases);
        let per_case = |values| PerCase { values, design: sample.design() };
        let trials = cases.first().map_or(1, |&case| self.scope.grid.trials(case, BASELINE).len());
        let scores = Scores::PassFail { trials: u32::try_from(trials).unwrap_or(u32::MAX) };
        let accuracy = paired::difference(per_case(&accuracy), scores, self.scope.confidence)?;
        let saving = mean::mean(per_case(&saving), self.scope.confidence)?;
        Some(PolicyValue {
            accuracy: Estimate { method: "cross-fitted in 5 folds, Tango at the effective sample", ..accuracy },
            saving: Estimate { method: "cross-fitted in 5 folds, Student t", ..saving },
            moved,
            cases: cases.len(),
        })
    }

    /// The fold of a case: that of its cluster, where it has one.
    fn fold(&self, case: usize) -> u32 {
        let grid = self.scope.grid;
        fold(grid.clusters[case].unwrap_or(&grid.cases[case].id), FOLDS)
    }

    /// What a case gains in an arm over the baseline; `None` where a score or a cost is missing.
    fn gain(&self, case: usize, arm: usize) -> Option<Gain> {
        let of = |arm: usize| case_cost(self.scope.grid.trials(case, arm));
        let ((baseline_cost, baseline), (cost, success)) = (of(BASELINE)?, of(arm)?);
        Some(Gain { accuracy: success - baseline, saving: baseline_cost - cost })
    }
}

/// What one case gains over the baseline.
struct Gain {
    accuracy: f64,
    /// US dollars of a trial.
    saving: f64,
}
