//! Tango's (1998) score interval and test for a paired difference of pass rates.

use super::estimate::{Estimate, Interval};
use super::special::{normal_cdf, normal_critical};

/// How pairs of pass/fail outcomes disagree. Counts may be fractional, as those of an effective sample are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Discordant {
    /// Pairs that only the baseline passed.
    pub baseline_only: f64,
    /// Pairs that only the candidate passed.
    pub candidate_only: f64,
    /// All pairs.
    pub n: f64,
}

/// The score test of one difference.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Test {
    /// The score.
    pub z: f64,
    /// One-sided p of "the difference is not above".
    pub p_greater: f64,
    /// One-sided p of "the difference is not below".
    pub p_less: f64,
}

impl Discordant {
    /// Candidate − baseline.
    #[must_use]
    pub fn difference(self) -> f64 {
        (self.candidate_only - self.baseline_only) / self.n
    }

    /// As many disagreements, evenly split: what would be seen if the true difference were zero.
    #[must_use]
    pub fn balanced(self) -> Self {
        let half = f64::midpoint(self.baseline_only, self.candidate_only);
        Self { baseline_only: half, candidate_only: half, ..self }
    }

    /// The score of the difference `theta`; it falls as `theta` rises.
    #[must_use]
    pub fn score(self, theta: f64) -> f64 {
        let excess = (self.candidate_only - self.baseline_only) - self.n * theta;
        if excess == 0.0 {
            return 0.0;
        }
        let variance = self.n * self.null_variance(theta);
        if variance <= 0.0 { f64::INFINITY.copysign(excess) } else { excess / variance.sqrt() }
    }

    /// Variance of one pair's difference when the true difference is `theta` and the rest is fitted to the pairs.
    pub(super) fn null_variance(self, theta: f64) -> f64 {
        let Self { baseline_only, candidate_only, n } = self;
        let a = 2.0 * n;
        let b = -baseline_only - candidate_only + (2.0 * n - candidate_only + baseline_only) * theta;
        let c = -baseline_only * theta * (1.0 - theta);
        let q = (-b + (b * b - 4.0 * a * c).max(0.0).sqrt()) / (2.0 * a);
        2.0 * q + theta * (1.0 - theta)
    }

    /// The differences at which the score is `critical` and `-critical`.
    pub(super) fn limits(self, critical: f64) -> (f64, f64) {
        let difference = self.difference();
        let low = if difference <= -1.0 { -1.0 } else { self.solve(-1.0, difference, critical) };
        let high = if difference >= 1.0 { 1.0 } else { self.solve(difference, 1.0, -critical) };
        (low, high)
    }

    /// Bisects for the difference at which the score is `target`.
    fn solve(self, mut low: f64, mut high: f64, target: f64) -> f64 {
        for _ in 0..200 {
            let middle = f64::midpoint(low, high);
            if middle <= low || middle >= high {
                break;
            }
            if self.score(middle) > target {
                low = middle;
            } else {
                high = middle;
            }
        }
        f64::midpoint(low, high)
    }
}

/// Tango's interval for pass/fail outcomes of `n` independent pairs. `None` without pairs.
#[must_use]
pub fn tango(baseline_only: usize, candidate_only: usize, n: usize, confidence: f64) -> Option<Estimate> {
    if n == 0 {
        return None;
    }
    let count = super::sum::count;
    let pairs = Discordant { baseline_only: count(baseline_only), candidate_only: count(candidate_only), n: count(n) };
    let (low, high) = pairs.limits(normal_critical(confidence));
    let interval = Some(Interval::bounded(low, high, confidence));
    Some(Estimate { value: pairs.difference(), interval, method: "Tango", n })
}

/// Tests whether the difference is `theta`.
#[must_use]
pub fn test(pairs: Discordant, theta: f64) -> Test {
    let z = pairs.score(theta);
    Test { z, p_greater: normal_cdf(-z), p_less: normal_cdf(z) }
}
