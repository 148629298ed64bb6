//! A judge set against people: what agrees, and what labels correct.

use super::run::{FAIL, Run, near};
use crate::compare::{JudgeQuality, Uncorrected};
use crate::domain::{Opinion, Outcome, Remarks};

/// 200 cases: the baseline is always right, the candidate wrong in every fourth. The judge says what `judge` says of what
/// is right and what is not; people label the first `labelled` cases.
fn run(labelled: usize, judge: fn(bool) -> bool) -> Run {
    let right = |case: usize, arm: usize| arm == 0 || !case.is_multiple_of(4);
    let outcome = |right: bool| if right { Outcome::Pass } else { FAIL };
    let outcomes: Vec<_> = (0..200).map(|case| [0, 1].map(|arm| outcome(right(case, arm)))).collect();
    let mut run = Run::of_outcomes(&outcomes);
    for case in 0..200 {
        for arm in 0..2 {
            let trial = run.trial_mut(case, arm);
            let human = (case < labelled).then(|| right(case, arm));
            let opinions = [Opinion { judge: "j".into(), passes: judge(right(case, arm)) }].into();
            trial.remarks = Remarks { human, opinions, ..Remarks::default() }.kept();
        }
    }
    run
}

fn remarks(run: &mut Run, case: usize, arm: usize) -> &mut Remarks {
    run.trial_mut(case, arm).remarks.as_mut().expect("something is said")
}

fn quality(run: &Run) -> JudgeQuality {
    let [quality] = <[_; 1]>::try_from(run.results().judges).expect("one judge");
    quality
}

fn value(estimate: Option<crate::stats::Estimate>) -> Option<f64> {
    estimate.map(|estimate| estimate.value)
}

#[test]
fn a_judge_that_passes_everything_hides_a_loss_that_labels_show() {
    let found = quality(&run(60, |_| true));
    let (arm, change) = (&found.arms[1], &found.candidates[0]);
    assert_eq!((arm.answers, arm.labelled, arm.corrected.labels, change.pairs), (200, 60, 60, 200));
    assert_eq!(
        [value(arm.agreement), value(arm.sensitivity), value(arm.specificity), value(arm.judged)],
        [Some(0.75), Some(1.0), Some(0.0), Some(1.0)]
    );
    // It agrees as often as chance has it.
    assert_eq!(value(arm.kappa), Some(0.0));
    assert_eq!((value(arm.corrected.estimate), arm.corrected.trust), (Some(0.75), Some(0.0)));
    assert_eq!(value(change.judged), Some(0.0));
    let corrected = change.corrected.estimate.expect("is corrected");
    assert!(near(corrected.value, -0.25) && corrected.high().is_some_and(|high| high < -0.1), "{corrected:?}");
    // Labels that never vary give no interval of no width.
    assert_eq!(found.arms[0].corrected.estimate.map(|found| (found.value, found.interval)), Some((1.0, None)));
    // Nothing that the judge could have told apart in the baseline: chance explains all of it.
    assert_eq!((value(found.arms[0].agreement), found.arms[0].kappa), (Some(1.0), None));
}

#[test]
fn a_judge_that_is_right_narrows_what_few_labels_say() {
    let found = quality(&run(60, |right| right)).candidates.remove(0).corrected;
    let blind = quality(&run(60, |_| true)).candidates.remove(0).corrected;
    let width = |estimate: Option<crate::stats::Estimate>| {
        estimate.and_then(|found| found.high().zip(found.low())).map(|(high, low)| high - low).expect("an interval")
    };
    assert!(near(found.estimate.expect("is corrected").value, -0.25));
    assert!(width(found.estimate) < 0.7 * width(blind.estimate));
    assert_eq!(value(quality(&run(60, |right| right)).arms[1].kappa), Some(1.0));
}

#[test]
fn where_nothing_can_be_corrected_it_says_why_and_gives_no_number() {
    let rows = [
        (run(0, |_| true), Uncorrected::NoLabels),
        (run(49, |_| true), Uncorrected::FewLabels),
        (
            {
                let mut run = run(60, |_| true);
                run.trials.iter_mut().take(10).for_each(|trial| trial.weight = 3.0);
                run
            },
            Uncorrected::Design,
        ),
        (
            {
                let mut run = run(60, |_| true);
                run.trials.iter_mut().take(10).for_each(|trial| trial.cluster = Some("c".into()));
                run
            },
            Uncorrected::Design,
        ),
    ];
    for (run, why) in rows {
        let found = quality(&run);
        for correction in [found.arms[0].corrected, found.arms[1].corrected, found.candidates[0].corrected] {
            assert_eq!((correction.absent, correction.estimate, correction.trust), (Some(why), None, None));
        }
        assert!(found.arms[1].judged.is_some());
        assert_eq!(found.arms[1].agreement.is_none(), why == Uncorrected::NoLabels);
        assert_eq!(found.arms[1].kappa.is_none(), why != Uncorrected::Design, "{why:?}");
    }
    assert!(quality(&run(50, |_| true)).candidates[0].corrected.estimate.is_some());
}

#[test]
fn a_case_is_labelled_in_a_pair_only_where_people_saw_both_answers() {
    let mut run = run(60, |_| true);
    remarks(&mut run, 3, 0).human = None;
    remarks(&mut run, 4, 1).opinions = Box::default();
    let found = quality(&run);
    assert_eq!((found.arms[0].labelled, found.arms[1].labelled), (59, 59));
    assert_eq!((found.candidates[0].pairs, found.candidates[0].corrected.labels), (199, 58));
    assert_eq!(Run::of_outcomes(&[[Outcome::Pass; 2]]).results().judges, []);
}
