//! What repeating every case shows: luck and reliability, flaky cases, and whether more repeats or more cases help.

use serde::Serialize;

use super::cost::case_cost;
use super::grid::{BASELINE, Trials};
use super::rates::{ACCURACY, score};
use super::scope::{Scope, Values};
use crate::stats::passk::{Arms, PassK, Passing};
use crate::stats::repeats::{Components, RepeatPlan, Split, components};
use crate::stats::trials::CaseTrials;
use crate::stats::{Estimate, Sum};

/// With up to so many repeats every k is told, with more only 1, 2 and all.
const EVERY_K: u32 = 4;

/// Flaky cases that are named.
const NAMED: usize = 10;

/// The repeats of one arm.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ArmRepeats {
    /// pass@k and pass^k, over all of the arm's own cases.
    pub rates: Vec<PassRates>,
    /// Cases with two scored trials or more.
    pub repeated: usize,
    /// Of them, cases whose trials all passed.
    pub always_pass: usize,
    /// Of them, cases whose trials all failed.
    pub always_fail: usize,
    /// The rest: some trials passed, some failed.
    pub flaky: usize,
    /// The most flaky cases, at most ten: closest to one half first, then by id.
    pub most_flaky: Vec<FlakyCase>,
}

/// What so many trials of a case bring in one arm.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PassRates {
    /// Trials drawn from a case.
    pub k: u32,
    /// pass@k: one of them passes (Chen et al. 2021).
    pub any: Option<Estimate>,
    /// pass^k: all of them pass (Yao et al. 2024).
    pub all: Option<Estimate>,
    /// Cases with at least k scored trials.
    pub cases: usize,
    /// Cases with fewer: left out, and no failures.
    pub too_few: usize,
}

/// A case of which some trials passed and some failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FlakyCase {
    /// Its id.
    pub case: String,
    /// Trials that passed.
    pub passed: usize,
    /// Trials with a score.
    pub trials: usize,
}

/// The repeats of both arms.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RepeatChange {
    /// pass@k and pass^k of both arms.
    pub rates: Vec<PassChange>,
    /// Where the noise of the difference comes from; `None` when no case has two scored trials in an arm.
    pub noise: Option<Noise>,
}

/// What so many trials of a case bring in both arms, over the cases with enough trials in both.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PassChange {
    /// Trials drawn from a case.
    pub k: u32,
    /// pass@k.
    pub any: PassContrast,
    /// pass^k.
    pub all: PassContrast,
    /// Cases with at least k scored trials in both arms.
    pub pairs: usize,
    /// The others.
    pub too_few: usize,
}

/// One rate, arm against arm.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PassContrast {
    /// The baseline's.
    pub baseline: Option<Estimate>,
    /// The candidate's.
    pub candidate: Option<Estimate>,
    /// Candidate − baseline, paired by case.
    pub difference: Option<Estimate>,
}

/// Where the noise of the difference of accuracy comes from (Miller 2024), with every case counted once.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Noise {
    /// Variance between the baseline's trials of a case.
    pub baseline_within: f64,
    /// The same for the candidate.
    pub candidate_within: f64,
    /// Variance that the cases contribute: no number of repeats removes it.
    pub between: f64,
    /// Share of the variance that the trials contribute at the present number of repeats; `None` when nothing varies.
    pub trials_share: Option<f64>,
    /// Mean cost of one trial in both arms together, in US dollars; `None` is unknown.
    pub trial_cost: Option<f64>,
    /// Repeats that bring most for the money when a case costs nothing but its calls, of up to the present number.
    pub best_trials: Option<u32>,
    /// What having a case at all must cost, in US dollars (labelling it, for example), before the present number of
    /// repeats is worth more than as many calls spent on further cases; `None` is unknown, or at no cost.
    pub worth_from: Option<f64>,
}

