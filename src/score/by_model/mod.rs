//! Judging by a model: what it is asked about an answer, and what its own answer says. It never learns who answered.

mod pair;
mod prompt;
mod verdict;

use std::collections::BTreeMap;

use serde_json::Value;

use super::answer;
use crate::domain::{Case, Outcome, Response, Score, UnscoredReason};
pub use pair::{Choice, Chosen, preferring};

/// What the names of judges' scores begin with.
const PREFIX: &str = "judge:";

/// The judge whose score this is; `None` for the scores of others.
#[must_use]
pub fn judge_of(scorer: &str) -> Option<&str> {
    scorer.strip_prefix(PREFIX)
}

/// A model that judges answers by a rubric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelJudge {
    /// Its name: its scores are those of `judge:NAME`.
    pub name: String,
    /// What a right answer is, in words for the model.
    pub rubric: String,
    /// The grades it gives; `None` where it says pass or fail.
    pub scale: Option<Scale>,
    /// Restricts it to cases that carry all of these tags; empty does not restrict.
    pub only: BTreeMap<String, String>,
    /// Whether its endpoint can be asked for JSON of a schema; the others are asked in words alone.
    pub structured: bool,
    /// Whether it compares the answers of two arms instead of judging each.
    pub pairwise: bool,
}

/// Whole grades, and the lowest of them that passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scale {
    /// The lowest grade.
    pub low: i64,
    /// The highest grade.
    pub high: i64,
    /// The lowest grade that passes.
    pub pass_at: i64,
}

impl ModelJudge {
    /// The name under which its scores are filed.
    #[must_use]
    pub fn scorer(&self) -> String {
        format!("{PREFIX}{}", self.name)
    }

    /// Whether it judges this answer: not one that is decided before any scorer reads it.
    #[must_use]
    pub fn applies(&self, case: &Case, response: &Response) -> bool {
        !self.pairwise && self.concerns(case) && answer::spoiled(response).is_none()
    }

    /// Whether it judges answers to this case.
    #[must_use]
    pub fn concerns(&self, case: &Case) -> bool {
        self.only.iter().all(|(tag, value)| case.tags.get(tag) == Some(value))
    }

    /// What it is asked of an answer, as a line of a dataset.
    #[must_use]
    pub fn question(&self, id: &str, case: &Case, response: &Response) -> Value {
        prompt::question(self, id, case, response)
    }

    /// What it is asked of two answers, as a line of a dataset.
    #[must_use]
    pub fn comparison(&self, id: &str, case: &Case, answers: (&Response, &Response)) -> Value {
        prompt::comparison(self, id, case, answers)
    }

    /// Which of two answers it prefers, or why that cannot be read.
    ///
    /// # Errors
    /// What was found instead of the form that was asked for.
    pub fn read_comparison(&self, text: &str) -> Result<Chosen, String> {
        verdict::read_comparison(text)
    }

    /// What its own answer says. What cannot be read says nothing: never a fail.
    #[must_use]
    pub fn read(&self, text: &str) -> Score {
        let (outcome, why) = match verdict::read(text, self.scale) {
            Ok(verdict) => verdict,
            Err(why) => (Outcome::Unscored(UnscoredReason::UnreadableJudge), Some(why)),
        };
        Score { scorer: self.scorer(), outcome, why, value: None, labels: None }
    }

    /// What there is to say where its call failed.
    #[must_use]
    pub fn failed(&self, why: &str) -> Score {
        let outcome = Outcome::Unscored(UnscoredReason::JudgeFailed);
        let why = Some(format!("the judge's call failed: {why}"));
        Score { scorer: self.scorer(), outcome, why, value: None, labels: None }
    }
}
