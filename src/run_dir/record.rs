//! One finished trial as it is kept on disk, texts and all.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::{
    Attempt, CallDigest, Counts, Failure, FailureKind, FinishReason, Measured, Millis, Opinion, Outcome, Preference,
    Remarks, Response, Score, Trial, TrialKey, Usage, Usd,
};
use crate::score::{HUMAN, judge_of, preferring};

/// One finished trial: a line of `trials.jsonl`, a row of `trials.parquet`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, one column each")]
pub struct Record {
    /// The case's id.
    pub case: String,
    /// The arm's name.
    pub arm: String,
    /// The model asked for.
    pub model: String,
    /// The repeat, from 0.
    pub repeat: u32,
    /// What the scorers made of it.
    pub outcome: Outcome,
    /// What each scorer said.
    pub scores: Vec<Score>,
    /// Why there is no answer, when there is none.
    pub failure: Option<Failure>,
    /// What the model said.
    pub response: Option<Response>,
    /// Tokens.
    pub usage: Option<Usage>,
    /// The model that says it answered.
    pub model_returned: Option<String>,
    /// How the provider served it, in its own word.
    pub service_tier: Option<String>,
    /// What was met in the answer and not understood.
    pub warnings: Vec<String>,
    /// What its calls cost when they were bought; `None` is unknown.
    pub cost: Option<Usd>,
    /// What this run paid for it; `None` is unknown.
    pub spend: Option<Usd>,
    /// Latency of the successful attempt, in milliseconds.
    pub latency_ms: Option<u64>,
    /// Time to the first token, in milliseconds.
    pub first_token_ms: Option<u64>,
    /// Every attempt when it was bought.
    pub attempts: Vec<Attempt>,
    /// Whether the answer came from the store.
    pub from_store: bool,
    /// Whether it did because an equal request of this run had just been bought.
    pub single_flight: bool,
    /// When the answer was bought, in milliseconds since 1970 (UTC).
    pub bought_at: Option<i64>,
    /// The recording the answer belongs to.
    pub recording: Option<String>,
    /// The key of the answer, or of the first one of a closed loop, in hex; `None` where nothing was asked.
    pub key: Option<String>,
    /// Whether a scorer looked at the tool calls.
    pub tool_calls_judged: bool,
    /// Whether the case offers tools or expects a call.
    pub involves_tools: bool,
    /// The case's weight.
    pub weight: f64,
    /// The case's cluster.
    pub cluster: Option<String>,
    /// The case's tags.
    #[serde(with = "tags")]
    pub tags: Arc<BTreeMap<String, String>>,
}

impl Record {
    /// How the call failed, when it did.
    #[must_use]
    pub fn failure_kind(&self) -> Option<FailureKind> {
        self.failure.as_ref().map(|failure| failure.kind)
    }

    /// Why the answer ended.
    #[must_use]
    pub fn finish_reason(&self) -> Option<FinishReason> {
        self.response.as_ref().map(|response| response.finish_reason)
    }

    /// The facts of the record, without texts.
    #[must_use]
    pub fn trial(&self) -> Trial {
        Trial {
            key: TrialKey { case: self.case.as_str().into(), arm: self.arm.as_str().into(), repeat: self.repeat },
            outcome: self.outcome,
            failure: self.failure_kind(),
            finish_reason: self.finish_reason(),
            tool_fault: self.outcome.tool_fault(),
            tool_calls: self.response.as_ref().map(|response| CallDigest::of(&response.tool_calls).into()),
            tool_calls_judged: self.tool_calls_judged,
            involves_tools: self.involves_tools,
            usage: self.usage.map(Counts::from),
            cost: self.cost,
            spend: self.spend,
            latency_ms: self.latency_ms.map(Millis::from),
            first_token_ms: self.first_token_ms.map(Millis::from),
            attempts: u32::try_from(self.attempts.len()).unwrap_or(u32::MAX),
            from_store: self.from_store,
            single_flight: self.single_flight,
            recording: self.recording.as_deref().map(Arc::from),
            weight: self.weight,
            cluster: self.cluster.as_deref().map(Arc::from),
            tags: Arc::clone(&self.tags),
            remarks: remarks(&self.scores, |text| Arc::from(text)),
        }
    }
}

/// Shared tags as plain ones.
mod tags {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    type Tags = Arc<BTreeMap<String, String>>;

