//! Quantiles, with intervals by order statistics (Conover 1999, section 3.2): no assumption on the shape.

use super::estimate::{Estimate, Interval};
use super::special::binomial_cdf;
use super::sum::count;

/// The quantile at `q` in [0, 1] of ascending values. +∞ stands for "longer than we waited". A limit is `None` when this
/// many values cannot resolve it, or when it falls among the infinite ones; the whole is `None` without values, or when
/// the quantile itself falls there.
#[must_use]
pub fn quantile(sorted: &[f64], q: f64, confidence: f64) -> Option<Estimate> {
    let value = interpolated(sorted, q).filter(|value| value.is_finite())?;
    let ranks = ranks(sorted.len(), q, confidence);
    let at = |rank: Option<usize>| rank.map(|rank| sorted[rank - 1]).filter(|limit| limit.is_finite());
    let interval = Interval { low: at(ranks.low), high: at(ranks.high), confidence };
    Some(Estimate { value, interval: Some(interval), method: "order statistics", n: sorted.len() })
}

/// Two arms' values, each ascending.
#[derive(Debug, Clone, Copy)]
pub struct SortedArms<'a> {
    /// The baseline.
    pub baseline: &'a [f64],
    /// The candidate.
    pub candidate: &'a [f64],
}

/// Candidate ÷ baseline of the quantiles at `q`, of values that are not negative. The limits come from both arms'
/// order statistics, each at half the error, so that both hold together (Bonferroni): conservative, and more so as it
/// ignores that the values are paired. A limit is `None` where one arm cannot resolve its own. `None` without values,
/// with an infinite quantile, or with a baseline of 0. `n` is the smaller number of values.
#[must_use]
pub fn quantile_ratio(arms: SortedArms<'_>, q: f64, confidence: f64) -> Option<Estimate> {
    let each = 1.0 - (1.0 - confidence) / 2.0;
    let baseline = quantile(arms.baseline, q, each)?;
    let candidate = quantile(arms.candidate, q, each)?;
    let ratio = |numerator: f64, denominator: f64| (denominator > 0.0).then(|| numerator / denominator);
    let limit = |numerator: Option<f64>, denominator: Option<f64>| {
        numerator.zip(denominator).and_then(|(numerator, denominator)| ratio(numerator, denominator))
    };
    let interval = Interval {
        low: limit(candidate.low(), baseline.high()),
        high: limit(candidate.high(), baseline.low()),
        confidence,
    };
    Some(Estimate {
        value: ratio(candidate.value, baseline.value)?,
        interval: Some(interval),
        method: "order statistics, Bonferroni",
        n: baseline.n.min(candidate.n),
    })
}

/// The quantile at `q` of ascending values by linear interpolation (type 7, the default of R's
/// `quantile`). `None` without values.
#[must_use]
pub fn interpolated(sorted: &[f64], q: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let position = count(last) * q;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 ≤ position ≤ last")]
    let below = position.floor() as usize;
    let low = sorted[below.min(last)];
    let high = sorted[(below + 1).min(last)];
    let part = position - position.floor();
    // Between equal values, two infinite ones among them, there is nothing to interpolate.
    Some(if part == 0.0 || low >= high { low } else { low + part * (high - low) })
}

/// The ranks, from 1, of the values that are the limits of an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ranks {
    /// Of the lower limit; `None` when so few values have none.
    pub low: Option<usize>,
    /// Of the upper limit.
    pub high: Option<usize>,
}

/// The ranks of the interval of the quantile at `q` of `n` values.
#[must_use]
pub fn ranks(n: usize, q: f64, confidence: f64) -> Ranks {
    let tail = (1.0 - confidence) / 2.0;
    // The chance that the value of rank r, from 1, lies above the quantile rises with r.
    let first_rank = |reached: &dyn Fn(f64) -> bool| {
        let (mut low, mut high) = (1, n + 1);
        while low < high {
            let middle = usize::midpoint(low, high);
            if reached(binomial_cdf(middle - 1, n, q)) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        low
    };
    let beyond_tail = first_rank(&|chance| chance > tail);
    let high = first_rank(&|chance| chance >= 1.0 - tail);
    Ranks { low: (beyond_tail > 1).then(|| beyond_tail - 1), high: (high <= n).then_some(high) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_needs_enough_values_for_an_upper_limit() {
        for (q, enough) in [(0.95, 72), (0.99, 368)] {
            assert_eq!(ranks(enough - 1, q, 0.95).high, None);
            assert_eq!(ranks(enough, q, 0.95).high, Some(enough));
        }
    }

    #[test]
    fn timeouts_are_the_tail() {
        let mut values: Vec<f64> = (1..=100).map(f64::from).collect();
        values[97..].fill(f64::INFINITY);
        let quantile = |q| quantile(&values, q, 0.95);
        let p95 = quantile(0.95).expect("is finite");
        assert!((p95.value - 95.05).abs() < 1e-9, "{p95:?}");
        assert_eq!(p95.high(), None);
        assert_eq!(quantile(0.99), None);
    }

    fn ratio(baseline: &[f64], candidate: &[f64], q: f64) -> Option<Estimate> {
        quantile_ratio(SortedArms { baseline, candidate }, q, 0.95)
    }

    #[test]
    fn the_limits_of_a_ratio_are_those_of_both_arms_at_half_the_error() {
        let baseline: Vec<f64> = (1..=100).map(f64::from).collect();
        let candidate: Vec<f64> = baseline.iter().map(|value| 3.0 * value).collect();
        let estimate = ratio(&baseline, &candidate, 0.5).expect("has values");
        // Ranks 39 and 62: P(Bin(100, 1/2) ≤ 38) = 0.0105 ≤ 0.0125 < P(≤ 39) = 0.0176.
        assert_eq!(ranks(100, 0.5, 0.975), Ranks { low: Some(39), high: Some(62) });
        let limits = [estimate.low(), Some(estimate.value), estimate.high()].map(|limit| limit.expect("is bounded"));
        for (found, expected) in limits.into_iter().zip([117.0 / 62.0, 3.0, 186.0 / 39.0]) {
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        }
        assert_eq!((estimate.n, estimate.interval.map(|interval| interval.confidence)), (100, Some(0.95)));
    }

    #[test]
    fn a_ratio_is_open_where_an_arm_is_and_undefined_on_zero() {
        let few: Vec<f64> = (1..=20).map(f64::from).collect();
        let p95 = ratio(&few, &few, 0.95).expect("has values");
        assert!((p95.value - 1.0).abs() < 1e-12);
        assert_eq!((p95.low(), p95.high()), (None, None));
        assert_eq!(ratio(&[], &few, 0.5), None);
        assert_eq!(ratio(&few, &[], 0.5), None);
        assert_eq!(ratio(&[0.0; 20], &few, 0.5), None);
        assert_eq!(ratio(&few, &[f64::INFINITY; 20], 0.5), None);
        let mut from_zero = few.clone();
        from_zero[..8].fill(0.0);
        let open = ratio(&from_zero, &few, 0.5).expect("has a median above 0");
        assert_eq!(open.high(), None);
        assert!(open.low().is_some());
    }
}
