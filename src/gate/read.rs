//! An interval read against a limit, and what missing answers could make of it.

use super::rule::Limit;
use super::why::{Decision, Open, Why};
use crate::compare::{Change, Contrast, Direction, Discordance, Unit};
use crate::stats::power::{Goal, Precision, more_cases_score};
use crate::stats::resolution;
use crate::stats::tango::Discordant;
use crate::stats::verdict::{Class, Reading, classify};
use crate::stats::{Estimate, Interval};

/// The chance of deciding that "about so many more cases" is worked out for.
const POWER: f64 = 0.8;

/// More cases than this in all are not a sensible plan.
const MOST_CASES: usize = 10_000;

/// What is measured if every missing answer counts against the candidate, and if each counts for it.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    missing: usize,
    worst: f64,
    best: f64,
}

/// What the interval says of the limit. A limit on a difference says nothing of a ratio, nor the other way round.
pub(super) fn read(change: &Change, limit: Limit, confidence: f64) -> Why {
    let row = change.metric.row();
    let precision = Precision { confidence, power: POWER };
    let observed = if limit.is_absolute() { change.own } else { change.contrast };
    let Some((seen, interval)) = observed.and_then(|seen| Some((seen, seen.interval?))) else { return Why::Undefined };
    match (limit, row.contrast) {
        (Limit::NonInferior(margin), Contrast::Difference) => {
            let goal = Goal { margin, precision };
            with_missing(seen, interval, paired_bounds(change), |interval| non_inferior(change, interval, goal))
        }
        (Limit::Better, Contrast::Difference) => {
            let goal = Goal { margin: 0.0, precision };
            with_missing(seen, interval, paired_bounds(change), |interval| non_inferior(change, interval, goal))
        }
        (Limit::MaxRatio(limit), Contrast::Ratio) => below(&seen, interval, limit, precision),
        (Limit::Better, Contrast::Ratio) => below(&seen, interval, 1.0, precision),
        (Limit::Min(limit), _) => with_missing(seen, interval, own_bounds(change, &seen), |interval| {
            alone(change, &seen, interval, (limit, Direction::HigherIsBetter, precision))
        }),
        (Limit::Max(limit), _) => with_missing(seen, interval, own_bounds(change, &seen), |interval| {
            alone(change, &seen, interval, (limit, Direction::LowerIsBetter, precision))
        }),
        (Limit::NonInferior(_), Contrast::Ratio) | (Limit::MaxRatio(_), Contrast::Difference) => Why::Undefined,
    }
}

/// The answer of the interval, unless it changes when the interval moves by as much as the missing answers could move
/// what was seen: a pass with all of them against the candidate, a fail with all of them for it.
fn with_missing(seen: Estimate, interval: Interval, bounds: Option<Bounds>, read: impl Fn(Interval) -> Why) -> Why {
    let why = read(interval);
    let Some(Bounds { missing, worst, best }) = bounds else { return why };
    let moved = |to: f64| read(interval.shifted(to - seen.value)).decision();
    let decides = match why.decision() {
        Some(Decision::Pass) => moved(worst) != Some(Decision::Pass),
        Some(Decision::Fail) => moved(best) != Some(Decision::Fail),
        Some(Decision::Inconclusive | Decision::NoData) | None => false,
    };
    if decides { Why::MissingDecide { missing, worst, best } } else { why }
}

fn paired_bounds(change: &Change) -> Option<Bounds> {
    let (worst, best) = change.worst_case.zip(change.best_case)?;
    (change.missing > 0).then_some(Bounds { missing: change.missing, worst, best })
}

/// Bounds of a share of the candidate alone (Manski's). What a missing cost or latency could be has none.
#[expect(clippy::cast_precision_loss, reason = "counts of cases stay far below 2^53")]
fn own_bounds(change: &Change, seen: &Estimate) -> Option<Bounds> {
    let row = change.metric.row();
    let all = change.pairs + change.missing;
    let missing = all.checked_sub(seen.n).filter(|missing| *missing > 0 && row.unit == Unit::Share)?;
    let known = seen.value * seen.n as f64;
    let (none, every) = (known / all as f64, (known + missing as f64) / all as f64);
    Some(match row.direction {
        Direction::HigherIsBetter => Bounds { missing, worst: none, best: every },
        Direction::LowerIsBetter => Bounds { missing, worst: every, best: none },
    })
}

