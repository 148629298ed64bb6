//! Values by case, and how far they spread over clusters of cases that are not independent of each other.

use std::collections::BTreeMap;

use super::design::{Design, Relative};
use super::sum::{Sum, count, sum};

/// One value a case, in the order of the cases.
#[derive(Debug, Clone, Copy)]
pub struct PerCase<'a> {
    /// The values: a case's mean over its trials, or its difference between two arms. Finite.
    pub values: &'a [f64],
    /// How the cases came into the sample.
    pub design: Design<'a>,
}

impl<'a> PerCase<'a> {
    /// Values of cases that are independent of each other and weigh the same.
    #[must_use]
    pub const fn independent(values: &'a [f64]) -> Self {
        Self { values, design: Design::clustered(None) }
    }

    /// Number of cases.
    #[must_use]
    pub const fn n(&self) -> usize {
        self.values.len()
    }

    /// The weights of the cases, with a mean of 1.
    pub(super) fn weights(&self) -> Relative {
        Relative::of(self.design, self.n())
    }
}

/// How far the cases of a sample spread.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spread {
    /// Clusters found; the number of cases when there are no clusters.
    pub clusters: usize,
    /// Sum over clusters of the squared sum of weighted deviations: n² times the variance of the weighted mean by
    /// Hájek's linearisation.
    pub squares: f64,
}

/// The spread of `cases` around `centre`.
pub(super) fn spread(cases: PerCase<'_>, weights: &Relative, centre: f64) -> Spread {
    let sums = cluster_sums(cases, weights, centre);
    Spread { clusters: sums.len(), squares: sum(sums.iter().map(|sum| sum * sum)) }
}

/// The sum of weighted deviations from `centre` in each cluster; the deviations themselves when there are no clusters.
fn cluster_sums(cases: PerCase<'_>, weights: &Relative, centre: f64) -> Vec<f64> {
    let deviations = cases.values.iter().enumerate().map(|(case, value)| weights.of_case(case) * (value - centre));
    let Some(clusters) = cases.design.clusters else { return deviations.collect() };
    debug_assert_eq!(clusters.len(), cases.n(), "one cluster a case");
    let table = clusters.iter().max().map_or(0, |&last| last as usize + 1);
    let mut sums: Vec<Option<Sum>> = vec![None; table];
    for (&cluster, deviation) in clusters.iter().zip(deviations) {
        sums[cluster as usize].get_or_insert_default().add(deviation);
    }
    sums.into_iter().flatten().map(Sum::value).collect()
}

/// How far the means of two quantities of the same cases may be off together.
#[derive(Debug, Clone, Copy)]
pub(super) struct PairError {
    /// Variance of the mean of x, clustered.
    pub x: f64,
    /// Variance of the mean of y.
    pub y: f64,
    /// Covariance of the two means.
    pub xy: f64,
    /// The weighted mean of x.
    pub mean_x: f64,
    /// The weighted mean of y.
    pub mean_y: f64,
    /// Student's critical value at the confidence asked for.
    pub critical: f64,
}

impl PairError {
    /// The errors of the means of `x` and `y`, which have the same cases; `None` below two clusters.
    pub(super) fn of(x: &[f64], y: &[f64], design: Design<'_>, confidence: f64) -> Option<Self> {
        let weights = Relative::of(design, x.len());
        let (mean_x, mean_y) = (weights.mean(x)?, weights.mean(y)?);
        let sums = |values, mean| cluster_sums(PerCase { values, design }, &weights, mean);
        let (of_x, of_y) = (sums(x, mean_x), sums(y, mean_y));
        let scale = finite_clusters(of_x.len())? / count(x.len()).powi(2);
        let product = |a: &[f64], b: &[f64]| scale * sum(a.iter().zip(b).map(|(a, b)| a * b));
        let xy = product(&of_x, &of_y);
        let critical = weights.critical(confidence, of_x.len())?;
        Some(Self { x: product(&of_x, &of_x), y: product(&of_y, &of_y), xy, mean_x, mean_y, critical })
    }
}

