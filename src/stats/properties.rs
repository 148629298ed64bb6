//! What must hold for any cases: arms can be swapped, cases reordered, and copies of a case bring no news.

use proptest::prelude::*;

use super::events::{self, Events};
use super::mean::{Mean, t_mean};
use super::paired::difference;
use super::proportion::rate;
use super::ratio::{Arm, Arms, cost_per_success, cost_per_success_ratio};
use super::{Design, Estimate, PerCase, Scores};

/// A case: its cost and mean score over three trials in either arm, and its cluster.
#[derive(Debug, Clone, Copy)]
struct Case {
    cost: [f64; 2],
    score: [f64; 2],
    cluster: u32,
}

fn cases() -> impl Strategy<Value = Vec<Case>> {
    let score = || (0..=3_u8).prop_map(|passed| f64::from(passed) / 3.0);
    let case = ([0.001..1.0_f64, 0.001..1.0_f64], [score(), score()], 0..6_u32);
    prop::collection::vec(case.prop_map(|(cost, score, cluster)| Case { cost, score, cluster }), 2..40)
}

/// The cases as columns.
struct Columns {
    cost: [Vec<f64>; 2],
    score: [Vec<f64>; 2],
    difference: Vec<f64>,
    clusters: Vec<u32>,
}

fn columns(cases: &[Case]) -> Columns {
    let column = |of: &dyn Fn(&Case) -> f64| -> Vec<f64> { cases.iter().map(of).collect() };
    Columns {
        cost: [0, 1].map(|arm| column(&|case| case.cost[arm])),
        score: [0, 1].map(|arm| column(&|case| case.score[arm])),
        difference: column(&|case| case.score[1] - case.score[0]),
        clusters: cases.iter().map(|case| case.cluster).collect(),
    }
}

impl Columns {
    fn design(&self, clustered: bool) -> Design<'_> {
        Design::clustered(clustered.then_some(self.clusters.as_slice()))
    }

    fn per_case<'a>(&'a self, values: &'a [f64], clustered: bool) -> PerCase<'a> {
        PerCase { values, design: self.design(clustered) }
    }

    fn arms(&self) -> Arms<'_> {
        let [baseline, candidate] = [0, 1].map(|arm| Arm { cost: &self.cost[arm], success: &self.score[arm] });
        Arms { baseline, candidate }
    }

    fn events(&self) -> events::Arms<'_> {
        let [baseline, candidate] = [0, 1].map(|arm| Events { events: &self.score[arm], units: &self.cost[arm] });
        events::Arms { baseline, candidate }
    }

    /// Every kind of estimate that these cases give.
    fn estimates(&self, clustered: bool) -> Vec<Option<Estimate>> {
        let design = self.design(clustered);
        let trials = Scores::PassFail { trials: 3 };
        vec![
            rate(self.per_case(&self.score[0], clustered), trials, 0.95),
            rate(self.per_case(&self.score[0], clustered), Scores::Graded, 0.95),
            difference(self.per_case(&self.difference, clustered), trials, 0.95),
            difference(self.per_case(&self.difference, clustered), Scores::Graded, 0.95),
            super::mean::mean(self.per_case(&self.cost[0], clustered), 0.95),
            cost_per_success(self.arms().baseline, design, 0.95),
            cost_per_success_ratio(self.arms(), design, 0.95).map(|ratio| ratio.estimate),
            events::rates(self.events(), design, 0.95).map(|rates| rates.difference),
        ]
    }
}

/// Value and limits.
fn numbers(estimate: &Estimate) -> [Option<f64>; 3] {
    [estimate.low(), Some(estimate.value), estimate.high()]
}

fn near(a: Option<f64>, b: Option<f64>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * a.abs().max(1.0),
        (None, None) => true,
        _ => false,
    }
}

fn same(a: [Option<f64>; 3], b: [Option<f64>; 3]) -> bool {
    a.iter().zip(b).all(|(a, b)| near(*a, b))
}

