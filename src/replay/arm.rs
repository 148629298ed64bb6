//! An arm as it is replayed: where its answers come from, and what they cost.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32};

use super::{Head, Secret};
use crate::domain::{Asked, Case, Message, Sampling};
use crate::pricing::Price;
use crate::provider::Endpoint;

/// One side of the comparison.
#[derive(Debug)]
pub struct Arm {
    /// `baseline`, or the candidate's name.
    pub name: Arc<str>,
    /// Where its answers come from.
    pub source: Source,
    /// What tokens cost; `None` is unknown.
    pub price: Option<Price>,
}

/// Where the answers of an arm come from.
#[derive(Debug)]
pub enum Source {
    /// A model that is asked.
    Live(Box<Live>),
    /// The answers that production gave at the time: nothing is ever sent.
    Recorded,
}

/// A model with its settings, and how to reach it.
#[derive(Debug)]
pub struct Live {
    /// Where the model is.
    pub endpoint: Endpoint,
    /// The provider's model string.
    pub model: String,
    /// Limits and sampling.
    pub sampling: Sampling,
    /// Whether answers arrive piece by piece.
    pub stream: bool,
    /// How often one call may search with the provider's own tools, for the budget; `None` where nobody said.
    pub max_searches: Option<u64>,
    /// Gives equal arms answers of their own.
    pub salt: Option<String>,
    /// What only this endpoint's host may see.
    pub secrets: Secrets,
    /// What its requests have in common, once the first was sent.
    pub head: Head,
    /// Whether any call of this run was answered.
    pub answered: AtomicBool,
    /// How many calls of this run the provider rejected.
    pub rejected: AtomicU32,
}

/// What is sent to one endpoint alone, and kept nowhere.
#[derive(Debug, Default)]
pub struct Secrets {
    /// The API key, when the endpoint has one.
    pub key: Option<Secret>,
    /// Further headers whose values come from the environment, by name.
    pub headers: Vec<(String, Secret)>,
}

impl Arm {
    /// The model that is asked, when one is.
    #[must_use]
    pub fn live(&self) -> Option<&Live> {
        match &self.source {
            Source::Live(live) => Some(live),
            Source::Recorded => None,
        }
    }
}

impl Live {
    /// The request that is made of a case, whose messages are ready to send.
    #[must_use]
    pub fn request<'a>(&'a self, case: &'a Case, messages: &'a [Message]) -> Asked<'a> {
        Asked {
            model: &self.model,
            messages,
            tools: &case.tools,
            tool_choice: case.tool_choice.as_ref(),
            parallel_tool_calls: case.parallel_tool_calls,
            response_format: case.response_format.as_ref(),
            sampling: &self.sampling,
            stream: self.stream,
        }
    }
}
