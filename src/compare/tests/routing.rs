//! Which slices may move, and what moving them is worth.

use proptest::prelude::*;

use super::run::{FAIL, FAILED, Run, assert_near, id, near, planned};
use crate::compare::{Advice, Policy, Results, SliceRouting, TagRouting};
use crate::domain::{Outcome, Trial, TrialKey, Usd};
use crate::stats::power::{Goal, Precision, more_cases_score};
use crate::stats::routing::route;
use crate::stats::shrinkage::{Seen, shrink};
use crate::stats::tango::{Discordant, test};

const PASS: Outcome = Outcome::Pass;

/// `(lost, gained, pairs)` of each slice `a`, `b`, ... of the tag `tier`; the other pairs both pass.
fn sliced(slices: &[(usize, usize, usize)]) -> Run {
    let outcomes = slices.iter().flat_map(|&(lost, gained, pairs)| {
        (0..pairs).map(move |case| match case {
            case if case < lost => [PASS, FAIL],
            case if case < lost + gained => [FAIL, PASS],
            _ => [PASS, PASS],
        })
    });
    let mut run = Run::of_outcomes(&outcomes.collect::<Vec<_>>());
    let names = slices.iter().zip(["a", "b", "c", "d"]).flat_map(|(slice, name)| std::iter::repeat_n(name, slice.2));
    run.planned = names.enumerate().map(|(case, name)| planned(&id(case), &[("tier", name)])).collect();
    run.slice_by = vec!["tier".into()];
    run.margin = Some(0.05);
    run
}

/// The candidate costs this many times the baseline.
fn priced(mut run: Run, times: i64) -> Run {
    for trial in run.trials.iter_mut().filter(|trial| *trial.key.arm != *"baseline") {
        trial.cost = Some(Usd::from_pico(1_000_000 * times / 100));
    }
    run
}

fn tier(run: &Run) -> TagRouting {
    run.results().comparisons.remove(0).routing.expect("the tag holds every case").tags.remove(0)
}

fn discordant((lost, gained, pairs): (usize, usize, usize)) -> Discordant {
    let [baseline_only, candidate_only, n] =
        [lost, gained, pairs].map(|n| f64::from(u32::try_from(n).expect("is small")));
    Discordant { baseline_only, candidate_only, n }
}

#[test]
fn p_values_are_tangos_adjusted_for_the_slices_of_the_tag() {
    let slices = [(1, 3, 150), (6, 2, 150), (2, 2, 100)];
    let routing = tier(&sliced(&slices));
    let routes = route(&slices.map(discordant), 0.05, 0.95);
    for (slice, expected) in routing.slices.iter().zip(&routes) {
        assert_near(slice.p, expected.p);
        assert_near(slice.adjusted, expected.adjusted);
    }
    // The smallest p counts threefold, the middle one twice.
    let p: Vec<f64> = slices.iter().map(|slice| test(discordant(*slice), -0.05).p_greater).collect();
    assert_near(routing.slices[0].adjusted, 3.0 * p[0]);
    assert_near(routing.slices[2].adjusted, 2.0 * p[2]);
    assert_near(routing.slices[1].adjusted, p[1]);
    // "No difference": 1 against 3, 6 against 2, 2 against 2; z is (gained − lost) ÷ √(gained + lost).
    let two_sided = |z: f64| 2.0 * crate::stats::special::normal_cdf(-z);
    let (first, second) = (two_sided(1.0), two_sided(4.0 / 8.0_f64.sqrt()));
    assert_near(routing.slices[1].q, 3.0 * second);
    assert_near(routing.slices[0].q, 1.5 * first);
    assert_near(routing.slices[2].q, 1.0);
}

#[test]
fn a_slice_moves_stays_or_asks_for_more_cases() {
    let advice = |run: &Run| tier(run).slices.iter().map(|slice| slice.advice).collect::<Vec<_>>();
    let run = sliced(&[(0, 1, 200), (30, 0, 100), (3, 2, 80), (0, 0, 19)]);
    let found = advice(&run);
    assert_eq!(found[0], Some(Advice::Move));
    assert_eq!(found[1], Some(Advice::Stay));
    assert_eq!(found[3], Some(Advice::TooFew { needed: 20 }));
    // At a quarter of the chance of error: Holm's strictest step among four slices.
    let goal = Goal { margin: 0.05, precision: Precision { confidence: 1.0 - 0.05 / 4.0, power: 0.8 } };
    let about = more_cases_score(discordant((3, 2, 80)), 80, goal, 10_000).more().map(|more| more as u64);
    assert_eq!((found[2], about), (Some(Advice::MoreCases { about }), Some(598)));
    // What clears the margin alone need not clear it among others, and without a margin nothing is advised.
    let barely = (2, 3, 100);
    assert_eq!(advice(&sliced(&[barely, (0, 0, 200)]))[0], Some(Advice::Move));
    let beside = advice(&sliced(&[barely, (3, 2, 80), (3, 2, 80), (3, 2, 80)]))[0];
    assert!(matches!(beside, Some(Advice::MoreCases { about: Some(_) })), "{beside:?}");
    let silent = tier(&Run { margin: None, ..run });
    assert!(silent.slices.iter().all(|slice| slice.advice.is_none() && slice.p.is_none() && slice.shrunk.is_some()));
}

