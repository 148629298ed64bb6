//! Smooth functions of several means over the same cases, by the delta method: every derived figure has its interval.

use super::cluster::{MeanError, PerCase};
use super::design::{Design, Relative};
use super::estimate::{Estimate, Interval};
use super::special::t_cdf;
use super::sum::{count, sum};

/// Several quantities of the same cases.
#[derive(Debug, Clone, Copy)]
pub struct Columns<'a> {
    /// One column a quantity, one value a case in each. Finite.
    pub columns: &'a [&'a [f64]],
    /// How the cases came into the sample.
    pub design: Design<'a>,
    /// Two-sided confidence of intervals.
    pub confidence: f64,
}

/// Where an interval is symmetric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Around the value itself.
    Plain,
    /// Around its logarithm: for quantities above 0 that multiply, such as costs and ratios.
    Log,
}

/// A function of means, and what went into its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Derived {
    /// The function at the means.
    pub estimate: Estimate,
    /// Standard error on the scale, clustered; `None` where there is no interval.
    pub standard_error: Option<f64>,
    degrees_of_freedom: f64,
    scale: Scale,
}

impl Columns<'_> {
    /// The weighted mean of every column; `None` without columns or cases.
    #[must_use]
    pub fn means(&self) -> Option<Vec<f64>> {
        let weights = Relative::of(self.design, self.columns.first()?.len());
        self.columns.iter().map(|column| weights.mean(column)).collect()
    }
}

impl Scale {
    fn of(self, value: f64) -> Option<f64> {
        match self {
            Self::Plain => value.is_finite().then_some(value),
            Self::Log => (value > 0.0 && value.is_finite()).then(|| value.ln()),
        }
    }

    fn back(self, value: f64) -> f64 {
        match self {
            Self::Plain => value,
            Self::Log => value.exp(),
        }
    }
}

impl Derived {
    /// How likely the true value lies below `limit`, as Student's t around the estimate says. `None` without a spread.
    #[must_use]
    pub fn chance_below(&self, limit: f64) -> Option<f64> {
        let error = self.standard_error.filter(|error| *error > 0.0)?;
        let distance = self.scale.of(limit)? - self.scale.of(self.estimate.value)?;
        t_cdf(distance / error, self.degrees_of_freedom)
    }
}

/// `f` at the means of the columns, with Student's t interval by the delta method: each case moves the value by the
/// gradient times its distance from the means. The gradient is taken numerically, on one side where `f` ends. `None`
/// where `f` is undefined at the means; without an interval where it has no gradient there, and at 0 on the log scale.
#[must_use]
pub fn of_means(cases: Columns<'_>, scale: Scale, f: impl Fn(&[f64]) -> Option<f64>) -> Option<Derived> {
    let means = cases.means()?;
    let n = cases.columns.first()?.len();
    let weights = Relative::of(cases.design, n);
    let value = f(&means).filter(|value| value.is_finite())?;
    let method = match scale {
        Scale::Plain => weights.method("delta, Student t", "delta, Student t, weighted"),
        Scale::Log => weights.method("log delta, Student t", "log delta, Student t, weighted"),
    };
    let point = Derived {
        estimate: Estimate { value, interval: None, method, n },
        standard_error: None,
        degrees_of_freedom: 0.0,
        scale,
    };
    let Some((gradient, centre)) = gradient(cases.columns, &means, |at| f(at).and_then(|value| scale.of(value))) else {
        return Some(point);
    };
    let moved = |case: usize| {
        sum(cases.columns.iter().zip(&means).zip(&gradient).map(|((x, mean), slope)| slope * (x[case] - mean)))
    };
    let influence: Vec<f64> = (0..n).map(moved).collect();
    let error = MeanError::of(PerCase { values: &influence, design: cases.design }, cases.confidence);
    let Some((error, half)) = error.and_then(|error| Some((error, error.half_width()?))) else {
        return Some(point);
    };
    // Beyond the range of numbers there is no limit, on either side.
    let limit = |at: f64| Some(scale.back(at)).filter(|limit| scale.of(*limit).is_some());
    let (low, high) = (limit(centre - half), limit(centre + half));
    let interval = Some(Interval { low, high, confidence: cases.confidence });
    Some(Derived {
        estimate: Estimate { interval, ..point.estimate },
        standard_error: Some(error.standard_error),
        degrees_of_freedom: weights.degrees_of_freedom(error.clusters),
        scale,
    })
}

