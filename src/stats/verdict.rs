//! Reading an interval against a margin: non-inferiority, three-valued (Piaggio et al. 2012).

use super::estimate::Interval;

/// What an interval says about a difference where more is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// All of it is above 0.
    Better,
    /// All of it is above −margin.
    NotWorse,
    /// All of it is below −margin.
    Worse,
    /// Neither, or a limit is missing.
    Inconclusive,
}

/// A class, and whether the loss is beyond doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// The class.
    pub class: Class,
    /// All of the interval is below 0: a real loss, be it within the margin.
    pub measurably_worse: bool,
}

/// Reads an interval against the largest loss tolerated, `margin` ≥ 0. Inequalities are strict.
#[must_use]
pub fn classify(interval: Option<Interval>, margin: f64) -> Reading {
    let Some((low, high)) = interval.and_then(|interval| interval.low.zip(interval.high)) else {
        return Reading { class: Class::Inconclusive, measurably_worse: false };
    };
    let class = if low > 0.0 {
        Class::Better
    } else if low > -margin {
        Class::NotWorse
    } else if high < -margin {
        Class::Worse
    } else {
        Class::Inconclusive
    };
    Reading { class, measurably_worse: high < 0.0 }
}

/// What several classes say together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overall {
    /// All are better or not worse.
    Pass,
    /// One is worse.
    Fail,
    /// Neither, or there are none.
    Inconclusive,
}

/// The classes of all required gates together (Berger 1982, intersection-union: no correction for their number).
#[must_use]
pub fn overall(required: &[Class]) -> Overall {
    if required.contains(&Class::Worse) {
        Overall::Fail
    } else if required.is_empty() || required.contains(&Class::Inconclusive) {
        Overall::Inconclusive
    } else {
        Overall::Pass
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_on_the_line_decides_nothing() {
        let class = |low, high| classify(Some(Interval::bounded(low, high, 0.95)), 0.5).class;
        assert_eq!(class(0.0, 0.1), Class::NotWorse);
        assert_eq!(class(-0.5, 0.1), Class::Inconclusive);
        assert_eq!(class(-0.9, -0.5), Class::Inconclusive);
        assert_eq!(classify(None, 0.5).class, Class::Inconclusive);
    }
}
