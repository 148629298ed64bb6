//! What must hold for sampling weights: equal ones change no bit, a common factor changes nothing, and what held without
//! weights holds with them.

use proptest::prelude::*;

use super::events::{self, Events};
use super::mean::{mean, t_mean};
use super::paired::{difference, effective_difference};
use super::proportion::{effective_rate, rate};
use super::ratio::{Arm, Arms, cost_per_success, cost_per_success_ratio};
use super::{Design, Estimate, PerCase, Scores};

/// A case: cost and mean score over three trials in either arm, cluster and weight.
#[derive(Debug, Clone, Copy)]
struct Case {
    cost: [f64; 2],
    score: [f64; 2],
    cluster: u32,
    weight: f64,
}

fn cases() -> impl Strategy<Value = Vec<Case>> {
    let score = || (0..=3_u8).prop_map(|passed| f64::from(passed) / 3.0);
    let case = ([0.001..1.0_f64, 0.001..1.0_f64], [score(), score()], 0..6_u32, 0.05..5.0_f64);
    let case = case.prop_map(|(cost, score, cluster, weight)| Case { cost, score, cluster, weight });
    prop::collection::vec(case, 2..40)
}

/// Every kind of estimate of the cases, by weights of theirs and with the arms in this order.
fn estimates(
    cases: &[Case],
    weight: Option<fn(&Case) -> f64>,
    clustered: bool,
    [from, to]: [usize; 2],
) -> Vec<Option<Estimate>> {
    let column = |of: &dyn Fn(&Case) -> f64| -> Vec<f64> { cases.iter().map(of).collect() };
    let clusters: Vec<u32> = cases.iter().map(|case| case.cluster).collect();
    let weights = weight.map(|weight| column(&weight));
    let design = Design { clusters: clustered.then_some(clusters.as_slice()), weights: weights.as_deref() };
    let cost = [from, to].map(|arm| column(&|case| case.cost[arm]));
    let score = [from, to].map(|arm| column(&|case| case.score[arm]));
    let differences = column(&|case| case.score[to] - case.score[from]);
    let per_case = |values| PerCase { values, design };
    let [baseline, candidate] = [0, 1].map(|arm| Arm { cost: &cost[arm], success: &score[arm] });
    let [few, many] = [0, 1].map(|arm| Events { events: &score[arm], units: &cost[arm] });
    let trials = Scores::PassFail { trials: 3 };
    vec![
        difference(per_case(&differences), trials, 0.95),
        difference(per_case(&differences), Scores::Graded, 0.95),
        mean(per_case(&differences), 0.95),
        events::rates(events::Arms { baseline: few, candidate: many }, design, 0.95).map(|rates| rates.difference),
        cost_per_success_ratio(Arms { baseline, candidate }, design, 0.95).map(|ratio| ratio.estimate),
        cost_per_success(candidate, design, 0.95),
        rate(per_case(&score[0]), trials, 0.95),
        rate(per_case(&score[0]), Scores::Graded, 0.95),
    ]
}

/// How many of the estimates, the first, are differences.
const DIFFERENCES: usize = 4;
/// The place of the ratio among the estimates.
const RATIO: usize = 4;

fn numbers(estimate: Option<Estimate>) -> Option<[Option<f64>; 3]> {
    estimate.map(|estimate| [estimate.low(), Some(estimate.value), estimate.high()])
}

fn near(a: Option<f64>, b: Option<f64>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * a.abs().max(1.0),
        (None, None) => true,
        _ => false,
    }
}

fn same(a: Option<[Option<f64>; 3]>, b: Option<[Option<f64>; 3]>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a.into_iter().zip(b).all(|(a, b)| near(a, b)),
        (None, None) => true,
        _ => false,
    }
}