proptest! {
    #[test]
    fn swapping_the_arms_negates_a_difference(cases in cases(), clustered: bool, graded: bool) {
        let columns = columns(&cases);
        let swapped: Vec<f64> = columns.difference.iter().map(|difference| -difference).collect();
        let scores = if graded { Scores::Graded } else { Scores::PassFail { trials: 3 } };
        let of = |values| difference(columns.per_case(values, clustered), scores, 0.95).map(|it| numbers(&it));
        let [low, value, high] = of(&columns.difference).expect("has cases");
        let mirrored = [high, value, low].map(|number| number.map(|number| -number));
        prop_assert!(same(of(&swapped).expect("has cases"), mirrored));
    }

    #[test]
    fn swapping_the_arms_inverts_a_ratio(cases in cases(), clustered: bool) {
        let columns = columns(&cases);
        let design = columns.design(clustered);
        let arms = columns.arms();
        let of = |arms| cost_per_success_ratio(arms, design, 0.95).map(|ratio| numbers(&ratio.estimate));
        let swapped = of(Arms { baseline: arms.candidate, candidate: arms.baseline });
        // An arm without success has no mirror image: one way there is no ratio, the other way it is 0.
        if let (Some([low, value, high]), Some(swapped)) = (of(arms), swapped) {
            let inverted = [high, value, low].map(|number| number.map(|number| 1.0 / number));
            prop_assert!(same(swapped, inverted), "{swapped:?} {inverted:?}");
        }
    }

    #[test]
    fn the_order_of_the_cases_changes_nothing(
        (cases, shuffled) in cases().prop_flat_map(|cases| (Just(cases.clone()), Just(cases).prop_shuffle())),
        clustered: bool,
    ) {
        let before = columns(&cases).estimates(clustered);
        for (before, after) in before.iter().zip(columns(&shuffled).estimates(clustered)) {
            prop_assert_eq!(before.is_some(), after.is_some());
            if let (Some(before), Some(after)) = (before, after) {
                prop_assert!(same(numbers(before), numbers(&after)), "{:?} {:?}", before, after);
            }
        }
    }

    #[test]
    fn copies_within_a_cluster_change_no_mean_and_no_ratio(cases in cases(), copies in 2..5_usize) {
        let all = columns(&cases);
        let copied = columns(&cases.iter().flat_map(|case| std::iter::repeat_n(*case, copies)).collect::<Vec<_>>());
        let of = |columns: &Columns| columns.estimates(true)[4..].to_vec();
        for (one, many) in of(&all).iter().zip(of(&copied)) {
            prop_assert_eq!(one.is_some(), many.is_some());
            if let (Some(one), Some(many)) = (one, many) {
                prop_assert!(same(numbers(one), numbers(&many)), "{:?} {:?}", one, many);
            }
        }
        let error = |columns: &Columns| {
            t_mean(columns.per_case(&columns.difference, true), 0.95).and_then(|Mean { standard_error, .. }| standard_error)
        };
        prop_assert!(near(error(&all), error(&copied)));
    }

    /// Copying every case within its cluster is no news to a share either, be it a pure pass/fail sample or not.
    #[test]
    fn copies_within_a_cluster_change_no_share(
        outcomes in prop::collection::vec((prop_oneof![6 => Just(0_i8), 1 => Just(-1), 1 => Just(1)], 0..30_u32), 2..100),
        copies in 2..10_usize,
        alone: bool,
    ) {
        let of = |copies: usize| {
            let rows = (0..).zip(&outcomes).flat_map(|row| std::iter::repeat_n(row, copies));
            let (values, clusters): (Vec<f64>, Vec<u32>) =
                rows.map(|(index, &(outcome, cluster))| (f64::from(outcome), if alone { index } else { cluster })).unzip();
            let passes: Vec<f64> = values.iter().map(|value| value.max(0.0)).collect();
            let design = Design::clustered(Some(&clusters));
            let scores = Scores::PassFail { trials: 1 };
            [difference(PerCase { values: &values, design }, scores, 0.95), rate(PerCase { values: &passes, design }, scores, 0.95)]
        };
        for (one, many) in of(1).into_iter().zip(of(copies)) {
            let (one, many) = (one.expect("has cases"), many.expect("has cases"));
            prop_assert!(same(numbers(&one), numbers(&many)), "{:?} {:?}", one, many);
        }
    }
}

#[test]
fn no_cases_give_no_estimate() {
    let columns = columns(&[]);
    for clustered in [false, true] {
        assert!(columns.estimates(clustered).iter().all(Option::is_none));
    }
}