    pub(super) fn serialize<S: Serializer>(tags: &Tags, serializer: S) -> Result<S::Ok, S::Error> {
        (**tags).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Tags, D::Error> {
        BTreeMap::deserialize(deserializer).map(Arc::new)
    }
}

/// What scores say beyond the outcome; `text` gives each text as it is kept.
pub(super) fn remarks(scores: &[Score], mut text: impl FnMut(&str) -> Arc<str>) -> Option<Box<Remarks>> {
    let human = scores.iter().find(|score| score.scorer == HUMAN).and_then(|score| score.outcome.passes());
    let said = scores.iter().filter_map(|score| Some((judge_of(&score.scorer)?, score.outcome.passes()?)));
    let opinions = said.map(|(judge, passes)| Opinion { judge: text(judge), passes }).collect();
    let said = scores.iter().filter_map(|score| Some((preferring(&score.scorer)?, Preference::of(score.outcome)?)));
    let preferences = said.map(|(judge, preference)| (text(judge), preference)).collect();
    Remarks { measured: Measured::of(scores, text), human, opinions, preferences }.kept()
}

/// Shares equal texts, so that a million trials keep a few copies of each: one for every thread that makes trials.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// The id of the last case, and the calls of the last answer: the trials of a case follow each other.
    case: Option<Arc<str>>,
    calls: Option<Arc<CallDigest>>,
    texts: HashSet<Arc<str>>,
    tags: HashMap<String, Arc<BTreeMap<String, String>>>,
}

impl Shared {
    pub(super) fn text(&mut self, text: &str) -> Arc<str> {
        if let Some(shared) = self.texts.get(text) {
            return Arc::clone(shared);
        }
        let shared: Arc<str> = text.into();
        self.texts.insert(Arc::clone(&shared));
        shared
    }

    /// Tags from their JSON text.
    pub(super) fn tags(&mut self, json: &str) -> Result<Arc<BTreeMap<String, String>>, serde_json::Error> {
        if let Some(shared) = self.tags.get(json) {
            return Ok(Arc::clone(shared));
        }
        let shared = Arc::new(serde_json::from_str(json)?);
        self.tags.insert(json.to_owned(), Arc::clone(&shared));
        Ok(shared)
    }

    pub(super) fn calls(&mut self, calls: CallDigest) -> Arc<CallDigest> {
        let last = self.calls.take().filter(|last| **last == calls);
        Arc::clone(self.calls.insert(last.unwrap_or_else(|| Arc::new(calls))))
    }

    pub(super) fn key(&mut self, case: &str, arm: &str, repeat: u32) -> TrialKey {
        let last = self.case.take().filter(|last| **last == *case);
        let case = self.case.insert(last.unwrap_or_else(|| Arc::from(case)));
        TrialKey { case: Arc::clone(case), arm: self.text(arm), repeat }
    }
}

#[cfg(test)]
pub(super) mod fixture {
    //! Records of every kind.

    use super::*;
    use crate::domain::{Arguments, ToolCall, ToolFault, UnscoredReason};

    pub(in super::super) fn answered(case: &str, arm: &str) -> Record {
        let arguments = Arguments::Object(r#"{"id":12345678901234567890123}"#.into());
        let response = Response {
            text: "née \u{1b}[31m".into(),
            tool_calls: vec![ToolCall { id: None, name: "find".into(), arguments }],
            refusal: None,
            finish_reason: FinishReason::ToolCalls,
            finish_raw: Some("tool_calls".into()),
        };
        let outcome = Outcome::Fail(Some(ToolFault::WrongValue));
        Record {
            case: case.into(),
            arm: arm.into(),
            model: "m".into(),
            repeat: 1,
            outcome,
            scores: vec![Score {
                scorer: "tool_call".into(),
                outcome,
                why: Some("id".into()),
                value: None,
                labels: None,
            }],
            failure: None,
            response: Some(response),
            usage: Some(Usage { input_tokens: Some(7), output_tokens: Some(0), ..Usage::default() }),
            model_returned: Some("m-1".into()),
            service_tier: Some("default".into()),
            warnings: vec!["an unknown block".into()],
            cost: Some(Usd::from_pico(5)),
            spend: Some(Usd::ZERO),
            latency_ms: Some(12),
            first_token_ms: None,
            attempts: vec![Attempt { failure: None, status: Some(200), latency_ms: 12 }],
            from_store: true,
            single_flight: true,
            bought_at: Some(1_770_000_000_000),
            recording: Some("r".into()),
            key: Some("00".repeat(32)),
            tool_calls_judged: true,
            involves_tools: true,
            weight: 1.5,
            cluster: Some("conversation".into()),
            tags: BTreeMap::from([("workload".to_owned(), "orders".to_owned())]).into(),
        }
    }

    pub(in super::super) fn failed(case: &str, arm: &str) -> Record {
        Record {
            outcome: Outcome::Unscored(UnscoredReason::Failed),
            scores: Vec::new(),
            failure: Some(Failure::local(FailureKind::Timeout, "no whole answer within 5 s", true)),
            response: None,
            usage: None,
            cost: None,
            latency_ms: None,
            bought_at: None,
            recording: None,
            from_store: false,
            single_flight: false,
            ..answered(case, arm)
        }
    }

    pub(in super::super) fn unscored(case: &str, arm: &str) -> Record {
        Record { outcome: Outcome::Unscored(UnscoredReason::Unlabelled), scores: Vec::new(), ..answered(case, arm) }
    }
}
