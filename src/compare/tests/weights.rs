//! Weights: every case counts as often as it stands for cases of production.

use super::run::{FAIL, Run, assert_near, near, numbers};
use crate::compare::Metric;
use crate::domain::{Outcome, Usage, Usd};
use crate::stats::{Design, PerCase, Scores, paired, proportion};

const PASS: Outcome = Outcome::Pass;

/// 40 cases. Of those that weigh 1 the candidate loses every second; those that weigh 9 it all passes.
fn weighted() -> Run {
    let outcomes: Vec<[Outcome; 2]> =
        (0..40).map(|case| [PASS, if case < 20 && case % 2 == 0 { FAIL } else { PASS }]).collect();
    let mut run = Run::of_outcomes(&outcomes);
    for case in 20..40 {
        for arm in [0, 1] {
            run.trial_mut(case, arm).weight = 9.0;
        }
    }
    run
}

#[test]
fn rates_count_a_case_as_often_as_it_weighs_and_keep_the_plain_number_beside() {
    let change = weighted().change(Metric::Accuracy);
    assert_near(change.contrast.map(|contrast| contrast.value), -0.05);
    let weights: Vec<f64> = (0..40).map(|case| if case < 20 { 1.0 } else { 9.0 }).collect();
    let differences: Vec<f64> = (0..40).map(|case| if case < 20 && case % 2 == 0 { -1.0 } else { 0.0 }).collect();
    let design = Design { clusters: None, weights: Some(&weights) };
    let expected = paired::difference(PerCase { values: &differences, design }, Scores::PassFail { trials: 1 }, 0.95);
    assert_eq!(change.contrast, expected);
    assert_eq!(change.p_value, None, "McNemar knows no weights");
    let plain = change.unweighted.expect("cases weigh differently");
    let expected = paired::difference(PerCase::independent(&differences), Scores::PassFail { trials: 1 }, 0.95);
    assert_eq!(plain.contrast, expected);
    assert_near(plain.candidate.map(|rate| rate.value), 0.75);
}

#[test]
fn the_effective_number_of_pairs_is_less_where_few_cases_weigh_much() {
    let results = weighted().results();
    // (20 + 180)² ÷ (20 + 20 × 81).
    assert!(near(results.comparisons[0].effective_pairs, 40_000.0 / 1640.0));
    let arm = &results.arms[1];
    assert_near(arm.estimates[&Metric::Accuracy].map(|rate| rate.value), 0.95);
    let plain = arm.unweighted.as_ref().expect("cases weigh differently");
    assert_eq!(plain[&Metric::Accuracy], proportion::wilson(30, 40, 0.95));
}

#[test]
fn costs_and_tokens_speak_of_production() {
    let mut run = weighted();
    for case in 0..20 {
        run.trial_mut(case, 1).cost = Some(Usd::from_pico(21_000_000));
        run.trial_mut(case, 1).usage = Some(Usage { output_tokens: Some(110), ..Usage::default() }.into());
    }
    // (20 × 21 + 180 × 1) micro-dollars for 10 + 180 successes.
    let change = run.change(Metric::CostPerSuccess);
    assert_near(change.candidate.map(|cost| cost.value * 1e6), 600.0 / 190.0);
    let plain = change.unweighted.expect("cases weigh differently");
    assert_near(plain.candidate.map(|cost| cost.value * 1e6), 440.0 / 30.0);
    assert_near(run.change(Metric::OutputTokens).candidate.map(|mean| mean.value), 20.0);
    assert_near(run.estimate(1, Metric::OutputTokens).map(|mean| mean.value), 20.0);
}

#[test]
fn missing_scores_weigh_in_the_bounds() {
    let mut run = weighted();
    run.trial_mut(39, 1).outcome = super::run::FAILED;
    let change = run.change(Metric::Accuracy);
    assert_near(change.worst_case, -19.0 / 200.0);
    assert_near(change.best_case, -10.0 / 200.0);
}

#[test]
fn equal_weights_change_nothing() {
    let plain = Run { trials: weighted().trials.into_iter().map(|trial| with(trial, 1.0)).collect(), ..weighted() };
    let heavy = Run { trials: weighted().trials.into_iter().map(|trial| with(trial, 3.5)).collect(), ..weighted() };
    assert_eq!(plain.results(), heavy.results());
    let change = plain.change(Metric::Accuracy);
    assert_eq!(change.unweighted, None);
    assert_eq!(plain.results().arms[0].unweighted, None);
    assert!(numbers(change.contrast).iter().all(Option::is_some));
}

fn with(trial: crate::domain::Trial, weight: f64) -> crate::domain::Trial {
    crate::domain::Trial { weight, ..trial }
}
