//! Paired differences of scores between 0 and 1: candidate − baseline, case by case.

use super::cluster::{MeanError, PerCase};
use super::effective::{Ends, Scores, effective};
use super::estimate::{Estimate, Interval};
use super::sum::count;
use super::tango::{Discordant, tango};

const ENDS: Ends = Ends { low: -1.0, high: 1.0 };

/// A paired difference, and what went into its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difference {
    /// Mean of candidate − baseline.
    pub estimate: Estimate,
    /// Clusters, or cases when there are no clusters.
    pub clusters: usize,
    /// Standard error of the mean, clustered; `None` below two clusters.
    pub standard_error: Option<f64>,
    /// Variance of one case's difference, regularised so that it is never 0, with the design effect of clusters and
    /// weights in it: what planning by variance starts from. `None` without an interval.
    pub variance: Option<f64>,
    /// The disagreements of the effective sample; `None` without an interval.
    pub discordant: Option<Discordant>,
}

/// The paired difference from each case's difference of mean scores, in [−1, 1]: Tango's interval for one independent
/// pass/fail trial a case and arm, Tango's interval at the effective sample otherwise. `None` without cases. For
/// unbounded quantities use [`super::mean::mean`].
#[must_use]
pub fn difference(cases: PerCase<'_>, scores: Scores, confidence: f64) -> Option<Estimate> {
    let whole = |&difference: &f64| difference.fract() == 0.0;
    if scores.textbook(cases) && cases.values.iter().all(whole) {
        let count = |wins: fn(f64) -> bool| cases.values.iter().filter(|&&difference| wins(difference)).count();
        return tango(count(|d| d < 0.0), count(|d| d > 0.0), cases.n(), confidence);
    }
    effective_difference(cases, scores, confidence).map(|difference| difference.estimate)
}

/// Tango's interval at the effective sample: equal to [`tango`] on independent pass/fail trials, one a case and arm, of
/// the same weight. `None` without cases; no interval below two clusters.
#[must_use]
pub fn effective_difference(cases: PerCase<'_>, scores: Scores, confidence: f64) -> Option<Difference> {
    let n = cases.n();
    let weights = cases.weights();
    let value = weights.mean(cases.values)?;
    let (clusters, fit) = effective(cases, &weights, (scores, ENDS), confidence);
    let discordant = fit.as_ref().map(|fit| Discordant {
        baseline_only: fit.ratio * weights.sum(cases.values.iter().map(|difference| (-difference).max(0.0))),
        candidate_only: fit.ratio * weights.sum(cases.values.iter().map(|difference| difference.max(0.0))),
        n: fit.ratio * count(n),
    });
    let interval = fit.as_ref().zip(discordant).map(|(fit, discordant)| {
        let (low, high) = discordant.limits(fit.critical);
        Interval::bounded(low, high, confidence)
    });
    let method = weights.method("effective-sample Tango", "effective-sample Tango, weighted");
    Some(Difference {
        estimate: Estimate { value, interval, method, n },
        clusters,
        standard_error: fit.as_ref().and_then(|_| MeanError::of(cases, confidence)).map(|error| error.standard_error),
        variance: fit.map(|fit| fit.variance),
        discordant,
    })
}

#[cfg(test)]
mod tests {
    use super::super::Design;
    use super::*;

    #[test]
    fn one_pass_fail_trial_a_case_is_tango_as_published() {
        // Fagerland, Lydersen & Laake 2014, airway data: (-0.517, -0.026).
        let mut differences = vec![0.0; 21];
        differences[..7].fill(-1.0);
        differences[7] = 1.0;
        let cases = PerCase::independent(&differences);
        let estimate = difference(cases, Scores::PassFail { trials: 1 }, 0.95).expect("has cases");
        let rounded = |limit: Option<f64>| format!("{:.3}", limit.expect("has limits"));
        assert_eq!(estimate.method, "Tango");
        assert_eq!((rounded(estimate.low()), rounded(estimate.high())), ("-0.517".into(), "-0.026".into()));
    }

    #[test]
    fn no_disagreement_is_not_certainty() {
        let estimate = difference(PerCase::independent(&[0.0; 100]), Scores::PassFail { trials: 1 }, 0.95);
        let square = super::super::special::normal_critical(0.95).powi(2);
        let high = estimate.and_then(|estimate| estimate.high()).expect("has limits");
        assert!((high - square / (100.0 + square)).abs() < 1e-12, "{high}");
    }

    #[test]
    fn one_cluster_gives_no_interval() {
        let cases = PerCase { values: &[0.5, -0.5], design: Design::clustered(Some(&[0, 0])) };
        let estimate = difference(cases, Scores::Graded, 0.95).expect("has cases");
        assert_eq!(estimate.interval, None);
    }
}
