//! Break-even values put back in give equality, and say whether they can be had.

use proptest::prelude::*;

use super::*;

fn tasks(baseline: [f64; 2], candidate: [f64; 2]) -> ErrorArms {
    let [baseline, candidate] = [baseline, candidate].map(|[cost, error_rate]| Task { cost, error_rate });
    ErrorArms { baseline, candidate }
}

fn attempts(baseline: [f64; 2], candidate: [f64; 2]) -> AttemptArms {
    let [baseline, candidate] = [baseline, candidate].map(|[cost, success_rate]| Attempt { cost, success_rate });
    AttemptArms { baseline, candidate }
}

fn total(task: Task, failure_cost: f64) -> f64 {
    task.cost + failure_cost * task.error_rate
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0)
}

/// 500 tokens at $0.05 and $0.20 per million; errors of 8 % and 3 %.
const CLASSIFICATION: [[f64; 2]; 2] = [[0.000_025, 0.08], [0.000_1, 0.03]];
/// A success rate of 42.0 % at the old price, 72.1 % at three times the price.
const THREE_TIMES: [[f64; 2]; 2] = [[1.0, 0.42], [3.0, 0.721]];

#[test]
fn three_times_the_price_needs_more_successes_than_there_are() {
    let found = success_rate(attempts(THREE_TIMES[0], THREE_TIMES[1]));
    assert!(near(found.value.expect("has a value"), 1.26));
    assert_eq!(found.feasibility, Feasibility::Impossible(Obstacle::AboveMost));
    let errors = THREE_TIMES.map(|[cost, success_rate]| [cost, 1.0 - success_rate]);
    let paid = failure_cost(tasks(errors[0], errors[1]));
    assert_eq!(format!("{:.1}", paid.value.expect("has a value")), "6.6");
    assert_eq!(paid.status, Status::CandidateAbove);
}

#[test]
fn a_dearer_classification_pays_once_an_error_costs_a_fraction_of_a_cent() {
    let paid = failure_cost(tasks(CLASSIFICATION[0], CLASSIFICATION[1]));
    assert!(near(paid.value.expect("has a value"), 0.0015));
    let input = CachedInput { tokens: 500.0, input_price: 0.20, cached_price: 0.02, output_cost: 0.0, share: 0.0 };
    let share = cached_share(input, 0.000_025);
    assert_eq!(
        (format!("{:.0} %", 100.0 * share.value.expect("has a value")), share.feasibility.is_possible()),
        ("83 %".into(), true)
    );
}