/// How often every case of every cluster is there: 2 for a sample that was copied once. `None` when the cases of a
/// cluster never disagree, so that they may all be copies of one.
pub(super) fn copies(values: &[f64], clusters: &[u32]) -> Option<f64> {
    let mut cells: BTreeMap<(u32, u64), u32> = BTreeMap::new();
    for (&cluster, value) in clusters.iter().zip(values) {
        // Adding 0 makes −0 the same value as 0.
        *cells.entry((cluster, (value + 0.0).to_bits())).or_default() += 1;
    }
    let disagrees = cells.keys().zip(cells.keys().skip(1)).any(|((cluster, _), (next, _))| cluster == next);
    disagrees.then(|| f64::from(cells.into_values().fold(0, common_divisor)))
}

/// The greatest common divisor.
fn common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { common_divisor(b, a % b) }
}

/// The finite-cluster factor C/(C−1); `None` below two clusters.
pub(super) fn finite_clusters(clusters: usize) -> Option<f64> {
    (clusters > 1).then(|| count(clusters) / count(clusters - 1))
}

/// How far a mean may be off.
#[derive(Debug, Clone, Copy)]
pub(super) struct MeanError {
    /// Standard error, clustered (Miller 2024, appendix A) and weighted (Hájek's linearisation; Särndal, Swensson &
    /// Wretman 1992, section 5.7).
    pub standard_error: f64,
    /// Clusters that it was taken from, at least two.
    pub clusters: usize,
    /// Student's critical value at the confidence asked for; `None` when the weights leave no degree of freedom.
    critical: Option<f64>,
}

impl MeanError {
    /// The error of the mean of `cases`; `None` below two clusters.
    pub(super) fn of(cases: PerCase<'_>, confidence: f64) -> Option<Self> {
        let weights = cases.weights();
        let Spread { clusters, squares } = spread(cases, &weights, weights.mean(cases.values)?);
        let standard_error = (finite_clusters(clusters)? * squares).sqrt() / count(cases.n());
        Some(Self { standard_error, clusters, critical: weights.critical(confidence, clusters) })
    }

    /// Half the width of Student's t interval.
    pub(super) fn half_width(self) -> Option<f64> {
        Some(self.critical? * self.standard_error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clustered<'a>(values: &'a [f64], clusters: &'a [u32]) -> PerCase<'a> {
        PerCase { values, design: Design::clustered(Some(clusters)) }
    }

    #[test]
    fn clusters_are_those_found_not_those_numbered() {
        let cases = clustered(&[1.0, 2.0, 4.0], &[5, 2, 5]);
        let spread = spread(cases, &cases.weights(), 1.0);
        assert_eq!(spread.clusters, 2);
        assert_eq!(spread.squares.to_bits(), 10.0_f64.to_bits());
    }

    #[test]
    fn one_cluster_has_no_standard_error() {
        let error = |cases| MeanError::of(cases, 0.95).map(|error| (error.standard_error, error.clusters));
        assert_eq!(error(clustered(&[1.0, 2.0], &[0, 0])), None);
        assert_eq!(error(PerCase::independent(&[1.0])), None);
        assert_eq!(error(PerCase::independent(&[0.0, 2.0])), Some((1.0, 2)));
    }

    #[test]
    fn a_weighted_mean_has_the_error_of_its_linearisation() {
        // Mean (1·0 + 3·1) ÷ 4; deviations w(x − mean) are −3/4 and 3/4, doubled by the finite factor, over Σw = 4.
        let design = Design { clusters: None, weights: Some(&[10.0, 30.0]) };
        let error = MeanError::of(PerCase { values: &[0.0, 1.0], design }, 0.95).expect("two cases");
        assert!((error.standard_error - (2.0_f64 * 2.0 * 0.5625).sqrt() / 4.0).abs() < 1e-15, "{error:?}");
    }

    #[test]
    fn copies_show_as_repeated_samples_and_as_clusters_of_one_mind() {
        assert_eq!(copies(&[0.0, 1.0, 0.0], &[0, 0, 1]), Some(1.0));
        assert_eq!(copies(&[0.0, 1.0, 0.0, 0.0, 1.0, -0.0], &[0, 0, 1, 0, 0, 1]), Some(2.0));
        assert_eq!(copies(&[0.0, 1.0, 0.0, 0.0], &[0, 0, 1, 1]), Some(1.0));
        assert_eq!(copies(&[0.0, -0.0, 0.0, 1.0], &[0, 0, 0, 1]), None);
    }
}
