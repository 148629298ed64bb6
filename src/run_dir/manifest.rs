//! What a run was made from: enough to say how its numbers came about, and to make them again.

use serde::{Deserialize, Serialize};

use crate::domain::Usd;

/// The version of the files of a run folder.
pub const SCHEMA_VERSION: u32 = 1;

/// A suite asks for at most so many repeats of a case.
pub const MOST_REPEATS: u32 = 1000;

/// `manifest.json`: what a run was made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The version of the folder's files.
    pub schema_version: u32,
    /// The version of cutover that made it.
    pub cutover_version: String,
    /// The run's id, which is the folder's name.
    pub run: String,
    /// The suite.
    pub suite: SuiteInfo,
    /// SHA-256 of everything that decides which trials there are and how they are scored.
    pub plan_hash: String,
    /// The dataset and what was drawn from it.
    pub dataset: DatasetInfo,
    /// The arms, the baseline first.
    pub arms: Vec<ArmInfo>,
    /// Repeats of every case and arm.
    pub repeats: u32,
    /// The first repeat: 0, but for a run that confirms another one on fresh answers.
    #[serde(default, skip_serializing_if = "is_first")]
    pub first_repeat: u32,
    /// The run whose verdict this one decides anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirms: Option<String>,
    /// The seed of the order of calls.
    pub seed: u64,
    /// Where answers may come from: auto, replay or record.
    pub mode: String,
    /// Whether the run keeps no store: its answers are in its folder alone, and no call was on record before it was sent.
    #[serde(default, skip_serializing_if = "is_false")]
    pub no_store: bool,
    /// The tags by which the results are sliced.
    pub slice_by: Vec<String>,
    /// The scorers, by name, with the kind where that is another, in the suite's order.
    pub scorers: Vec<String>,
    /// The models that judged answers; their money is no part of any arm's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub judges: Vec<JudgeInfo>,
    /// Whether answers arrived piece by piece.
    pub stream: bool,
    /// Where an arm could not be asked what the dataset says, or not all of it.
    pub translations: Vec<TranslationInfo>,
    /// Calls that may have been billed beyond what the trials count; `None` when there are none.
    pub uncertain: Option<UncertainInfo>,
    /// Where the run stopped before its last case, because every rule that can be read after every case was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_early: Option<StoppedEarly>,
    /// How its trials were judged anew, the last time that they were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rescored: Option<RescoredInfo>,
    /// When the run began, in milliseconds since 1970 (UTC).
    pub started_at: i64,
    /// When its last trial was recorded; `None` while it is unfinished.
    pub finished_at: Option<i64>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_first(repeat: &u32) -> bool {
    *repeat == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_false(flag: &bool) -> bool {
    !*flag
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_none(count: &usize) -> bool {
    *count == 0
}

/// Where a run stopped before its last case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoppedEarly {
    /// Cases up to the stop: those of the table and of every number.
    pub cases: usize,
    /// Cases of the plan.
    pub planned: usize,
    /// SHA-256 of their ids, sorted, one a line: a lock holds to all of them.
    pub planned_ids_sha256: String,
    /// Trials beyond the stop that had begun before it was known. Their answers are kept, and in no number.
    pub beyond: usize,
    /// What this run paid for them; `None` is unknown.
    pub beyond_spend: Option<Usd>,
}

/// How the trials of a run were judged anew. Suite and dataset of the manifest are those that they were judged by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RescoredInfo {
    /// When, in milliseconds since 1970 (UTC).
    pub at: i64,
    /// The version of cutover that did it.
    pub cutover_version: String,
    /// SHA-256 of the suite's text, in hex.
    pub suite_sha256: String,
    /// SHA-256 of the dataset, in hex.
    pub dataset_sha256: String,
    /// Trials whose outcome is another one since.
    pub changed: usize,
}

