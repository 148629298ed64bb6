//! Buying one answer: reserve, send, read, ask again, settle.

use std::sync::atomic::Ordering;
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::sync::SemaphorePermit;

use super::lane::{Again, Permit};
use super::prepared::{Bound, Prepared};
use super::{Arm, Called, Event, GiveUp, Job, Lane, Live, News, Retry, StopReason, ledger, retry};
use crate::domain::{Attempt, Exchange, Failure, FailureKind, Reply, Usd};
use crate::pricing::Tier;
use crate::store::{Claim, StoreError};

/// Rejected calls in a row, with no answer before them, after which an arm is given up.
const REJECTIONS: u32 = 20;

/// What came of buying.
pub(super) struct Bought {
    pub(super) result: Result<Exchange, Failure>,
    pub(super) attempts: Vec<Attempt>,
    /// What the calls cost, every attempt; `None` is unknown.
    pub(super) cost: Option<Usd>,
}

/// What came of the wish to buy.
pub(super) enum Buying {
    /// The replay stopped before the request was sent, so that nothing is known of the trial.
    Stopped,
    /// Another process has bought it, or was at it: look it up again.
    Elsewhere,
    /// It was sent.
    Bought(Box<Bought>),
}

/// Buys the answer to a request. What was bought is in the store, and every call in its ledger, before this returns,
/// where there is a store.
pub(super) async fn buy(job: &Job<'_>, prepared: &Prepared<'_>, anew: bool) -> Result<Buying, StoreError> {
    let &Prepared { planned, live, .. } = prepared;
    let arm = &job.arms[planned.arm];
    let Some(reserved) = reserve(job, arm, prepared).await else { return Ok(Buying::Stopped) };
    let once = worst_case_once(arm, prepared.bound);
    let lane = &job.lanes[planned.arm];
    let mut attempts = Vec::new();
    let mut failed = None;
    let result = loop {
        // Taken before the call is claimed: our own queue is no part of its time.
        let Some((permit, slot)) = lane_and_slot(job, lane).await else {
            if let Some(failure) = failed {
                break Err(failure);
            }
            release(job, reserved, Some(Usd::ZERO));
            return Ok(Buying::Stopped);
        };
        match ledger::claim(job, prepared.key, once, anew).await {
            Ok(Claim::Mine) => {}
            Ok(claim) => {
                release(job, reserved, cost(arm, None, &attempts));
                if matches!(claim, Claim::Taken { .. }) {
                    ledger::leave(job).await;
                }
                return Ok(Buying::Elsewhere);
            }
            Err(error) => {
                release(job, reserved, cost(arm, None, &attempts));
                return Err(error);
            }
        }
        let called = attempt(job, prepared).await;
        let latency_ms = called.latency_ms;
        let status = called.result.as_ref().map_or_else(|failure| failure.status, |_| Some(200));
        let failure = called.result.as_ref().err().map(|failure| failure.kind);
        attempts.push(Attempt { failure, status, latency_ms });
        end(job, planned.arm, permit, &called);
        // What waits for the disk, or before it asks again, keeps no call waiting.
        drop(slot);
        match called.result {
            Ok(reply) => {
                break Ok(Exchange {
                    reply,
                    latency_ms,
                    first_token_ms: called.first_token_ms,
                    first_reasoning_ms: called.first_reasoning_ms,
                    attempts: attempts.clone(),
                    bought_at: now_ms(),
                    recording: job.recording.to_owned(),
                });
            }
            Err(failure) => {
                let Some(wait) = job.retry.wait(&attempts, &failure, &prepared.key) else { break Err(failure) };
                if !may_ask_again(job, planned.arm, &attempts) {
                    let message = format!("{} (not asked again: too many calls fail)", failure.message);
                    break Err(Failure { message, ..failure });
                }
                (job.on_event)(Event::Retrying { arm: planned.arm, kind: failure.kind, wait });
                tokio::select! {
                    () = tokio::time::sleep(wait) => {}
                    () = job.stop.stopped() => break Err(failure),
                }
                failed = Some(failure);
            }
        }
    };
    match &result {
        Ok(_) => live.answered.store(true, Ordering::Relaxed),
        Err(failure) if is_dead(live, failure) || is_rejected(live, failure) => {
            job.stop.stop(StopReason::Refused { arm: arm.name.to_string(), failure: failure.clone() });
        }
        Err(_) => {}
    }
    let cost = cost(arm, result.as_ref().ok().map(|exchange| &exchange.reply), &attempts);
    if let Some((worst_case, billed)) = reserved.zip(cost).filter(|(worst_case, billed)| billed > worst_case) {
        job.stop.stop(StopReason::Overshot { arm: arm.name.to_string(), reserved: worst_case, billed });
    }
    let bought = Bought { result, attempts, cost };
    let settled = ledger::settle(job, prepared, &bought).await;
    release(job, reserved, cost);
    settled.map(|()| Buying::Bought(Box::new(bought)))
}

