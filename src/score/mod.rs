//! Scorers: each says of one answer whether it is right. All of them are blind: they see the case and the response,
//! and a response names no model. Adding one is a file here and a row in [`SCORERS`].

use std::collections::BTreeMap;
use std::fmt::Debug;

use serde_json::{Map, Value};

use crate::domain::{Case, Expected, Outcome, Response, Score, ToolFault, UnscoredReason};

mod answer;
mod by_model;
mod clip;
mod compare;
mod json_value;
mod options;
mod schemas;

mod any_of;
mod computer_action;
mod contains;
mod exact;
mod json;
mod json_schema;
mod number;
mod regex;
mod tool_call;

pub use by_model::{ModelJudge, Scale};
pub use options::OptionError;

/// The kinds of scorer that a suite can name.
pub const SCORERS: &[ScorerKind] = &[
    ScorerKind {
        name: "exact",
        doc: "the answer is the expected text, after normalization",
        options: exact::OPTIONS,
        build: exact::build,
    },
    ScorerKind {
        name: "any_of",
        doc: "the answer is one of the expected texts, after normalization",
        options: any_of::OPTIONS,
        build: any_of::build,
    },
    ScorerKind {
        name: "contains",
        doc: "the answer contains a text: the option's, else the expected one",
        options: contains::OPTIONS,
        build: contains::build,
    },
    ScorerKind {
        name: "regex",
        doc: "a regular expression matches somewhere in the answer",
        options: regex::OPTIONS,
        build: regex::build,
    },
    ScorerKind {
        name: "number",
        doc: "the last number of the answer is the expected one, within a tolerance",
        options: number::OPTIONS,
        build: number::build,
    },
    ScorerKind {
        name: "json",
        doc: "the answer is JSON and equals the expected value",
        options: json::OPTIONS,
        build: json::build,
    },
    ScorerKind {
        name: "json_schema",
        doc: "the answer is JSON and valid under a schema: the option's, else the one the request asked for",
        options: json_schema::OPTIONS,
        build: json_schema::build,
    },
    ScorerKind {
        name: TOOL_CALL,
        doc: "the answer makes the expected tool calls, with the expected arguments, and no others",
        options: tool_call::OPTIONS,
        build: tool_call::build,
    },
    ScorerKind {
        name: COMPUTER_ACTION,
        doc: "the answer does the expected actions on the screen, in order, each where it is right, and no others",
        options: computer_action::OPTIONS,
        build: computer_action::build,
    },
];

/// The scorer that looks at tool calls, by its name.
pub const TOOL_CALL: &str = "tool_call";

/// The scorer that looks at actions on a screen, by its name.
pub const COMPUTER_ACTION: &str = "computer_action";

/// Whether a scorer of this name looks at calls, so that what it says is of tool faults.
#[must_use]
pub fn looks_at_calls(kind: &str) -> bool {
    [TOOL_CALL, COMPUTER_ACTION].contains(&kind)
}

/// Whether these scores say if the calls of the answer have a fault. Calls that nobody labelled are looked at all the
/// same; actions whose places cannot be told are not.
#[must_use]
pub fn judged_calls(scores: &[Score]) -> bool {
    let untold = |score: &Score| score.scorer == COMPUTER_ACTION && matches!(score.outcome, Outcome::Unscored(_));
    scores.iter().any(|score| looks_at_calls(&score.scorer) && !untold(score))
}

/// One kind of scorer.
#[derive(Debug)]
pub struct ScorerKind {
    /// The name that a suite gives as `kind`.
    pub name: &'static str,
    /// What it finds right, in one line.
    pub doc: &'static str,
    /// The names of its options.
    pub options: &'static [&'static str],
    /// Makes one from its options, or says everything that is wrong with them.
    pub build: fn(Map<String, Value>) -> Built,
}

/// A scorer, or everything that is wrong with its options.
pub type Built = Result<Box<dyn Scorer>, Vec<OptionError>>;

