//! What must hold for evidence at every look, for any differences in [−1, 1].

use proptest::prelude::*;

use super::bootstrap::jackknife;
use super::confseq::{confseq, confseq_counts, running};
use super::eprocess::{EProcess, Null, Outcomes, log_e, log_e_counts};
use super::ratio::{Arm, Arms};
use super::sequential::{Rule, SPEND, decide};
use super::verdict::Class;
use super::{Design, Interval, Scores};

fn differences() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(prop_oneof![Just(0.0), Just(1.0), Just(-1.0), -1.0..1.0_f64], 1..60)
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(1.0)
}

fn swapped(differences: &[f64]) -> Vec<f64> {
    differences.iter().map(|difference| -difference).collect()
}

fn limits(interval: Interval) -> [f64; 2] {
    [interval.low, interval.high].map(|limit| limit.expect("is bounded"))
}

proptest! {
    #[test]
    fn swapping_the_arms_swaps_the_evidence(differences in differences(), mean in -0.9..0.9_f64) {
        let swapped = swapped(&differences);
        prop_assert!(near(log_e(&differences, Null::AtMost(mean)), log_e(&swapped, Null::AtLeast(-mean))));
        let ([low, high], [back_low, back_high]) = (limits(confseq(&differences, 0.025)), limits(confseq(&swapped, 0.025)));
        prop_assert!((low + back_high).abs() < 1e-7 && (high + back_low).abs() < 1e-7);
    }

    #[test]
    fn swapping_the_arms_turns_the_decision_without_a_margin(differences in differences()) {
        let rule = Rule {
            margin: 0.0,
            alpha: 0.025,
            spend: SPEND,
            most_cases: 50,
            first_look: 1,
            scores: Scores::Graded,
        };
        let (ahead, back) = (decide(&differences, rule), decide(&swapped(&differences), rule));
        let turned = match ahead.class {
            Class::NotWorse => Class::Worse,
            Class::Worse => Class::NotWorse,
            same => same,
        };
        prop_assert_eq!((turned, ahead.cases, ahead.by), (back.class, back.cases, back.by));
    }

    #[test]
    fn the_order_of_the_cases_changes_neither_evidence_nor_the_last_interval(
        (before, after) in differences().prop_flat_map(|it| (Just(it.clone()), Just(it).prop_shuffle())),
        mean in -0.9..0.9_f64,
    ) {
        prop_assert!(near(log_e(&before, Null::AtMost(mean)), log_e(&after, Null::AtMost(mean))));
        for (before, after) in limits(confseq(&before, 0.025)).into_iter().zip(limits(confseq(&after, 0.025))) {
            prop_assert!((before - after).abs() < 1e-7);
        }
    }

    #[test]
    fn evidence_never_falls_for_a_better_case_or_a_humbler_claim(
        differences in differences(), place: prop::sample::Index, more in 0.0..2.0_f64, mean in -0.9..0.9_f64, less in 0.0..1.0_f64,
    ) {
        let mut better = differences.clone();
        let case = place.get(&differences);
        let index = place.index(differences.len());
        better[index] = (case + more).min(1.0);
        let of = |differences: &[f64], mean: f64| log_e(differences, Null::AtMost(mean));
        prop_assert!(of(&better, mean) >= of(&differences, mean) - 1e-12);
        prop_assert!(of(&differences, (mean - less).max(-0.99)) >= of(&differences, mean) - 1e-12);
    }

    #[test]
    fn a_case_on_the_null_changes_nothing_and_one_above_it_adds_evidence(differences in differences(), mean in -0.9..0.9_f64) {
        let mut process = EProcess::new(Null::AtMost(mean));
        for &difference in &differences {
            process.add(difference);
        }
        let before = process.log_e();
        process.add(mean);
        prop_assert!(near(process.log_e(), before));
        process.add(f64::midpoint(mean, 1.0));
        prop_assert!(process.log_e() > before);
    }

    #[test]
    fn counting_outcomes_is_as_good_as_listing_them(wins in 0..30_usize, losses in 0..30_usize, ties in 0..90_usize) {
        let listed = [vec![1.0; wins], vec![-1.0; losses], vec![0.0; ties]].concat();
        let outcomes = Outcomes { wins, losses, ties };
        for null in [Null::AtMost(-0.05), Null::AtLeast(0.02)] {
            prop_assert!(near(log_e(&listed, null), log_e_counts(outcomes, null)));
        }
        for (a, b) in limits(confseq(&listed, 0.025)).into_iter().zip(limits(confseq_counts(outcomes, 0.025))) {
            prop_assert!((a - b).abs() < 1e-7);
        }
    }

    #[test]
    fn each_running_interval_lies_within_the_one_before_and_within_its_own_look(differences in differences()) {
        let mut before = Interval::bounded(-1.0, 1.0, 0.95);
        for (cases, interval) in (1..).zip(running(&differences, 0.025)) {
            let own = confseq(&differences[..cases], 0.025);
            for wider in [before, own] {
                let ([low, high], [wide_low, wide_high]) = (limits(interval), limits(wider));
                prop_assert!(low >= wide_low - 1e-9 && high <= wide_high + 1e-9, "{interval:?} {wider:?}");
            }
            before = interval;
        }
    }

    #[test]
    fn copies_within_a_cluster_change_no_jackknife(
        cases in prop::collection::vec(([0.001..1.0_f64, 0.001..1.0_f64], 0.1..1.0_f64, 0..6_u32), 2..30),
    ) {
        let of = |copies: usize| {
            let rows: Vec<_> = cases.iter().flat_map(|case| std::iter::repeat_n(*case, copies)).collect();
            let [first, second] = [0, 1].map(|arm| rows.iter().map(|row| row.0[arm]).collect::<Vec<f64>>());
            let success: Vec<f64> = rows.iter().map(|row| row.1).collect();
            let clusters: Vec<u32> = rows.iter().map(|row| row.2).collect();
            let [baseline, candidate] = [&first, &second].map(|cost| Arm { cost, success: &success });
            jackknife(Arms { baseline, candidate }, Design::clustered(Some(&clusters)))
        };
        let (one, many) = (of(1), of(3));
        prop_assert_eq!(one.is_some(), many.is_some());
        if let (Some(one), Some(many)) = (one, many) {
            prop_assert!(near(one.mean, many.mean) && (one.acceleration - many.acceleration).abs() < 1e-7);
        }
    }
}