/// The suite of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SuiteInfo {
    /// Its name.
    pub name: String,
    /// One line on what it is for.
    pub description: Option<String>,
    /// The file, as the user named it.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// The dataset of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatasetInfo {
    /// The file, as the suite names it.
    pub path: String,
    /// SHA-256 of its bytes, in hex.
    pub sha256: String,
    /// Cases in the file.
    pub cases: usize,
    /// Cases drawn: those of the plan.
    pub drawn: usize,
    /// Drawn cases whose prompt holds earlier answers, as recorded.
    #[serde(default, skip_serializing_if = "is_none")]
    pub teacher_forced: usize,
    /// The seed of the draw; `None` when the whole dataset is used.
    pub draw_seed: Option<u64>,
    /// The tags the draw was stratified by.
    pub draw_by: Vec<String>,
    /// The smallest and largest weight among the drawn cases.
    pub weights: (f64, f64),
}

/// A model that judged answers, and what became of its calls.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JudgeInfo {
    /// SHA-256 of its rubric.
    pub rubric_sha256: String,
    /// The model, its settings and its price, under the judge's name.
    pub asks: ArmInfo,
    /// The arms whose model it is itself: a model may prefer its own answers.
    pub also_arms: Vec<String>,
    /// Answers that it was asked about.
    pub asked: usize,
    /// Its verdicts that came from the store.
    pub from_store: usize,
    /// Its answers that could not be read: unscored.
    pub unreadable: usize,
    /// Its calls that failed: unscored.
    pub failed: usize,
    /// What its calls cost when they were bought, equal ones counted once a trial; `None` is unknown.
    pub cost: Option<Usd>,
    /// What this run paid for them; `None` is unknown.
    pub spend: Option<Usd>,
}

/// Calls of which nobody knows whether they were billed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UncertainInfo {
    /// How many; `None` where nobody knows: the run keeps no store, and went on after it was stopped or killed.
    pub calls: Option<u64>,
    /// The most that they may have cost; `None` is unknown.
    pub worst_case: Option<Usd>,
}

/// What an arm could not be asked, or was asked otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TranslationInfo {
    /// The arm.
    pub arm: String,
    /// The rule.
    pub code: String,
    /// The field of the request.
    pub param: String,
    /// `refused`: the case was not sent. `lossy`: it was sent otherwise.
    pub effect: String,
    /// How many cases.
    pub cases: usize,
    /// The first of them.
    pub first: String,
    /// What the rule says, in words.
    pub message: String,
}

/// One arm of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArmInfo {
    /// Its name: `baseline`, or the candidate's.
    pub name: String,
    /// The endpoint's name.
    pub endpoint: String,
    /// The protocol.
    pub protocol: String,
    /// The endpoint's base URL; `None` for recorded answers.
    pub base_url: Option<String>,
    /// The model asked for.
    pub model: String,
    /// The models that say they answered, sorted.
    pub models_returned: Vec<String>,
    /// The settings that are sent, by name, as JSON text.
    pub settings: std::collections::BTreeMap<String, serde_json::Value>,
    /// What holds for settings that the suite does not state, by name, where it is known.
    pub defaults: std::collections::BTreeMap<String, DefaultInfo>,
    /// The price used; `None` is unknown.
    pub price: Option<PriceInfo>,
    /// What the suite wants a reader to know of this arm.
    pub note: Option<String>,
}

/// What holds for a setting that the suite does not state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DefaultInfo {
    /// The value.
    pub value: String,
    /// Why it holds, in words.
    pub why: String,
}

/// The price of an arm's model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceInfo {
    /// US dollars per million input tokens, as a decimal.
    pub input: String,
    /// US dollars per million cached input tokens; `None` when they cost as input.
    pub cached_input: Option<String>,
    /// US dollars per million output tokens.
    pub output: String,
    /// Where the price comes from; `None` when the suite that assumes it does not say.
    pub source: Option<String>,
    /// The day it was read, where it has one.
    pub as_of: Option<String>,
    /// Whether the suite assumes it, rather than a provider charging it.
    pub assumed: bool,
}
