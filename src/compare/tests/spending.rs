//! Cost per success and tokens.

use super::run::{FAIL, Run, assert_near, failed, trial};
use crate::compare::Metric;
use crate::domain::{FailureKind, Outcome, Trial, Usage, Usd};
use crate::stats::ratio::{Arm, Arms, Means, cost_per_success, cost_per_success_ratio, ratio_of_means};
use crate::stats::{Design, PerCase, mean};

const PASS: Outcome = Outcome::Pass;

/// In millionths of a dollar, the baseline: 1, 2, 3, two successes; the candidate: 4, 5, 6, all successes.
fn priced() -> Run {
    let mut run = Run::of_outcomes(&[[PASS, PASS], [FAIL, PASS], [PASS, PASS]]);
    for (case, costs) in [[1, 4], [2, 5], [3, 6]].into_iter().enumerate() {
        for (arm, micro) in costs.into_iter().enumerate() {
            run.trial_mut(case, arm).cost = Some(Usd::from_pico(micro * 1_000_000));
        }
    }
    run
}

fn value(run: &Run) -> Option<f64> {
    run.change(Metric::CostPerSuccess).contrast.map(|ratio| ratio.value)
}

#[test]
fn fails_are_paid_for_by_the_successes() {
    let change = priced().change(Metric::CostPerSuccess);
    let baseline = Arm { cost: &[1e-6, 2e-6, 3e-6], success: &[1.0, 0.0, 1.0] };
    let candidate = Arm { cost: &[4e-6, 5e-6, 6e-6], success: &[1.0; 3] };
    assert_near(change.baseline.map(|cost| cost.value * 1e6), 3.0);
    assert_near(change.candidate.map(|cost| cost.value * 1e6), 5.0);
    assert_near(change.contrast.map(|ratio| ratio.value), 5.0 / 3.0);
    assert_eq!(change.baseline, cost_per_success(baseline, Design::default(), 0.95));
    let ratio = cost_per_success_ratio(Arms { baseline, candidate }, Design::default(), 0.95);
    assert_eq!(change.contrast, ratio.map(|ratio| ratio.estimate));
}

#[test]
fn an_unknown_cost_leaves_its_case_out_and_is_never_nothing() {
    let mut run = priced();
    run.trial_mut(0, 1).cost = None;
    let change = run.change(Metric::CostPerSuccess);
    assert_eq!((change.pairs, change.missing), (2, 1));
    // Baseline 5 for 1 success, candidate 11 for 2.
    assert_near(value(&run), 5.5 / 5.0);
    // The baseline's own figure keeps its case.
    assert_near(run.estimate(0, Metric::CostPerSuccess).map(|cost| cost.value * 1e6), 3.0);
    assert_near(run.estimate(1, Metric::CostPerSuccess).map(|cost| cost.value * 1e6), 5.5);
}

#[test]
fn a_failed_repeat_is_paid_for_and_not_scored() {
    let mut run = Run { repeats: 2, ..priced() };
    let paid = Trial { cost: Some(Usd::from_pico(9_000_000)), ..failed(0, 0, 1, FailureKind::ServerError) };
    run.trials.push(paid.clone());
    // 1 + 2 + 3 + 9 for 2 successes.
    assert_near(run.estimate(0, Metric::CostPerSuccess).map(|cost| cost.value * 1e6), 7.5);
    // Two scored repeats share the cost: (1 + 3) ÷ 2, 2 and 3 for ½ + 0 + 1 successes.
    run.trials.pop();
    run.trials.push(Trial { cost: Some(Usd::from_pico(3_000_000)), ..trial(0, 0, 1, FAIL) });
    assert_near(run.estimate(0, Metric::CostPerSuccess).map(|cost| cost.value * 1e6), 7.0 / 1.5);
    // Nobody knows what a case cost when one of its calls has no known cost.
    run.trials.pop();
    run.trials.push(Trial { cost: None, ..paid });
    assert_eq!(run.change(Metric::CostPerSuccess).missing, 1);
}

#[test]
fn without_success_or_price_there_is_no_ratio() {
    let with = |change: fn(usize, &mut Trial)| {
        let mut run = priced();
        run.trials.iter_mut().for_each(|trial| change(usize::from(*trial.key.arm == *"candidate"), trial));
        run
    };
    let free_baseline = with(|arm, trial| trial.cost = if arm == 0 { Some(Usd::ZERO) } else { trial.cost });
    let hopeless_candidate = with(|arm, trial| trial.outcome = if arm == 1 { FAIL } else { trial.outcome });
    let unpriced = with(|_, trial| trial.cost = None);
    for run in [free_baseline, hopeless_candidate, unpriced] {
        assert_eq!(value(&run), None);
    }
    let free_candidate = with(|arm, trial| trial.cost = if arm == 1 { Some(Usd::ZERO) } else { trial.cost });
    let hopeless_baseline = with(|arm, trial| trial.outcome = if arm == 0 { FAIL } else { trial.outcome });
    for run in [free_candidate, hopeless_baseline] {
        let ratio = run.change(Metric::CostPerSuccess).contrast.expect("is 0");
        assert_eq!((ratio.value, ratio.interval), (0.0, None));
    }
}

#[test]
fn tokens_are_means_and_their_ratio_is_paired() {
    let mut run = priced();
    let counts = [[100, 50], [200, 150], [300, 250]];
    for (case, counts) in counts.into_iter().enumerate() {
        for (arm, output) in counts.into_iter().enumerate() {
            run.trial_mut(case, arm).usage = Some(Usage { output_tokens: Some(output), ..Usage::default() }.into());
        }
    }
    run.trial_mut(0, 1).usage = None;
    let change = run.change(Metric::OutputTokens);
    assert_eq!((change.pairs, change.missing), (2, 1));
    assert_eq!(change.baseline, mean::mean(PerCase::independent(&[200.0, 300.0]), 0.95));
    let means = Means { numerator: &[150.0, 250.0], denominator: &[200.0, 300.0] };
    assert_eq!(change.contrast, ratio_of_means(means, Design::default(), 0.95).map(|ratio| ratio.estimate));
    assert_near(change.contrast.map(|ratio| ratio.value), 0.8);
    assert_near(run.estimate(0, Metric::OutputTokens).map(|mean| mean.value), 200.0);
    // Nobody reported input.
    assert_eq!(run.change(Metric::InputTokens).contrast, None);
    assert_eq!(run.estimate(0, Metric::InputTokens), None);
}