/// The right to send one call, as its provider and the run allow; `None` once the replay stops.
async fn lane_and_slot<'a>(job: &'a Job<'_>, lane: &'a Lane) -> Option<(Permit<'a>, SemaphorePermit<'a>)> {
    let permit = lane.permit(job.stop).await?;
    Some((permit, job.slots.take(job.stop).await?))
}

/// Gives back the right to a call, tells what its lane tells of it, and stops the replay where the lane gives up.
fn end(job: &Job<'_>, arm: usize, permit: Permit<'_>, called: &Called) {
    let lane = &job.lanes[arm];
    let (news, give_up) = permit.end(called);
    if let Some(news) = news {
        (job.on_event)(Event::Pace { lane: lane.name.clone(), news });
    }
    if let Some((why, failure)) = give_up.zip(called.result.as_ref().err()) {
        let failure = failure.clone();
        job.stop.stop(match why {
            GiveUp::Dead => StopReason::Refused { arm: job.arms[arm].name.to_string(), failure },
            why => StopReason::GaveUp { lane: lane.name.to_string(), why, failure },
        });
    }
}

/// Whether a call that failed is asked again: not where most of what is sent would be asked again. A refusal costs the
/// provider nothing, and the limit and the pauses of its lane bound it.
fn may_ask_again(job: &Job<'_>, arm: usize, attempts: &[Attempt]) -> bool {
    if attempts.last().is_some_and(retry::is_refusal) {
        return true;
    }
    let lane = &job.lanes[arm];
    match lane.retry() {
        Again::Yes => true,
        Again::No { is_news } => {
            if is_news {
                (job.on_event)(Event::Pace { lane: lane.name.clone(), news: News::NoRetries });
            }
            false
        }
    }
}

/// Gives back what was reserved, but for what the calls cost; what is not known counts in full.
fn release(job: &Job<'_>, reserved: Option<Usd>, cost: Option<Usd>) {
    if let Some((budget, worst_case)) = job.budget.zip(reserved) {
        budget.settle(worst_case, cost.unwrap_or(worst_case));
    }
}

/// Whether an arm cannot be reached and never could: then every further call would end the same way.
fn is_dead(live: &Live, failure: &Failure) -> bool {
    failure.kind == FailureKind::Unreachable && !live.answered.load(Ordering::Relaxed)
}

/// Whether the provider rejects whatever this arm asks: a wrong parameter or model, rather than a wrong case.
fn is_rejected(live: &Live, failure: &Failure) -> bool {
    failure.kind == FailureKind::InvalidRequest
        && !live.answered.load(Ordering::Relaxed)
        && live.rejected.fetch_add(1, Ordering::Relaxed) + 1 >= REJECTIONS
}

