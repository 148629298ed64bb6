//! A finished trial → what is kept of it: scored here, where cases, scorers and records meet.

use crate::domain::{Failure, Outcome, UnscoredReason};
use crate::replay::{Arm, Done};
use crate::run_dir::Record;
use crate::score::{self, Configured, TOOL_CALL};

/// Scores a finished trial.
pub(super) fn record(finished: Done, arm: &Arm, judges: &[Configured]) -> Record {
    let (scores, outcome) = match &finished.result {
        Ok(exchange) => score::judge(&finished.case, &exchange.reply.response, judges),
        Err(failure) => (Vec::new(), failed(failure)),
    };
    let (exchange, failure) = match finished.result {
        Ok(exchange) => (Some(exchange), None),
        Err(failure) => (None, Some(failure)),
    };
    let mut record = Record {
        tool_calls_judged: scores.iter().any(|score| score.scorer == TOOL_CALL),
        involves_tools: finished.case.involves_tools(),
        case: finished.case.id,
        arm: arm.name.to_string(),
        model: arm.model.clone(),
        repeat: finished.planned.repeat,
        outcome,
        scores,
        failure,
        response: None,
        usage: None,
        model_returned: None,
        cost: finished.cost,
        spend: finished.spend,
        latency_ms: None,
        first_token_ms: None,
        attempts: finished.attempts,
        from_store: finished.from_store,
        bought_at: None,
        recording: None,
        key: finished.key.to_string(),
        weight: finished.case.weight,
        cluster: finished.case.cluster,
        tags: finished.case.tags,
    };
    if let Some(exchange) = exchange {
        record.response = Some(exchange.reply.response);
        record.usage = exchange.reply.usage;
        record.model_returned = exchange.reply.model;
        record.latency_ms = Some(exchange.latency_ms);
        record.first_token_ms = exchange.first_token_ms;
        record.bought_at = Some(exchange.bought_at);
        record.recording = Some(exchange.recording);
    }
    record
}

/// A call without an answer is unscored, unless the model caused it: production would see that fail too.
fn failed(failure: &Failure) -> Outcome {
    if failure.kind.model_caused() { Outcome::Fail(None) } else { Outcome::Unscored(UnscoredReason::Failed) }
}
