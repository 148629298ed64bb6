//! Judging by a model: what it is asked about an answer, and what its own answer says. It never learns who answered.

mod prompt;
mod verdict;

use std::collections::BTreeMap;

use serde_json::Value;

use super::answer;
use crate::domain::{Case, Outcome, Response, Score, UnscoredReason};

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
        format!("judge:{}", self.name)
    }

    /// Whether it judges this answer: not one that is decided before any scorer reads it.
    #[must_use]
    pub fn applies(&self, case: &Case, response: &Response) -> bool {
        let tagged = self.only.iter().all(|(tag, value)| case.tags.get(tag) == Some(value));
        tagged && answer::spoiled(response).is_none()
    }

    /// What it is asked of an answer, as a line of a dataset.
    #[must_use]
    pub fn question(&self, id: &str, case: &Case, response: &Response) -> Value {
        prompt::question(self, id, case, response)
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
