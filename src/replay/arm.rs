//! An arm as it is replayed: a model with its settings, and where it is.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::Secret;
use crate::domain::{Case, Request, Sampling};
use crate::pricing::Price;
use crate::provider::Endpoint;

/// A model with its settings.
#[derive(Debug)]
pub struct Arm {
    /// `baseline`, or the candidate's name.
    pub name: Arc<str>,
    /// Where the model is.
    pub endpoint: Endpoint,
    /// The provider's model string.
    pub model: String,
    /// Limits and sampling.
    pub sampling: Sampling,
    /// Gives equal arms answers of their own.
    pub salt: Option<String>,
    /// The key, when the endpoint has one; it is sent to this endpoint's host alone.
    pub secret: Option<Secret>,
    /// What tokens cost; `None` is unknown.
    pub price: Option<Price>,
    /// Whether any call of this run was answered.
    pub answered: AtomicBool,
}

impl Arm {
    /// The request that this arm makes of a case.
    #[must_use]
    pub fn request(&self, case: &Case) -> Request {
        Request {
            model: self.model.clone(),
            messages: case.messages.clone(),
            tools: case.tools.clone(),
            tool_choice: case.tool_choice.clone(),
            parallel_tool_calls: case.parallel_tool_calls,
            response_format: case.response_format.clone(),
            sampling: self.sampling.clone(),
        }
    }
}
