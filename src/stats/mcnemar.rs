//! The test of `McNemar` (1947) for paired pass/fail outcomes. For reading only: the interval decides.

use super::special::{binomial_cdf, heads_pmf};

/// The exact two-sided p: how surprising so uneven a split of the disagreements is. 1 without disagreements.
#[must_use]
pub fn exact_p(baseline_only: usize, candidate_only: usize) -> f64 {
    let fewer = baseline_only.min(candidate_only);
    (2.0 * binomial_cdf(fewer, baseline_only + candidate_only, 0.5)).min(1.0)
}

/// The mid-p variant (Fagerland, Lydersen & Laake 2013): it counts half of the observed split's own probability, and
/// so is less conservative. 1 without disagreements.
#[must_use]
pub fn mid_p(baseline_only: usize, candidate_only: usize) -> f64 {
    let (fewer, n) = (baseline_only.min(candidate_only), baseline_only + candidate_only);
    (2.0 * binomial_cdf(fewer, n, 0.5) - heads_pmf(fewer, n)).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_even_split_is_no_surprise_and_the_arms_are_alike() {
        for even in [0, 1, 7] {
            assert!((mid_p(even, even) - 1.0).abs() < 1e-12);
        }
        assert!((mid_p(0, 5) - 1.0 / 32.0).abs() < 1e-12);
        assert_eq!(mid_p(2, 9).to_bits(), mid_p(9, 2).to_bits());
    }
}
