//! Why a call brought no usable answer.

use serde::{Deserialize, Serialize};

/// Why a call brought no usable answer. A failure is recorded and never scored, unless the model caused it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{}: {message}", kind.name())]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// The class.
    pub kind: FailureKind,
    /// HTTP status, when there was an answer.
    pub status: Option<u16>,
    /// The provider's error code, verbatim.
    pub code: Option<String>,
    /// What happened, in the provider's words or ours.
    pub message: String,
    /// Whether asking again may help.
    pub retryable: bool,
    /// How long the provider asks us to wait, in milliseconds.
    pub retry_after_ms: Option<u64>,
    /// The provider's id of the request.
    pub request_id: Option<String>,
}

/// The classes of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// Too many requests or tokens for the moment.
    RateLimit,
    /// The account's quota or credit is used up.
    QuotaExceeded,
    /// The provider has no capacity for the moment.
    Overloaded,
    /// The provider failed.
    ServerError,
    /// No answer in time, the provider's or ours.
    Timeout,
    /// The answer was cut while it arrived, or could not be read.
    StreamError,
    /// The key is missing or wrong.
    Auth,
    /// The key may not do this.
    Permission,
    /// No such model or path.
    NotFound,
    /// The prompt is longer than the model's context.
    ContextLength,
    /// The provider's policy refused the prompt.
    ContentPolicy,
    /// The request's body is larger than the provider takes.
    PayloadTooLarge,
    /// The provider rejected the request, or a parameter of it.
    InvalidRequest,
    /// The batch expired before this request ran.
    Expired,
    /// The connection broke.
    Network,
    /// The answer was larger than we take.
    TooLarge,
    /// The budget had no room for the call.
    OverBudget,
    /// No connection could be made: nothing was sent.
    Unreachable,
}

/// Every class with its name as files and reports spell it, and whether the model caused it: production would see
/// such a fail too, so its outcome is fail.
pub const FAILURE_KINDS: &[(FailureKind, &str, bool)] = &[
    (FailureKind::RateLimit, "rate_limit", false),
    (FailureKind::QuotaExceeded, "quota_exceeded", false),
    (FailureKind::Overloaded, "overloaded", false),
    (FailureKind::ServerError, "server_error", false),
    (FailureKind::Timeout, "timeout", false),
    (FailureKind::StreamError, "stream_error", false),
    (FailureKind::Auth, "auth", false),
    (FailureKind::Permission, "permission", false),
    (FailureKind::NotFound, "not_found", false),
    (FailureKind::ContextLength, "context_length", true),
    (FailureKind::ContentPolicy, "content_policy", true),
    (FailureKind::PayloadTooLarge, "payload_too_large", true),
    (FailureKind::InvalidRequest, "invalid_request", true),
    (FailureKind::Expired, "expired", false),
    (FailureKind::Network, "network", false),
    (FailureKind::TooLarge, "too_large", false),
    (FailureKind::OverBudget, "over_budget", false),
    (FailureKind::Unreachable, "unreachable", false),
];

impl FailureKind {
    /// The name that files and reports use.
    #[must_use]
    pub fn name(self) -> &'static str {
        FAILURE_KINDS[self as usize].1
    }

    /// The class of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        FAILURE_KINDS.iter().find(|row| row.1 == name).map(|row| row.0)
    }

    /// Whether the model caused it, so that the outcome is fail and not "no answer".
    #[must_use]
    pub fn model_caused(self) -> bool {
        FAILURE_KINDS[self as usize].2
    }

    /// Whether the provider may have worked on the call, and bill it: it was cut, or nobody knows what came of it.
    #[must_use]
    pub fn may_be_billed(self) -> bool {
        matches!(self, Self::ServerError | Self::Timeout | Self::StreamError | Self::Network | Self::TooLarge)
    }

    /// Whether every further call to the same endpoint and model would end the same way.
    #[must_use]
    pub fn stops_the_run(self) -> bool {
        matches!(self, Self::Auth | Self::Permission | Self::NotFound | Self::QuotaExceeded)
    }
}

impl Failure {
    /// A failure on our side of the wire: no status, no code, no request id.
    #[must_use]
    pub fn local(kind: FailureKind, message: impl Into<String>, retryable: bool) -> Self {
        Self {
            kind,
            status: None,
            code: None,
            message: message.into(),
            retryable,
            retry_after_ms: None,
            request_id: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_finds_its_own_row() {
        for (index, (kind, name, _)) in FAILURE_KINDS.iter().enumerate() {
            assert_eq!(*kind as usize, index);
            assert_eq!(serde_json::to_value(kind).expect("serializes"), *name);
            assert_eq!(FailureKind::from_name(name), Some(*kind));
        }
    }
}
