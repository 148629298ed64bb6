//! Cost with what failures cost downstream: model cost + failure cost × failures, a task (Stinnett & Mullahy 1998).

use serde::Serialize;

use super::breakeven::{ErrorArms, FailureCost, Task, failure_cost};
use super::cluster::{PairError, PerCase};
use super::design::{Design, Relative};
use super::estimate::Estimate;
use super::mean::mean;
use super::ratio::{Arm, Arms};

/// What a task costs in one arm when a failure costs `failure_cost` downstream; Student's t. `None` without cases.
/// Linear in the cases, so that it has an interval however few of them succeed. [`Estimate::scaled`] makes it a month's.
#[must_use]
pub fn total(arm: Arm<'_>, failure_cost: f64, design: Design<'_>, confidence: f64) -> Option<Estimate> {
    mean(PerCase { values: &totals(arm, failure_cost), design }, confidence)
}

/// What a task costs the candidate more than the baseline, in pairs; Student's t. `None` without cases.
#[must_use]
pub fn total_difference(arms: Arms<'_>, failure_cost: f64, design: Design<'_>, confidence: f64) -> Option<Estimate> {
    let (baseline, candidate) = (totals(arms.baseline, failure_cost), totals(arms.candidate, failure_cost));
    mean(PerCase { values: &differences(&baseline, &candidate), design }, confidence)
}

/// Each case's cost with its failures: cost + failure cost × (1 − success).
fn totals(arm: Arm<'_>, failure_cost: f64) -> Vec<f64> {
    arm.cost.iter().zip(arm.success).map(|(cost, success)| cost + failure_cost * (1.0 - success)).collect()
}

fn differences(baseline: &[f64], candidate: &[f64]) -> Vec<f64> {
    candidate.iter().zip(baseline).map(|(candidate, baseline)| candidate - baseline).collect()
}

/// Share of the failures that the candidate avoids: reviews saved, for example; negative when it fails more. `None` when
/// the baseline does not fail.
#[must_use]
pub fn failures_avoided(arms: ErrorArms) -> Option<f64> {
    let (before, after) = (arms.baseline.error_rate, arms.candidate.error_rate);
    (before > 0.0).then(|| (before - after) / before)
}

/// What a failure must cost for the arms to cost the same, and how sure that is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct MeasuredFailureCost {
    /// The break-even of the means.
    pub break_even: FailureCost,
    /// The failure costs at which the cases leave open which arm is cheaper; `None` below two clusters.
    pub undecided: Option<Undecided>,
}

/// The failure costs, from 0 up, at which the interval of the difference of totals holds 0. At all others one arm is
/// cheaper, by the sign of [`total_difference`] there.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Undecided {
    /// None: the same arm is cheaper whatever a failure costs.
    Nowhere,
    /// All.
    Everywhere,
    /// From one to another.
    Between {
        /// The lower limit, ≥ 0.
        low: f64,
        /// The upper limit.
        high: f64,
    },
    /// This one and all above.
    From(f64),
    /// All but those in between.
    Outside {
        /// Up to here.
        up_to: f64,
        /// And from here on.
        from: f64,
    },
}

/// The break-even failure cost from the cases of both arms, with the failure costs that they cannot tell apart: by
/// Fieller's (1954) construction, as in Heitjan (2000), clustered. `None` without cases.
#[must_use]
pub fn measured_failure_cost(arms: Arms<'_>, design: Design<'_>, confidence: f64) -> Option<MeasuredFailureCost> {
    let weights = Relative::of(design, arms.baseline.cost.len());
    let task =
        |arm: Arm<'_>| Some(Task { cost: weights.mean(arm.cost)?, error_rate: 1.0 - weights.mean(arm.success)? });
    let break_even = failure_cost(ErrorArms { baseline: task(arms.baseline)?, candidate: task(arms.candidate)? });
    let dearer = differences(arms.baseline.cost, arms.candidate.cost);
    let better = differences(arms.baseline.success, arms.candidate.success);
    let undecided = PairError::of(&dearer, &better, design, confidence).map(|error| {
        let (cost, success) = (error.mean_x, error.mean_y);
        let square = error.critical.powi(2);
        // The interval of the mean of `dearer − H·better` holds 0 where a·H² − 2b·H + c ≤ 0.
        let a = success * success - square * error.y;
        let b = cost * success - square * error.xy;
        let c = cost * cost - square * error.x;
        at_most_zero(a, b, c)
    });
    Some(MeasuredFailureCost { break_even, undecided })
}

/// Where a·H² − 2b·H + c ≤ 0 among H ≥ 0.
fn at_most_zero(a: f64, b: f64, c: f64) -> Undecided {
    let discriminant = b * b - a * c;
    if a == 0.0 {
        let root = c / (2.0 * b);
        return match b {
            b if b > 0.0 => from(root),
            b if b < 0.0 => up_to(root),
            _ if c <= 0.0 => Undecided::Everywhere,
            _ => Undecided::Nowhere,
        };
    }
    if a < 0.0 && discriminant <= 0.0 {
        return Undecided::Everywhere;
    }
    let [low, high] = roots([a, b, c], discriminant.max(0.0).sqrt());
    match (a > 0.0, low < 0.0) {
        (true, false) => Undecided::Between { low, high },
        (true, true) => up_to(high),
        (false, true) => from(high),
        (false, false) => Undecided::Outside { up_to: low, from: high },
    }
}

