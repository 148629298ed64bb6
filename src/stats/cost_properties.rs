//! What must hold for any retries, pipelines, judges and draws of trials.

use std::num::NonZeroU32;

use proptest::prelude::*;

use super::failing::{Basis, all_fail, beta_binomial};
use super::kappa::{Agreement, agreement, cross_tabulate};
use super::passk::{self, PassK, Passing};
use super::pipeline::{Policy, Step, run};
use super::ppi::{Labels, Trust, corrected_mean};
use super::ratio::{Arm, Arms};
use super::retries::{AttemptCosts, Cap, Observed, independent, observed};
use super::rogan_gladen::{Hits, Judged, corrected_rate};
use super::trials::CaseTrials;
use super::{Design, Estimate, downstream};

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0)
}

fn numbers(estimate: Estimate) -> [f64; 3] {
    [estimate.low(), Some(estimate.value), estimate.high()].map(|number| number.unwrap_or(f64::MAX))
}

fn same(a: [f64; 3], b: [f64; 3]) -> bool {
    a.into_iter().zip(b).all(|(a, b)| near(a, b))
}

fn attempts() -> impl Strategy<Value = NonZeroU32> {
    (1..8_u32).prop_map(|attempts| NonZeroU32::new(attempts).expect("is positive"))
}

fn trials(most: usize) -> impl Strategy<Value = Vec<CaseTrials>> {
    let case = (1..=most).prop_flat_map(|trials| (0..=trials).prop_map(move |passed| CaseTrials { passed, trials }));
    prop::collection::vec(case, 2..20)
}

/// The cases, and the same in another order.
fn shuffled(most: usize) -> impl Strategy<Value = (Vec<CaseTrials>, Vec<CaseTrials>)> {
    trials(most).prop_flat_map(|cases| (Just(cases.clone()), Just(cases).prop_shuffle()))
}

fn hits() -> impl Strategy<Value = Hits> {
    (1..200_usize).prop_flat_map(|n| (0..=n).prop_map(move |hits| Hits { hits, n }))
}

/// Cost and success of a case, the baseline's first.
type Case = ([f64; 2], [f64; 2]);

const COSTS: AttemptCosts = AttemptCosts { success: 0.5, failure: 0.75, giving_up: 3.0 };

