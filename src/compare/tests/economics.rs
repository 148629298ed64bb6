//! What it comes to, on runs whose figures are known, and what must hold for any.

use std::num::NonZeroU32;

use proptest::prelude::*;

use super::properties::runs;
use super::run::{FAIL, Run, assert_near, failed, near, numbers, trial};
use crate::compare::{
    BreakEvenAnswer, BreakEvenRow, CostModel, Economics, Figure, Missing, ObservedRetries, Quantity, Retried, Scenario,
    Target,
};
use crate::domain::{FailureKind, FinishReason, Outcome, ToolFault, Trial, Usage, Usd};
use crate::pricing::{Price, Tier};
use crate::stats::Estimate;
use crate::stats::breakeven::{Feasibility, Obstacle, Status};
use crate::stats::retries::{AttemptCosts, Observed, observed};
use crate::stats::trials::CaseTrials;

const PASS: Outcome = Outcome::Pass;

fn attempts(most: u32) -> NonZeroU32 {
    NonZeroU32::new(most).expect("is positive")
}

/// Cases of which the first so many pass in each arm, at these costs in micro-dollars.
fn run(cases: usize, passed: [usize; 2], micro: [i64; 2]) -> Run {
    let outcome = |case: usize, arm: usize| if case < passed[arm] { PASS } else { FAIL };
    let mut run = Run::of_outcomes(&(0..cases).map(|case| [0, 1].map(|arm| outcome(case, arm))).collect::<Vec<_>>());
    for trial in &mut run.trials {
        let arm = usize::from(*trial.key.arm == *"candidate");
        trial.cost = Some(Usd::from_pico(1_000_000 * micro[arm]));
    }
    run
}

fn economics(run: &Run) -> Economics {
    *run.results().comparisons.remove(0).economics.expect("has pairs of known cost")
}

fn row(economics: &Economics, quantity: Quantity) -> &BreakEvenRow {
    economics.break_even.rows.iter().find(|row| row.quantity == quantity).expect("has the row")
}

fn needed(economics: &Economics, quantity: Quantity) -> (Option<f64>, Feasibility) {
    match row(economics, quantity).answer {
        BreakEvenAnswer::Found { value, feasibility } => (value.map(|value| value.value), feasibility),
        BreakEvenAnswer::Unknown(missing) => panic!("{quantity:?} is unknown: {missing:?}"),
    }
}

fn value(estimate: Option<Estimate>) -> Option<f64> {
    estimate.map(|estimate| estimate.value)
}

#[test]
fn three_times_the_price_is_not_repaid_by_retries() {
    let found = economics(&run(1000, [420, 721], [100, 300]));
    assert_eq!(format!("{:.2}", found.retry_ratio.expect("succeeds").value), "1.75");
    let (needed, feasibility) = needed(&found, Quantity::SuccessRate);
    assert_near(needed, 1.26);
    assert_eq!(feasibility, Feasibility::Impossible(Obstacle::AboveMost));
    let failure = found.failure_cost.expect("has cases");
    assert_eq!(failure.break_even.status, Status::CandidateAbove);
    // 6.6 of the old calls.
    assert_eq!(format!("{:.1}", failure.break_even.value.expect("differs") * 1e4), "6.6");
    assert_eq!(found.break_even.target, Target::CostPerSuccess);
    assert!(found.chance_cheaper.per_success.expect("spreads") < 1e-6, "{:?}", found.chance_cheaper);
}

/// 500 tokens at $0.05 and $0.20 per million; errors of 8 % and 3 %.
fn classification() -> Run {
    let mut run = run(100, [92, 97], [25, 100]);
    let usage =
        Usage { input_tokens: Some(500), uncached_input_tokens: Some(500), output_tokens: Some(0), ..Usage::default() };
    run.trials.iter_mut().for_each(|trial| trial.usage = Some(usage.into()));
    run.prices = vec![Some(price("0.05", "0.005", "0")), Some(price("0.20", "0.02", "0"))];
    run
}

