//! Scorers: each says of one answer whether it is right. All of them are blind: they see the case and the response,
//! and a response names no model. Adding one is a file here and a row in [`SCORERS`].

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::path::Path;

use serde_json::{Map, Value};

use crate::domain::{Case, Expected, Grade, Labels, Outcome, Response, Score, ToolFault, UnscoredReason};

mod answer;
mod assign;
mod by_model;
mod clip;
mod compare;
mod graded;
mod human;
mod json_path;
mod json_tally;
mod json_value;
mod options;
mod ranking;
mod schemas;
mod spelled;

mod any_of;
mod computer_action;
mod contains;
mod edit_distance;
mod exact;
mod exec;
mod json;
mod json_schema;
mod label;
mod language;
mod ndcg;
mod number;
mod reciprocal_rank;
mod refusal;
mod regex;
mod rouge_l;
mod token_f1;
mod tool_call;

pub use answer::NAME as ANSWER;
pub use by_model::{Choice, Chosen, ModelJudge, Scale, judge_of, preferring};
pub use exec::end_programs;
pub use human::HUMAN;
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
        doc: "the answer is JSON and equals the expected value, field by field; rules for `paths` relax it",
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
        name: "exec",
        doc: "a program of your own says so; it runs only with `--allow-exec`",
        options: exec::OPTIONS,
        build: exec::build,
    },
    ScorerKind {
        name: "edit_distance",
        doc: "few edits make the answer the expected text, or one of them: the similarity reaches `pass_at`",
        options: edit_distance::OPTIONS,
        build: edit_distance::build,
    },
    ScorerKind {
        name: "token_f1",
        doc: "the answer shares enough words with the expected text, or one of them: F1 reaches `pass_at`",
        options: token_f1::OPTIONS,
        build: token_f1::build,
    },
    ScorerKind {
        name: "rouge_l",
        doc: "the answer shares a long enough sequence of words with the expected text, or one of them: ROUGE-L reaches `pass_at`",
        options: rouge_l::OPTIONS,
        build: rouge_l::build,
    },
    ScorerKind {
        name: "label",
        doc: "the answer is the expected one of a closed list of labels; gives a confusion matrix and macro F1",
        options: label::OPTIONS,
        build: label::build,
    },
    ScorerKind {
        name: "ndcg",
        doc: "the answer ranks the ids of the case well: NDCG reaches `pass_at`",
        options: ndcg::OPTIONS,
        build: ndcg::build,
    },
    ScorerKind {
        name: "reciprocal_rank",
        doc: "the answer ranks a relevant id early: 1 ÷ its place reaches `pass_at`",
        options: reciprocal_rank::OPTIONS,
        build: reciprocal_rank::build,
    },
    ScorerKind {
        name: "refusal",
        doc: "the model refuses, or answers where `expect` is \"answer\"",
        options: refusal::OPTIONS,
        build: refusal::build,
    },
    ScorerKind {
        name: "language",
        doc: "the answer is in the language `is`, where that can be told",
        options: language::OPTIONS,
        build: language::build,
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
pub fn judged_calls(scores: &[Score], configured: &[Configured]) -> bool {
    let tells = |one: &Configured, score: &Score| {
        let untold = one.kind == COMPUTER_ACTION && matches!(score.outcome, Outcome::Unscored(_));
        looks_at_calls(one.kind) && !untold
    };
    scores.iter().any(|score| configured.iter().any(|one| one.name == score.scorer && tells(one, score)))
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

    /// What it measures beyond pass or fail.
    fn measures(&self) -> Measures {
        Measures::Outcome
    }

    /// What a scorer that measures more says of a case that it applies to where the model gave no answer to measure: the
    /// least there is. Leaving it out would make the mean better than production sees it.
    fn least(&self, _case: &Case) -> Judgement {
        let value = (self.measures() == Measures::Grade).then_some(Grade::ZERO);
        Judgement { value, ..Judgement::fail(NOTHING_TO_MEASURE.to_owned()) }
    }

    /// Whether it judges refusals, which fail under all others before they are read.
    fn reads_refusals(&self) -> bool {
        false
    }

    /// Tells it where its suite is: the folder, and the line of its table.
    fn place(&mut self, _folder: &Path, _line: usize) {}

    /// The program that it runs, where it runs one: such a scorer may be slow, and needs leave to run.
    fn program(&self) -> Option<Program<'_>> {
        None
    }
}

/// A program that a scorer runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Program<'a> {
    /// The program and its arguments.
    pub command: &'a [String],
    /// The line of the scorer's table in its suite.
    pub line: usize,
}

/// Why a scorer that measures gives the least there is.
const NOTHING_TO_MEASURE: &str = "there is no whole answer to measure";

/// What a scorer measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measures {
    /// Pass or fail, and no more.
    Outcome,
    /// A grade from 0 to 1.
    Grade,
    /// The class that the answer names.
    Labels,
}

