//! Repeats: luck and reliability, flaky cases, and what further repeats are worth.

use proptest::prelude::*;

use super::run::{FAIL, FAILED, Run, assert_near, near, trial};
use crate::compare::{ArmRepeats, FlakyCase, Metric, Noise, RepeatChange};
use crate::domain::{Outcome, Usd};
use crate::stats::repeats::RepeatPlan;

const PASS: Outcome = Outcome::Pass;

/// Trials of each case: how many pass, first the baseline's, then the candidate's, of `repeats` each.
fn repeated(repeats: u32, cases: &[[u32; 2]]) -> Run {
    let mut run = Run { repeats, ..Run::new(cases.len()) };
    for (case, passed) in cases.iter().enumerate() {
        for (arm, passed) in passed.iter().enumerate() {
            let outcome = |repeat| if repeat < *passed { PASS } else { FAIL };
            run.trials.extend((0..repeats).map(|repeat| trial(case, arm, repeat, outcome(repeat))));
        }
    }
    run
}

fn arm(run: &Run, arm: usize) -> ArmRepeats {
    run.results().arms.remove(arm).repeats.expect("cases are repeated")
}

fn change(run: &Run) -> RepeatChange {
    run.results().comparisons.remove(0).repeats.expect("cases are repeated")
}

#[test]
fn one_trial_a_case_says_nothing_of_repeats() {
    let results = repeated(1, &[[1, 0], [1, 1]]).results();
    assert!(results.arms.iter().all(|arm| arm.repeats.is_none()) && results.comparisons[0].repeats.is_none());
}

#[test]
fn luck_grows_and_reliability_falls_with_k() {
    // Of 4 trials 3, 1, 4 and 0 pass.
    let run = repeated(4, &[[3, 4], [1, 4], [4, 4], [0, 0]]);
    let rates = arm(&run, 0).rates;
    let values = |of: fn(&crate::compare::PassRates) -> Option<f64>| rates.iter().filter_map(of).collect::<Vec<_>>();
    let any = values(|rates| rates.any.map(|rate| rate.value));
    let all = values(|rates| rates.all.map(|rate| rate.value));
    // Two draws: 1 − 0, 1 − C(3,2)/C(4,2) = 1/2, 1, 0; and C(3,2)/C(4,2) = 1/2, 0, 1, 0.
    for (found, expected) in any.iter().zip([0.5, 0.625, (1.0 + 0.75 + 1.0) / 4.0, 0.75]) {
        assert!(near(*found, expected), "{any:?}");
    }
    for (found, expected) in all.iter().zip([0.5, 0.375, (0.25 + 1.0) / 4.0, 0.25]) {
        assert!(near(*found, expected), "{all:?}");
    }
    let change = change(&run);
    assert_eq!(
        change.rates.iter().map(|rates| (rates.k, rates.pairs)).collect::<Vec<_>>(),
        [(1, 4), (2, 4), (3, 4), (4, 4)]
    );
    assert_near(change.rates[1].all.difference.map(|rate| rate.value), 0.75 - 0.375);
    assert_near(change.rates[3].any.candidate.map(|rate| rate.value), 0.75);
    let accuracy = run.change(Metric::Accuracy);
    assert_eq!(
        (change.rates[0].any.difference, change.rates[0].all.difference),
        (accuracy.contrast, accuracy.contrast)
    );
}

#[test]
fn many_repeats_are_told_at_their_ends() {
    let ks: Vec<u32> = arm(&repeated(10, &[[3, 4]]), 1).rates.iter().map(|rates| rates.k).collect();
    assert_eq!(ks, [1, 2, 10]);
}

#[test]
fn a_trial_without_a_score_makes_too_few_and_no_failure() {
    let mut run = repeated(2, &[[2, 2], [2, 2], [1, 2]]);
    run.trial_mut(0, 1).outcome = FAILED;
    let candidate = arm(&run, 1);
    assert_eq!((candidate.rates[1].cases, candidate.rates[1].too_few, candidate.repeated), (2, 1, 2));
    assert_near(candidate.rates[1].all.map(|rate| rate.value), 1.0);
    let change = change(&run);
    assert_eq!((change.rates[1].pairs, change.rates[1].too_few), (2, 1));
    assert_near(change.rates[1].all.difference.map(|rate| rate.value), 0.5);
}

