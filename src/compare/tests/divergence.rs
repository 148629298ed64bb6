//! How calls diverge, crossed with outcomes.

use proptest::prelude::*;

use super::run::{FAIL, Run, UNLABELLED, failed, trial};
use crate::compare::{Divergence, DivergenceKind, DivergenceRow};
use crate::domain::{CallDigest, FailureKind, Outcome, Trial};

/// Calls, their hash and the outcome; `None` where nothing was answered.
type Answer = Option<(u32, u64, u8)>;

const PASS: Outcome = Outcome::Pass;

fn digest(count: u32, names: u64, arguments: u64) -> CallDigest {
    CallDigest { count, names, arguments }
}

fn of(run: &Run) -> Option<Divergence> {
    run.results().comparisons[0].divergence.clone()
}

#[test]
fn pairs_are_counted_by_kind_and_outcome_and_what_is_missing_is_left_out() {
    use DivergenceKind::{NoCalls, OnlyBaseline, OnlyCandidate, OtherArguments, OtherCount, OtherTools, SameCalls};
    let none = CallDigest::default();
    let one = digest(1, 7, 7);
    let rows = [
        (none, none, [PASS, PASS], DivergenceRow { both_pass: 1, ..DivergenceRow::empty(NoCalls) }),
        (one, one, [PASS, FAIL], DivergenceRow { lost: 1, ..DivergenceRow::empty(SameCalls) }),
        (one, digest(1, 7, 8), [FAIL, PASS], DivergenceRow { gained: 1, ..DivergenceRow::empty(OtherArguments) }),
        (one, digest(1, 8, 8), [FAIL, FAIL], DivergenceRow { both_fail: 1, ..DivergenceRow::empty(OtherTools) }),
        (one, digest(2, 8, 8), [UNLABELLED, PASS], DivergenceRow { unscored: 1, ..DivergenceRow::empty(OtherCount) }),
        (one, none, [PASS, FAIL], DivergenceRow { lost: 1, ..DivergenceRow::empty(OnlyBaseline) }),
        (none, one, [PASS, UNLABELLED], DivergenceRow { unscored: 1, ..DivergenceRow::empty(OnlyCandidate) }),
    ];
    let mut run = Run::new(rows.len() + 3);
    for (case, (baseline, candidate, outcomes, _)) in rows.iter().enumerate() {
        for (arm, calls) in [baseline, candidate].into_iter().enumerate() {
            run.trials.push(Trial { tool_calls: Some((*calls).into()), ..trial(case, arm, 0, outcomes[arm]) });
        }
    }
    // One arm failed, one was not sent, and a case without tools.
    run.trials.extend([trial(7, 0, 0, PASS), failed(7, 1, 0, FailureKind::Timeout), trial(8, 0, 0, PASS)]);
    run.trials.extend([trial(9, 0, 0, PASS), trial(9, 1, 0, PASS)]);
    run.planned[9].involves_tools = false;
    let kinds = rows.iter().map(|row| row.3).collect();
    assert_eq!(of(&run), Some(Divergence { pairs: 7, unanswered: 2, kinds }));
    run.planned.iter_mut().for_each(|case| case.involves_tools = false);
    assert_eq!(of(&run), None);
}

proptest! {
    /// Every planned pair is in one place, and an arm against itself differs in nothing.
    #[test]
    fn every_pair_is_counted_once(
        answers in prop::collection::vec(prop::array::uniform2(prop::option::of((0..3_u32, 0..2_u64, 0..4_u8))), 1..40),
    ) {
        let run = |answers: &[[Answer; 2]]| {
            let mut run = Run::new(answers.len());
            for (case, arms) in answers.iter().enumerate() {
                for (arm, answer) in arms.iter().enumerate() {
                    run.trials.extend(answer.map(|(count, hash, outcome)| Trial {
                        tool_calls: Some(if count == 0 { CallDigest::default() } else { digest(count, hash, hash) }.into()),
                        ..trial(case, arm, 0, [PASS, FAIL, UNLABELLED, PASS][usize::from(outcome)])
                    }));
                }
            }
            of(&run).expect("cases with tools")
        };
        let found = run(&answers);
        prop_assert_eq!(found.kinds.iter().map(DivergenceRow::pairs).sum::<usize>(), found.pairs);
        prop_assert_eq!(found.pairs + found.unanswered, answers.len());
        let twins: Vec<_> = answers.iter().map(|[one, _]| [*one, *one]).collect();
        for row in run(&twins).kinds {
            let equal = matches!(row.kind, DivergenceKind::NoCalls | DivergenceKind::SameCalls);
            prop_assert!(row.lost + row.gained == 0 && (equal || row.pairs() == 0), "{:?}", row);
        }
    }
}
