//! What a scorer says of one response, and what all of them together make of a trial.

use serde::{Deserialize, Serialize};

use super::{Grade, Labels, ToolFault};

/// The outcome of a trial, or of one scorer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A success.
    Pass,
    /// A fail, with the tool fault where tool calls are the reason.
    Fail(Option<ToolFault>),
    /// No judgement, and why. Never 0.
    Unscored(UnscoredReason),
}

impl Outcome {
    /// The tool fault, where tool calls are the reason of a fail.
    #[must_use]
    pub fn tool_fault(self) -> Option<ToolFault> {
        match self {
            Self::Fail(fault) => fault,
            Self::Pass | Self::Unscored(_) => None,
        }
    }
}

/// Why there is no judgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnscoredReason {
    /// There is no answer, for a cause outside the model.
    Failed,
    /// The case says nothing of what a right answer is.
    Unlabelled,
    /// No scorer of the suite applies to the case.
    NoScorer,
    /// Nothing was sent: the arm cannot express the request, or the case holds no recorded answer.
    NotSent,
    /// A judge's answer cannot be read.
    UnreadableJudge,
    /// A judge's call failed.
    JudgeFailed,
    /// As many people found the answer right as wrong; of a preference: neither answer is better.
    Tied,
    /// Of a preference: the order of the answers decides, not the answers.
    OrderDecides,
    /// Of a preference: the answers are equal.
    EqualAnswers,
    /// The program that judges it gave no judgement.
    ScorerFailed,
}

/// Every reason with its name as files and reports spell it.
pub const UNSCORED_REASONS: &[(UnscoredReason, &str)] = &[
    (UnscoredReason::Failed, "failed"),
    (UnscoredReason::Unlabelled, "unlabelled"),
    (UnscoredReason::NoScorer, "no_scorer"),
    (UnscoredReason::NotSent, "not_sent"),
    (UnscoredReason::UnreadableJudge, "unreadable_judge"),
    (UnscoredReason::JudgeFailed, "judge_failed"),
    (UnscoredReason::Tied, "tied"),
    (UnscoredReason::OrderDecides, "order_decides"),
    (UnscoredReason::EqualAnswers, "equal_answers"),
    (UnscoredReason::ScorerFailed, "scorer_failed"),
];

impl UnscoredReason {
    /// The name that files and reports use.
    #[must_use]
    pub fn name(self) -> &'static str {
        UNSCORED_REASONS[self as usize].1
    }

    /// The reason of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        UNSCORED_REASONS.iter().find(|row| row.1 == name).map(|row| row.0)
    }
}

/// What one scorer says of one response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Score {
    /// The scorer's name: its kind, unless the suite gives another.
    pub scorer: String,
    /// Its judgement.
    pub outcome: Outcome,
    /// Why, in a few words: what was found and what was expected.
    pub why: Option<String>,
    /// How right the response is, of a graded scorer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Grade>,
    /// The expected class and the found one, of a scorer that classifies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<Labels>,
}

impl Outcome {
    /// Whether it is a pass; `None` without a judgement.
    #[must_use]
    pub const fn passes(self) -> Option<bool> {
        match self {
            Self::Pass => Some(true),
            Self::Fail(_) => Some(false),
            Self::Unscored(_) => None,
        }
    }

    /// The outcome of a trial from those of its scorers: any fail fails it, else any unscored leaves it unscored,
    /// else it passes. The first fail that names a tool fault gives the fault. No score at all is unscored.
    #[must_use]
    pub fn of(scores: &[Score]) -> Self {
        let fails = scores.iter().filter_map(|score| match score.outcome {
            Self::Fail(fault) => Some(fault),
            Self::Pass | Self::Unscored(_) => None,
        });
        if let Some(fault) = fails.reduce(Option::or) {
            return Self::Fail(fault);
        }
        scores
            .iter()
            .map(|score| score.outcome)
            .find(|outcome| matches!(outcome, Self::Unscored(_)))
            .or_else(|| scores.first().map(|_| Self::Pass))
            .unwrap_or(Self::Unscored(UnscoredReason::NoScorer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_finds_its_own_row() {
        for (index, (reason, name)) in UNSCORED_REASONS.iter().enumerate() {
            assert_eq!(*reason as usize, index);
            assert_eq!(serde_json::to_value(reason).expect("serializes"), *name);
            assert_eq!(UnscoredReason::from_name(name), Some(*reason));
        }
    }

    fn scores(outcomes: &[Outcome]) -> Vec<Score> {
        let score = |outcome: &Outcome| Score {
            scorer: "exact".into(),
            outcome: *outcome,
            why: None,
            value: None,
            labels: None,
        };
        outcomes.iter().map(score).collect()
    }

    #[test]
    fn any_fail_fails_then_any_unscored_leaves_unscored_then_it_passes() {
        let unscored = Outcome::Unscored(UnscoredReason::Unlabelled);
        let rows: &[(&[Outcome], Outcome)] = &[
            (&[Outcome::Pass, Outcome::Pass], Outcome::Pass),
            (&[Outcome::Pass, unscored], unscored),
            (&[unscored, Outcome::Fail(None)], Outcome::Fail(None)),
            (&[Outcome::Fail(None), Outcome::Fail(Some(ToolFault::Missing))], Outcome::Fail(Some(ToolFault::Missing))),
            (&[], Outcome::Unscored(UnscoredReason::NoScorer)),
        ];
        for (given, expected) in rows {
            assert_eq!(Outcome::of(&scores(given)), *expected, "{given:?}");
        }
    }
}
