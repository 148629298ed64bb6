//! What is said of an answer beyond its outcome: by scorers that measure, by judges, by people.

use std::sync::Arc;

use super::{Measured, Outcome, UnscoredReason};

/// What is said of an answer beyond its outcome.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Remarks {
    /// What scorers measured beyond pass or fail, in the order of the scorers.
    pub measured: Box<[Measured]>,
    /// Whether people find the answer right, where they labelled it and most agree.
    pub human: Option<bool>,
    /// What each judge says of the answer, where it says anything.
    pub opinions: Box<[Opinion]>,
    /// What each judge prefers, by its name: this answer or the baseline's. Of candidates only.
    pub preferences: Box<[(Arc<str>, Preference)]>,
}

/// What one judge says of one answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opinion {
    /// The judge's name.
    pub judge: Arc<str>,
    /// Whether it passes the answer.
    pub passes: bool,
}

/// Which of two answers to a case a judge prefers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preference {
    /// The candidate's.
    Candidate,
    /// The baseline's.
    Baseline,
    /// Neither is better.
    Neither,
    /// The order in which it saw them decides.
    OrderDecides,
    /// They are equal.
    Equal,
}

impl Preference {
    /// What a score says that prefers; `None` where the judge said nothing.
    #[must_use]
    pub const fn of(outcome: Outcome) -> Option<Self> {
        match outcome {
            Outcome::Pass => Some(Self::Candidate),
            Outcome::Fail(_) => Some(Self::Baseline),
            Outcome::Unscored(UnscoredReason::Tied) => Some(Self::Neither),
            Outcome::Unscored(UnscoredReason::OrderDecides) => Some(Self::OrderDecides),
            Outcome::Unscored(UnscoredReason::EqualAnswers) => Some(Self::Equal),
            Outcome::Unscored(_) => None,
        }
    }
}

impl Remarks {
    /// To be kept with a trial; `None` where nothing is said.
    #[must_use]
    pub fn kept(self) -> Option<Box<Self>> {
        (self != Self::default()).then(|| Box::new(self))
    }
}
