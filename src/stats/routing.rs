//! Which slices may go to the candidate: a one-sided Tango test at the margin for each, adjusted for their number.

use super::adjust::holm;
use super::tango::{self, Discordant};

/// Fewest cases with which a slice is ranked among others.
const CASES_TO_RANK: f64 = 20.0;
/// Fewest disagreements with which a slice is ranked among others.
const DISCORDANT_TO_RANK: f64 = 3.0;

/// What is said of one slice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Route {
    /// One-sided p of "the candidate is worse by the margin or more".
    pub p: f64,
    /// The same, adjusted for the number of slices (Holm 1979).
    pub adjusted: f64,
    /// Whether the slice may go to the candidate; else it stays with the baseline.
    pub to_candidate: bool,
}

/// Routes slices that were named before the run. The chance that any slice is sent to a candidate that is worse there
/// by the margin is at most (1 − confidence) ÷ 2. A slice without cases stays.
#[must_use]
pub fn route(slices: &[Discordant], margin: f64, confidence: f64) -> Vec<Route> {
    let test = |slice: &Discordant| if slice.n > 0.0 { tango::test(*slice, -margin).p_greater } else { 1.0 };
    let p: Vec<f64> = slices.iter().map(test).collect();
    let alpha = (1.0 - confidence) / 2.0;
    let routes = p.iter().zip(holm(&p));
    routes.map(|(&p, adjusted)| Route { p, adjusted, to_candidate: adjusted < alpha }).collect()
}

/// Whether a slice has seen enough to be ranked among others. With less it is shown, not ranked.
#[must_use]
pub fn is_rankable(slice: Discordant) -> bool {
    // Effective numbers are products: what rounding takes away is no case less.
    let discordant = slice.baseline_only + slice.candidate_only;
    slice.n >= CASES_TO_RANK - 1e-9 && discordant >= DISCORDANT_TO_RANK - 1e-9
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slice(baseline_only: f64, candidate_only: f64, n: f64) -> Discordant {
        Discordant { baseline_only, candidate_only, n }
    }

    #[test]
    fn the_same_slice_is_harder_to_route_beside_others() {
        let good = slice(1.0, 4.0, 100.0);
        assert!(route(&[good], 0.03, 0.95)[0].to_candidate);
        let beside = route(&[good, slice(5.0, 5.0, 100.0), slice(0.0, 0.0, 0.0)], 0.03, 0.95);
        assert!(!beside[0].to_candidate, "{beside:?}");
        assert_eq!(beside[2].p.to_bits(), 1.0_f64.to_bits());
    }

    #[test]
    fn few_cases_or_disagreements_are_not_ranked() {
        assert!(is_rankable(slice(1.0, 2.0, 20.0)));
        assert!(!is_rankable(slice(1.0, 2.0, 19.0)));
        assert!(!is_rankable(slice(1.0, 1.0, 20.0)));
    }
}
