//! A number with its uncertainty: what every figure of a report is.

use serde::Serialize;

/// A number with its uncertainty. It cannot be built from nothing: where nothing is known there is no `Estimate`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    /// The point estimate; finite.
    pub value: f64,
    /// Where the true value lies; `None` when the cases cannot say (a single cluster, for example).
    pub interval: Option<Interval>,
    /// How the interval was made, in words for the reader.
    pub method: &'static str,
    /// Cases behind the number.
    pub n: usize,
}

/// A two-sided confidence interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// Lower limit; `None` when unbounded or not resolvable with this many cases.
    pub low: Option<f64>,
    /// Upper limit; `None` when unbounded or not resolvable with this many cases.
    pub high: Option<f64>,
    /// Two-sided confidence, such as 0.95.
    pub confidence: f64,
}

impl Interval {
    /// An interval with both limits.
    #[must_use]
    pub const fn bounded(low: f64, high: f64, confidence: f64) -> Self {
        Self { low: Some(low), high: Some(high), confidence }
    }

    /// The interval of the same quantity counted the other way: x becomes −x.
    #[must_use]
    pub fn negated(self) -> Self {
        self.mirrored(|limit| 0.0 - limit)
    }

    /// The interval moved by `distance`.
    #[must_use]
    pub fn shifted(self, distance: f64) -> Self {
        let shift = |limit: f64| limit + distance;
        Self { low: self.low.map(shift), high: self.high.map(shift), ..self }
    }

    /// The limits under a falling function: they change places.
    fn mirrored(self, falling: impl Fn(f64) -> f64) -> Self {
        Self { low: self.high.map(&falling), high: self.low.map(&falling), ..self }
    }
}

impl Estimate {
    /// The lower limit, where there is one.
    #[must_use]
    pub fn low(&self) -> Option<f64> {
        self.interval.and_then(|interval| interval.low)
    }

    /// The upper limit, where there is one.
    #[must_use]
    pub fn high(&self) -> Option<f64> {
        self.interval.and_then(|interval| interval.high)
    }

    /// The estimate of the same quantity counted the other way: x becomes −x, as when a difference of success rates
    /// is told as one of failure rates.
    #[must_use]
    pub fn negated(self) -> Self {
        self.mirrored(|x| 0.0 - x)
    }

    /// The estimate of the rest of a share: x becomes 1 − x, as when a success rate is told as a failure rate.
    #[must_use]
    pub fn complement(self) -> Self {
        self.mirrored(|x| 1.0 - x)
    }

    /// The estimate of so many times the quantity, `times` ≥ 0: a month's tasks instead of one.
    #[must_use]
    pub fn scaled(self, times: f64) -> Self {
        self.rising(|x| x * times)
    }

    /// The estimate of a function of the quantity that rises with it.
    #[must_use]
    pub fn rising(self, of: impl Fn(f64) -> f64) -> Self {
        let interval = self.interval.map(|all| Interval { low: all.low.map(&of), high: all.high.map(&of), ..all });
        Self { value: of(self.value), interval, ..self }
    }

    /// The estimate of a function of the quantity that falls as it rises.
    #[must_use]
    pub fn falling(self, of: impl Fn(f64) -> f64) -> Self {
        self.mirrored(of)
    }

    fn mirrored(self, falling: impl Fn(f64) -> f64) -> Self {
        let interval = self.interval.map(|interval| interval.mirrored(&falling));
        Self { value: falling(self.value), interval, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mirrored_estimate_keeps_its_limits_around_it() {
        let success = Estimate { value: 0.75, interval: Some(Interval::bounded(0.5, 0.875, 0.95)), method: "", n: 4 };
        let limits = |estimate: Estimate| (estimate.low(), estimate.value, estimate.high());
        assert_eq!(limits(success.complement()), (Some(0.125), 0.25, Some(0.5)));
        assert_eq!(limits(success.negated()), (Some(-0.875), -0.75, Some(-0.5)));
        let nothing = Estimate { value: 0.0, interval: None, method: "", n: 4 };
        assert_eq!(nothing.negated().value.to_bits(), 0.0_f64.to_bits(), "no difference has no sign");
    }

    #[test]
    fn a_scaled_estimate_scales_its_limits() {
        let interval = Some(Interval { low: Some(-1.0), high: None, confidence: 0.95 });
        let month = Estimate { value: 0.5, interval, method: "", n: 4 }.scaled(100.0);
        assert_eq!((month.low(), month.value, month.high(), month.n), (Some(-100.0), 50.0, None, 4));
    }

    #[test]
    fn an_open_end_stays_open_and_changes_sides() {
        let open = Interval { low: Some(1.0), high: None, confidence: 0.95 };
        assert_eq!(open.negated(), Interval { low: None, high: Some(-1.0), confidence: 0.95 });
        assert_eq!(open.shifted(-0.5), Interval { low: Some(0.5), high: None, confidence: 0.95 });
    }
}