fn price(input: &str, cached: &str, output: &str) -> Price {
    let [input, cached, output] = [input, cached, output].map(|text| text.parse().expect("is a price"));
    Price::custom(input, Some(cached), output)
}

#[test]
fn a_dearer_classification_pays_once_an_error_costs_a_fraction_of_a_cent() {
    let mut run = classification();
    let found = economics(&run);
    assert_near(found.failure_cost.and_then(|found| found.break_even.value).map(|usd| usd * 1e3), 1.5);
    // With errors that cost nothing, a trial must cost the same.
    run.costs.failure_usd = Some([0.0; 6]);
    let found = economics(&run);
    assert_eq!(needed(&found, Quantity::CachedShare).1, Feasibility::Feasible);
    assert_near(needed(&found, Quantity::CachedShare).0, 75.0 / 90.0);
    assert_near(needed(&found, Quantity::InputTokens).0, 125.0);
    assert_near(needed(&found, Quantity::Prices).0, 0.25);
    assert_near(needed(&found, Quantity::CallsPerTask).0, 0.25);
    assert_eq!(needed(&found, Quantity::CallsPerTask).1, Feasibility::Impossible(Obstacle::BelowLeast));
    assert_eq!(needed(&found, Quantity::ErrorRate), (None, Feasibility::Impossible(Obstacle::NoInfluence)));
    // At $0.01 an error, eight cost more than three and the price together.
    run.costs = CostModel {
        failure_usd: Some([0.01; 6]),
        monthly_requests: Some(10_000.0),
        fixed_usd: Some(17.0),
        ..run.costs
    };
    let found = economics(&run);
    assert_near(value(found.total_difference).map(|usd| usd * 1e3), 0.1 - 0.025 - 0.5);
    assert_near(value(found.monthly_difference), -4.25);
    assert_near(value(found.baseline.monthly), 8.25);
    assert_near(needed(&found, Quantity::ErrorRate).0, 0.0725);
    assert_eq!(needed(&found, Quantity::Volume), (Some(40_000.0), Feasibility::Feasible));
}

#[test]
fn a_dearer_step_repays_more_of_itself_in_longer_pipelines() {
    let ratios = [5, 10, 20].map(|steps| {
        let mut run = run(100, [92, 97], [1, 4]);
        run.costs = CostModel { pipeline_steps: Some(steps), max_attempts: attempts(1), ..run.costs };
        format!("{:.2}", economics(&run).pipeline_ratio.expect("completes").value)
    });
    assert_eq!(ratios, ["3.39", "2.92", "2.08"]);
}

#[test]
fn every_failure_costs_what_its_class_does() {
    let mut run = run(6, [0, 5], [1, 1]);
    let changes: [fn(&mut Trial); 6] = [
        |_| (),
        |trial| trial.outcome = Outcome::Fail(Some(ToolFault::Missing)),
        |trial| trial.finish_reason = Some(FinishReason::Refusal),
        |trial| trial.finish_reason = Some(FinishReason::Length),
        |trial| trial.finish_reason = Some(FinishReason::ContentFilter),
        |trial| *trial = failed(5, 0, 0, FailureKind::ContextLength),
    ];
    for (case, change) in changes.into_iter().enumerate() {
        change(run.trial_mut(case, 0));
    }
    run.costs.failure_usd = Some([1.0, 2.0, 4.0, 8.0, 16.0, 32.0]);
    let found = economics(&run);
    assert_near(value(found.baseline.failures), 63.0 / 6.0);
    let classes: Vec<_> = found.baseline.by_class.iter().map(|row| (row.trials, row.usd, value(row.cost))).collect();
    for (index, (trials, usd, cost)) in classes.into_iter().enumerate() {
        let expected = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0][index];
        assert_eq!((trials, usd), (1, Some(expected)));
        assert_near(cost, expected / 6.0);
    }
    assert_near(value(found.candidate.failures), 1.0 / 6.0);
    assert_eq!(found.baseline.per_success.successes, 0);
    // Nobody stated what a failure costs: there is none, and not one of 0.
    run.costs.failure_usd = None;
    let found = economics(&run);
    assert_eq!((found.baseline.failures, found.baseline.total, found.total_difference), (None, None, None));
    assert_eq!(found.baseline.by_class[1].cost, None);
}

