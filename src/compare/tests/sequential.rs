//! Cases that were looked at one after another: which intervals the shares get, and that nothing else changes.

use super::run::{Run, assert_near, trial};
use crate::compare::{Change, Metric, Options, Sequential, compare};
use crate::domain::Outcome;
use crate::stats::sequential::{By, Rule, SPEND, decide};
use crate::stats::verdict::Class;
use crate::stats::{Interval, Scores};

const RIGHT: Outcome = Outcome::Pass;
const WRONG: Outcome = Outcome::Fail(None);

/// The changes of a run that was looked at in the order of its cases, from the tenth pair on.
fn changes(run: &Run, stopped_early: bool) -> Vec<Change> {
    let order: Vec<_> = run.planned.iter().map(|case| case.id.clone()).collect();
    let sequential = Sequential { order: &order, first_look: 10, first_look_at_slice: 10, stopped_early };
    let Run { arms, planned, repeats, slice_by, trials, margin, costs, prices } = run;
    let (repeats, margin, confidence, sequential) = (*repeats, *margin, 0.95, Some(sequential));
    let options = Options { arms, planned, repeats, confidence, slice_by, costs, prices, margin, sequential };
    compare(trials, &options).comparisons.remove(0).changes
}

fn interval(changes: &[Change], metric: Metric) -> Interval {
    let change = changes.iter().find(|change| change.metric == metric).expect("every metric has a change");
    change.contrast.and_then(|contrast| contrast.interval).expect("has an interval")
}

#[test]
fn the_interval_at_a_stop_decides_as_the_rule_does() {
    let outcomes: Vec<_> = (0..60).map(|case| [if case % 3 == 0 { WRONG } else { RIGHT }, RIGHT]).collect();
    let differences: Vec<f64> = (0..60).map(|case| if case % 3 == 0 { 1.0 } else { 0.0 }).collect();
    let rule = Rule {
        margin: 0.05,
        alpha: 0.025,
        spend: SPEND,
        most_cases: usize::MAX,
        first_look: 10,
        scores: Scores::PassFail { trials: 1 },
    };
    let decided = decide(&differences, rule);
    assert_eq!((decided.class, decided.by), (Class::NotWorse, Some(By::EProcess)));
    let low = |cases: usize| interval(&changes(&Run::of_outcomes(&outcomes[..cases]), true), Metric::Accuracy).low;
    assert!(low(decided.cases) > Some(-0.05) && low(decided.cases - 1) < Some(-0.05));
}

#[test]
fn a_rate_of_failures_is_told_from_the_other_side_and_a_cost_is_left_alone() {
    let outcomes: Vec<_> = (0..40).map(|case| [if case % 2 == 0 { WRONG } else { RIGHT }, RIGHT]).collect();
    let mut run = Run::of_outcomes(&outcomes);
    for trial in run.trials.iter_mut().filter(|trial| trial.outcome == WRONG) {
        trial.tool_fault = Some(crate::domain::ToolFault::WrongValue);
    }
    let [stopped, ended] = [true, false].map(|early| changes(&run, early));
    let (accuracy, faults) = (interval(&stopped, Metric::Accuracy), interval(&stopped, Metric::ToolCallFailureRate));
    assert_eq!(faults, accuracy.negated());
    assert!((accuracy.confidence - 0.99).abs() < 1e-12 && accuracy.low > Some(0.0));
    let usual = run.results().comparisons.remove(0).changes;
    assert_eq!(interval(&stopped, Metric::CostPerSuccess), interval(&usual, Metric::CostPerSuccess));
    // The last interval is a little wider than one that nothing was spent before, and as confident.
    let (last, usual) = (interval(&ended, Metric::Accuracy), interval(&usual, Metric::Accuracy));
    assert!(last.low < usual.low && last.high > usual.high, "{last:?} {usual:?}");
    assert_near(Some(last.confidence), 0.95);
    assert_eq!([&stopped, &ended].map(|changes| changes[0].p_value.is_some()), [false, true]);
}

#[test]
fn the_cases_of_a_cluster_count_once() {
    let mut run = Run::of_outcomes(&[[WRONG, RIGHT]; 40]);
    let alone = interval(&changes(&run, true), Metric::Accuracy);
    for (place, trial) in run.trials.iter_mut().enumerate() {
        trial.cluster = Some(format!("c{}", place / 16).into());
    }
    let clustered = changes(&run, true).remove(0).contrast.expect("has cases");
    assert_eq!(clustered.method, "confidence sequence of cluster means, e-process");
    let five = Run::of_outcomes(&[[WRONG, RIGHT]; 5]);
    assert!(clustered.low() < alone.low);
    // Five clusters of eight say what five cases do, once there are as many pairs as the first look needs.
    let order: Vec<_> = five.planned.iter().map(|case| case.id.clone()).collect();
    let sequential = Sequential { order: &order, first_look: 1, first_look_at_slice: 1, stopped_early: true };
    let Run { arms, planned, slice_by, trials, costs, prices, .. } = &five;
    let (repeats, margin, confidence, sequential) = (1, None, 0.95, Some(sequential));
    let options = Options { arms, planned, repeats, confidence, slice_by, costs, prices, margin, sequential };
    let five = compare(trials, &options).comparisons.remove(0).changes;
    assert_eq!(clustered.interval, Some(interval(&five, Metric::Accuracy)));
}

#[test]
fn the_order_of_looking_is_not_that_of_ids() {
    // Late losses take back what early wins showed, but not what was crossed: the order matters.
    let outcomes = |case: usize| if case < 30 { [WRONG, RIGHT] } else { [RIGHT, WRONG] };
    let run = Run::of_outcomes(&(0..60).map(outcomes).collect::<Vec<_>>());
    let mut turned = Run::of_outcomes(&[]);
    turned.planned = run.planned.clone();
    turned.planned.reverse();
    turned.trials = (0..60).flat_map(|case| [0, 1].map(|arm| trial(case, arm, 0, outcomes(case)[arm]))).collect();
    let [forth, back] = [&run, &turned].map(|run| interval(&changes(run, true), Metric::Accuracy));
    assert!(forth.low > Some(0.5) && back.high < Some(-0.5), "{forth:?} {back:?}");
}
