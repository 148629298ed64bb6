//! Fieller's (1954) interval for cost per success: honest when successes are few, and then perhaps unbounded.

use super::cluster::PairError;
use super::design::{Design, Relative};
use super::estimate::{Estimate, Interval};
use super::ratio::Arm;

/// Total cost ÷ successes of independent cases that weigh the same. No upper limit when the success rate cannot be told
/// from 0; no interval with a single case. `None` without cases or successes.
#[must_use]
pub fn fieller(arm: Arm<'_>, confidence: f64) -> Option<Estimate> {
    fieller_of(arm, Design::default(), confidence)
}

/// [`fieller`] for cases of any design.
#[must_use]
pub fn fieller_of(arm: Arm<'_>, design: Design<'_>, confidence: f64) -> Option<Estimate> {
    let n = arm.cost.len();
    let weights = Relative::of(design, n);
    let (cost, success) = (weights.mean(arm.cost)?, weights.mean(arm.success)?);
    if success == 0.0 {
        return None;
    }
    let value = cost / success;
    let interval = PairError::of(arm.cost, arm.success, design, confidence).map(|error| {
        let square = error.critical.powi(2);
        let a = success * success - square * error.y;
        let b = cost * success - square * error.xy;
        let c = cost * cost - square * error.x;
        let (low, high) = limits(a, b, c, value);
        Interval { low, high, confidence }
    });
    Some(Estimate { value, interval, method: weights.method("Fieller", "Fieller, weighted"), n })
}

/// The ratios r with a·r² − 2b·r + c ≤ 0, as far as they are an interval around `value`.
fn limits(a: f64, b: f64, c: f64, value: f64) -> (Option<f64>, Option<f64>) {
    let discriminant = b * b - a * c;
    if a > 0.0 {
        let root = discriminant.max(0.0).sqrt();
        return (Some((b - root) / a), Some((b + root) / a));
    }
    if discriminant <= 0.0 || a == 0.0 {
        return (None, None);
    }
    let root = discriminant.sqrt();
    let below = [(b - root) / a, (b + root) / a].into_iter().filter(|limit| (0.0..=value).contains(limit));
    (below.reduce(f64::max), None)
}
