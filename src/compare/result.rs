//! What comparing brings: a summary of every arm, and a comparison of every candidate with the baseline.

use std::collections::BTreeMap;

use serde::Serialize;

use super::advice::{Policy, Routing};
use super::divergence::Divergence;
use super::judges::JudgeQuality;
use super::labels::Confusion;
use super::preferences::Preferences;
use super::repeats::{ArmRepeats, RepeatChange};
use super::{Economics, Metric};
use crate::domain::{FailureKind, ToolFault, Usd};
use crate::stats::Estimate;

/// Everything that comparing says of a run. All numbers of reports and verdicts come from here.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Results {
    /// One summary an arm, the baseline first, then the candidates in the suite's order.
    pub arms: Vec<ArmSummary>,
    /// One comparison a candidate, in the suite's order.
    pub comparisons: Vec<Comparison>,
    /// Which arm for which slice, one a tag; empty where nobody said how much may be lost, or costs are unknown.
    pub policies: Vec<Policy>,
    /// How far each judge agrees with people, by name; empty without judges.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub judges: Vec<JudgeQuality>,
    /// What judges that compare prefer, by judge, then by candidate; empty without such judges.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub preferences: Vec<Preferences>,
}

/// What one arm did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ArmSummary {
    /// The arm's name.
    pub arm: String,
    /// Where every planned trial went.
    pub accounting: Accounting,
    /// The arm's metrics over all of its own trials; `None` where nothing is known.
    pub estimates: BTreeMap<Metric, Option<Estimate>>,
    /// The same with every case counted once, as it was drawn; `None` where all cases weigh the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unweighted: Option<BTreeMap<Metric, Option<Estimate>>>,
    /// Trials by tool fault, those above zero.
    pub tool_faults: BTreeMap<ToolFault, usize>,
    /// Failed calls by class, those above zero; model-caused ones among them.
    pub failures: BTreeMap<FailureKind, usize>,
    /// The longest that an answer took when it was bought, in milliseconds; `None` without a live answer.
    pub slowest_ms: Option<f64>,
    /// Trials with an answer whose case offers tools or expects a call.
    pub tool_trials: usize,
    /// Those of them that made at least one call.
    pub tool_trials_with_calls: usize,
    /// Sums of tokens over the trials that reported them.
    pub tokens: TokenTotals,
    /// What all trials cost when bought; `None` when the cost of any of them is unknown.
    pub cost: Option<Usd>,
    /// What this run paid; `None` when the cost of any paid trial is unknown.
    pub spend: Option<Usd>,
    /// Answers that came from the store.
    pub from_store: usize,
    /// Sent trials whose cost is unknown.
    pub cost_unknown: usize,
    /// Of those from the store, answers that an equal request of the same run had just bought.
    pub single_flight: usize,
    /// Calls made beyond the first of each trial.
    pub retries: usize,
    /// What repeats show; `None` with one trial a case.
    pub repeats: Option<ArmRepeats>,
    /// What each scorer that classifies saw.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub confusions: Vec<Confusion>,
}

/// Where every planned trial of an arm went:
/// `planned = passed + failed_outcome + call_failed + unscored + not_sent`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Accounting {
    /// Trials of the plan.
    pub planned: usize,
    /// Scored: outcome pass.
    pub passed: usize,
    /// Scored: outcome fail.
    pub failed_outcome: usize,
    /// Of the scored fails: the model refused.
    pub refused: usize,
    /// Of the scored fails: the token limit cut the answer.
    pub cut: usize,
    /// Of the scored fails: the provider's filter or policy stepped in.
    pub filtered: usize,
    /// Of the scored fails: the provider rejected the request (context too long, parameter refused).
    pub rejected: usize,
    /// No answer for a cause outside the model: never scored.
    pub call_failed: usize,
    /// Answered, but nobody could say whether it is right.
    pub unscored: usize,
    /// Planned, but not sent.
    pub not_sent: usize,
}

/// Sums of tokens. `None` when no trial reported the count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct TokenTotals {
    /// All input.
    pub input: Option<u64>,
    /// Input read from the provider's prompt cache.
    pub cache_read: Option<u64>,
    /// All output.
    pub output: Option<u64>,
    /// Output spent on reasoning.
    pub reasoning: Option<u64>,
    /// Trials with an answer that reported no usage.
    pub without_usage: usize,
}

