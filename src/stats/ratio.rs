//! Ratios of means over the same cases, cost per success first of all: log-scale delta method with Student's t.

use super::cluster::{MeanError, PerCase};
use super::design::{Design, Relative};
use super::estimate::{Estimate, Interval};
use super::proportion::wilson_limits;
use super::special::normal_critical;
use super::sum::{count, sum};

/// What each case cost in an arm and how often it succeeded: means over the case's trials, in the same order.
#[derive(Debug, Clone, Copy)]
pub struct Arm<'a> {
    /// Cost, not negative.
    pub cost: &'a [f64],
    /// Success, in [0, 1].
    pub success: &'a [f64],
}

impl<'a> Arm<'a> {
    fn means(self) -> Means<'a> {
        Means { numerator: self.cost, denominator: self.success }
    }
}

/// Two arms over the same cases.
#[derive(Debug, Clone, Copy)]
pub struct Arms<'a> {
    /// The baseline.
    pub baseline: Arm<'a>,
    /// The candidate.
    pub candidate: Arm<'a>,
}

/// Two quantities over the same cases, not negative.
#[derive(Debug, Clone, Copy)]
pub struct Means<'a> {
    /// What is divided.
    pub numerator: &'a [f64],
    /// By what.
    pub denominator: &'a [f64],
}

/// A ratio, and what went into its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ratio {
    /// The ratio.
    pub estimate: Estimate,
    /// Standard error of its logarithm, clustered; `None` for a ratio of 0 and below two clusters.
    pub log_standard_error: Option<f64>,
}

/// Mean numerator ÷ mean denominator. `None` without cases or when the denominator is 0 throughout; a ratio of 0 has no
/// interval.
#[must_use]
pub fn ratio_of_means(means: Means<'_>, design: Design<'_>, confidence: f64) -> Option<Ratio> {
    log_delta(&[(means.numerator, 1.0), (means.denominator, -1.0)], design, confidence)
}

/// Total cost ÷ successes of one arm. `None` without cases or successes.
#[must_use]
pub fn cost_per_success(arm: Arm<'_>, design: Design<'_>, confidence: f64) -> Option<Estimate> {
    ratio_of_means(arm.means(), design, confidence).map(|ratio| ratio.estimate)
}

/// Cost per success of the candidate ÷ that of the baseline. `None` without cases, without a success of the candidate,
/// or with a baseline that cost nothing. It is 0, without interval, when the baseline never succeeded or the candidate
/// cost nothing.
#[must_use]
pub fn cost_per_success_ratio(arms: Arms<'_>, design: Design<'_>, confidence: f64) -> Option<Ratio> {
    let [candidate, baseline] = [arms.candidate, arms.baseline].map(Arm::means);
    ratio_of_ratios(candidate, baseline, design, confidence)
}

/// One ratio of means ÷ another, over the same cases. `None` without cases, or when what is divided by is 0; a ratio of
/// 0 has no interval.
#[must_use]
pub fn ratio_of_ratios(one: Means<'_>, other: Means<'_>, design: Design<'_>, confidence: f64) -> Option<Ratio> {
    let terms = [(one.numerator, 1.0), (one.denominator, -1.0), (other.numerator, -1.0), (other.denominator, 1.0)];
    log_delta(&terms, design, confidence)
}

/// The least that a success may cost when `n` cases brought none: their total cost over the successes that Wilson's
/// upper limit still allows. `None` without cases.
#[must_use]
pub fn least_cost_without_success(total_cost: f64, n: usize, confidence: f64) -> Option<f64> {
    (n > 0).then(|| total_cost / (count(n) * wilson_limits(0.0, count(n), normal_critical(confidence)).1))
}

/// The product of the means, each to its power of 1 or −1.
fn log_delta(terms: &[(&[f64], f64)], design: Design<'_>, confidence: f64) -> Option<Ratio> {
    let n = terms.first()?.0.len();
    let weights = Relative::of(design, n);
    let means: Vec<f64> = terms.iter().map(|(values, _)| weights.mean(values)).collect::<Option<_>>()?;
    let product = |sign: f64| -> f64 {
        means.iter().zip(terms).filter(|(_, (_, power))| power * sign > 0.0).map(|(mean, _)| mean).product()
    };
    let (numerator, denominator) = (product(1.0), product(-1.0));
    if denominator == 0.0 {
        return None;
    }
    let value = numerator / denominator;
    let method = weights.method("log delta, Student t", "log delta, Student t, weighted");
    let point = Ratio { estimate: Estimate { value, interval: None, method, n }, log_standard_error: None };
    if numerator == 0.0 {
        return Some(point);
    }
    let influence: Vec<f64> =
        (0..n).map(|case| sum(terms.iter().zip(&means).map(|((x, power), mean)| power * x[case] / mean))).collect();
    let error = MeanError::of(PerCase { values: &influence, design }, confidence);
    let Some((error, half)) = error.and_then(|error| Some((error, error.half_width()?))) else {
        return Some(point);
    };
    let factor = half.exp();
    let high = Some(value * factor).filter(|high| high.is_finite());
    let low = Some(value / factor).filter(|low| *low > 0.0);
    let interval = Some(Interval { low, high, confidence });
    Some(Ratio { estimate: Estimate { interval, ..point.estimate }, log_standard_error: Some(error.standard_error) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAID: Arm<'_> = Arm { cost: &[1.0, 2.0, 3.0], success: &[1.0, 0.0, 1.0] };

    fn ratio(baseline: Arm<'_>, candidate: Arm<'_>) -> Option<Ratio> {
        cost_per_success_ratio(Arms { baseline, candidate }, Design::default(), 0.95)
    }

    #[test]
    fn failed_cases_are_paid_for_too() {
        let estimate = cost_per_success(PAID, Design::default(), 0.95).expect("has successes");
        assert!((estimate.value - 3.0).abs() < 1e-12, "{estimate:?}");
        assert!(estimate.low() < Some(3.0) && estimate.high() > Some(3.0));
    }

    #[test]
    fn without_success_or_cost_there_is_no_ratio_or_no_interval() {
        let hopeless = Arm { success: &[0.0; 3], ..PAID };
        let free = Arm { cost: &[0.0; 3], ..PAID };
        assert_eq!(cost_per_success(hopeless, Design::default(), 0.95), None);
        assert_eq!(ratio(PAID, hopeless), None);
        assert_eq!(ratio(free, PAID), None);
        for zero in [ratio(hopeless, PAID), ratio(PAID, free)] {
            let estimate = zero.expect("is defined").estimate;
            assert_eq!((estimate.value, estimate.interval), (0.0, None));
        }
    }

    #[test]
    fn the_bound_without_success_uses_the_upper_limit() {
        let upper = super::super::proportion::wilson(0, 20, 0.95).and_then(|rate| rate.high()).expect("has a limit");
        let bound = least_cost_without_success(5.0, 20, 0.95).expect("has cases");
        assert!((bound - 5.0 / (20.0 * upper)).abs() < 1e-12, "{bound}");
        assert_eq!(least_cost_without_success(5.0, 0, 0.95), None);
    }
}
