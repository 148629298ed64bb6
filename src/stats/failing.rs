//! The chance that several attempts at the same case all fail: not the failure rate's power, as hard cases keep failing.

use super::sum::{count, mean, sum};
use super::trials::CaseTrials;

/// Where the chances come from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Basis {
    /// Every case has as many trials as attempts are asked for.
    Observed,
    /// Some case has fewer: a beta-binomial model extends what was seen. To be marked as modelled.
    Extrapolated {
        /// How alike trials of the same case are beyond chance: 0 when cases do not differ in difficulty, 1 when each
        /// always or never fails.
        correlation: f64,
    },
    /// No case has two trials, so that nothing tells hard cases from bad luck.
    Unknown,
}

/// The chances `E[qʲ]` over cases, q being the failure rate of a case.
#[derive(Debug, Clone, PartialEq)]
pub struct AllFail {
    /// Where they come from.
    pub basis: Basis,
    /// At index j the chance that j attempts all fail, from 1 at j = 0 to the attempts asked for; empty when unknown.
    pub chances: Vec<f64>,
}

/// The chances that up to `attempts` attempts at a case all fail. `None` without a case that has trials.
#[must_use]
pub fn all_fail(cases: &[CaseTrials], attempts: usize) -> Option<AllFail> {
    let cases: Vec<CaseTrials> = cases.iter().copied().filter(|case| case.trials > 0).collect();
    let rate = failure_rate(&cases)?;
    if let Some(chances) = (0..=attempts).map(|j| observed(&cases, j)).collect() {
        return Some(AllFail { basis: Basis::Observed, chances });
    }
    Some(match correlation(&cases, rate) {
        Some(correlation) => {
            AllFail { basis: Basis::Extrapolated { correlation }, chances: beta_binomial(rate, correlation, attempts) }
        }
        None => AllFail { basis: Basis::Unknown, chances: Vec::new() },
    })
}

/// Mean over cases of the share of trials that failed; `None` without a case that has trials.
#[must_use]
pub fn failure_rate(cases: &[CaseTrials]) -> Option<f64> {
    let rates: Vec<f64> = cases.iter().filter_map(|case| case.failure_rate()).collect();
    mean(&rates)
}

/// `E[qʲ]` by U-statistics: unbiased, whatever the distribution of q. `None` when a case has fewer than j trials.
fn observed(cases: &[CaseTrials], j: usize) -> Option<f64> {
    let chances: Vec<f64> = cases.iter().map(|case| case.all_failed(j)).collect::<Option<_>>()?;
    mean(&chances)
}

/// The correlation of the beta-binomial by moments, from the cases with two trials or more; `None` without one.
fn correlation(cases: &[CaseTrials], rate: f64) -> Option<f64> {
    let pairs: Vec<f64> = cases.iter().filter_map(|case| case.all_failed(2)).collect();
    Some(moment_correlation(rate, mean(&pairs)?))
}

/// How alike trials of the same case are, from the chances that one fails and that two of one case both fail: 0 to 1.
#[must_use]
pub fn moment_correlation(failure_rate: f64, both_fail: f64) -> f64 {
    let spread = failure_rate * (1.0 - failure_rate);
    if spread > 0.0 { ((both_fail - failure_rate * failure_rate) / spread).clamp(0.0, 1.0) } else { 0.0 }
}

/// `E[qʲ]` for j = 0 to `attempts` when q is beta-distributed: the product of (q·M + l) ÷ (M + l) over l < j with
/// M = 1 ÷ correlation − 1, written so that correlations of 0 and 1 need no case of their own.
#[must_use]
pub fn beta_binomial(failure_rate: f64, correlation: f64, attempts: usize) -> Vec<f64> {
    let mut chance = 1.0;
    let later = (1..=attempts).map(|attempt| {
        let before = correlation * count(attempt - 1);
        let independent = 1.0 - correlation;
        // The first attempt fails at the plain rate, also where the fraction would be 0 ÷ 0.
        let fails =
            if attempt == 1 { failure_rate } else { (failure_rate * independent + before) / (independent + before) };
        chance *= fails;
        chance
    });
    std::iter::once(1.0).chain(later).collect()
}

/// Attempts made when one goes on until success, but only as often as `chances` reaches.
pub(super) fn expected_attempts(chances: &[f64]) -> f64 {
    sum(chances.iter().take(chances.len().saturating_sub(1)).copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-12
    }

    #[test]
    fn cases_that_always_fail_go_on_failing() {
        // 8 of 100 cases always fail: three tries leave 8 %, where independent failures would leave 0.05 %.
        let cases: Vec<CaseTrials> =
            (0..100).map(|case| CaseTrials { passed: if case < 8 { 0 } else { 3 }, trials: 3 }).collect();
        let found = all_fail(&cases, 3).expect("has cases");
        assert_eq!(found.basis, Basis::Observed);
        assert!(found.chances[1..].iter().all(|&chance| near(chance, 0.08)), "{found:?}");
    }

    #[test]
    fn the_extremes_of_correlation_are_independence_and_certainty() {
        for (j, chance) in beta_binomial(0.25, 0.0, 4).into_iter().enumerate() {
            assert!(near(chance, 0.25_f64.powi(i32::try_from(j).expect("is small"))), "{j}");
        }
        assert_eq!(beta_binomial(0.25, 1.0, 3), [1.0, 0.25, 0.25, 0.25]);
    }

    #[test]
    fn one_trial_a_case_cannot_tell_hard_cases_from_bad_luck() {
        let once = [CaseTrials { passed: 0, trials: 1 }, CaseTrials { passed: 1, trials: 1 }];
        assert_eq!(all_fail(&once, 2), Some(AllFail { basis: Basis::Unknown, chances: Vec::new() }));
        assert_eq!(all_fail(&once, 1).expect("has cases").chances, [1.0, 0.5]);
    }

    #[test]
    fn a_case_without_trials_is_no_case() {
        let without = [CaseTrials { passed: 0, trials: 0 }, CaseTrials { passed: 1, trials: 2 }];
        assert_eq!(all_fail(&without, 2), all_fail(&without[1..], 2));
        assert_eq!(all_fail(&without[..1], 2), None);
    }
}
