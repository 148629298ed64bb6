//! Rates per unit where units differ from case to case, such as failed tool calls ÷ tool calls: ratio estimators,
//! linearised and paired by case (Cochran 1977, chapter 6).

use super::cluster::{MeanError, PerCase};
use super::design::{Design, Relative};
use super::estimate::{Estimate, Interval};

/// What happened in one arm, case by case.
#[derive(Debug, Clone, Copy)]
pub struct Events<'a> {
    /// Events of each case.
    pub events: &'a [f64],
    /// Units of each case, in which an event can happen.
    pub units: &'a [f64],
}

/// Two arms over the same cases.
#[derive(Debug, Clone, Copy)]
pub struct Arms<'a> {
    /// The baseline.
    pub baseline: Events<'a>,
    /// The candidate.
    pub candidate: Events<'a>,
}

/// The rates of two arms, and their difference.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rates {
    /// Events ÷ units of the baseline.
    pub baseline: f64,
    /// Events ÷ units of the candidate.
    pub candidate: f64,
    /// Candidate − baseline.
    pub difference: Estimate,
    /// Standard error of the difference, clustered; `None` below two clusters.
    pub standard_error: Option<f64>,
}

/// The rates per unit and their difference. `None` when an arm has no units.
#[must_use]
pub fn rates(arms: Arms<'_>, design: Design<'_>, confidence: f64) -> Option<Rates> {
    let n = arms.baseline.events.len();
    let weights = Relative::of(design, n);
    let (baseline, baseline_influence) = rate(arms.baseline, &weights)?;
    let (candidate, candidate_influence) = rate(arms.candidate, &weights)?;
    let influence: Vec<f64> = candidate_influence.zip(baseline_influence).map(|(c, b)| c - b).collect();
    let error = MeanError::of(PerCase { values: &influence, design }, confidence);
    let value = candidate - baseline;
    let half = error.and_then(MeanError::half_width);
    let interval = half.map(|half| Interval::bounded(value - half, value + half, confidence));
    let method = weights.method("ratio estimator, Student t", "ratio estimator, Student t, weighted");
    let difference = Estimate { value, interval, method, n };
    Some(Rates { baseline, candidate, difference, standard_error: error.map(|error| error.standard_error) })
}

/// The rate of one arm, and how much each case moves it.
fn rate<'a>(arm: Events<'a>, weights: &Relative) -> Option<(f64, impl Iterator<Item = f64> + use<'a>)> {
    let units = weights.mean(arm.units)?;
    let rate = weights.sum(arm.events.iter().copied()) / weights.sum(arm.units.iter().copied());
    let influence = arm.events.iter().zip(arm.units).map(move |(events, own)| (events - rate * own) / units);
    (units > 0.0).then_some((rate, influence))
}
