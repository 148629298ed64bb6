//! Estimates of several slices drawn towards their common mean, so that the luckiest slice does not look best: random
//! effects by `DerSimonian` & Laird (1986), shrunk by normal-normal empirical Bayes.

use super::special::chi_squared_sf;
use super::sum::{count, sum};

/// What one slice showed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seen {
    /// Its estimate.
    pub estimate: f64,
    /// The variance of the estimate, above 0: of a paired difference its regularised variance ÷ (n + 2).
    pub variance: f64,
}

/// A slice's estimate, shrunk.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shrunk {
    /// The estimate.
    pub estimate: f64,
    /// Its standard deviation.
    pub standard_deviation: f64,
}

/// What several slices say together.
#[derive(Debug, Clone, PartialEq)]
pub struct Shrinkage {
    /// Cochran's Q: how far the slices are from their common mean, in units of their own variances.
    pub q: f64,
    /// The chance of such a Q or a greater one when slices do not differ; `None` with a single slice.
    pub q_p: Option<f64>,
    /// Variance between slices. 0 is "no evidence that slices differ": do not route by them.
    pub between: f64,
    /// The common mean.
    pub mean: f64,
    /// Its standard error.
    pub mean_standard_error: f64,
    /// The slices, in their order.
    pub slices: Vec<Shrunk>,
}

/// Shrinks the estimates of `slices`. `None` without any.
#[must_use]
pub fn shrink(slices: &[Seen]) -> Option<Shrinkage> {
    if slices.is_empty() {
        return None;
    }
    let others = count(slices.len() - 1);
    let weight = |slice: &Seen| 1.0 / slice.variance;
    let total = sum(slices.iter().map(weight));
    let fixed = sum(slices.iter().map(|slice| weight(slice) * slice.estimate)) / total;
    let q = sum(slices.iter().map(|slice| weight(slice) * (slice.estimate - fixed).powi(2)));
    let scale = total - sum(slices.iter().map(|slice| weight(slice).powi(2))) / total;
    let between = if slices.len() > 1 && scale > 0.0 { ((q - others) / scale).max(0.0) } else { 0.0 };

    let weight = |slice: &Seen| 1.0 / (slice.variance + between);
    let total = sum(slices.iter().map(weight));
    let mean = sum(slices.iter().map(|slice| weight(slice) * slice.estimate)) / total;
    let shrunk = |slice: &Seen| {
        let own = between / (between + slice.variance);
        Shrunk {
            estimate: own * slice.estimate + (1.0 - own) * mean,
            standard_deviation: (own * slice.variance + (1.0 - own).powi(2) / total).sqrt(),
        }
    };
    Some(Shrinkage {
        q,
        q_p: chi_squared_sf(q, others),
        between,
        mean,
        mean_standard_error: (1.0 / total).sqrt(),
        slices: slices.iter().map(shrunk).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_that_agree_all_get_the_common_mean() {
        let slices = [0.01, -0.01, 0.0].map(|estimate| Seen { estimate, variance: 0.01 });
        let shrinkage = shrink(&slices).expect("has slices");
        assert_eq!(shrinkage.between.to_bits(), 0.0_f64.to_bits());
        assert!(shrinkage.slices.iter().all(|slice| (slice.estimate - shrinkage.mean).abs() < 1e-15));
    }

    #[test]
    fn a_slice_known_well_keeps_more_of_its_own() {
        let slices = [
            Seen { estimate: 0.3, variance: 0.001 },
            Seen { estimate: 0.3, variance: 0.02 },
            Seen { estimate: -0.3, variance: 0.001 },
        ];
        let shrunk = shrink(&slices).expect("has slices").slices;
        assert!(shrunk[0].estimate > shrunk[1].estimate, "{shrunk:?}");
        assert_eq!(shrink(&[]), None);
    }
}