proptest! {
    #[test]
    fn equal_weights_are_no_weights(cases in cases(), clustered: bool) {
        let plain = estimates(&cases, None, clustered, [0, 1]);
        prop_assert_eq!(plain, estimates(&cases, Some(|_| 0.3), clustered, [0, 1]));
    }

    #[test]
    fn a_common_factor_of_the_weights_changes_nothing(cases in cases(), clustered: bool) {
        let one = estimates(&cases, Some(|case| case.weight), clustered, [0, 1]);
        let many = estimates(&cases, Some(|case| 7.3e-5 * case.weight), clustered, [0, 1]);
        for (one, many) in one.into_iter().zip(many) {
            prop_assert!(same(numbers(one), numbers(many)), "{:?} {:?}", one, many);
        }
    }

    #[test]
    fn swapping_the_arms_mirrors(cases in cases(), clustered: bool) {
        let weight = |case: &Case| case.weight;
        let ahead = estimates(&cases, Some(weight), clustered, [0, 1]);
        let back = estimates(&cases, Some(weight), clustered, [1, 0]);
        for (ahead, back) in ahead.iter().zip(&back).take(DIFFERENCES) {
            prop_assert!(same(numbers(ahead.map(Estimate::negated)), numbers(*back)), "{:?} {:?}", ahead, back);
        }
        if let (Some([low, value, high]), Some(back)) = (numbers(ahead[RATIO]), numbers(back[RATIO])) {
            let inverted = [high, value, low].map(|number| number.map(|number| 1.0 / number));
            prop_assert!(same(Some(inverted), Some(back)), "{:?} {:?}", inverted, back);
        }
    }

    #[test]
    fn the_order_of_the_cases_changes_nothing(
        (cases, shuffled) in cases().prop_flat_map(|cases| (Just(cases.clone()), Just(cases).prop_shuffle())),
        clustered: bool,
    ) {
        let weight = |case: &Case| case.weight;
        let before = estimates(&cases, Some(weight), clustered, [0, 1]);
        for (before, after) in before.into_iter().zip(estimates(&shuffled, Some(weight), clustered, [0, 1])) {
            prop_assert!(same(numbers(before), numbers(after)), "{:?} {:?}", before, after);
        }
    }

    #[test]
    fn copies_within_a_cluster_change_nothing(cases in cases(), copies in 2..5_usize) {
        let weight = |case: &Case| case.weight;
        let copied: Vec<Case> = cases.iter().flat_map(|case| std::iter::repeat_n(*case, copies)).collect();
        let one = estimates(&cases, Some(weight), true, [0, 1]);
        for (one, many) in one.into_iter().zip(estimates(&copied, Some(weight), true, [0, 1])) {
            prop_assert!(same(numbers(one), numbers(many)), "{:?} {:?}", one, many);
        }
    }

    /// Pass/fail outcomes are never worth more than the weights leave of the cases.
    #[test]
    fn the_weights_cost_cases(outcomes in prop::collection::vec((-1..=1_i8, 0.05..5.0_f64), 2..60)) {
        let (values, weights): (Vec<f64>, Vec<f64>) =
            outcomes.iter().map(|&(outcome, weight)| (f64::from(outcome), weight)).unzip();
        let design = Design { clusters: None, weights: Some(&weights) };
        let cases = PerCase { values: &values, design };
        let worth = effective_difference(cases, Scores::PassFail { trials: 1 }, 0.95).and_then(|it| it.discordant);
        let kish = design.effective_cases(values.len());
        prop_assert!(worth.expect("has cases").n <= kish * (1.0 + 1e-12), "{worth:?} {kish}");
    }
}

#[test]
fn weights_that_differ_by_nothing_to_speak_of_say_what_equal_ones_do() {
    let values: Vec<f64> = (0..60).map(|case| [0.0, -1.0 / 3.0, 0.0, 1.0, 0.0][case % 5]).collect();
    let weights: Vec<f64> = (0..60).map(|case| if case == 7 { 1.0 + 1e-14 } else { 1.0 }).collect();
    let design = Design { clusters: None, weights: Some(&weights) };
    assert!(design.is_weighted());
    let (weighted, plain) = (PerCase { values: &values, design }, PerCase::independent(&values));
    for scores in [Scores::Graded, Scores::PassFail { trials: 3 }] {
        let [weighted, plain] =
            [weighted, plain].map(|cases| numbers(difference(cases, scores, 0.95)).expect("has cases"));
        for (weighted, plain) in weighted.into_iter().zip(plain) {
            assert!((weighted.expect("is bounded") - plain.expect("is bounded")).abs() < 1e-12);
        }
    }
}

#[test]
fn where_nothing_differs_the_sample_is_worth_what_the_weights_leave() {
    let design = Design { clusters: None, weights: Some(&[3.0, 1.0, 1.0, 1.0]) };
    assert!((design.effective_cases(4) - 3.0).abs() < 1e-12);
    let cases = PerCase { values: &[0.0; 4], design };
    let worth = effective_difference(cases, Scores::PassFail { trials: 1 }, 0.95).and_then(|it| it.discordant);
    assert!((worth.expect("has cases").n - 3.0).abs() < 1e-12, "{worth:?}");
    let pairs = Design { clusters: Some(&[0, 0, 1, 1]), ..design };
    let rate = effective_rate(PerCase { values: &[1.0; 4], design: pairs }, Scores::PassFail { trials: 1 }, 0.95);
    assert!((rate.and_then(|rate| rate.effective_n).expect("two clusters") - 1.5).abs() < 1e-12, "{rate:?}");
    let freedom = t_mean(cases, 0.95).and_then(|mean| mean.degrees_of_freedom);
    assert!((freedom.expect("four cases") - 2.0).abs() < 1e-12, "{freedom:?}");
}

#[test]
fn a_weighted_share_is_that_of_the_population() {
    // A tenth of the population was drawn as often as the rest: 2 of 4 there pass, and 4 of 4 elsewhere.
    let values = [1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0];
    let weights = [1.0, 1.0, 1.0, 1.0, 9.0, 9.0, 9.0, 9.0];
    let design = Design { clusters: None, weights: Some(&weights) };
    let estimate = rate(PerCase { values: &values, design }, Scores::PassFail { trials: 1 }, 0.95).expect("has cases");
    assert!((estimate.value - 0.95).abs() < 1e-15, "{estimate:?}");
    assert_eq!(estimate.method, "effective-sample Wilson, weighted");
}