/// Reserves the worst case of a call; `Some(None)` without a budget, `None` when the replay stops for want of room.
async fn reserve(job: &Job<'_>, arm: &Arm, prepared: &Prepared<'_>) -> Option<Option<Usd>> {
    let Some((budget, worst_case)) = job.budget.zip(worst_case(arm, prepared.bound, job.retry)) else {
        return Some(None);
    };
    match budget.reserve(worst_case).await {
        Ok(()) if job.stop.reason().is_some() => {
            // Stopped while it waited: the room goes to nobody, so that nothing more is sent.
            budget.settle(worst_case, Usd::ZERO);
            None
        }
        Ok(()) => Some(Some(worst_case)),
        Err(no_room) => {
            let fits = fitting_output(arm, prepared, job.retry, no_room.left);
            job.stop.stop(StopReason::Budget { worst_case, left: no_room.left, fits });
            None
        }
    }
}

/// The most that a call can cost: every attempt may be billed. `None` when its price or its length is unknown.
pub(super) fn worst_case(arm: &Arm, bound: Bound, retry: Retry) -> Option<Usd> {
    worst_case_of(arm, bound, arm.live()?.sampling.max_output_tokens?, retry)
}

/// The most that one attempt can cost.
pub(super) fn worst_case_once(arm: &Arm, bound: Bound) -> Option<Usd> {
    worst_case(arm, bound, Retry { attempts: 1 })
}

fn worst_case_of(arm: &Arm, bound: Bound, output: u64, retry: Retry) -> Option<Usd> {
    let price = arm.price.as_ref()?;
    let searches = match bound.searches {
        0 => Usd::ZERO,
        searches => (0..searches).map(|_| price.web_search).sum::<Option<Usd>>()?,
    };
    let once = price.worst_case(bound.input_tokens, output).plus(searches);
    Some((0..retry.attempts).map(|_| once).sum())
}

/// The longest answer whose worst case fits in what is left; `None` when not even one token does.
fn fitting_output(arm: &Arm, prepared: &Prepared<'_>, retry: Retry, left: Usd) -> Option<u64> {
    let fits = |output| worst_case_of(arm, prepared.bound, output, retry).is_some_and(|worst| worst <= left);
    let (mut low, mut high) = (0, arm.live()?.sampling.max_output_tokens?);
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        if fits(middle) { low = middle } else { high = middle - 1 }
    }
    (low > 0).then_some(low)
}

async fn attempt(job: &Job<'_>, prepared: &Prepared<'_>) -> Called {
    match job.transport {
        Some(transport) => transport.call(prepared.live, &prepared.request).await,
        None => Called {
            result: Err(Failure::local(FailureKind::Network, "the network is not allowed", false)),
            latency_ms: 0,
            first_token_ms: None,
            first_reasoning_ms: None,
            scarce: false,
        },
    }
}

/// What the calls of a trial cost, every attempt; `None` is unknown.
///
/// An attempt that the provider answered with an error status is not billed. One that was cut after it was sent, or
/// whose 200 could not be read, may have been: it counts as much as the answer that followed, and without one its cost
/// is unknown.
pub(super) fn cost(arm: &Arm, reply: Option<&Reply>, attempts: &[Attempt]) -> Option<Usd> {
    let may_be_billed = |status: Option<u16>| status.is_none_or(|status| (200..=299).contains(&status));
    let uncertain = attempts
        .iter()
        .filter(|attempt| attempt.failure.is_some_and(|kind| kind != FailureKind::Unreachable))
        .filter(|attempt| may_be_billed(attempt.status))
        .count();
    match reply {
        None if uncertain == 0 => Some(Usd::ZERO),
        None => None,
        Some(reply) => {
            let tier = Tier::served(reply.service_tier.as_deref())?;
            let once = arm.price.as_ref()?.cost(&reply.usage?, tier)?;
            Some((0..=uncertain).map(|_| once).sum())
        }
    }
}

/// Now, in milliseconds since 1970 (UTC): an answer says when it was bought.
#[must_use]
pub fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