/// So many passed of so many trials a case in the baseline; the candidate passes all.
fn repeated(cases: &[[u32; 2]]) -> Run {
    let mut run = Run { repeats: 3, ..Run::new(cases.len()) };
    for (case, [passed, trials]) in cases.iter().enumerate() {
        for repeat in 0..*trials {
            run.trials.push(trial(case, 0, repeat, if repeat < *passed { PASS } else { FAIL }));
            run.trials.push(trial(case, 1, repeat, PASS));
        }
    }
    run
}

fn counted(cases: &[[u32; 2]]) -> Vec<CaseTrials> {
    cases.iter().map(|[passed, trials]| CaseTrials { passed: *passed as usize, trials: *trials as usize }).collect()
}

fn assert_retried(found: Retried, expected: crate::stats::retries::Retries) {
    assert_near(value(found.success_rate), expected.success_rate);
    assert_near(value(found.attempts), expected.attempts);
    let cost = expected.cost_per_success.expect("succeeds");
    assert_near(value(found.cost_per_success).map(|usd| usd / cost), 1.0);
}

#[test]
fn cases_that_keep_failing_are_not_hoped_away() {
    let costs = AttemptCosts { success: 1e-6, failure: 1e-6, giving_up: 0.0 };
    let seen = [[0, 3], [1, 3], [3, 3], [3, 3], [2, 3]];
    let found = economics(&repeated(&seen)).baseline.retries;
    let Some(Observed::Known { retries, .. }) = observed(&counted(&seen), attempts(3), costs) else {
        panic!("is known")
    };
    let ObservedRetries::Seen(retried) = found.observed else { panic!("{found:?}") };
    assert_retried(retried, retries);
    let hoped = value(found.independent.success_rate).expect("has cases");
    assert!(hoped > retries.success_rate, "{hoped}");

    let fewer = [[0, 2], [1, 3], [2, 2], [1, 1], [2, 3]];
    let found = economics(&repeated(&fewer)).baseline.retries;
    let Some(Observed::Known { retries, .. }) = observed(&counted(&fewer), attempts(3), costs) else {
        panic!("is known")
    };
    let ObservedRetries::Extrapolated { retried, .. } = found.observed else { panic!("{found:?}") };
    assert_retried(retried, retries);

    let once = [[0, 1], [1, 1], [1, 1]];
    let found = economics(&repeated(&once)).baseline.retries;
    let Some(Observed::Between { independent, hopeless: most }) = observed(&counted(&once), attempts(3), costs) else {
        panic!("is known")
    };
    assert_retried(found.independent, independent);
    let ObservedRetries::Between { hopeless } = found.observed else { panic!("{found:?}") };
    assert_retried(hopeless, most);
}

#[test]
fn few_successes_get_fiellers_interval_and_none_a_bound() {
    let found = economics(&run(40, [0, 9], [1, 2]));
    let (none, few) = (found.baseline.per_success, found.candidate.per_success);
    assert_eq!((none.estimate, none.fieller), (None, None));
    let bound = crate::stats::ratio::least_cost_without_success(40e-6, 40, 0.95).expect("has cases");
    assert_near(none.at_least.map(|usd| usd / bound), 1.0);
    assert_eq!(few.fieller.map(|estimate| estimate.method), Some("Fieller"));
    assert_eq!(found.what_ifs.rows[0].ratio, Figure::Unknown(Missing::NoSuccess));
    assert_eq!(found.retry_ratio, None);
    let many = economics(&run(40, [10, 10], [1, 2])).candidate.per_success;
    assert_eq!((many.fieller, many.at_least), (None, None));
}

