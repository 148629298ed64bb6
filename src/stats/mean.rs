//! Means of unbounded quantities (dollars, seconds, tokens), or of their paired differences, with Student's t.

use super::cluster::{MeanError, PerCase};
use super::estimate::{Estimate, Interval};

/// A mean, and what went into its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mean {
    /// The mean.
    pub estimate: Estimate,
    /// Its standard error, clustered; `None` below two clusters.
    pub standard_error: Option<f64>,
    /// Clusters − 1, fewer with unequal weights; `None` below two clusters.
    pub degrees_of_freedom: Option<f64>,
}

/// The mean with its t interval; on per-case differences it is the paired t interval. `None` without cases.
#[must_use]
pub fn mean(cases: PerCase<'_>, confidence: f64) -> Option<Estimate> {
    t_mean(cases, confidence).map(|mean| mean.estimate)
}

/// [`mean`], with its standard error. `None` without cases.
#[must_use]
pub fn t_mean(cases: PerCase<'_>, confidence: f64) -> Option<Mean> {
    let weights = cases.weights();
    let value = weights.mean(cases.values)?;
    let error = MeanError::of(cases, confidence);
    let half = error.and_then(MeanError::half_width);
    let interval = half.map(|half| Interval::bounded(value - half, value + half, confidence));
    let method = weights.method("Student t", "Student t, weighted");
    Some(Mean {
        estimate: Estimate { value, interval, method, n: cases.n() },
        standard_error: error.map(|error| error.standard_error),
        degrees_of_freedom: error.map(|error| weights.degrees_of_freedom(error.clusters)),
    })
}