proptest! {
    #[test]
    fn with_even_costs_a_success_costs_the_same_whatever_the_cap(p in 1e-6..1.0_f64, cost in 0.001..10.0_f64, cap in attempts()) {
        let costs = AttemptCosts { success: cost, failure: cost, giving_up: 0.0 };
        for cap in [Cap::At(cap), Cap::UntilSuccess] {
            let found = independent(p, cap, costs).and_then(|retries| retries.cost_per_success).expect("succeeds");
            prop_assert!((found * p / cost - 1.0).abs() < 1e-9, "{found} {}", cost / p);
        }
    }

    #[test]
    fn retries_are_the_sum_over_attempts(p in 0.01..1.0_f64, cap in attempts()) {
        let (mut reached, mut model_cost, mut made) = (1.0, 0.0, 0.0);
        for _ in 0..cap.get() {
            made += reached;
            model_cost += reached * (p * COSTS.success + (1.0 - p) * COSTS.failure);
            reached *= 1.0 - p;
        }
        let found = independent(p, Cap::At(cap), COSTS).expect("ends");
        prop_assert!(near(found.attempts, made) && near(found.model_cost, model_cost));
        prop_assert!(near(found.success_rate, 1.0 - reached));
        prop_assert!(near(found.total_cost, model_cost + reached * COSTS.giving_up));
    }

    #[test]
    fn a_pipeline_of_one_step_is_a_task_with_retries(p in 0.0..1.0_f64, cost in 0.001..10.0_f64, cap in attempts()) {
        let pipeline = run([Step { success_rate: p, cost }], Policy { attempts: cap, giving_up: 3.0 });
        let costs = AttemptCosts { success: cost, failure: cost, giving_up: 3.0 };
        let task = independent(p, Cap::At(cap), costs).expect("ends");
        prop_assert!(near(pipeline.model_cost, task.model_cost) && near(pipeline.total_cost, task.total_cost));
        prop_assert!(near(pipeline.completion_rate, task.success_rate));
        prop_assert_eq!(pipeline.cost_per_completion.is_some(), task.cost_per_success.is_some());
    }

    #[test]
    fn cases_that_differ_fail_together_more_often_than_their_mean_says(q in 0.0..1.0_f64, correlation in 0.0..=1.0_f64, k in 1..8_usize) {
        let chances = beta_binomial(q, correlation, k);
        let independent = beta_binomial(q, 0.0, k);
        for (attempt, pair) in chances.iter().zip(&independent).enumerate() {
            prop_assert!(pair.0 + 1e-12 >= *pair.1, "{attempt}: {pair:?}");
        }
        prop_assert!(chances.windows(2).all(|pair| pair[1] <= pair[0]));
    }

    #[test]
    fn the_order_of_the_cases_changes_no_retries_and_no_draws(
        (cases, shuffled) in shuffled(5), cap in attempts(), k in 1..5_usize, all: bool,
    ) {
        let task = |cases: &[CaseTrials]| match observed(cases, cap, COSTS).expect("has cases") {
            Observed::Known { retries, .. } => [retries.success_rate, retries.attempts, retries.total_cost],
            Observed::Between { independent, hopeless } => [independent.total_cost, hopeless.total_cost, 0.0],
        };
        prop_assert!(same(task(&cases), task(&shuffled)));
        let metric = PassK { k, passing: if all { Passing::All } else { Passing::Any } };
        let (before, after) = (metric.rate(&cases, Design::default(), 0.95), metric.rate(&shuffled, Design::default(), 0.95));
        prop_assert_eq!((before.used, before.too_few), (after.used, after.too_few));
        if let (Some(before), Some(after)) = (before.rate, after.rate) {
            prop_assert!(same(numbers(before.estimate), numbers(after.estimate)));
        }
    }

    #[test]
    fn bounds_hold_what_a_model_says(cases in trials(1), cap in 2..6_u32, correlation in 0.0..=1.0_f64) {
        let cap = NonZeroU32::new(cap).expect("is positive");
        let Some(Observed::Between { independent, hopeless }) = observed(&cases, cap, COSTS) else { panic!("is known") };
        let rate = super::failing::failure_rate(&cases).expect("has cases");
        let succeeds = 1.0 - beta_binomial(rate, correlation, cap.get() as usize).last().expect("has chances");
        prop_assert!(hopeless.success_rate <= succeeds + 1e-12 && succeeds <= independent.success_rate + 1e-12);
    }

    #[test]
    fn with_trials_enough_nothing_is_extrapolated(cases in trials(4), cap in 1..6_usize) {
        let enough = cases.iter().all(|case| case.trials >= cap);
        prop_assert_eq!(all_fail(&cases, cap).expect("has cases").basis == Basis::Observed, enough);
    }

    #[test]
    fn all_pass_no_oftener_than_any_and_once_is_once(passed in 0..12_usize, failed in 0..12_usize, k in 1..12_usize) {
        let case = CaseTrials { passed, trials: passed + failed };
        let of = |k, passing| PassK { k, passing }.of(case);
        if let (Some(any), Some(all)) = (of(k, Passing::Any), of(k, Passing::All)) {
            prop_assert!(all <= any + 1e-12);
            prop_assert!(k > 1 || near(all, any));
        }
        if let (Some(more), Some(fewer)) = (of(k + 1, Passing::All), of(k, Passing::All)) {
            prop_assert!(more <= fewer + 1e-12);
        }
    }

    #[test]
    fn swapping_the_arms_negates_a_difference_of_draws(rows in prop::collection::vec((0..4_usize, 0..4_usize), 2..20), all: bool) {
        let arm = |of: fn(&(usize, usize)) -> usize| -> Vec<CaseTrials> {
            rows.iter().map(|row| CaseTrials { passed: of(row), trials: 4 }).collect()
        };
        let (baseline, candidate) = (arm(|row| row.0), arm(|row| row.1));
        let metric = PassK { k: 2, passing: if all { Passing::All } else { Passing::Any } };
        let of = |baseline, candidate| {
            let arms = passk::Arms { baseline, candidate };
            metric.difference(arms, Design::default(), 0.95).difference.expect("has cases").estimate
        };
        prop_assert!(same(numbers(of(&baseline, &candidate)), numbers(of(&candidate, &baseline).negated())));
    }

    #[test]
    fn swapping_the_raters_or_renaming_the_categories_keeps_their_agreement(
        pairs in prop::collection::vec((0..3_usize, 0..3_usize), 1..60), names in Just([0, 1, 2]).prop_shuffle(),
    ) {
        let (first, second): (Vec<usize>, Vec<usize>) = pairs.iter().copied().unzip();
        let renamed = |rater: &[usize]| -> Vec<usize> { rater.iter().map(|&category| names[category]).collect() };
        let of = |first: &[usize], second: &[usize]| {
            let Agreement { observed, expected, kappa } = agreement(&cross_tabulate(first, second, 3), 0.95).expect("has cases");
            (numbers(observed), expected, kappa.map(|kappa| numbers(kappa.estimate)))
        };
        let before = of(&first, &second);
        for after in [of(&second, &first), of(&renamed(&first), &renamed(&second))] {
            prop_assert!(same(before.0, after.0) && near(before.1, after.1));
            // At the edge of complete chance agreement rounding decides whether there is a kappa.
            if let (Some(before), Some(after)) = (before.2, after.2) {
                prop_assert!(same(before, after), "{before:?} {after:?}");
            }
        }
    }

    #[test]
    fn calling_passes_fails_turns_a_corrected_rate_around(passed in hits(), right_passes in hits(), right_fails in hits()) {
        let judged = Judged { passed, right_passes, right_fails };
        let turned = Judged {
            passed: Hits { hits: passed.n - passed.hits, ..passed }, right_passes: right_fails, right_fails: right_passes,
        };
        let skill = |hits: Hits| f64::from(u32::try_from(hits.hits).expect("is small")) / f64::from(u32::try_from(hits.n).expect("is small"));
        // At the edge of no skill rounding decides whether there is a rate.
        prop_assume!((skill(right_passes) + skill(right_fails) - 1.0).abs() > 1e-3);
        match (corrected_rate(judged, 0.95), corrected_rate(turned, 0.95)) {
            (Some(rate), Some(turned)) => prop_assert!(same(numbers(rate), numbers(turned.complement())) || rate.interval.is_none()),
            (rate, turned) => prop_assert_eq!(rate, turned),
        }
    }

    #[test]
    fn an_infallible_judge_changes_nothing(passed in hits()) {
        let infallible = Hits { hits: 1_000_000, n: 1_000_000 };
        let rate = corrected_rate(Judged { passed, right_passes: infallible, right_fails: infallible }, 0.95).expect("has skill");
        let exact = f64::from(u32::try_from(passed.hits).expect("is small")) / f64::from(u32::try_from(passed.n).expect("is small"));
        prop_assert!(near(rate.value, exact));
        prop_assert!(rate.low().expect("has a limit") <= exact + 1e-4 && exact <= rate.high().expect("has a limit") + 1e-4);
    }

    #[test]
    fn swapping_the_arms_negates_a_corrected_difference(
        labelled in prop::collection::vec((-1.0..1.0_f64, -1.0..1.0_f64), 2..20), judge_alone in prop::collection::vec(-1.0..1.0_f64, 1..40),
    ) {
        let (human, judge): (Vec<f64>, Vec<f64>) = labelled.into_iter().unzip();
        let of = |sign: f64| {
            let [human, judge, judge_alone] =
                [&human, &judge, &judge_alone].map(|values| values.iter().map(|value| sign * value).collect::<Vec<f64>>());
            let labels = Labels { human: &human, judge: &judge, judge_alone: &judge_alone };
            corrected_mean(labels, Trust::Tuned, 0.95).expect("has labels")
        };
        let (before, after) = (of(1.0), of(-1.0));
        prop_assert!(near(before.trust, after.trust));
        prop_assert!(same(numbers(before.estimate), numbers(after.estimate.negated())));
    }

    #[test]
    fn the_failure_cost_put_back_in_leaves_no_difference(
        rows in prop::collection::vec(([0.001..1.0_f64, 0.001..1.0_f64], [0.0..1.0_f64, 0.0..1.0_f64]), 3..20),
    ) {
        let column = |of: fn(&Case) -> f64| -> Vec<f64> { rows.iter().map(of).collect() };
        let [cost, success] = [[column(|row| row.0[0]), column(|row| row.0[1])], [column(|row| row.1[0]), column(|row| row.1[1])]];
        let [baseline, candidate] = [0, 1].map(|arm| Arm { cost: &cost[arm], success: &success[arm] });
        let arms = Arms { baseline, candidate };
        let found = downstream::measured_failure_cost(arms, Design::default(), 0.95).expect("has cases").break_even;
        if let Some(failure_cost) = found.value.filter(|&value| value > 0.0 && value < 1e3) {
            let difference = downstream::total_difference(arms, failure_cost, Design::default(), 0.95).expect("has cases");
            prop_assert!(difference.value.abs() < 1e-9, "{difference:?}");
        }
    }
}
