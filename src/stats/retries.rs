//! What a task costs when a failed attempt is retried: until it succeeds, or up to a number of attempts.

use std::num::NonZeroU32;

use super::failing::{Basis, all_fail, beta_binomial, expected_attempts, failure_rate};
use super::sum::sum;
use super::trials::CaseTrials;

/// What attempts cost, in dollars.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AttemptCosts {
    /// An attempt that succeeds.
    pub success: f64,
    /// An attempt that fails; it is billed too.
    pub failure: f64,
    /// What follows when all attempts have failed: somebody's review, a lost customer. 0 when nothing does.
    pub giving_up: f64,
}

/// When retrying ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cap {
    /// At success, or after so many attempts.
    At(NonZeroU32),
    /// At success alone.
    UntilSuccess,
}

/// What one task comes to on average.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Retries {
    /// The chance that an attempt succeeds in the end.
    pub success_rate: f64,
    /// Attempts made.
    pub attempts: f64,
    /// Dollars for all attempts.
    pub model_cost: f64,
    /// `model_cost`, and what giving up costs.
    pub total_cost: f64,
    /// `total_cost` ÷ `success_rate`; `None` when nothing succeeds.
    pub cost_per_success: Option<f64>,
}

impl Retries {
    fn new(success_rate: f64, attempts: f64, failed_attempts: f64, costs: AttemptCosts) -> Self {
        let model_cost = costs.failure * failed_attempts + costs.success * success_rate;
        let total_cost = model_cost + costs.giving_up * (1.0 - success_rate);
        let cost_per_success = (success_rate > 0.0).then(|| total_cost / success_rate);
        Self { success_rate, attempts, model_cost, total_cost, cost_per_success }
    }

    /// From the chances that 0, 1, … attempts all fail; retrying ends where they end. `None` without any.
    #[must_use]
    pub fn from_chances(chances: &[f64], costs: AttemptCosts) -> Option<Self> {
        let failed_attempts = sum(chances.iter().skip(1).copied());
        Some(Self::new(1.0 - chances.last()?, expected_attempts(chances), failed_attempts, costs))
    }
}

/// A task whose attempts succeed independently of each other, at the same rate for every case. With equal costs of
/// attempts and nothing to pay for giving up, cost per success is cost ÷ `success_rate` whatever the cap. `None` when
/// nothing succeeds and nothing ends the retrying.
#[must_use]
pub fn independent(success_rate: f64, cap: Cap, costs: AttemptCosts) -> Option<Retries> {
    let (succeeds, attempts) = match cap {
        Cap::UntilSuccess if success_rate > 0.0 => (1.0, 1.0 / success_rate),
        Cap::UntilSuccess => return None,
        Cap::At(most) if success_rate > 0.0 => {
            // 1 − (1−p)ᵏ, exact for small p too.
            let succeeds = -(f64::from(most.get()) * (-success_rate).ln_1p()).exp_m1();
            (succeeds, succeeds / success_rate)
        }
        Cap::At(most) => (0.0, f64::from(most.get())),
    };
    Some(Retries::new(succeeds, attempts, attempts * (1.0 - success_rate), costs))
}

/// What retrying brings by the failures that were seen.
#[derive(Debug, Clone, PartialEq)]
pub enum Observed {
    /// Seen, or extended from what was seen.
    Known {
        /// Which of the two.
        basis: Basis,
        /// The chances that 0, 1, … attempts at a case all fail.
        all_fail: Vec<f64>,
        /// What a task comes to.
        retries: Retries,
    },
    /// No case was tried twice. What a task comes to is between these.
    Between {
        /// If failures are independent: the least that success costs.
        independent: Retries,
        /// If a case that fails once always fails: the most.
        hopeless: Retries,
    },
}

/// A task by the failures of each case: unlike [`independent`], cases that keep failing are not hoped away. `None`
/// without a case that has trials.
#[must_use]
pub fn observed(cases: &[CaseTrials], attempts: NonZeroU32, costs: AttemptCosts) -> Option<Observed> {
    let most = attempts.get() as usize;
    let found = all_fail(cases, most)?;
    if let Some(retries) = Retries::from_chances(&found.chances, costs) {
        return Some(Observed::Known { basis: found.basis, all_fail: found.chances, retries });
    }
    let rate = failure_rate(cases)?;
    let at = |correlation| Retries::from_chances(&beta_binomial(rate, correlation, most), costs);
    Some(Observed::Between { independent: at(0.0)?, hopeless: at(1.0)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVEN: AttemptCosts = AttemptCosts { success: 1.0, failure: 1.0, giving_up: 0.0 };

    fn cap(attempts: u32) -> Cap {
        Cap::At(NonZeroU32::new(attempts).expect("is positive"))
    }

    fn per_success(success_rate: f64, costs: AttemptCosts) -> f64 {
        independent(success_rate, cap(3), costs).and_then(|retries| retries.cost_per_success).expect("succeeds")
    }

    #[test]
    fn three_times_the_price_is_not_repaid_by_retries_alone() {
        let dearer = AttemptCosts { success: 3.0, failure: 3.0, ..EVEN };
        let ratio = per_success(0.721, dearer) / per_success(0.42, EVEN);
        assert_eq!(format!("{:+.0} %", 100.0 * (ratio - 1.0)), "+75 %");
    }

    #[test]
    fn eight_hopeless_cases_of_a_hundred_stay_hopeless() {
        let cases: Vec<CaseTrials> =
            (0..100).map(|case| CaseTrials { passed: if case < 8 { 0 } else { 3 }, trials: 3 }).collect();
        let three = NonZeroU32::new(3).expect("is positive");
        let Some(Observed::Known { retries, .. }) = observed(&cases, three, EVEN) else { panic!("was tried") };
        assert!((retries.success_rate - 0.92).abs() < 1e-12);
        let hoped = independent(0.92, cap(3), EVEN).expect("ends").success_rate;
        assert_eq!(format!("{:.1} %", 100.0 * hoped), "99.9 %");
    }

    #[test]
    fn what_cannot_succeed_ends_at_the_cap_or_never() {
        let hopeless = independent(0.0, cap(4), EVEN).expect("ends");
        assert_eq!((hopeless.attempts.to_bits(), hopeless.cost_per_success), (4.0_f64.to_bits(), None));
        assert_eq!(independent(0.0, Cap::UntilSuccess, EVEN), None);
    }

    #[test]
    fn one_trial_a_case_gives_bounds() {
        let cases = [CaseTrials { passed: 0, trials: 1 }, CaseTrials { passed: 1, trials: 1 }];
        let two = NonZeroU32::new(2).expect("is positive");
        let Some(Observed::Between { independent, hopeless }) = observed(&cases, two, EVEN) else { panic!("is known") };
        assert!((independent.success_rate - 0.75).abs() < 1e-12);
        assert!((hopeless.success_rate - 0.5).abs() < 1e-12);
        assert_eq!(observed(&[], two, EVEN), None);
    }
}