fn from(root: f64) -> Undecided {
    if root <= 0.0 { Undecided::Everywhere } else { Undecided::From(root) }
}

fn up_to(root: f64) -> Undecided {
    if root < 0.0 { Undecided::Nowhere } else { Undecided::Between { low: 0.0, high: root } }
}

/// The roots of a·H² − 2b·H + c, the lower first, without subtracting numbers that are almost equal.
fn roots([a, b, c]: [f64; 3], root: f64) -> [f64; 2] {
    let sum = b + root.copysign(b);
    let (one, other) = (sum / a, if sum == 0.0 { 0.0 } else { c / sum });
    [one.min(other), one.max(other)]
}

#[cfg(test)]
mod tests {
    use super::super::breakeven::Status;
    use super::super::fieller::fieller;
    use super::*;

    const BASELINE: Arm<'_> =
        Arm { cost: &[1.0, 1.2, 0.9, 1.1, 1.0, 0.8, 1.3, 1.0], success: &[0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0] };
    const CANDIDATE: Arm<'_> =
        Arm { cost: &[2.0, 2.3, 2.1, 1.9, 2.2, 2.0, 2.4, 1.8], success: &[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 1.0] };
    const ARMS: Arms<'_> = Arms { baseline: BASELINE, candidate: CANDIDATE };

    #[test]
    fn a_bounded_interval_is_fiellers() {
        let dearer = differences(BASELINE.cost, CANDIDATE.cost);
        let better = differences(BASELINE.success, CANDIDATE.success);
        let expected = fieller(Arm { cost: &dearer, success: &better }, 0.95).expect("has cases");
        let found = measured_failure_cost(ARMS, Design::default(), 0.95).expect("has cases");
        assert_eq!(found.break_even.status, Status::CandidateAbove);
        assert!((found.break_even.value.expect("differs") - expected.value).abs() < 1e-12);
        let Some(Undecided::Between { low, high }) = found.undecided else { panic!("{found:?}") };
        let near = |a: f64, b: Option<f64>| (a - b.expect("is bounded")).abs() < 1e-9;
        assert!(near(low, expected.low()) && near(high, expected.high()), "{found:?} {expected:?}");
    }

    #[test]
    fn at_a_limit_the_difference_of_totals_just_holds_zero() {
        let design = Design::clustered(Some(&[0, 0, 1, 1, 2, 3, 4, 5]));
        let found = measured_failure_cost(ARMS, design, 0.8).expect("has cases");
        let Some(Undecided::Between { low, high }) = found.undecided else { panic!("{found:?}") };
        let at = |failure_cost| total_difference(ARMS, failure_cost, design, 0.8).expect("has cases");
        assert!(at(low).low().expect("has a limit").abs() < 1e-9, "{:?}", at(low));
        assert!(at(high).high().expect("has a limit").abs() < 1e-9, "{:?}", at(high));
        assert!(at(found.break_even.value.expect("differs")).value.abs() < 1e-12);
    }

    #[test]
    fn the_undecided_failure_costs_are_where_the_parabola_is_not_positive() {
        let rows = [
            ([1.0, 2.0, 3.0], Undecided::Between { low: 1.0, high: 3.0 }),
            ([1.0, 1.0, -3.0], Undecided::Between { low: 0.0, high: 3.0 }),
            ([1.0, -2.0, 3.0], Undecided::Nowhere),
            ([1.0, 0.0, 0.0], Undecided::Between { low: 0.0, high: 0.0 }),
            ([-1.0, 0.0, -1.0], Undecided::Everywhere),
            ([-1.0, -2.0, -3.0], Undecided::Outside { up_to: 1.0, from: 3.0 }),
            ([-1.0, -1.0, 3.0], Undecided::From(3.0)),
            ([-1.0, 2.0, -3.0], Undecided::Everywhere),
            ([0.0, 1.0, 4.0], Undecided::From(2.0)),
            ([0.0, 1.0, -4.0], Undecided::Everywhere),
            ([0.0, -1.0, -4.0], Undecided::Between { low: 0.0, high: 2.0 }),
            ([0.0, -1.0, 4.0], Undecided::Nowhere),
            ([0.0, 0.0, 1.0], Undecided::Nowhere),
            ([0.0, 0.0, 0.0], Undecided::Everywhere),
        ];
        for ([a, b, c], expected) in rows {
            assert_eq!(at_most_zero(a, b, c), expected, "{a} {b} {c}");
        }
    }

    #[test]
    fn fewer_errors_are_fewer_reviews() {
        let arms = |before, after| ErrorArms {
            baseline: Task { cost: 0.0, error_rate: before },
            candidate: Task { cost: 0.0, error_rate: after },
        };
        assert!((failures_avoided(arms(0.08, 0.03)).expect("fails") - 0.625).abs() < 1e-12);
        assert_eq!(failures_avoided(arms(0.0, 0.03)), None);
    }

    #[test]
    fn a_failure_costs_what_it_costs() {
        let estimate = total(BASELINE, 8.0, Design::default(), 0.95).expect("has cases");
        assert!((estimate.value - (8.3 / 8.0 + 5.0)).abs() < 1e-12, "{estimate:?}");
        assert_eq!(
            measured_failure_cost(ARMS, Design::clustered(Some(&[0; 8])), 0.95).expect("has cases").undecided,
            None
        );
    }
}