#[test]
fn other_circumstances_change_prices_and_nothing_else() {
    let mut run = classification();
    // A quarter of the candidate's calls reads 400 of its 500 tokens from the cache.
    let read = Usage {
        uncached_input_tokens: Some(100),
        cache_read_tokens: Some(400),
        input_tokens: Some(500),
        output_tokens: Some(0),
        ..Usage::default()
    };
    for case in 0..25 {
        let candidate = run.trial_mut(case, 1);
        candidate.usage = Some(read.into());
        candidate.cost = price("0.20", "0.02", "0").cost(&read, Tier::Standard);
    }
    run.costs.cached_share = Some(0.5);
    let found = economics(&run).what_ifs;
    assert_near(found.cached_share[1].known().map(|share| share.value), 0.2);
    let of = |scenario| found.rows.iter().find(|row| row.scenario == scenario).expect("has the row");
    let candidate = |scenario| of(scenario).candidate.known().map(|estimate| estimate.value * 1e6 * 0.97);
    assert_near(candidate(Scenario::AsMeasured), 75.0 + 25.0 * 0.28);
    assert_near(candidate(Scenario::ColdCache), 100.0);
    assert_near(candidate(Scenario::CachedShare(0.5)), 55.0);
    assert_eq!(of(Scenario::Batch).candidate, Figure::Unknown(Missing::NoBatchPrice));
    assert_near(of(Scenario::ColdCache).ratio.known().map(|ratio| ratio.value), 4.0 * 92.0 / 97.0);
    // What a retried call was billed beside its answer is billed in any case.
    let paid = run.trial_mut(99, 0).cost;
    run.trial_mut(99, 0).cost = paid.map(|usd| usd.plus(Usd::from_pico(1_000_000)));
    let found = economics(&run).what_ifs;
    assert_near(found.rows[1].baseline.known().map(|usd| usd.value * 92e6), 25.0 * 100.0 + 1.0);
}

#[test]
fn what_has_no_price_or_usage_is_unknown() {
    let mut run = classification();
    run.trial_mut(3, 1).usage = None;
    let unexplained = economics(&run);
    run.prices[1] = None;
    let unpriced = economics(&run);
    for (found, missing) in [(unexplained, Missing::NoUsage), (unpriced, Missing::NoPrice)] {
        assert_eq!(found.what_ifs.rows[1].candidate, Figure::Unknown(missing));
        assert_eq!(found.what_ifs.rows[1].ratio, Figure::Unknown(missing));
        assert!(found.what_ifs.rows[1].baseline.known().is_some());
        for quantity in [Quantity::CachedShare, Quantity::InputTokens, Quantity::OutputTokens] {
            assert_eq!(row(&found, quantity).answer, BreakEvenAnswer::Unknown(missing), "{quantity:?}");
        }
        // What was paid is known all the same.
        assert!(found.what_ifs.rows[0].candidate.known().is_some() && needed(&found, Quantity::Prices).0.is_some());
    }
    run.trials.iter_mut().for_each(|trial| trial.cost = None);
    assert_eq!(run.results().comparisons[0].economics, None);
}

/// Everything is stated.
fn stated() -> CostModel {
    CostModel {
        max_attempts: attempts(2),
        failure_usd: Some([0.001, 0.002, 0.003, 0.004, 0.005, 0.006]),
        monthly_requests: Some(1000.0),
        pipeline_steps: Some(4),
        cached_share: Some(0.5),
        fixed_usd: Some(1.0),
    }
}

fn same(a: [Option<f64>; 3], b: [Option<f64>; 3]) -> bool {
    let near = |a: f64, b: f64| (a - b).abs() <= 1e-6 * a.abs().max(b.abs()).max(1e-9);
    a.into_iter().zip(b).all(|pair| match pair {
        (Some(a), Some(b)) => near(a, b),
        (None, None) => true,
        _ => false,
    })
}

