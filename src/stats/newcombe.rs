//! Newcombe's (1998) method 10: a closed-form cross-check of Tango's interval. It gates nothing.

use super::estimate::{Estimate, Interval};
use super::proportion::wilson_limits;
use super::special::normal_critical;
use super::sum::count;

/// How pairs of pass/fail outcomes fall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pairs {
    /// Both arms passed.
    pub both: usize,
    /// Only the baseline passed.
    pub baseline_only: usize,
    /// Only the candidate passed.
    pub candidate_only: usize,
    /// Neither arm passed.
    pub neither: usize,
}

/// Method 10, with the continuity-corrected φ. `None` without pairs.
#[must_use]
pub fn newcombe(pairs: Pairs, confidence: f64) -> Option<Estimate> {
    let Pairs { both, baseline_only, candidate_only, neither } = pairs;
    let n = both + baseline_only + candidate_only + neither;
    if n == 0 {
        return None;
    }
    let total = count(n);
    let (candidate, baseline) = (count(both + candidate_only), count(both + baseline_only));
    let critical = normal_critical(confidence);
    let (p1, p2) = (candidate / total, baseline / total);
    let (low1, high1) = wilson_limits(p1, total, critical);
    let (low2, high2) = wilson_limits(p2, total, critical);
    let phi = phi(pairs, candidate * (total - candidate) * baseline * (total - baseline), total);
    let reach = |a: f64, b: f64| (a * a - 2.0 * phi * a * b + b * b).max(0.0).sqrt();
    let value = p1 - p2;
    let interval =
        Interval::bounded(value - reach(p1 - low1, high2 - p2), value + reach(p2 - low2, high1 - p1), confidence);
    Some(Estimate { value, interval: Some(interval), method: "Newcombe 10", n })
}

/// The correlation of the two arms; `product` is the product of the four margins.
fn phi(pairs: Pairs, product: f64, total: f64) -> f64 {
    let agreement = count(pairs.both) * count(pairs.neither) - count(pairs.baseline_only) * count(pairs.candidate_only);
    let corrected = if agreement >= 0.0 { (agreement - total / 2.0).max(0.0) } else { agreement };
    if product == 0.0 { 0.0 } else { corrected / product.sqrt() }
}