/// Reads a difference against the largest loss tolerated.
fn non_inferior(change: &Change, interval: Interval, goal: Goal) -> Why {
    let gain = match change.metric.row().direction {
        Direction::HigherIsBetter => interval,
        Direction::LowerIsBetter => interval.negated(),
    };
    let Reading { class, measurably_worse } = classify(Some(gain), goal.margin);
    match class {
        Class::Better => Why::Better,
        Class::NotWorse => Why::WithinLimit { measurably_worse },
        Class::Worse => Why::BeyondLimit,
        Class::Inconclusive => Why::CrossesLimit(open_difference(change, goal)),
    }
}

fn open_difference(change: &Change, goal: Goal) -> Open {
    let Some(Discordance { n, baseline_only, candidate_only }) = change.discordance else { return Open::default() };
    let seen = Discordant { baseline_only, candidate_only, n };
    let more = |seen| more_cases_score(seen, change.pairs, goal, MOST_CASES).more().map(|more| more as u64);
    Open {
        more_cases_if_as_seen: more(seen),
        more_cases_if_equal: more(seen.balanced()),
        resolvable: if goal.margin > 0.0 {
            resolution::margin(seen, goal.precision)
        } else {
            Some(resolution::gain(seen, goal.precision))
        },
    }
}

/// Reads a ratio, of which less is better, against the largest tolerated. Inequalities are strict, and an end that is
/// open shows nothing.
fn below(seen: &Estimate, interval: Interval, limit: f64, precision: Precision) -> Why {
    match (interval.low, interval.high) {
        (None, None) => Why::Undefined,
        (_, Some(high)) if high < limit && high < 1.0 => Why::Better,
        (low, Some(high)) if high < limit => Why::WithinLimit { measurably_worse: low.is_some_and(|low| low > 1.0) },
        (Some(low), _) if low > limit => Why::BeyondLimit,
        _ => Why::CrossesLimit(Open {
            more_cases_if_as_seen: more_of_scale(seen, limit, precision),
            more_cases_if_equal: resolution::moved(seen, 1.0).and_then(|equal| more_of_scale(&equal, limit, precision)),
            resolvable: if limit > 1.0 {
                resolution::ratio_above(seen, precision)
            } else if limit < 1.0 {
                None
            } else {
                resolution::ratio_below(seen, precision)
            },
        }),
    }
}

fn more_of_scale(seen: &Estimate, limit: f64, precision: Precision) -> Option<u64> {
    resolution::more_cases_scale(seen, limit, precision, MOST_CASES).map(|more| more as u64)
}

/// Reads the candidate's own value against a limit of its own.
fn alone(change: &Change, seen: &Estimate, interval: Interval, asked: (f64, Direction, Precision)) -> Why {
    let (limit, direction, precision) = asked;
    let above = interval.low.is_some_and(|low| low > limit);
    let below = interval.high.is_some_and(|high| high < limit);
    match (direction, above, below) {
        _ if interval.low.is_none() && interval.high.is_none() => Why::Undefined,
        (Direction::HigherIsBetter, true, _) | (Direction::LowerIsBetter, _, true) => {
            Why::WithinLimit { measurably_worse: false }
        }
        (Direction::HigherIsBetter, _, true) | (Direction::LowerIsBetter, true, _) => Why::BeyondLimit,
        (_, false, false) => {
            let more = match change.metric.row().unit {
                Unit::Share => resolution::more_cases_share(seen, limit, precision, MOST_CASES),
                Unit::Usd | Unit::Milliseconds | Unit::Tokens | Unit::TokensPerSecond => {
                    resolution::more_cases_scale(seen, limit, precision, MOST_CASES)
                }
            };
            let more_cases_if_as_seen = more.map(|more| more as u64);
            Why::CrossesLimit(Open { more_cases_if_as_seen, ..Open::default() })
        }
    }
}