/// The slopes of `f` at `means` and its value there; `None` where it has none.
fn gradient(columns: &[&[f64]], means: &[f64], f: impl Fn(&[f64]) -> Option<f64>) -> Option<(Vec<f64>, f64)> {
    let centre = f(means)?;
    let slopes = columns.iter().enumerate().map(|(index, column)| {
        // A quantity that all cases share moves nothing, so that its slope does not matter, even where it has none.
        if column.windows(2).all(|pair| pair[0].total_cmp(&pair[1]).is_eq()) {
            return Some(0.0);
        }
        let size = sum(column.iter().map(|value| value.abs())) / count(column.len());
        // The step that balances rounding against curvature.
        let step = size * f64::EPSILON.cbrt();
        let at = |steps: f64| {
            let mut moved = means.to_vec();
            moved[index] += steps * step;
            f(&moved)
        };
        slope(at, centre, step)
    });
    Some((slopes.collect::<Option<_>>()?, centre))
}

/// The slope of a function that is `centre` at no step and `at` so many steps from there.
fn slope(at: impl Fn(f64) -> Option<f64>, centre: f64, step: f64) -> Option<f64> {
    let one_sided = |side: f64| Some(side * (4.0 * at(side)? - 3.0 * centre - at(2.0 * side)?) / (2.0 * step));
    let found = match (at(1.0), at(-1.0)) {
        (Some(up), Some(down)) => Some((up - down) / (2.0 * step)),
        (Some(_), None) => one_sided(1.0),
        (None, Some(_)) => one_sided(-1.0),
        (None, None) => None,
    };
    found.filter(|slope| slope.is_finite())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::mean::t_mean;
    use super::super::ratio::{Arm, cost_per_success};
    use super::*;

    const COST: [f64; 8] = [1.0, 1.2, 0.9, 1.1, 1.0, 0.8, 1.3, 1.0];
    const SUCCESS: [f64; 8] = [0.0, 1.0, 0.0, 0.5, 1.0, 1.0, 0.0, 1.0];
    const CLUSTERS: [u32; 8] = [0, 0, 1, 1, 2, 3, 4, 5];
    const WEIGHTS: [f64; 8] = [1.0, 2.0, 1.0, 0.5, 3.0, 1.0, 1.0, 2.0];

    fn designs() -> [Design<'static>; 3] {
        [
            Design::default(),
            Design::clustered(Some(&CLUSTERS)),
            Design { clusters: Some(&CLUSTERS), weights: Some(&WEIGHTS) },
        ]
    }

    fn ratio(means: &[f64]) -> Option<f64> {
        (means[1] > 0.0).then(|| means[0] / means[1])
    }

    fn same(a: Estimate, b: Estimate) -> bool {
        let near = |a: Option<f64>, b: Option<f64>| match (a, b) {
            (Some(a), Some(b)) => (a - b).abs() <= 1e-8 * b.abs().max(1e-3),
            (a, b) => a == b,
        };
        near(a.low(), b.low()) && near(Some(a.value), Some(b.value)) && near(a.high(), b.high()) && a.n == b.n
    }

    #[test]
    fn a_ratio_on_the_log_scale_is_cost_per_success() {
        for design in designs() {
            let cases = Columns { columns: &[&COST, &SUCCESS], design, confidence: 0.9 };
            let found = of_means(cases, Scale::Log, ratio).expect("is defined").estimate;
            let known = cost_per_success(Arm { cost: &COST, success: &SUCCESS }, design, 0.9).expect("has successes");
            assert!(same(found, known) && found.method == known.method, "{found:?} {known:?}");
        }
    }

    #[test]
    fn a_mean_of_its_own_is_the_mean() {
        for design in designs() {
            let cases = Columns { columns: &[&COST], design, confidence: 0.95 };
            let found = of_means(cases, Scale::Plain, |means| Some(means[0])).expect("is defined");
            let known = t_mean(PerCase { values: &COST, design }, 0.95).expect("has cases");
            assert!(same(found.estimate, known.estimate), "{found:?} {known:?}");
            assert_eq!(Some(found.degrees_of_freedom), known.degrees_of_freedom);
        }
    }

    #[test]
    fn at_the_edge_of_a_function_its_slope_comes_from_inside() {
        // Defined up to the mean of SUCCESS only.
        let edge = sum(SUCCESS) / 8.0;
        let cases = Columns { columns: &[&SUCCESS], design: Design::default(), confidence: 0.95 };
        let bounded = |means: &[f64]| (means[0] <= edge).then(|| means[0] * means[0]);
        let free = of_means(cases, Scale::Plain, |means| Some(means[0] * means[0])).expect("is defined");
        let found = of_means(cases, Scale::Plain, bounded).expect("is defined");
        assert!(same(found.estimate, free.estimate), "{found:?} {free:?}");
        let nowhere = of_means(cases, Scale::Plain, |means| (means[0] - edge == 0.0).then_some(1.0));
        assert_eq!(nowhere.expect("is defined").estimate.interval, None);
    }

    #[test]
    fn what_is_undefined_or_zero_is_told_apart() {
        fn cases<'a>(columns: &'a [&'a [f64]]) -> Columns<'a> {
            Columns { columns, design: Design::default(), confidence: 0.95 }
        }
        let none = [0.0; 8];
        assert_eq!(of_means(cases(&[&COST, &none]), Scale::Log, ratio), None);
        let free = of_means(cases(&[&none, &SUCCESS]), Scale::Log, ratio).expect("is 0");
        assert_eq!((free.estimate.value, free.estimate.interval, free.chance_below(1.0)), (0.0, None, None));
        assert_eq!(of_means(cases(&[]), Scale::Plain, |_| Some(1.0)), None);
        assert_eq!(of_means(cases(&[&[]]), Scale::Plain, |_| Some(1.0)), None);
    }

    #[test]
    fn a_limit_beyond_all_numbers_is_none() {
        let design = Design { clusters: None, weights: Some(&[1.0, 0.05]) };
        let cases = Columns { columns: &[&[1.0, 2.0], &[0.5, 1.0 / 3.0]], design, confidence: 0.999_999 };
        let found = of_means(cases, Scale::Log, ratio).expect("is defined").estimate;
        assert!(found.interval.is_some() && found.low().is_none() && found.high().is_none(), "{found:?}");
    }

    #[test]
    fn half_of_the_chance_lies_below_the_value() {
        let cases = Columns { columns: &[&COST, &SUCCESS], design: Design::default(), confidence: 0.9 };
        let found = of_means(cases, Scale::Log, ratio).expect("is defined");
        let below = |limit| found.chance_below(limit).expect("has a spread");
        assert!((below(found.estimate.value) - 0.5).abs() < 1e-9);
        assert!((below(found.estimate.low().expect("has a limit")) - 0.05).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn a_common_factor_of_the_weights_changes_nothing(factor in 0.01..100.0_f64) {
            let scaled = WEIGHTS.map(|weight| weight * factor);
            let with = |weights| {
                let design = Design { clusters: Some(&CLUSTERS), weights: Some(weights) };
                of_means(Columns { columns: &[&COST, &SUCCESS], design, confidence: 0.95 }, Scale::Log, ratio)
            };
            let (plain, scaled) = (with(&WEIGHTS).expect("is defined"), with(&scaled).expect("is defined"));
            prop_assert!(same(plain.estimate, scaled.estimate), "{plain:?} {scaled:?}");
        }
    }
}