/// What a scorer says of one answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// Pass, fail or unscored.
    pub outcome: Outcome,
    /// Why, in a few words: what was found and what was expected. A pass needs none.
    pub why: Option<String>,
    /// How right the answer is, of a graded scorer.
    pub value: Option<Grade>,
    /// The expected class and the found one, of a scorer that classifies.
    pub labels: Option<Labels>,
}

impl Judgement {
    /// The answer is right.
    #[must_use]
    pub fn pass() -> Self {
        Self { outcome: Outcome::Pass, why: None, value: None, labels: None }
    }

    /// The answer is wrong, and not by a tool call.
    #[must_use]
    pub fn fail(why: String) -> Self {
        Self { outcome: Outcome::Fail(None), why: Some(why), value: None, labels: None }
    }

    /// The answer is wrong by its tool calls.
    #[must_use]
    pub fn fault(fault: ToolFault, why: String) -> Self {
        Self { outcome: Outcome::Fail(Some(fault)), why: Some(why), value: None, labels: None }
    }

    /// This answer is for other scorers to judge.
    #[must_use]
    pub fn abstain() -> Self {
        Self::unscored(UnscoredReason::NoScorer, None)
    }

    /// There is nothing to judge by.
    #[must_use]
    pub fn unscored(reason: UnscoredReason, why: Option<String>) -> Self {
        Self { outcome: Outcome::Unscored(reason), why, value: None, labels: None }
    }
}

impl Judgement {
    /// The score of this judgement, under the name of its scorer.
    fn filed(self, name: &str) -> Score {
        let Self { outcome, why, value, labels } = self;
        Score { scorer: name.to_owned(), outcome, why, value, labels }
    }
}

/// A scorer as a suite configured it.
#[derive(Debug)]
pub struct Configured {
    /// Its row's name in [`SCORERS`].
    pub kind: &'static str,
    /// The name under which its scores are filed: its kind, unless the suite gives another.
    pub name: String,
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
/// are noted all the same, since a call that was required and not made is one, and so is the least that scorers which
/// measure can give. A refusal passes where the scorers that judge refusals say so. Where people labelled this very
/// answer, what they say is the outcome, whatever the scorers say, whose scores are kept beside it. Where nobody has
/// anything to say, the outcome is unscored.
#[must_use]
pub fn judge(case: &Case, response: &Response, scorers: &[Configured]) -> (Vec<Score>, Outcome) {
    let Some(spoiled) = answer::spoiled(response) else {
        let mut heard = heard(case, response, scorers, |_| true);
        if let Some(said) = human::judgement(case, response) {
            let outcome = human::outcome(&said, &heard);
            heard.push(Score { outcome, ..said });
            return (heard, outcome);
        }
        let outcome = match (heard.is_empty(), &case.expected) {
            (true, Expected::Unlabelled) => Outcome::Unscored(UnscoredReason::Unlabelled),
            _ => Outcome::of(&heard),
        };
        return (heard, outcome);
    };
    let spoiled = spoiled.filed(answer::NAME);
    let outcome = spoiled.outcome;
    if matches!(outcome, Outcome::Unscored(_)) {
        return (vec![spoiled], outcome);
    }
    let refused = answer::is_refusal(response);
    let readers = heard(case, response, scorers, |one| refused && one.scorer.reads_refusals());
    if !readers.is_empty() && Outcome::of(&readers) == Outcome::Pass {
        return (readers, Outcome::Pass);
    }
    let calls = heard(case, response, scorers, |one| looks_at_calls(one.kind));
    // The provider named the fault already where it could not read the call.
    let calls = calls.into_iter().filter(|_| outcome == Outcome::Fail(None)).take(1);
    let heard: Vec<Score> =
        std::iter::once(spoiled).chain(calls).chain(readers).chain(without_answer(case, scorers)).collect();
    let outcome = Outcome::of(&heard);
    (heard, outcome)
}

/// What scorers that measure say of a case to which the model gave no answer.
#[must_use]
pub fn without_answer(case: &Case, scorers: &[Configured]) -> Vec<Score> {
    let measuring = scorers.iter().filter(|one| one.scorer.measures() != Measures::Outcome && one.applies(case));
    measuring.map(|one| one.scorer.least(case).filed(&one.name)).collect()
}

/// The scores of those of the scorers that are wanted and do not abstain.
fn heard(case: &Case, response: &Response, scorers: &[Configured], wanted: impl Fn(&Configured) -> bool) -> Vec<Score> {
    let judged = scorers
        .iter()
        .filter(|one| wanted(one) && one.applies(case))
        .map(|one| one.scorer.score(case, response).filed(&one.name));
    judged.filter(|score| score.outcome != Outcome::Unscored(UnscoredReason::NoScorer)).collect()
}

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests;
