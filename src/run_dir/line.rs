//! A line of the journal as the table takes it: texts are borrowed from the line, and what the table keeps as JSON stays
//! as it stands there.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::record::{self, Shared};
use crate::domain::{
    CallDigest, Counts, Failure, FailureKind, FinishReason, Outcome, Score, ToolCall, Trial, Usage, Usd,
};
use crate::score::HUMAN;

/// What is read of a [`super::Record`]'s line.
#[derive(Debug, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, one column each")]
pub(super) struct Line<'a> {
    #[serde(borrow)]
    pub(super) case: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) arm: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) model: Cow<'a, str>,
    pub(super) repeat: u32,
    pub(super) outcome: Outcome,
    #[serde(borrow)]
    scores: &'a RawValue,
    pub(super) failure: Option<Failure>,
    #[serde(borrow)]
    pub(super) response: Option<Said<'a>>,
    pub(super) usage: Option<Usage>,
    #[serde(borrow)]
    pub(super) model_returned: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) service_tier: Option<Text<'a>>,
    #[serde(borrow)]
    warnings: &'a RawValue,
    pub(super) cost: Option<Usd>,
    pub(super) spend: Option<Usd>,
    pub(super) latency_ms: Option<u64>,
    pub(super) first_token_ms: Option<u64>,
    attempts: Vec<IgnoredAny>,
    pub(super) from_store: bool,
    pub(super) single_flight: bool,
    pub(super) bought_at: Option<i64>,
    #[serde(borrow)]
    pub(super) recording: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) key: Option<Text<'a>>,
    pub(super) tool_calls_judged: bool,
    pub(super) involves_tools: bool,
    pub(super) weight: f64,
    #[serde(borrow)]
    pub(super) cluster: Option<Text<'a>>,
    #[serde(borrow)]
    tags: &'a RawValue,
}

/// What is read of a response.
#[derive(Debug, Deserialize)]
pub(super) struct Said<'a> {
    #[serde(borrow)]
    pub(super) text: Cow<'a, str>,
    #[serde(borrow)]
    tool_calls: &'a RawValue,
    #[serde(borrow)]
    pub(super) refusal: Option<Text<'a>>,
    pub(super) finish_reason: FinishReason,
}

/// A text that may be absent. (Under `Option`, a plain `Cow` would be copied.)
#[derive(Debug, Deserialize)]
pub(super) struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl AsRef<str> for Text<'_> {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl<'a> Line<'a> {
    /// Reads a line that is a record: it was written as one, or read as one when the journal was opened.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, serde_json::Error> {
        match str::from_utf8(bytes) {
            Ok(text) => serde_json::from_str(text),
            Err(error) => Err(serde::de::Error::custom(error)),
        }
    }

    pub(super) fn scores(&self) -> &'a str {
        self.scores.get()
    }

    pub(super) fn warnings(&self) -> &'a str {
        self.warnings.get()
    }

    pub(super) fn tags(&self) -> &'a str {
        self.tags.get()
    }

    pub(super) fn attempts(&self) -> usize {
        self.attempts.len()
    }

    pub(super) fn failure_kind(&self) -> Option<FailureKind> {
        self.failure.as_ref().map(|failure| failure.kind)
    }

    /// The facts of the record, as the table would give them back.
    pub(super) fn trial(&self, shared: &mut Shared) -> Result<Trial, serde_json::Error> {
        let scores = telling(self.scores())?;
        let tool_calls = self.response.as_ref().map(|said| calls_digest(said.tool_calls())).transpose()?;
        Ok(Trial {
            key: shared.key(&self.case, &self.arm, self.repeat),
            outcome: self.outcome,
            failure: self.failure_kind(),
            finish_reason: self.response.as_ref().map(|said| said.finish_reason),
            tool_fault: self.outcome.tool_fault(),
            tool_calls: tool_calls.map(|calls| shared.calls(calls)),
            tool_calls_judged: self.tool_calls_judged,
            involves_tools: self.involves_tools,
            usage: self.usage.map(kept).filter(|usage| *usage != Usage::default()).map(Counts::from),
            cost: self.cost,
            spend: self.spend,
            latency_ms: self.latency_ms.map(|time| most(time).into()),
            first_token_ms: self.first_token_ms.map(|time| most(time).into()),
            attempts: u32::try_from(self.attempts()).unwrap_or(u32::MAX),
            from_store: self.from_store,
            single_flight: self.single_flight,
            recording: self.recording.as_ref().map(|text| shared.text(text.as_ref())),
            weight: self.weight,
            cluster: self.cluster.as_ref().map(|text| shared.text(text.as_ref())),
            tags: shared.tags(self.tags())?,
            remarks: record::remarks(&scores, |text| shared.text(text)),
        })
    }
}

impl<'a> Said<'a> {
    pub(super) fn tool_calls(&self) -> &'a str {
        self.tool_calls.get()
    }

    /// How many calls the answer makes.
    pub(super) fn tool_call_count(&self) -> Option<u32> {
        // Most answers make no call: nothing is parsed for them.
        if self.tool_calls() == NOTHING {
            return Some(0);
        }
        let calls: Vec<IgnoredAny> = serde_json::from_str(self.tool_calls()).ok()?;
        Some(u32::try_from(calls.len()).unwrap_or(u32::MAX))
    }
}

/// A list of nothing, as JSON.
const NOTHING: &str = "[]";

/// The digest of calls from their JSON.
pub(super) fn calls_digest(json: &str) -> Result<CallDigest, serde_json::Error> {
    if json == NOTHING {
        return Ok(CallDigest::default());
    }
    serde_json::from_str::<Vec<ToolCall>>(json).map(|calls| CallDigest::of(&calls))
}

/// The scores of a JSON text where one of them tells more than pass, fail or unscored, or is a judge's or a person's.
/// Those of most trials do not: nothing is parsed for them.
pub(super) fn telling(json: &str) -> Result<Vec<Score>, serde_json::Error> {
    let tells = ["\"value\":", "\"labels\":", "judge:", "prefer:", HUMAN].iter().any(|sign| json.contains(sign));
    if tells { serde_json::from_str(json) } else { Ok(Vec::new()) }
}

/// A count as a column of whole numbers holds it.
fn most(count: u64) -> u64 {
    count.min(i64::MAX.unsigned_abs())
}

fn kept(usage: Usage) -> Usage {
    Usage {
        input_tokens: usage.input_tokens.map(most),
        uncached_input_tokens: usage.uncached_input_tokens.map(most),
        cache_read_tokens: usage.cache_read_tokens.map(most),
        cache_write_5m_tokens: usage.cache_write_5m_tokens.map(most),
        cache_write_1h_tokens: usage.cache_write_1h_tokens.map(most),
        cache_write_other_tokens: usage.cache_write_other_tokens.map(most),
        output_tokens: usage.output_tokens.map(most),
        reasoning_tokens: usage.reasoning_tokens.map(most),
        input_audio_tokens: usage.input_audio_tokens.map(most),
        output_audio_tokens: usage.output_audio_tokens.map(most),
        web_search_requests: usage.web_search_requests.map(most),
    }
}
