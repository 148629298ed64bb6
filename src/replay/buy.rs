//! Buying one answer: reserve, send, read, ask again, settle.

use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

use super::{Arm, Event, Job, Planned, Retry, StopReason, Transport};
use crate::domain::{Attempt, Exchange, Failure, FailureKind, Reply, Usd};
use crate::pricing::Tier;
use crate::provider::{HttpRequest, HttpResponse};
use crate::store::Key;

/// What came of buying.
pub(super) struct Bought {
    pub(super) result: Result<Exchange, Failure>,
    pub(super) attempts: Vec<Attempt>,
    /// What the calls cost, every attempt; `None` is unknown.
    pub(super) cost: Option<Usd>,
}

/// Buys the answer to a request. `None` when the replay stopped before the request was sent, so that nothing is
/// known of the trial.
pub(super) async fn buy(job: &Job<'_>, planned: Planned, request: &HttpRequest, key: &Key) -> Option<Bought> {
    let arm = &job.arms[planned.arm];
    let reserved = reserve(job, arm, request).await?;
    let mut attempts = Vec::new();
    let result = loop {
        let begun = Instant::now();
        let result = attempt(job, arm, request).await;
        let latency_ms = milliseconds(begun.elapsed());
        let status = result.as_ref().map_or_else(|failure| failure.status, |_| Some(200));
        let failure = result.as_ref().err().map(|failure| failure.kind);
        attempts.push(Attempt { failure, status, latency_ms });
        match result {
            Ok(reply) => {
                let (bought_at, recording) = (now_ms(), job.recording.to_owned());
                let attempts = attempts.clone();
                break Ok(Exchange { reply, latency_ms, first_token_ms: None, attempts, bought_at, recording });
            }
            Err(failure) => {
                let made = u32::try_from(attempts.len()).unwrap_or(u32::MAX);
                let Some(wait) = job.retry.wait(made, &failure, key) else { break Err(failure) };
                (job.on_event)(Event::Retrying { arm: planned.arm, kind: failure.kind, wait });
                tokio::select! {
                    () = tokio::time::sleep(wait) => {}
                    () = job.stop.stopped() => break Err(failure),
                }
            }
        }
    };
    let cost = cost(arm, result.as_ref().ok(), &attempts);
    if let Some((budget, worst_case)) = job.budget.zip(reserved) {
        budget.settle(worst_case, cost.unwrap_or(worst_case));
    }
    match &result {
        Ok(_) => arm.answered.store(true, Ordering::Relaxed),
        Err(failure) if failure.kind.stops_the_run() || is_dead(arm, failure) => {
            job.stop.stop(StopReason::Refused { arm: arm.name.to_string(), failure: failure.clone() });
        }
        Err(_) => {}
    }
    Some(Bought { result, attempts, cost })
}

/// Whether an arm cannot be reached and never could: then every further call would end the same way.
fn is_dead(arm: &Arm, failure: &Failure) -> bool {
    failure.kind == FailureKind::Unreachable && !arm.answered.load(Ordering::Relaxed)
}

/// Reserves the worst case of a call; `Some(None)` without a budget, `None` when the replay stops for want of room.
async fn reserve(job: &Job<'_>, arm: &Arm, request: &HttpRequest) -> Option<Option<Usd>> {
    let Some((budget, worst_case)) = job.budget.zip(worst_case(arm, request, job.retry)) else { return Some(None) };
    match budget.reserve(worst_case).await {
        Ok(()) if job.stop.reason().is_some() => {
            // Stopped while it waited: the room goes to nobody, so that nothing more is sent.
            budget.settle(worst_case, Usd::ZERO);
            None
        }
        Ok(()) => Some(Some(worst_case)),
        Err(no_room) => {
            job.stop.stop(StopReason::Budget { worst_case, left: no_room.left });
            None
        }
    }
}

/// The most that a call can cost: every attempt may be billed. `None` when its price or its length is unknown.
pub(super) fn worst_case(arm: &Arm, request: &HttpRequest, retry: Retry) -> Option<Usd> {
    let (price, output) = (arm.price.as_ref()?, arm.sampling.max_output_tokens?);
    let once = price.worst_case(request.body.len() as u64, output);
    Some((0..retry.attempts).map(|_| once).sum())
}

async fn attempt(job: &Job<'_>, arm: &Arm, request: &HttpRequest) -> Result<Reply, Failure> {
    let Some(transport) = job.transport else {
        return Err(Failure::local(FailureKind::Network, "the network is not allowed", false));
    };
    let answer = transport.send(request, arm.endpoint.protocol.auth, arm.secret.as_ref()).await?;
    let response = HttpResponse { status: answer.status, headers: &answer.headers, body: &answer.body };
    (arm.endpoint.protocol.decode)(&response).map_err(|failure| Transport::with_date(failure, &answer.headers))
}

/// What the calls of a trial cost, every attempt; `None` is unknown.
///
/// An attempt that the provider answered with an error status is not billed. One that was cut after it was sent, or
/// whose 200 could not be read, may have been: it counts as much as the answer that followed, and without one its cost
/// is unknown.
pub(super) fn cost(arm: &Arm, exchange: Option<&Exchange>, attempts: &[Attempt]) -> Option<Usd> {
    let may_be_billed = |status: Option<u16>| status.is_none_or(|status| (200..=299).contains(&status));
    let uncertain = attempts
        .iter()
        .filter(|attempt| attempt.failure.is_some_and(|kind| kind != FailureKind::Unreachable))
        .filter(|attempt| may_be_billed(attempt.status))
        .count();
    match exchange {
        None if uncertain == 0 => Some(Usd::ZERO),
        None => None,
        Some(exchange) => {
            let once = arm.price.as_ref()?.cost(&exchange.reply.usage?, Tier::Standard)?;
            Some((0..=uncertain).map(|_| once).sum())
        }
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Now, in milliseconds since 1970 (UTC): an answer says when it was bought.
#[must_use]
pub fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
