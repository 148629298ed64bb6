//! Rates per unit where units differ from case to case, such as failed tool calls ÷ tool calls: ratio estimators,
//! linearised and paired by case (Cochran 1977, chapter 6).

use super::cluster::{MeanError, PerCase};
use super::estimate::{Estimate, Interval};
use super::sum::{mean, sum};

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
pub fn rates(arms: Arms<'_>, clusters_of: Option<&[u32]>, confidence: f64) -> Option<Rates> {
    let n = arms.baseline.events.len();
    let (baseline, baseline_influence) = rate(arms.baseline)?;
    let (candidate, candidate_influence) = rate(arms.candidate)?;
    let influence: Vec<f64> = candidate_influence.zip(baseline_influence).map(|(c, b)| c - b).collect();
    let influence = PerCase { values: &influence, clusters: clusters_of };
    let error = MeanError::of(influence);
    let value = candidate - baseline;
    let interval = error
        .and_then(|error| error.half_width(confidence))
        .map(|half| Interval::bounded(value - half, value + half, confidence));
    let difference = Estimate { value, interval, method: "ratio estimator, Student t", n };
    Some(Rates { baseline, candidate, difference, standard_error: error.map(|error| error.standard_error) })
}

/// The rate of one arm, and how much each case moves it.
fn rate(arm: Events<'_>) -> Option<(f64, impl Iterator<Item = f64>)> {
    let units = mean(arm.units)?;
    let rate = sum(arm.events.iter().copied()) / sum(arm.units.iter().copied());
    let influence = arm.events.iter().zip(arm.units).map(move |(events, own)| (events - rate * own) / units);
    (units > 0.0).then_some((rate, influence))
}