/// The repeats of an arm; `None` with one trial a case.
pub(super) fn of_arm(scope: Scope<'_>, arm: usize) -> Option<ArmRepeats> {
    let repeats = repeats(scope)?;
    let trials = scope.values(arm, |trials| Some(case_trials(trials)));
    let accuracy = ACCURACY.estimate(scope, arm);
    let rates = ks(repeats).map(|k| {
        let known = of_enough(&trials, k, |trials| trials.trials);
        let rate = |passing| if k == 1 { accuracy } else { rate(scope, &known, PassK { k: k as usize, passing }) };
        PassRates {
            k,
            any: rate(Passing::Any),
            all: rate(Passing::All),
            cases: known.cases.len(),
            too_few: trials.cases.len() - known.cases.len(),
        }
    });
    let rates = rates.collect();
    let repeated = of_enough(&trials, 2, |trials| trials.trials);
    let count = |of: fn(&CaseTrials) -> bool| repeated.values.iter().filter(|trials| of(trials)).count();
    let (always_pass, always_fail) = (count(|trials| trials.failed() == 0), count(|trials| trials.passed == 0));
    Some(ArmRepeats {
        rates,
        repeated: repeated.values.len(),
        always_pass,
        always_fail,
        flaky: repeated.values.len() - always_pass - always_fail,
        most_flaky: most_flaky(scope, &repeated),
    })
}

/// The repeats of both arms; `None` with one trial a case.
pub(super) fn of_pair(scope: Scope<'_>, candidate: usize) -> Option<RepeatChange> {
    let repeats = repeats(scope)?;
    let trials = scope.pairs(candidate, |baseline, candidate| Some([baseline, candidate].map(case_trials)));
    let accuracy = ACCURACY.change(scope, candidate);
    let rates = ks(repeats).map(|k| {
        let known = of_enough(&trials, k, |[baseline, candidate]| baseline.trials.min(candidate.trials));
        let contrast = |passing| match k {
            1 => PassContrast {
                baseline: accuracy.baseline,
                candidate: accuracy.candidate,
                difference: accuracy.contrast,
            },
            _ => contrast(scope, &known, PassK { k: k as usize, passing }),
        };
        PassChange {
            k,
            any: contrast(Passing::Any),
            all: contrast(Passing::All),
            pairs: known.cases.len(),
            too_few: trials.cases.len() - known.cases.len(),
        }
    });
    Some(RepeatChange { rates: rates.collect(), noise: noise(scope, candidate, repeats) })
}

/// Repeats of every case, where there are several.
fn repeats(scope: Scope<'_>) -> Option<u32> {
    let repeats = scope.cases.first().map(|&case| scope.grid.trials(case, BASELINE).len())?;
    u32::try_from(repeats).ok().filter(|repeats| *repeats > 1)
}

/// The numbers of trials that are told of.
fn ks(repeats: u32) -> impl Iterator<Item = u32> {
    (1..=repeats).filter(move |k| repeats <= EVERY_K || *k <= 2 || *k == repeats)
}

fn case_trials(trials: &Trials<'_>) -> CaseTrials {
    let scores = || trials.iter().flatten().filter_map(|trial| score(trial));
    CaseTrials { passed: scores().filter(|score| *score > 0.5).count(), trials: scores().count() }
}

/// The cases with at least `k` trials.
fn of_enough<T: Copy>(all: &Values<T>, k: u32, trials: fn(&T) -> usize) -> Values<T> {
    let enough = all.cases.iter().zip(&all.values).filter(|(_, value)| trials(value) >= k as usize);
    let (cases, values) = enough.map(|(case, value)| (*case, *value)).unzip();
    Values { cases, values }
}

fn rate(scope: Scope<'_>, known: &Values<CaseTrials>, of: PassK) -> Option<Estimate> {
    of.rate(&known.values, scope.sample(&known.cases).design(), scope.confidence).rate.map(|rate| rate.estimate)
}