/// One candidate against the baseline, on the cases that both answered.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// The baseline's name.
    pub baseline: String,
    /// The candidate's name.
    pub candidate: String,
    /// Cases of the plan.
    pub cases: usize,
    /// Cases with a usable score in both arms.
    pub pairs: usize,
    /// How many equally weighted pairs they are worth (Kish 1965); equal to `pairs` where all weigh the same.
    pub effective_pairs: f64,
    /// Cases without: `cases - pairs`.
    pub unpaired: usize,
    /// One change a metric, in the order of the metrics.
    pub changes: Vec<Change>,
    /// How the pairs fall.
    pub quadrants: Quadrants,
    /// Cases where the baseline did better, worst first, then by id.
    pub lost: Vec<String>,
    /// Cases where the candidate did better, best first, then by id.
    pub gained: Vec<String>,
    /// What it comes to: retries, failures, pipelines and volume; `None` without a pair of known cost.
    pub economics: Option<Box<Economics>>,
    /// The same changes within each slice, by tag and value.
    pub slices: Vec<Slice>,
    /// Which slices may move; `None` where no tag holds every case.
    pub routing: Option<Routing>,
    /// What repeats show; `None` with one trial a case.
    pub repeats: Option<RepeatChange>,
    /// How the tool calls differ; `None` where no case involves tools.
    pub divergence: Option<Divergence>,
}

/// How the pairs fall. With several repeats a case passes when its mean score is 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Quadrants {
    /// Equal, and every trial passed.
    pub both_pass: usize,
    /// The baseline did better.
    pub lost: usize,
    /// The candidate did better.
    pub gained: usize,
    /// Equal, and not every trial passed.
    pub both_fail: usize,
}

/// One metric, arm against arm, over the same cases.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// Which metric.
    pub metric: Metric,
    /// The baseline's value over these pairs.
    pub baseline: Option<Estimate>,
    /// The candidate's value over these pairs.
    pub candidate: Option<Estimate>,
    /// The candidate's value over all of its own cases, paired or not: what a limit of its own is read against, and a
    /// finding then shows.
    #[serde(skip)]
    pub own: Option<Estimate>,
    /// Candidate − baseline, or candidate ÷ baseline, as the metric's row says; `None` where it is not defined.
    pub contrast: Option<Estimate>,
    /// For reading only: `McNemar`'s mid-p, where outcomes are pass or fail and there is one repeat.
    pub p_value: Option<f64>,
    /// Pairs that count for this metric.
    pub pairs: usize,
    /// Cases that should count but miss a value in either arm.
    pub missing: usize,
    /// The difference if every missing score counted against the candidate.
    pub worst_case: Option<f64>,
    /// The difference if every missing score counted for the candidate.
    pub best_case: Option<f64>,
    /// How large a case count would decide a non-inferiority question, as input to the gate.
    pub discordance: Option<Discordance>,
    /// The same numbers with every case counted once, as it was drawn; `None` where all cases weigh the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unweighted: Option<Unweighted>,
}

/// The numbers of a change with every case counted once: they speak of the draw, not of production.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Unweighted {
    /// The baseline's value.
    pub baseline: Option<Estimate>,
    /// The candidate's value.
    pub candidate: Option<Estimate>,
    /// Candidate − baseline, or candidate ÷ baseline.
    pub contrast: Option<Estimate>,
}

/// How the pairs of a pass/fail metric disagree: what the gate needs to say how many more cases would decide.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Discordance {
    /// Effective number of cases.
    pub n: f64,
    /// Effective number of cases where only the baseline succeeded.
    pub baseline_only: f64,
    /// Effective number of cases where only the candidate succeeded.
    pub candidate_only: f64,
}

/// The cases under one tag value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Slice {
    /// The tag.
    pub tag: String,
    /// Its value.
    pub value: String,
    /// Cases of the plan under it.
    pub cases: usize,
    /// Cases with a usable score in both arms.
    pub pairs: usize,
    /// How many equally weighted pairs they are worth (Kish 1965).
    pub effective_pairs: f64,
    /// One change a metric.
    pub changes: Vec<Change>,
}

impl Change {
    /// A change of which no more is known than which cases count.
    pub(super) const fn uncompared(metric: Metric, pairs: usize, missing: usize) -> Self {
        Self {
            metric,
            baseline: None,
            candidate: None,
            own: None,
            contrast: None,
            p_value: None,
            pairs,
            missing,
            worst_case: None,
            best_case: None,
            discordance: None,
            unweighted: None,
        }
    }
}

impl Comparison {
    /// The change of a metric, overall or within a slice `(tag, value)`; `None` when there is no such slice.
    #[must_use]
    pub fn change(&self, metric: Metric, slice: Option<(&str, &str)>) -> Option<&Change> {
        let changes = match slice {
            None => &self.changes,
            Some((tag, value)) => &self.slices.iter().find(|slice| slice.tag == tag && slice.value == value)?.changes,
        };
        changes.iter().find(|change| change.metric == metric)
    }
}