#[test]
fn what_is_reached_can_be_reached_or_cannot_is_told_apart() {
    use Feasibility::{AlreadyBetter, Feasible, Impossible};
    let input = CachedInput { tokens: 1e6, input_price: 1.0, cached_price: 0.5, output_cost: 1.0, share: 0.5 };
    let call = TokensPerCall { tokens: 1e6, price: 1.0, rest: 1.0 };
    let task = CallsPerTask { calls: 2.0, cost: 1.0 };
    let priced = PricedCall { price: 1.0, tokens: 1e6, rest: 1.0 };
    let dearer = tasks([1.0, 0.5], [2.0, 0.4]);
    let rows = [
        ("error rate", error_rate(dearer, 10.0), Some(0.4), AlreadyBetter),
        ("error rate", error_rate(dearer, 4.0), Some(0.25), Feasible),
        ("error rate", error_rate(dearer, 1.0), Some(-0.5), Impossible(Obstacle::BelowLeast)),
        ("error rate", error_rate(dearer, 0.0), None, Impossible(Obstacle::NoInfluence)),
        ("error rate", error_rate(tasks([2.0, 0.5], [2.0, 0.4]), 0.0), None, AlreadyBetter),
        ("success rate", success_rate(attempts([1.0, 0.25], [2.0, 0.5])), Some(0.5), AlreadyBetter),
        ("success rate", success_rate(attempts([1.0, 0.25], [4.0, 0.5])), Some(1.0), Feasible),
        ("success rate", success_rate(attempts([1.0, 0.25], [6.0, 0.5])), Some(1.5), Impossible(Obstacle::AboveMost)),
        ("success rate", success_rate(attempts([0.0, 0.25], [6.0, 0.5])), None, Impossible(Obstacle::FreeBaseline)),
        ("success rate", success_rate(attempts([0.0, 0.25], [0.0, 0.5])), None, AlreadyBetter),
        ("cached share", cached_share(input, 1.75), Some(0.5), AlreadyBetter),
        ("cached share", cached_share(input, 3.0), Some(-2.0), AlreadyBetter),
        ("cached share", cached_share(input, 1.5), Some(1.0), Feasible),
        ("cached share", cached_share(input, 1.25), Some(1.5), Impossible(Obstacle::AboveMost)),
        (
            "same price",
            cached_share(CachedInput { cached_price: 1.0, ..input }, 1.5),
            None,
            Impossible(Obstacle::NoInfluence),
        ),
        ("same price", cached_share(CachedInput { cached_price: 1.0, ..input }, 2.0), None, AlreadyBetter),
        ("dearer cache", cached_share(CachedInput { cached_price: 2.0, ..input }, 2.25), Some(0.25), Feasible),
        (
            "dearer cache",
            cached_share(CachedInput { cached_price: 2.0, ..input }, 1.5),
            None,
            Impossible(Obstacle::NoInfluence),
        ),
        ("tokens", tokens(call, 2.0), Some(1e6), AlreadyBetter),
        ("tokens", tokens(call, 1.5), Some(5e5), Feasible),
        ("tokens", tokens(call, 0.5), Some(-5e5), Impossible(Obstacle::BelowLeast)),
        ("free tokens", tokens(TokensPerCall { price: 0.0, ..call }, 0.5), None, Impossible(Obstacle::NoInfluence)),
        ("calls", calls(task, 3.0), Some(3.0), AlreadyBetter),
        ("calls", calls(task, 1.0), Some(1.0), Feasible),
        ("calls", calls(task, 0.5), Some(0.5), Impossible(Obstacle::BelowLeast)),
        ("free calls", calls(CallsPerTask { cost: 0.0, ..task }, 0.5), None, AlreadyBetter),
        ("price", price(priced, 2.0), Some(1.0), AlreadyBetter),
        ("price", price(priced, 1.5), Some(0.5), Feasible),
        ("price", price(priced, 0.5), Some(-0.5), Impossible(Obstacle::BelowLeast)),
        ("no tokens", price(PricedCall { tokens: 0.0, ..priced }, 0.5), None, Impossible(Obstacle::NoInfluence)),
        ("volume", volume(100.0, 0.3), Some(334.0), Feasible),
        ("volume", volume(100.0, 0.1), Some(1000.0), Feasible),
        ("volume", volume(0.0, 0.1), Some(0.0), AlreadyBetter),
        ("volume", volume(100.0, 0.0), None, Impossible(Obstacle::NoSaving)),
    ];
    for (index, (what, found, value, feasibility)) in rows.into_iter().enumerate() {
        let same = match (found.value, value) {
            (Some(found), Some(value)) => near(found, value),
            (found, value) => found == value,
        };
        assert!(same && found.feasibility == feasibility, "row {index}, {what}: {found:?}");
    }
}

#[test]
fn the_side_of_a_failure_cost_is_that_of_cost_and_errors() {
    let rows = [
        ([1.0, 0.25], [2.0, 0.125], Some(8.0), Status::CandidateAbove),
        ([1.0, 0.125], [0.5, 0.25], Some(4.0), Status::CandidateBelow),
        ([1.0, 0.25], [1.0, 0.125], Some(0.0), Status::CandidateAlways),
        ([1.0, 0.125], [1.0, 0.25], Some(0.0), Status::CandidateNever),
        ([1.0, 0.25], [9.0, 0.25], None, Status::EqualErrors),
    ];
    for (baseline, candidate, value, status) in rows {
        assert_eq!(failure_cost(tasks(baseline, candidate)), FailureCost { value, status });
    }
}

#[test]
fn a_baseline_that_never_succeeds_allows_no_number() {
    assert_eq!(allowed_cost_per_success(attempts([1.0, 0.0], [1.0, 0.5])), None);
}

