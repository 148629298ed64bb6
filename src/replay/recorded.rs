//! The trial of an arm that asks nobody: what production answered at the time, taken from the case.

use std::sync::Arc;

use super::{Arm, Done, Planned, Timing};
use crate::domain::{Case, Failure, Recorded, Reply, Usage, Usd};
use crate::pricing::Tier;

/// The recording that every recorded answer belongs to: their latencies compare with each other alone.
const RECORDING: &str = "recorded";

/// The recorded answer; `None` when the case holds none.
pub(super) fn trial(arm: &Arm, planned: Planned, case: Arc<Case>) -> Option<Done> {
    let Recorded { result, usage, model, service_tier, latency_ms, first_token_ms } = *case.recorded.clone()?;
    let cost = cost(arm, usage.as_ref(), service_tier.as_deref(), result.as_ref().err());
    let result = result.map(|response| Reply {
        response,
        alternatives: Vec::new(),
        reasoning_text: None,
        stop_sequence: None,
        usage,
        model,
        request_id: None,
        fingerprint: None,
        service_tier,
        warnings: Vec::new(),
    });
    let timing = Timing { latency_ms, first_token_ms, bought_at: None, recording: Some(RECORDING.to_owned()) };
    Some(Done {
        planned,
        case,
        key: None,
        result,
        timing,
        attempts: Vec::new(),
        from_store: false,
        single_flight: false,
        cost,
        spend: Some(Usd::ZERO),
        ended: None,
    })
}

/// What the answer cost then, at the prices of now. How often production asked is not on record. A failure of which
/// nothing was counted cost nothing only where the provider turned the call away.
fn cost(arm: &Arm, usage: Option<&Usage>, tier: Option<&str>, failure: Option<&Failure>) -> Option<Usd> {
    match (usage, failure) {
        (Some(usage), _) => arm.price.as_ref()?.cost(usage, Tier::served(tier)?),
        (None, Some(failure)) if !failure.kind.may_be_billed() => Some(Usd::ZERO),
        (None, _) => None,
    }
}
