//! Grades and classes: paired like every other metric, missing where nobody measured.

use super::run::{FAIL, Run, assert_near, failed, trial};
use crate::compare::{Metric, ScorerName};
use crate::domain::{FailureKind, Grade, Measured, Outcome, Remarks, Trial};
use crate::stats::paired;
use crate::stats::{PerCase, Scores};

fn graded(case: usize, arm: usize, repeat: u32, grade: f64) -> Trial {
    let measured = Measured { scorer: "words".into(), grade: Grade::new(grade), labels: None };
    Trial { remarks: said(measured), ..trial(case, arm, repeat, Outcome::Pass) }
}

fn said(measured: Measured) -> Option<Box<Remarks>> {
    Remarks { measured: Box::new([measured]), ..Remarks::default() }.kept()
}

fn words() -> Metric {
    Metric::Score(ScorerName::of("words"))
}

fn labelled(case: usize, arm: usize, expected: &str, found: &str) -> Trial {
    let measured = Measured { scorer: "label".into(), grade: None, labels: Some([expected.into(), found.into()]) };
    Trial { remarks: said(measured), ..trial(case, arm, 0, FAIL) }
}

#[test]
fn grades_are_paired_and_a_case_that_one_arm_lacks_is_missing() {
    // Case 0 has two repeats; case 3 has no grade in either arm, so nobody can say that it should have one.
    let trials = vec![
        graded(0, 0, 0, 1.0),
        graded(0, 0, 1, 0.5),
        graded(0, 1, 0, 0.5),
        graded(0, 1, 1, 0.5),
        graded(1, 0, 0, 0.25),
        graded(1, 1, 0, 0.75),
        graded(2, 0, 0, 1.0),
        failed(2, 1, 0, FailureKind::Timeout),
        trial(3, 0, 0, Outcome::Pass),
        trial(3, 1, 0, Outcome::Pass),
    ];
    let run = Run { trials, repeats: 2, ..Run::new(4) };
    let change = run.change(words());
    assert_eq!((change.pairs, change.missing, change.p_value), (2, 1, None));
    let differences = [-0.25, 0.5];
    assert_eq!(change.contrast, paired::difference(PerCase::independent(&differences), Scores::Graded, 0.95));
    assert_near(change.worst_case, (-0.25 + 0.5 - 1.0) / 3.0);
    assert_near(run.estimate(0, words()).map(|mean| mean.value), (0.75 + 0.25 + 1.0) / 3.0);
}

#[test]
fn grades_weigh_as_their_cases_do_and_cluster_with_them() {
    let mut run = Run::new(4);
    for case in 0..4 {
        let of = |arm, grade| Trial { weight: if case == 0 { 3.0 } else { 1.0 }, ..graded(case, arm, 0, grade) };
        run.trials.extend([of(0, 0.5), of(1, if case == 0 { 1.0 } else { 0.5 })]);
    }
    let change = run.change(words());
    assert_near(change.contrast.map(|contrast| contrast.value), 0.25);
    assert_near(change.unweighted.and_then(|plain| plain.contrast).map(|contrast| contrast.value), 0.125);
    for trial in &mut run.trials {
        trial.cluster = Some("one".into());
    }
    assert_eq!(run.change(words()).contrast.and_then(|contrast| contrast.interval), None);
}

#[test]
fn classes_are_counted_by_arm_and_macro_f1_is_paired() {
    let rows = [("a", "a", "a"), ("a", "a", "b"), ("b", "b", "b"), ("b", "a", "x"), ("b", "b", "b")];
    let trials = rows.iter().enumerate().flat_map(|(case, (expected, baseline, candidate))| {
        [labelled(case, 0, expected, baseline), labelled(case, 1, expected, candidate)]
    });
    let run = Run { trials: trials.collect(), ..Run::new(5) };
    let results = run.results();
    let confusion = &results.arms[1].confusions[0];
    assert_eq!(confusion.labels, ["a", "b", "x"]);
    assert_eq!(confusion.matrix, [[1.0, 1.0, 0.0], [0.0, 2.0, 1.0], [0.0, 0.0, 0.0]]);
    // a: 2 ÷ 3 with 1 right, 1 missed; b: 2·2 ÷ (3 + 3).
    assert_near(confusion.macro_f1, 2.0 / 3.0);
    let change = run.change(Metric::MacroF1(ScorerName::of("label")));
    // The baseline: a 2·2 ÷ (2 + 3), b 2·2 ÷ (3 + 2).
    assert_near(change.contrast.map(|contrast| contrast.value), 2.0 / 3.0 - 0.8);
    assert_eq!((change.pairs, change.missing), (5, 0));
}
