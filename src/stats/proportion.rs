//! Rates of one arm: the share of cases that pass, or the mean of scores between 0 and 1.

use super::cluster::{MeanError, PerCase};
use super::effective::{Ends, Scores, effective};
use super::estimate::{Estimate, Interval};
use super::special::normal_critical;
use super::sum::count;

const ENDS: Ends = Ends { low: 0.0, high: 1.0 };

/// A rate, and what went into its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// The rate.
    pub estimate: Estimate,
    /// Clusters, or cases when there are no clusters.
    pub clusters: usize,
    /// Standard error of the mean, clustered; `None` below two clusters.
    pub standard_error: Option<f64>,
    /// Independent pass/fail cases that the cases are worth; `None` without an interval.
    pub effective_n: Option<f64>,
}

/// The rate of one arm from the mean score of each case: Wilson's interval for one independent pass/fail trial a case,
/// Wilson's interval at the effective sample otherwise. `None` without cases.
#[must_use]
pub fn rate(cases: PerCase<'_>, scores: Scores, confidence: f64) -> Option<Estimate> {
    if scores.textbook(cases) && cases.values.iter().all(|&score| score == 0.0 || score - 1.0 == 0.0) {
        return wilson(cases.values.iter().filter(|&&score| score > 0.0).count(), cases.n(), confidence);
    }
    effective_rate(cases, scores, confidence).map(|rate| rate.estimate)
}

/// Wilson's (1927) interval for `successes` among `n` cases. `None` without cases.
#[must_use]
pub fn wilson(successes: usize, n: usize, confidence: f64) -> Option<Estimate> {
    if n == 0 {
        return None;
    }
    let value = count(successes) / count(n);
    let (low, high) = wilson_limits(value, count(n), normal_critical(confidence));
    let interval = Some(Interval::bounded(low, high, confidence));
    Some(Estimate { value, interval, method: "Wilson", n })
}

/// Wilson's interval at the effective sample (cf. Kott & Carr 1997): equal to [`wilson`] on independent pass/fail
/// trials, one a case, of the same weight. `None` without cases; no interval below two clusters.
#[must_use]
pub fn effective_rate(cases: PerCase<'_>, scores: Scores, confidence: f64) -> Option<Rate> {
    let n = cases.n();
    let weights = cases.weights();
    let value = weights.mean(cases.values)?;
    let (clusters, fit) = effective(cases, &weights, (scores, ENDS), confidence);
    let effective_n = fit.as_ref().map(|fit| count(n) * fit.ratio);
    let interval = fit.as_ref().map(|fit| {
        let (low, high) = wilson_limits(value, count(n) * fit.ratio, fit.critical);
        Interval::bounded(low, high, confidence)
    });
    let method = weights.method("effective-sample Wilson", "effective-sample Wilson, weighted");
    Some(Rate {
        estimate: Estimate { value, interval, method, n },
        clusters,
        standard_error: fit.and_then(|_| MeanError::of(cases, confidence)).map(|error| error.standard_error),
        effective_n,
    })
}

/// Wilson's limits for the share `p` of `n` (possibly fractional) cases.
pub(super) fn wilson_limits(p: f64, n: f64, critical: f64) -> (f64, f64) {
    let square = critical * critical;
    let denominator = 1.0 + square / n;
    let centre = (p + square / (2.0 * n)) / denominator;
    let half = critical * ((p * (1.0 - p)).max(0.0) / n + square / (4.0 * n * n)).sqrt() / denominator;
    (if p <= 0.0 { 0.0 } else { (centre - half).max(0.0) }, if p >= 1.0 { 1.0 } else { (centre + half).min(1.0) })
}

#[cfg(test)]
mod tests {
    use super::super::Design;
    use super::*;

    #[test]
    fn no_failure_and_no_success_have_exact_ends() {
        for (successes, end) in [(0, Estimate::low as fn(&Estimate) -> Option<f64>), (10, Estimate::high)] {
            let estimate = wilson(successes, 10, 0.95).expect("has cases");
            assert_eq!(end(&estimate), Some(estimate.value));
        }
    }

    #[test]
    fn the_method_follows_the_data() {
        let row = |values, clusters, scores| {
            let cases = PerCase { values, design: Design::clustered(clusters) };
            rate(cases, scores, 0.95).expect("has cases").method
        };
        let (effective, once) = ("effective-sample Wilson", Scores::PassFail { trials: 1 });
        assert_eq!(row(&[0.0, 1.0], None, once), "Wilson");
        assert_eq!(row(&[0.0, 1.0], None, Scores::PassFail { trials: 3 }), effective);
        assert_eq!(row(&[0.0, 1.0], None, Scores::Graded), effective);
        assert_eq!(row(&[0.0, 1.0], Some(&[0, 1]), once), effective);
    }

    #[test]
    fn clusters_that_all_pass_count_once_each() {
        let clusters = [0, 1, 2, 3].repeat(10);
        let cases = PerCase { values: &[1.0; 40], design: Design::clustered(Some(&clusters)) };
        let rate = effective_rate(cases, Scores::PassFail { trials: 1 }, 0.95).expect("has cases");
        assert_eq!(rate.effective_n, Some(4.0));
    }
}
