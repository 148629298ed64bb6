//! One case, one arm, one repeat: the facts that comparing needs, without any text.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{
    CallDigest, Counts, FailureKind, FinishReason, Measured, Millis, Opinion, Outcome, Preference, Remarks, ToolFault,
    Usage, Usd,
};

/// What identifies a trial within a run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrialKey {
    /// The case's id.
    pub case: Arc<str>,
    /// The arm's name.
    pub arm: Arc<str>,
    /// The repeat, from 0.
    pub repeat: u32,
}

/// The facts of one trial. Prompts and answers are not here: they stay on disk, so memory does not grow with them.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, one column each")]
pub struct Trial {
    /// What identifies it.
    pub key: TrialKey,
    /// What the scorers made of it. A failure is `Unscored(Failed)`, unless the model caused it: then it is a fail.
    pub outcome: Outcome,
    /// What is said of it besides; `None` where that is nothing, as of most trials.
    pub remarks: Option<Box<Remarks>>,
    /// How the call failed, when it did.
    pub failure: Option<FailureKind>,
    /// Why the answer ended; `None` when there is no answer.
    pub finish_reason: Option<FinishReason>,
    /// The tool calls of the answer; `None` without an answer. Answers that follow each other and make the same share one.
    pub tool_calls: Option<Arc<CallDigest>>,
    /// Why its tool calls are wrong, when they are.
    pub tool_fault: Option<ToolFault>,
    /// Whether a scorer looked at the tool calls of the answer: without one, no fault means nothing.
    pub tool_calls_judged: bool,
    /// Whether the case counts in the tool-call failure rate.
    pub involves_tools: bool,
    /// Tokens; `None` when nothing was reported.
    pub usage: Option<Counts>,
    /// What its calls cost when they were bought, every attempt; `None` is unknown.
    pub cost: Option<Usd>,
    /// What this run paid for it now: zero when the answer came from the store; `None` is unknown.
    pub spend: Option<Usd>,
    /// Latency of the successful attempt when it was bought; `None` without an answer.
    pub latency_ms: Option<Millis>,
    /// Time to the first token; streaming only.
    pub first_token_ms: Option<Millis>,
    /// How many calls were made when it was bought.
    pub attempts: u32,
    /// Whether the answer came from the store.
    pub from_store: bool,
    /// Whether it came from the store because an equal request of this run had just been bought.
    pub single_flight: bool,
    /// The recording the answer was bought in; latency is compared within one recording only.
    pub recording: Option<Arc<str>>,
    /// The case's sampling weight.
    pub weight: f64,
    /// The case's cluster.
    pub cluster: Option<Arc<str>>,
    /// The case's tags.
    pub tags: Arc<BTreeMap<String, String>>,
}

impl Trial {
    /// Its tokens in full.
    #[must_use]
    pub fn usage(&self) -> Option<Usage> {
        self.usage.as_ref().map(Counts::usage)
    }

    /// What scorers measured beyond pass or fail, in the order of the scorers.
    #[must_use]
    pub fn measured(&self) -> &[Measured] {
        self.remarks.as_ref().map_or(&[], |remarks| &remarks.measured)
    }

    /// Whether people find the answer right, where they labelled it and most agree.
    #[must_use]
    pub fn human(&self) -> Option<bool> {
        self.remarks.as_ref()?.human
    }

    /// What each judge says of the answer, where it says anything.
    #[must_use]
    pub fn opinions(&self) -> &[Opinion] {
        self.remarks.as_ref().map_or(&[], |remarks| &remarks.opinions)
    }

    /// What each judge prefers, by its name.
    #[must_use]
    pub fn preferences(&self) -> &[(Arc<str>, Preference)] {
        self.remarks.as_ref().map_or(&[], |remarks| &remarks.preferences)
    }

    /// Which answer this judge prefers; `None` where it says nothing.
    #[must_use]
    pub fn preference(&self, judge: &str) -> Option<Preference> {
        self.preferences().iter().find(|(name, _)| **name == *judge).map(|(_, preference)| *preference)
    }

    /// Whether this judge passes the answer; `None` where it says nothing of it.
    #[must_use]
    pub fn opinion(&self, judge: &str) -> Option<bool> {
        self.opinions().iter().find(|opinion| *opinion.judge == *judge).map(|opinion| opinion.passes)
    }
}
