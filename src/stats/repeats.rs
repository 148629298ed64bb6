//! How much of the noise comes from repeating trials, how much from the cases, and what that says about repeats.

use super::sum::{count, mean, sum};

/// Where the variance of the paired differences comes from (Miller 2024, sections 3 and 4; method of moments).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Components {
    /// Mean difference, candidate − baseline.
    pub mean_difference: f64,
    /// Sample variance of the differences; `None` with one case.
    pub variance: Option<f64>,
    /// Pooled variance between the baseline's trials of a case; `None` when no case has two.
    pub baseline_within: Option<f64>,
    /// The same for the candidate.
    pub candidate_within: Option<f64>,
    /// The split of `variance`; `None` unless all of the above are known.
    pub split: Option<Split>,
}

/// The variance of the paired differences, split.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Split {
    /// What the trials contribute at the present number of trials.
    pub trials: f64,
    /// What the cases contribute: no number of trials removes it.
    pub cases: f64,
    /// Share of the trials, at most 1; `None` when nothing varies.
    pub trials_share: Option<f64>,
}

/// The components from the trial scores of each case, one non-empty list a case and arm. `None` without cases.
#[must_use]
pub fn components(baseline: &[Vec<f64>], candidate: &[Vec<f64>]) -> Option<Components> {
    let means = |arm: &[Vec<f64>]| arm.iter().map(|trials| mean(trials)).collect::<Option<Vec<f64>>>();
    let differences: Vec<f64> = means(candidate)?.iter().zip(means(baseline)?).map(|(c, b)| c - b).collect();
    let mean_difference = mean(&differences)?;
    let variance = (differences.len() > 1).then(|| {
        sum(differences.iter().map(|difference| (difference - mean_difference).powi(2))) / count(differences.len() - 1)
    });
    let (baseline_within, candidate_within) = (within(baseline), within(candidate));
    let split = variance.zip(baseline_within.zip(candidate_within)).map(|(variance, (of_baseline, of_candidate))| {
        let trials = of_baseline * mean_inverse(baseline) + of_candidate * mean_inverse(candidate);
        Split {
            trials,
            cases: (variance - trials).max(0.0),
            trials_share: (variance > 0.0).then(|| (trials / variance).min(1.0)),
        }
    });
    Some(Components { mean_difference, variance, baseline_within, candidate_within, split })
}

/// Pooled variance within cases; `None` when no case has two trials.
fn within(arm: &[Vec<f64>]) -> Option<f64> {
    let freedom: usize = arm.iter().map(|trials| trials.len().saturating_sub(1)).sum();
    let squares = arm.iter().flat_map(|trials| {
        let centre = mean(trials);
        trials.iter().filter_map(move |score| Some((score - centre?).powi(2)))
    });
    (freedom > 0).then(|| sum(squares) / count(freedom))
}

/// Mean over cases of 1 ÷ trials.
fn mean_inverse(arm: &[Vec<f64>]) -> f64 {
    sum(arm.iter().map(|trials| 1.0 / count(trials.len()))) / count(arm.len())
}

/// What repeats cost and bring.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RepeatPlan {
    /// Variance that the cases contribute.
    pub case_variance: f64,
    /// Variance that one trial in each arm contributes.
    pub trial_variance: f64,
    /// Cost of having a case at all (labelling it, for example).
    pub case_cost: f64,
    /// Cost of one trial in each arm.
    pub trial_cost: f64,
}

impl RepeatPlan {
    /// Variance × cost of a budget's worth of cases with so many trials each: less is better.
    #[must_use]
    pub fn variance_times_cost(&self, trials: u32) -> f64 {
        let trials = f64::from(trials);
        (self.case_variance + self.trial_variance / trials) * (self.case_cost + trials * self.trial_cost)
    }

    /// The number of trials a case, from 1 to `max_trials`, that makes the least of variance × cost; the smaller one
    /// of equals. `None` when `max_trials` is 0.
    #[must_use]
    pub fn best_trials(&self, max_trials: u32) -> Option<u32> {
        let mut best: Option<(u32, f64)> = None;
        for trials in 1..=max_trials {
            let product = self.variance_times_cost(trials);
            // Equal up to rounding is equal.
            if best.is_none_or(|(_, least)| product < least * (1.0 - 1e-12)) {
                best = Some((trials, product));
            }
        }
        best.map(|(trials, _)| trials)
    }
}
