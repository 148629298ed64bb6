//! Values by case, and the clusters of cases that are not independent of each other.

use super::special::t_critical;
use super::sum::{Sum, count, mean, sum};

/// One value a case, in the order of the cases.
#[derive(Debug, Clone, Copy)]
pub struct PerCase<'a> {
    /// The values: a case's mean over its trials, or its difference between two arms. Finite.
    pub values: &'a [f64],
    /// The cluster of each case, as small whole numbers (they index a table); `None` when every case stands alone.
    pub clusters: Option<&'a [u32]>,
}

impl<'a> PerCase<'a> {
    /// Values of cases that are independent of each other.
    #[must_use]
    pub const fn independent(values: &'a [f64]) -> Self {
        Self { values, clusters: None }
    }

    /// Number of cases.
    #[must_use]
    pub const fn n(&self) -> usize {
        self.values.len()
    }
}

/// How far the cases of a sample spread.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spread {
    /// Clusters found; the number of cases when there are no clusters.
    pub clusters: usize,
    /// Sum over clusters of the squared sum of deviations.
    pub squares: f64,
}

/// The spread of `cases` around `centre`.
pub(super) fn spread(cases: PerCase<'_>, centre: f64) -> Spread {
    let deviations = cases.values.iter().map(|value| value - centre);
    let Some(clusters) = cases.clusters else {
        return Spread { clusters: cases.n(), squares: sum(deviations.map(|deviation| deviation * deviation)) };
    };
    debug_assert_eq!(clusters.len(), cases.n(), "one cluster a case");
    let table = clusters.iter().max().map_or(0, |&last| last as usize + 1);
    let mut sums: Vec<Option<Sum>> = vec![None; table];
    for (&cluster, deviation) in clusters.iter().zip(deviations) {
        sums[cluster as usize].get_or_insert_default().add(deviation);
    }
    let found = sums.iter().flatten();
    Spread { clusters: found.clone().count(), squares: sum(found.map(|sum| sum.value().powi(2))) }
}

/// The finite-cluster factor C/(C−1); `None` below two clusters.
pub(super) fn finite_clusters(clusters: usize) -> Option<f64> {
    (clusters > 1).then(|| count(clusters) / count(clusters - 1))
}

/// How far a mean may be off.
#[derive(Debug, Clone, Copy)]
pub(super) struct MeanError {
    /// Standard error, clustered (Miller 2024, appendix A).
    pub standard_error: f64,
    /// Clusters that it was taken from, at least two.
    pub clusters: usize,
}

impl MeanError {
    /// The error of the mean of `cases`; `None` below two clusters.
    pub(super) fn of(cases: PerCase<'_>) -> Option<Self> {
        let Spread { clusters, squares } = spread(cases, mean(cases.values)?);
        let standard_error = (finite_clusters(clusters)? * squares).sqrt() / count(cases.n());
        Some(Self { standard_error, clusters })
    }

    /// Half the width of Student's t interval.
    pub(super) fn half_width(self, confidence: f64) -> Option<f64> {
        Some(t_critical(confidence, self.clusters)? * self.standard_error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clusters_are_those_found_not_those_numbered() {
        let cases = PerCase { values: &[1.0, 2.0, 4.0], clusters: Some(&[5, 2, 5]) };
        let spread = spread(cases, 1.0);
        assert_eq!(spread.clusters, 2);
        assert_eq!(spread.squares.to_bits(), 10.0_f64.to_bits());
    }

    #[test]
    fn one_cluster_has_no_standard_error() {
        let error = |cases| MeanError::of(cases).map(|error| (error.standard_error, error.clusters));
        assert_eq!(error(PerCase { values: &[1.0, 2.0], clusters: Some(&[0, 0]) }), None);
        assert_eq!(error(PerCase::independent(&[1.0])), None);
        assert_eq!(error(PerCase::independent(&[0.0, 2.0])), Some((1.0, 2)));
    }
}
