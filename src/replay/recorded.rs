//! The trial of an arm that asks nobody: what production answered at the time, taken from the case.

use super::{Arm, Done, Planned, Timing, buy};
use crate::domain::{Case, Recorded, Reply, Usd};

/// The recording that every recorded answer belongs to: their latencies compare with each other alone.
const RECORDING: &str = "recorded";

/// The recorded answer; `None` when the case holds none.
pub(super) fn trial(arm: &Arm, planned: Planned, case: Case) -> Option<Done> {
    let Recorded { result, usage, model, service_tier, latency_ms, first_token_ms } = *case.recorded.clone()?;
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
    // How often production asked is not on record: the cost is that of the answer.
    let cost = buy::cost(arm, result.as_ref().ok(), &[]);
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
    })
}