#[test]
fn missing_scores_can_keep_a_slice() {
    let mut run = sliced(&[(0, 1, 200), (0, 0, 50)]);
    for case in 150..200 {
        run.trial_mut(case, 1).outcome = FAILED;
    }
    assert_eq!(tier(&run).slices[0].advice, Some(Advice::MissingDecide { missing: 50 }));
}

#[test]
fn estimates_are_drawn_towards_the_common_mean() {
    let slices = [(40, 0, 100), (0, 10, 100)];
    let routing = tier(&sliced(&slices));
    // Two pseudo-cases at the ends −1 and 1: (squares around the centre + theirs) ÷ (n + 2), and once more ÷ (n + 2).
    let seen = slices.map(|(lost, gained, n)| {
        let Discordant { baseline_only, candidate_only, n } = discordant((lost, gained, n));
        let centre = (candidate_only - baseline_only) / (n + 2.0);
        let variance = (baseline_only + candidate_only + 2.0) / (n + 2.0) - centre * centre;
        Seen { estimate: (candidate_only - baseline_only) / n, variance: variance / (n + 2.0) }
    });
    let expected = shrink(&seen).expect("has slices");
    for (slice, expected) in routing.slices.iter().zip(&expected.slices) {
        assert_near(slice.shrunk.map(|shrunk| shrunk.value), expected.estimate);
        assert_near(slice.shrunk.map(|shrunk| shrunk.standard_deviation), expected.standard_deviation);
    }
    assert_near(routing.between, expected.between);
    assert!(routing.between > Some(0.0) && routing.slices[0].shrunk.is_some_and(|shrunk| shrunk.value > -0.4));
    assert_eq!(tier(&sliced(&[(3, 1, 100), (3, 1, 100)])).between, Some(0.0));
}

#[test]
fn only_a_tag_that_holds_every_case_is_routed() {
    let mut run = sliced(&[(0, 0, 30), (0, 0, 30)]);
    run.planned[0] = planned(&id(0), &[]);
    let results = run.results();
    assert_eq!((&results.comparisons[0].routing, results.policies.len()), (&None, 0));
    assert_eq!(results.comparisons[0].slices.len(), 2);
    let one = sliced(&[(0, 0, 30)]).results();
    assert_eq!(one.comparisons[0].routing, None);
}

#[test]
fn the_mix_of_slices_can_turn_the_answer() {
    // As drawn −10 of 200; the slice that loses them is a tenth of production.
    let mut run = sliced(&[(10, 0, 100), (0, 0, 100)]);
    assert_eq!(tier(&run).mix, None);
    run.margin = Some(0.02);
    for case in 100..200 {
        for arm in 0..2 {
            run.trial_mut(case, arm).weight = 9.0;
        }
    }
    let mix = tier(&run).mix.expect("cases weigh differently");
    assert!(near(mix.sampled, -0.05) && near(mix.by_slice, -0.05) && near(mix.production, -0.01), "{mix:?}");
    assert!(near(mix.largest_gap, 0.4) && mix.turns, "{mix:?}");
    assert!(!tier(&Run { margin: Some(0.1), ..run }).mix.expect("cases weigh differently").turns);
}

fn policy(run: &Run) -> Policy {
    run.results().policies.remove(0)
}