fn money() -> std::ops::Range<f64> {
    0.0001..1.0
}

proptest! {
    #[test]
    fn an_error_rate_put_back_in_gives_equal_totals(b in money(), c in money(), e in 0.0..1.0_f64, h in 0.01..10.0_f64) {
        let arms = tasks([b, e], [c, 0.5]);
        let error_rate = error_rate(arms, h).value.expect("has a value");
        let candidate = Task { error_rate, ..arms.candidate };
        prop_assert!(near(total(arms.baseline, h), total(candidate, h)));
    }

    #[test]
    fn a_success_rate_put_back_in_gives_equal_costs(b in money(), c in money(), p in 0.01..1.0_f64) {
        let arms = attempts([b, p], [c, 0.5]);
        let success_rate = success_rate(arms).value.expect("has a value");
        prop_assert!(near(b / p, c / success_rate));
        let allowed = allowed_cost_per_success(arms).expect("succeeds");
        prop_assert!(near(b / p, allowed / 0.5));
    }

    #[test]
    fn a_failure_cost_put_back_in_gives_equal_totals(b in money(), c in money(), e in 0.0..1.0_f64, f in 0.0..1.0_f64) {
        let arms = tasks([b, e], [c, f]);
        let found = failure_cost(arms);
        let Some(h) = found.value else { return Ok(()) };
        let cheaper = |h: f64| total(arms.candidate, h) < total(arms.baseline, h);
        match found.status {
            Status::CandidateAbove => prop_assert!(!cheaper(h * 0.99) && cheaper(h * 1.01)),
            Status::CandidateBelow => prop_assert!(cheaper(h * 0.99) && !cheaper(h * 1.01)),
            Status::CandidateAlways => prop_assert!(cheaper(0.001) && cheaper(1000.0)),
            Status::CandidateNever | Status::EqualErrors => prop_assert!(!cheaper(0.001) && !cheaper(1000.0)),
        }
        let reached = matches!(found.status, Status::CandidateAbove | Status::CandidateBelow);
        prop_assert!(!reached || near(total(arms.baseline, h) / h, total(arms.candidate, h) / h));
    }

    #[test]
    fn an_allowed_cost_put_back_in_gives_equal_totals(b in money(), e in 0.0..1.0_f64, f in 0.0..1.0_f64, h in 0.0..10.0_f64) {
        let arms = tasks([b, e], [9.0, f]);
        let cost = allowed_cost(arms, h);
        let candidate = Task { cost, ..arms.candidate };
        prop_assert!(near(total(arms.baseline, h), total(candidate, h)));
    }

    #[test]
    fn what_a_call_is_made_of_put_back_in_gives_the_target(
        count in 1.0..1e5_f64, unit in 0.01..20.0_f64, rest in 0.0..0.1_f64, target in 0.0..0.5_f64,
    ) {
        let cost = |count: f64, unit: f64| count * unit / 1e6 + rest;
        let tokens = tokens(TokensPerCall { tokens: count, price: unit, rest }, target).value.expect("has a value");
        prop_assert!(near(cost(tokens, unit), target));
        let price = price(PricedCall { tokens: count, price: unit, rest }, target).value.expect("has a value");
        prop_assert!(near(cost(count, price), target));
        let calls = calls(CallsPerTask { calls: 1.0, cost: cost(count, unit) }, target).value.expect("has a value");
        prop_assert!(near(calls * cost(count, unit), target));
        let input = CachedInput { tokens: count, input_price: unit, cached_price: unit / 10.0, output_cost: rest, share: 0.0 };
        let share = cached_share(input, target).value.expect("has a value");
        let mixed = unit * (1.0 - share) + unit / 10.0 * share;
        prop_assert!(near(cost(count, mixed), target));
    }

    #[test]
    fn a_volume_is_the_first_whole_number_that_pays(fixed in 0.01..1e4_f64, saving in 0.001..1.0_f64) {
        let tasks = volume(fixed, saving).value.expect("has a value");
        prop_assert!(tasks * saving >= fixed * (1.0 - 1e-6) && (tasks - 1.0) * saving < fixed);
    }
}
