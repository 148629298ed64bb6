//! How the cases came into the sample: which belong together, and how much of the population each stands for.

use super::special::t_critical_at;
use super::sum::{count, sum};

/// Clusters and sampling weights, both in the order of the cases. The default is a simple random sample of cases that
/// are independent of each other.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Design<'a> {
    /// The cluster of each case, as small whole numbers (they index a table); `None` when every case stands alone.
    pub clusters: Option<&'a [u32]>,
    /// How many cases of the population each case stands for, up to a common factor: positive and finite. `None` when
    /// each stands for as many as any other. Equal weights give the very same numbers as none.
    pub weights: Option<&'a [f64]>,
}

impl<'a> Design<'a> {
    /// Cases of these clusters that all weigh the same.
    #[must_use]
    pub const fn clustered(clusters: Option<&'a [u32]>) -> Self {
        Self { clusters, weights: None }
    }

    /// Whether some case weighs more than another.
    #[must_use]
    pub fn is_weighted(&self) -> bool {
        self.weights.is_some_and(|weights| weights.windows(2).any(|pair| pair[0].total_cmp(&pair[1]).is_ne()))
    }

    /// How many equally weighted cases `n` cases are worth (Kish 1965): (Σw)² ÷ Σw². `n` when all weigh the same. It
    /// says what the weights cost and nothing of clusters.
    #[must_use]
    pub fn effective_cases(&self, n: usize) -> f64 {
        Relative::of(*self, n).effective_cases()
    }
}

/// The weights with a mean of 1, so that their common factor does not matter.
#[derive(Debug, Clone)]
pub(super) struct Relative {
    /// Nothing when all weights are equal: sums of cases are then plain sums, to the last bit.
    weights: Option<Vec<f64>>,
    /// Their sum: the number of cases, but for rounding.
    pub total: f64,
    n: usize,
}

impl Relative {
    /// The weights of `n` cases.
    pub(super) fn of(design: Design<'_>, n: usize) -> Self {
        let weights = design.weights.filter(|_| design.is_weighted()).map(|weights| {
            debug_assert_eq!(weights.len(), n, "one weight a case");
            let mean = sum(weights.iter().copied()) / count(n);
            weights.iter().map(|weight| weight / mean).collect::<Vec<f64>>()
        });
        let total = weights.as_ref().map_or(count(n), |weights| sum(weights.iter().copied()));
        Self { weights, total, n }
    }

    /// The weight of a case.
    pub(super) fn of_case(&self, case: usize) -> f64 {
        self.weights.as_ref().map_or(1.0, |weights| weights[case])
    }

    /// Whether some case weighs more than another.
    pub(super) const fn is_weighted(&self) -> bool {
        self.weights.is_some()
    }

    /// Kish's design effect, n Σw² ÷ (Σw)²: 1 when all weigh the same.
    pub(super) fn design_effect(&self) -> f64 {
        let squares = |weights: &Vec<f64>| sum(weights.iter().map(|weight| weight * weight));
        self.weights.as_ref().map_or(1.0, |weights| count(self.n) * squares(weights) / (self.total * self.total))
    }

    /// Kish's effective number of cases.
    pub(super) fn effective_cases(&self) -> f64 {
        count(self.n) / self.design_effect()
    }

    /// The sum of `values`, one a case, each as often as it weighs.
    pub(super) fn sum(&self, values: impl IntoIterator<Item = f64>) -> f64 {
        sum(values.into_iter().enumerate().map(|(case, value)| self.of_case(case) * value))
    }

    /// The weighted mean (Hájek 1971) of `values`, one a case; `None` without any.
    pub(super) fn mean(&self, values: &[f64]) -> Option<f64> {
        (!values.is_empty()).then(|| self.sum(values.iter().copied()) / self.total)
    }

    /// Degrees of freedom of a variance taken from `clusters` clusters, which unequal weights leave fewer of.
    pub(super) fn degrees_of_freedom(&self, clusters: usize) -> f64 {
        count(clusters) / self.design_effect() - 1.0
    }

    /// Student's critical value of a two-sided confidence; `None` below two clusters.
    pub(super) fn critical(&self, confidence: f64, clusters: usize) -> Option<f64> {
        t_critical_at(confidence, self.degrees_of_freedom(clusters))
    }

    /// The name of a method, by whether weights went into it.
    pub(super) const fn method(&self, plain: &'static str, weighted: &'static str) -> &'static str {
        if self.is_weighted() { weighted } else { plain }
    }
}
