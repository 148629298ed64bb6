//! Compensated sums, so that a total does not drift with the number or the order of its terms.

/// A running sum with Neumaier's compensation (Neumaier 1974, improved Kahan–Babuška).
#[derive(Debug, Clone, Copy, Default)]
pub struct Sum {
    total: f64,
    compensation: f64,
}

impl Sum {
    /// Adds one term.
    pub fn add(&mut self, term: f64) {
        let next = self.total + term;
        self.compensation +=
            if self.total.abs() >= term.abs() { (self.total - next) + term } else { (term - next) + self.total };
        self.total = next;
    }

    /// The sum so far.
    #[must_use]
    pub fn value(self) -> f64 {
        // Past an infinite term the compensation is ∞ − ∞; the total alone is right.
        if self.total.is_finite() { self.total + self.compensation } else { self.total }
    }
}

/// The sum of `terms`.
pub fn sum(terms: impl IntoIterator<Item = f64>) -> f64 {
    let mut sum = Sum::default();
    for term in terms {
        sum.add(term);
    }
    sum.value()
}

/// The mean of `values`; `None` without any.
pub(super) fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| sum(values.iter().copied()) / count(values.len()))
}

/// A count as a number of the same value.
#[expect(clippy::cast_precision_loss, reason = "counts of cases stay far below 2^53")]
pub(super) fn count(n: usize) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_terms_survive_large_ones() {
        assert_eq!(sum([1.0, 1e100, 1.0, -1e100]).to_bits(), 2.0_f64.to_bits());
        assert_eq!(sum([]).to_bits(), 0.0_f64.to_bits());
        assert_eq!(sum([f64::INFINITY, 1.0]).to_bits(), f64::INFINITY.to_bits());
    }

    #[test]
    fn the_mean_of_nothing_is_nothing() {
        assert_eq!(mean(&[]), None);
        assert_eq!(mean(&[1.0, 2.0]), Some(1.5));
    }
}
