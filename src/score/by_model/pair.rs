//! Two answers to one case side by side, asked about in both orders, so that the order decides nothing.

use super::ModelJudge;
use crate::domain::{Outcome, Response, Score, UnscoredReason};
use crate::score::{answer, clip};

/// What the names of scores begin with that say which of two answers is better.
const PREFIX: &str = "prefer:";

/// The judge whose preference this score is; `None` for all other scores. A pass prefers the candidate's answer, a fail
/// the baseline's.
#[must_use]
pub fn preferring(scorer: &str) -> Option<&str> {
    scorer.strip_prefix(PREFIX)
}

/// Which of two answers is better, by their places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// The first.
    First,
    /// The second.
    Second,
    /// Neither.
    Tie,
}

/// What a judge said of two answers in one order, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// Which is better.
    pub choice: Choice,
    /// Why, in the judge's words.
    pub reason: String,
}

impl ModelJudge {
    /// The preference of a pair that nobody need be asked about: equal answers, and answers that are none.
    #[must_use]
    pub fn decided(&self, baseline: &Response, candidate: &Response) -> Option<Score> {
        let is_none = |response| answer::spoiled(response).is_some();
        let (outcome, why) = match (is_none(baseline), is_none(candidate)) {
            (true, true) => (Outcome::Unscored(UnscoredReason::Tied), "neither arm gave an answer"),
            (true, false) => (Outcome::Pass, "the baseline gave no answer"),
            (false, true) => (Outcome::Fail(None), "the candidate gave no answer"),
            (false, false) if is_equal(baseline, candidate) => {
                (Outcome::Unscored(UnscoredReason::EqualAnswers), "the answers are equal")
            }
            (false, false) => return None,
        };
        Some(self.preference(outcome, why.to_owned()))
    }

    /// The preference that both orders come to: the baseline's answer first, and the candidate's first.
    #[must_use]
    pub fn settle(&self, baseline_first: &Chosen, candidate_first: &Chosen) -> Score {
        let why = [baseline_first, candidate_first].map(|chosen| clip::quoted(&chosen.reason)).join("; ");
        self.preference(settled(baseline_first.choice, candidate_first.choice), why)
    }

    /// There is no preference, for this reason.
    #[must_use]
    pub fn no_preference(&self, score: Score) -> Score {
        Score { scorer: format!("{PREFIX}{}", self.name), ..score }
    }

    fn preference(&self, outcome: Outcome, why: String) -> Score {
        Score { scorer: format!("{PREFIX}{}", self.name), outcome, why: Some(why), value: None, labels: None }
    }
}

fn is_equal(one: &Response, other: &Response) -> bool {
    let calls = |response: &Response| -> Vec<(String, String)> {
        response.tool_calls.iter().map(|call| (call.name.clone(), call.arguments.text().to_owned())).collect()
    };
    one.text == other.text && calls(one) == calls(other)
}

/// Orders that disagree say that the order decides, not the answers.
const fn settled(baseline_first: Choice, candidate_first: Choice) -> Outcome {
    match (baseline_first, candidate_first) {
        (Choice::Second, Choice::First) => Outcome::Pass,
        (Choice::First, Choice::Second) => Outcome::Fail(None),
        (Choice::Tie, Choice::Tie) => Outcome::Unscored(UnscoredReason::Tied),
        _ => Outcome::Unscored(UnscoredReason::OrderDecides),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::super::fixture;
    use super::*;
    use crate::domain::FinishReason;

    fn flipped(outcome: Outcome) -> Outcome {
        match outcome {
            Outcome::Pass => Outcome::Fail(None),
            Outcome::Fail(_) => Outcome::Pass,
            Outcome::Unscored(reason) => Outcome::Unscored(reason),
        }
    }

    fn judge() -> ModelJudge {
        let only = std::collections::BTreeMap::new();
        ModelJudge { name: "j".into(), rubric: "r".into(), scale: None, only, structured: true, pairwise: true }
    }

    fn choice() -> impl Strategy<Value = Choice> {
        prop_oneof![Just(Choice::First), Just(Choice::Second), Just(Choice::Tie)]
    }

    fn response() -> impl Strategy<Value = Response> {
        ("[ab]{0,1}", any::<bool>()).prop_map(|(text, is_cut)| Response {
            finish_reason: if is_cut { FinishReason::Length } else { FinishReason::Stop },
            ..fixture::text(&text)
        })
    }

    proptest! {
        /// Arms that change places change the preference, and nothing else.
        #[test]
        fn swapping_the_arms_flips_the_preference(one in choice(), other in choice(), a in response(), b in response()) {
            prop_assert_eq!(settled(other, one), flipped(settled(one, other)));
            let outcome = |first, second| judge().decided(first, second).map(|score| score.outcome);
            prop_assert_eq!(outcome(&b, &a), outcome(&a, &b).map(flipped));
        }
    }

    #[test]
    fn orders_that_disagree_prefer_nobody() {
        use Choice::{First, Second, Tie};
        let order = Outcome::Unscored(UnscoredReason::OrderDecides);
        let rows = [
            (Second, First, Outcome::Pass),
            (First, Second, Outcome::Fail(None)),
            (Tie, Tie, Outcome::Unscored(UnscoredReason::Tied)),
            (First, First, order),
            (Second, Second, order),
            (Tie, First, order),
            (Second, Tie, order),
        ];
        for (baseline_first, candidate_first, outcome) in rows {
            assert_eq!(settled(baseline_first, candidate_first), outcome);
        }
        let score = judge().decided(&fixture::text("a"), &fixture::text("a")).expect("is decided");
        assert_eq!(score.outcome, Outcome::Unscored(UnscoredReason::EqualAnswers));
        assert_eq!((preferring(&score.scorer), preferring("judge:j")), (Some("j"), None));
        assert_eq!(judge().decided(&fixture::text("a"), &fixture::text("b")), None);
    }
}