fn turned(estimate: Option<Estimate>, turn: fn(f64) -> f64) -> [Option<f64>; 3] {
    let [low, value, high] = numbers(estimate);
    [high.map(turn), value.map(turn), low.map(turn)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn swapping_the_arms_turns_everything_around(run in runs()) {
        let two = Run { arms: run.arms[..2].to_vec(), costs: stated(), ..run };
        let swapped = Run { arms: two.arms.iter().rev().cloned().collect(), ..two.clone() };
        let [one, other] = [&two, &swapped].map(|run| run.results().comparisons.remove(0).economics);
        prop_assert_eq!(one.is_some(), other.is_some());
        let Some((one, other)) = one.zip(other) else { return Ok(()) };
        prop_assert_eq!((&one.baseline, &one.candidate), (&other.candidate, &other.baseline));
        for (a, b) in [
            (one.cost_difference, other.cost_difference),
            (one.total_difference, other.total_difference),
            (one.monthly_difference, other.monthly_difference),
        ] {
            prop_assert!(same(numbers(b), turned(a, |x| -x)), "{:?} {:?}", a, b);
        }
        for (a, b) in [
            (one.retry_ratio, other.retry_ratio),
            (one.observed_retry_ratio, other.observed_retry_ratio),
            (one.pipeline_ratio, other.pipeline_ratio),
        ] {
            // A ratio of 0 has no mirror image: the other way round it does not exist.
            let zero = |it: Option<Estimate>| it.is_none_or(|it| it.value <= 0.0);
            if !zero(a) && !zero(b) {
                prop_assert!(same(numbers(b), turned(a, |x| 1.0 / x)), "{:?} {:?}", a, b);
            }
        }
        if let (Some(a), Some(b)) = (one.chance_cheaper.per_trial, other.chance_cheaper.per_trial) {
            prop_assert!(near(a + b, 1.0));
        }
    }

    #[test]
    fn a_row_of_totals_put_back_in_gives_no_difference(passed in 1..40_usize, micro in 1..90_i64, cents in 1..90_u32) {
        let mut run = run(40, [20, passed], [30, micro]);
        run.costs.failure_usd = Some([f64::from(cents) / 1e5; 6]);
        let found = economics(&run);
        let factor = needed(&found, Quantity::Prices).0.expect("has a value");
        let (before, after) = (&found.baseline, &found.candidate);
        let at = value(after.cost).expect("has cases") * factor + value(after.failures).expect("has cases");
        prop_assert!((at - value(before.total).expect("has cases")).abs() < 1e-12);
    }
}

#[test]
fn a_chance_is_half_where_arms_cost_the_same_on_average() {
    let mut run = run(2, [2, 2], [1, 1]);
    run.trial_mut(0, 1).cost = Some(Usd::from_pico(2_000_000));
    run.trial_mut(1, 1).cost = Some(Usd::ZERO);
    assert_near(economics(&run).chance_cheaper.per_trial, 0.5);
}

#[test]
fn cost_per_success_under_retries_has_the_interval_of_the_observed() {
    // With nothing to pay for giving up it is the same quantity, however often one retries.
    let found = economics(&run(60, [30, 40], [10, 20]));
    let (retried, seen) = (found.candidate.retries.independent.cost_per_success, found.candidate.per_success.estimate);
    assert!(same(numbers(retried), numbers(seen)), "{retried:?} {seen:?}");
}

#[test]
fn where_most_costs_are_unknown_the_rest_is_no_sample() {
    // Twenty pairs, of which nineteen have a known cost in both arms, are enough; eighteen are not.
    let mut run = Run::of_outcomes(&[[Outcome::Pass; 2]; 20]);
    run.trial_mut(0, 1).cost = None;
    assert!(run.results().comparisons[0].economics.is_some());
    run.trial_mut(1, 0).cost = None;
    assert!(run.results().comparisons[0].economics.is_none());
}
