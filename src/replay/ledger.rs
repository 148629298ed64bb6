//! The calls of a replay in the store's ledger: on record before they leave, settled after.

use std::time::Duration;

use tokio::sync::oneshot;

use super::buy::{Bought, worst_case_once};
use super::prepared::Prepared;
use super::{Job, Shelf, now_ms};
use crate::domain::Usd;
use crate::store::{Call, Claim, Key, Settle, Settlement, StoreError};

/// How long a claim outlives the longest call: for a machine that was busy.
const MARGIN: Duration = Duration::from_mins(1);
/// How long to leave a call to another process before asking again whether it has the answer.
const PATIENCE: Duration = Duration::from_millis(100);

/// Claims the right to send a call. Without a store nobody else is known to ask the same.
pub(super) async fn claim(job: &Job<'_>, key: Key, worst_case: Option<Usd>, anew: bool) -> Result<Claim, StoreError> {
    let Some(store) = job.shelf.store() else { return Ok(Claim::Mine) };
    let longest = job.transport.map_or(Duration::ZERO, super::Transport::longest_call);
    let call = Call {
        key,
        run: job.recording.to_owned(),
        pid: std::process::id(),
        worst_case,
        now_ms: now_ms(),
        lease_ms: i64::try_from((longest + MARGIN).as_millis()).unwrap_or(i64::MAX),
        anew,
    };
    let (decided, decision) = oneshot::channel();
    // Nobody listens any more only when this future was dropped: the claim then counts as uncertain.
    store.claim(call, move |claim| drop(decided.send(claim)));
    decision.await.unwrap_or(Err(StoreError::Closed))
}

/// Settles the calls that were claimed for a request, and saves the answer beside it.
pub(super) async fn settle(job: &Job<'_>, prepared: &Prepared<'_>, bought: &Bought) -> Result<(), StoreError> {
    let Bought { result, attempts, cost } = bought;
    let store = match job.shelf {
        Shelf::Store(store) => store,
        Shelf::Nowhere(uncertain) => {
            if cost.is_none() {
                uncertain.add(attempts.len(), worst_case_once(&job.arms[prepared.planned.arm], prepared.bound));
            }
            return Ok(());
        }
    };
    let settlement = match (result, *cost) {
        (Ok(exchange), cost) => Settlement::Done { exchange, fields: prepared.fields(), cost },
        (Err(_), Some(cost)) => Settlement::Failed { cost: Some(cost) },
        (Err(_), None) => Settlement::Uncertain,
    };
    let (told, saved) = oneshot::channel();
    let settle = Settle { key: prepared.key, run: job.recording, now_ms: now_ms(), settlement };
    // Nobody listens any more only when this future was dropped, and then nobody waits for the answer.
    store.settle(settle, move |result| drop(told.send(result)));
    saved.await.unwrap_or(Err(StoreError::Closed))
}

/// Leaves a call to the process that asks it, for a while.
pub(super) async fn leave(job: &Job<'_>) {
    tokio::select! {
        () = tokio::time::sleep(PATIENCE) => {}
        () = job.stop.stopped() => {}
    }
}