/// Says of one answer whether it is right.
pub trait Scorer: Debug + Send + Sync {
    /// Whether it has something to say of this case.
    fn applies(&self, case: &Case) -> bool;

    /// What it says of this answer to a case that it applies to. `Unscored(NoScorer)` is an abstention: the scorer
    /// leaves this answer to the others, and [`judge`] does as if it did not apply.
    fn score(&self, case: &Case, response: &Response) -> Judgement;
}

/// What a scorer says of one answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// Pass, fail or unscored.
    pub outcome: Outcome,
    /// Why, in a few words: what was found and what was expected. A pass needs none.
    pub why: Option<String>,
}

impl Judgement {
    /// The answer is right.
    #[must_use]
    pub fn pass() -> Self {
        Self { outcome: Outcome::Pass, why: None }
    }

    /// The answer is wrong, and not by a tool call.
    #[must_use]
    pub fn fail(why: String) -> Self {
        Self { outcome: Outcome::Fail(None), why: Some(why) }
    }

    /// The answer is wrong by its tool calls.
    #[must_use]
    pub fn fault(fault: ToolFault, why: String) -> Self {
        Self { outcome: Outcome::Fail(Some(fault)), why: Some(why) }
    }

    /// This answer is for other scorers to judge.
    #[must_use]
    pub fn abstain() -> Self {
        Self::unscored(UnscoredReason::NoScorer, None)
    }

    /// There is nothing to judge by.
    #[must_use]
    pub fn unscored(reason: UnscoredReason, why: Option<String>) -> Self {
        Self { outcome: Outcome::Unscored(reason), why }
    }
}

/// A scorer as a suite configured it.
#[derive(Debug)]
pub struct Configured {
    /// Its row's name in [`SCORERS`].
    pub kind: &'static str,
    /// Restricts it to cases that carry all of these tags; empty does not restrict.
    pub only: BTreeMap<String, String>,
    /// The scorer.
    pub scorer: Box<dyn Scorer>,
}

impl Configured {
    /// Whether it has something to say of this case.
    pub fn applies(&self, case: &Case) -> bool {
        self.only.iter().all(|(tag, value)| case.tags.get(tag) == Some(value)) && self.scorer.applies(case)
    }
}

/// All scores of one answer, and the outcome they make together.
///
/// An answer that the model spoiled (refusal, cut by length, ...) fails whatever the scorers would say; its tool faults
/// are noted all the same, since a call that was required and not made is one. Where no scorer has anything to say, the
/// outcome is unscored.
#[must_use]
pub fn judge(case: &Case, response: &Response, scorers: &[Configured]) -> (Vec<Score>, Outcome) {
    let mut heard = scorers
        .iter()
        .filter(|configured| configured.applies(case))
        .map(|configured| (configured.kind, configured.scorer.score(case, response)))
        .filter(|(_, judgement)| judgement.outcome != Outcome::Unscored(UnscoredReason::NoScorer))
        .map(|(kind, Judgement { outcome, why })| Score { scorer: kind.to_owned(), outcome, why });
    if let Some(Judgement { outcome, why }) = answer::spoiled(response) {
        let spoiled = Score { scorer: answer::NAME.to_owned(), outcome, why };
        if outcome != Outcome::Fail(None) {
            return (vec![spoiled], outcome);
        }
        let calls = heard.find(|score| looks_at_calls(&score.scorer));
        let heard: Vec<Score> = std::iter::once(spoiled).chain(calls).collect();
        let outcome = Outcome::of(&heard);
        return (heard, outcome);
    }
    let heard: Vec<Score> = heard.collect();
    let outcome = match (heard.is_empty(), &case.expected) {
        (true, Expected::Unlabelled) => Outcome::Unscored(UnscoredReason::Unlabelled),
        _ => Outcome::of(&heard),
    };
    (heard, outcome)
}

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;