#[test]
fn flaky_cases_are_counted_and_the_most_flaky_come_first() {
    let mut cases = vec![[4, 4], [0, 0], [3, 4], [2, 4], [1, 4], [2, 0]];
    let flaky = arm(&repeated(4, &cases), 0);
    assert_eq!((flaky.repeated, flaky.always_pass, flaky.always_fail, flaky.flaky), (6, 1, 1, 4));
    let ids: Vec<&str> = flaky.most_flaky.iter().map(|one| &*one.case).collect();
    assert_eq!(ids, ["003", "005", "002", "004"]);
    assert_eq!(flaky.most_flaky[2], FlakyCase { case: "002".into(), passed: 3, trials: 4 });
    cases.extend([[2, 2]; 9]);
    assert_eq!(arm(&repeated(4, &cases), 0).most_flaky.len(), 10);
}

fn noise(run: &Run) -> Noise {
    change(run).noise.expect("has repeats")
}

#[test]
fn the_noise_is_split_between_cases_and_trials() {
    // Differences 0, −1, 0, −1/2 and 0: mean −0.3, variance (3 × 0.09 + 0.49 + 0.04) ÷ 4 = 0.2.
    let run = repeated(2, &[[2, 2], [2, 0], [1, 1], [2, 1], [0, 0]]);
    let found = noise(&run);
    // A case of 1 of 2 has squares 2 × 1/4; five cases have five degrees of freedom.
    assert!(near(found.baseline_within, 0.1) && near(found.candidate_within, 0.2), "{found:?}");
    // (0.1 + 0.2) ÷ 2 of 0.2 come from the trials.
    assert!(near(found.between, 0.05), "{found:?}");
    assert_near(found.trials_share, 0.75);
    assert_near(found.trial_cost.map(|cost| cost * 1e6), 2.0);
    assert_eq!(found.best_trials, Some(1));
    // 2 repeats × 2 millionths × 0.05 ÷ 0.3.
    let worth_from = found.worth_from.expect("costs are known");
    assert!(near(worth_from * 1e6, 2.0 / 3.0), "{found:?}");
    let plan = |case_cost| RepeatPlan { case_variance: 0.05, trial_variance: 0.3, case_cost, trial_cost: 2e-6 };
    assert_eq!(plan(worth_from * 0.99).best_trials(2), Some(1));
    assert_eq!(plan(worth_from * 1.01).best_trials(2), Some(2));
}

#[test]
fn without_costs_or_without_noise_nothing_is_said_of_their_worth() {
    let mut run = repeated(2, &[[2, 2], [2, 0], [1, 1]]);
    run.trials.iter_mut().for_each(|trial| trial.cost = None);
    let found = noise(&run);
    assert_eq!((found.trial_cost, found.best_trials, found.worth_from), (None, None, None));
    let steady = noise(&repeated(2, &[[2, 2], [2, 2]]));
    assert_eq!((steady.trials_share, steady.worth_from, steady.best_trials), (None, None, Some(1)));
    let mut dear = repeated(2, &[[2, 2], [2, 0], [1, 1]]);
    dear.trials.iter_mut().for_each(|trial| trial.cost = trial.cost.map(|_| Usd::from_pico(7_000_000)));
    assert_near(noise(&dear).trial_cost.map(|cost| cost * 1e6), 14.0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn which_repeat_passed_says_nothing_and_swapped_arms_mirror(
        cases in prop::collection::vec([0..=3_u32, 0..=3_u32], 1..20),
        turn in 0..3_u32,
    ) {
        let run = repeated(3, &cases);
        let mut turned = run.clone();
        for trial in &mut turned.trials {
            trial.key.repeat = (trial.key.repeat + turn) % 3;
        }
        turned.trials.reverse();
        let (before, after) = (run.results(), turned.results());
        for (a, b) in before.arms.iter().zip(&after.arms) {
            prop_assert_eq!(&a.repeats, &b.repeats);
        }
        prop_assert_eq!(&before.comparisons[0].repeats, &after.comparisons[0].repeats);
        let swapped = Run { arms: run.arms.iter().rev().cloned().collect(), ..run.clone() };
        for (there, back) in change(&run).rates.iter().zip(&change(&swapped).rates) {
            for (there, back) in [(there.any, back.any), (there.all, back.all)] {
                prop_assert_eq!((there.baseline, there.candidate), (back.candidate, back.baseline));
                let (there, back) = (there.difference.map(|it| it.value), back.difference.map(|it| -it.value));
                prop_assert!(near(there.unwrap_or(0.0), back.unwrap_or(0.0)));
            }
        }
    }
}
