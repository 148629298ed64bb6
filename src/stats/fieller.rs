//! Fieller's (1954) interval for cost per success: honest when successes are few, and then perhaps unbounded.

use super::estimate::{Estimate, Interval};
use super::ratio::Arm;
use super::special::t_critical;
use super::sum::{count, mean, sum};

/// Total cost ÷ successes of independent cases. No upper limit when the success rate cannot be told from 0; no interval
/// with a single case. `None` without cases or successes.
#[must_use]
pub fn fieller(arm: Arm<'_>, confidence: f64) -> Option<Estimate> {
    let n = arm.cost.len();
    let (cost, success) = (mean(arm.cost)?, mean(arm.success)?);
    if success == 0.0 {
        return None;
    }
    let value = cost / success;
    let interval = t_critical(confidence, n).map(|critical| {
        let covariance = |x: &[f64], x_mean: f64, y: &[f64], y_mean: f64| {
            let products = x.iter().zip(y).map(|(x, y)| (x - x_mean) * (y - y_mean));
            critical * critical * sum(products) / count(n - 1) / count(n)
        };
        let a = success * success - covariance(arm.success, success, arm.success, success);
        let b = cost * success - covariance(arm.cost, cost, arm.success, success);
        let c = cost * cost - covariance(arm.cost, cost, arm.cost, cost);
        let (low, high) = limits(a, b, c, value);
        Interval { low, high, confidence }
    });
    Some(Estimate { value, interval, method: "Fieller", n })
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