#[test]
fn the_cheapest_arm_that_may_have_a_slice_gets_it() {
    let cheap = policy(&priced(sliced(&[(0, 0, 300), (90, 0, 300)]), 40));
    let arms: Vec<&str> = cheap.choices.iter().map(|choice| &*choice.arm).collect();
    assert_eq!(arms, ["candidate", "baseline"]);
    assert_near(cheap.choices[0].cost_ratio.map(|ratio| ratio.value), 0.4);
    assert_near(cheap.choices[0].cost_per_success.map(|cost| cost.value * 1e6), 0.4);
    assert_near(cheap.choices[1].cost_per_success.map(|cost| cost.value * 1e6), 1.0);
    assert_eq!((cheap.choices[1].cost_ratio, cheap.choices[1].accuracy), (None, None));
    // Half of the requests cost 0.6 millionths less.
    let value = cheap.value.expect("cases move");
    assert_near(Some(value.saving.value * 1e6), 300.0);
    assert_eq!((value.moved, value.cases, value.accuracy.value.to_bits()), (300, 600, 0.0_f64.to_bits()));
    // Where it is dearer, nothing moves; where it has no price, there is nothing to choose by.
    let dear = policy(&priced(sliced(&[(0, 0, 300), (90, 0, 300)]), 140));
    assert_eq!((&*dear.choices[0].arm, dear.value), ("baseline", None));
    let mut unpriced = sliced(&[(0, 0, 300), (90, 0, 300)]);
    unpriced.trials.iter_mut().filter(|trial| *trial.key.arm == *"candidate").for_each(|trial| trial.cost = None);
    assert_eq!(unpriced.results().policies, []);
}

#[test]
fn the_cheaper_of_two_candidates_is_chosen_and_the_losing_one_is_not() {
    let mut run = priced(sliced(&[(0, 0, 300), (0, 0, 300)]), 60);
    run.arms.push("second".into());
    let second = run.trials.iter().filter(|trial| *trial.key.arm == *"candidate").map(|trial| {
        // Cheaper everywhere, and bad in the second slice.
        let bad = *trial.key.case >= *"300" && trial.key.case.ends_with(['0', '1', '2']);
        Trial {
            key: TrialKey { arm: "second".into(), ..trial.key.clone() },
            cost: Some(Usd::from_pico(200_000)),
            outcome: if bad { FAIL } else { PASS },
            ..trial.clone()
        }
    });
    let second: Vec<Trial> = second.collect();
    run.trials.extend(second);
    let policy = policy(&run);
    let arms: Vec<&str> = policy.choices.iter().map(|choice| &*choice.arm).collect();
    assert_eq!(arms, ["second", "candidate"]);
    // Half saves 0.8 millionths, half 0.4.
    assert_near(policy.value.map(|value| value.saving.value * 1e6), 600.0);
}

#[test]
fn a_policy_is_told_by_cases_that_did_not_choose() {
    // Wins and losses even out: 8 slices with a lucky one look like a gain to those who choose and score at once.
    let run = priced(sliced(&[(1, 1, 25), (0, 2, 25), (2, 0, 25), (1, 1, 25)]), 40);
    assert_eq!(policy(&run).value, None, "20 cases of a slice prove nothing at 5 points");
    // A cluster is never torn between folds: with all cases in one, no fold can choose for another.
    let mut clustered = priced(sliced(&[(0, 0, 300), (90, 0, 300)]), 40);
    assert!(policy(&clustered).value.is_some());
    clustered.trials.iter_mut().for_each(|trial| trial.cluster = Some("one".into()));
    assert_eq!(policy(&clustered).value, None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn order_changes_nothing_and_swapped_arms_mirror(
        slices in prop::collection::vec((0..8_usize, 0..8_usize, 0..40_usize), 2..4),
        seed in any::<u64>(),
    ) {
        let slices: Vec<_> = slices.into_iter().map(|(lost, gained, rest)| (lost, gained, lost + gained + rest)).collect();
        let run = priced(sliced(&slices), 40);
        let before = run.results();
        let mut shuffled = run.clone();
        shuffled.trials.sort_by_key(|trial| {
            let text = format!("{seed}{}{}", trial.key.case, trial.key.arm);
            crate::stats::crossfit::fold(&text, u32::MAX)
        });
        prop_assert_eq!(&shuffled.results(), &before);
        let swapped = Run { arms: run.arms.iter().rev().cloned().collect(), ..run }.results();
        let of = |results: &Results| -> Vec<SliceRouting> {
            results.comparisons[0].routing.iter().flat_map(|routing| routing.tags[0].slices.clone()).collect()
        };
        for (slice, back) in of(&before).iter().zip(of(&swapped)) {
            prop_assert_eq!(slice.pairs, back.pairs);
            let same = |a: Option<f64>, b: Option<f64>| match (a, b) {
                (Some(a), Some(b)) => near(a, b),
                (a, b) => a == b,
            };
            prop_assert!(same(slice.q, back.q), "{:?} {:?}", slice, back);
            let turned = back.shrunk.map(|shrunk| -shrunk.value);
            prop_assert!(same(slice.shrunk.map(|shrunk| shrunk.value), turned), "{:?} {:?}", slice, back);
        }
    }
}