fn contrast(scope: Scope<'_>, known: &Values<[CaseTrials; 2]>, of: PassK) -> PassContrast {
    let (baseline, candidate): (Vec<_>, Vec<_>) = known.values.iter().map(|arms| (arms[0], arms[1])).unzip();
    let sample = scope.sample(&known.cases);
    let rate =
        |trials: &[CaseTrials]| of.rate(trials, sample.design(), scope.confidence).rate.map(|rate| rate.estimate);
    let arms = Arms { baseline: &baseline, candidate: &candidate };
    let difference = of.difference(arms, sample.design(), scope.confidence).difference;
    PassContrast {
        baseline: rate(&baseline),
        candidate: rate(&candidate),
        difference: difference.map(|difference| difference.estimate),
    }
}

/// Closest to one half first; cases come by id, and the sort is stable.
fn most_flaky(scope: Scope<'_>, repeated: &Values<CaseTrials>) -> Vec<FlakyCase> {
    let flaky = repeated.cases.iter().zip(&repeated.values);
    let mut flaky: Vec<(usize, CaseTrials)> = flaky
        .filter(|(_, trials)| trials.passed > 0 && trials.failed() > 0)
        .map(|(case, trials)| (*case, *trials))
        .collect();
    let from_half = |trials: CaseTrials| (trials.failure_rate().unwrap_or(0.0) - 0.5).abs();
    flaky.sort_by(|(_, a), (_, b)| from_half(*a).total_cmp(&from_half(*b)));
    let name = |(case, CaseTrials { passed, trials }): (usize, CaseTrials)| FlakyCase {
        case: scope.grid.cases[case].id.to_string(),
        passed,
        trials,
    };
    flaky.into_iter().take(NAMED).map(name).collect()
}

fn noise(scope: Scope<'_>, candidate: usize, repeats: u32) -> Option<Noise> {
    let scores =
        |trials: &Trials<'_>| -> Vec<f64> { trials.iter().flatten().filter_map(|trial| score(trial)).collect() };
    let pairs = scope.pairs(candidate, |baseline, candidate| {
        let arms = [scores(baseline), scores(candidate)];
        arms.iter().all(|scores| !scores.is_empty()).then_some(arms)
    });
    let (baseline, candidate_scores): (Vec<_>, Vec<_>) = pairs.values.into_iter().map(|[b, c]| (b, c)).unzip();
    let Components { baseline_within, candidate_within, split, .. } = components(&baseline, &candidate_scores)?;
    let (baseline_within, candidate_within) = (baseline_within?, candidate_within?);
    let Split { cases, trials_share, .. } = split?;
    let trial_cost = trial_cost(scope, candidate);
    let within = baseline_within + candidate_within;
    let plan = |trial_cost| RepeatPlan { case_variance: cases, trial_variance: within, case_cost: 0.0, trial_cost };
    // (cases + within ÷ K)(cost of a case + K c) is below its value at K = 1 once a case costs more than this.
    let worth_from = |trial_cost: f64| (within > 0.0).then(|| f64::from(repeats) * trial_cost * cases / within);
    Some(Noise {
        baseline_within,
        candidate_within,
        between: cases,
        trials_share,
        trial_cost,
        best_trials: trial_cost.and_then(|cost| plan(cost).best_trials(repeats)),
        worth_from: trial_cost.and_then(worth_from),
    })
}

/// Mean cost of a scored trial in both arms together, over the cases where it is known.
fn trial_cost(scope: Scope<'_>, candidate: usize) -> Option<f64> {
    let costs = scope.pairs(candidate, |baseline, candidate| Some(case_cost(baseline)?.0 + case_cost(candidate)?.0));
    let mut total = Sum::default();
    costs.values.iter().for_each(|cost| total.add(*cost));
    #[expect(clippy::cast_precision_loss, reason = "a count of cases")]
    let cases = costs.values.len() as f64;
    (cases > 0.0).then(|| total.value() / cases)
}
