//! The only async code: a plan becomes exchanges, from the store where it has them, from the provider where not.
//!
//! A thread reads cases, encodes and looks up, a little ahead of one stream that buys on a miss, saves and hands over.
//! What is handed over is already in the store, where there is one.

mod ahead;
mod arm;
mod budget;
mod buy;
mod conversation;
mod event;
mod head;
pub mod lane;
mod ledger;
mod plan;
mod prepared;
mod recorded;
mod retry;
mod secret;
mod shelf;
mod slots;
mod stop;
mod survey;
mod tools;
mod total;
mod transport;
mod turns;

use std::future::ready;
use std::sync::Arc;

use futures_util::stream::{Stream, StreamExt};

use crate::dataset::Dataset;
use crate::domain::{Attempt, Case, Exchange, Failure, Reply, Usd};
use crate::problem::Problem;
use crate::store::{Fields, Key, StoreError};
use ahead::{Ready, Seen};
use prepared::Prepared;

pub use arm::{Arm, Live, Secrets, Source};
pub use budget::Budget;
pub use buy::now_ms;
pub use conversation::Ended;
pub use event::Event;
pub use head::Head;
pub use lane::{GiveUp, Lane, News};
pub use plan::{Plan, Planned, shuffled_clusters};
pub use retry::Retry;
pub use secret::Secret;
pub use shelf::{Shelf, Uncertain};
pub use slots::Slots;
pub use stop::{Stop, StopReason};
pub use survey::{Held, Survey, Surveyed};
pub use transport::{Called, Timeouts, Transport, TransportError};
pub use turns::Turns;

/// Where answers may come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// From the store, and what is missing from the provider.
    Auto,
    /// From the store alone: no socket is opened.
    Replay,
    /// From the provider alone, but for what this very recording has bought already.
    Record,
}

/// Every mode with its name.
pub const MODES: &[(Mode, &str)] = &[(Mode::Auto, "auto"), (Mode::Replay, "replay"), (Mode::Record, "record")];

impl Mode {
    /// The name that the command line and files use.
    #[must_use]
    pub fn name(self) -> &'static str {
        MODES[self as usize].1
    }
}

/// Everything that replaying needs. All of it is borrowed: a trial in flight owns its case and its answer alone.
pub struct Job<'a> {
    /// The cases.
    pub dataset: &'a Dataset,
    /// The arms, the baseline first.
    pub arms: &'a [Arm],
    /// The trials still to do.
    pub todo: Vec<Planned>,
    /// Where answers are kept.
    pub shelf: &'a Shelf,
    /// How to reach providers; `None` in replay mode.
    pub transport: Option<&'a Transport>,
    /// Where answers may come from.
    pub mode: Mode,
    /// The name of the recording that bought answers belong to, and of the run that pays for them.
    pub recording: &'a str,
    /// Whether the run goes on after it was stopped or killed: it may have paid for answers that it does not know of.
    pub goes_on: bool,
    /// Places for calls in flight.
    pub slots: Slots,
    /// The lane of every arm.
    pub lanes: Vec<Arc<Lane>>,
    /// When to ask again.
    pub retry: Retry,
    /// How many answers a closed loop may take.
    pub max_steps: u32,
    /// What may be spent; `None` is no limit.
    pub budget: Option<&'a Budget>,
    /// Ends the replay early.
    pub stop: &'a Stop,
    /// Lets equal requests wait for each other.
    pub turns: Turns,
    /// Told of what happens between two answers.
    pub on_event: &'a (dyn Fn(Event) + Sync),
}

/// A finished trial, before it is scored.
#[derive(Debug)]
pub struct Done {
    /// Which trial.
    pub planned: Planned,
    /// Its case.
    pub case: Arc<Case>,
    /// The key of its answer, or of the first one of a closed loop; a recorded answer has none.
    pub key: Option<Key>,
    /// What came of it.
    pub result: Result<Reply, Failure>,
    /// When and how fast.
    pub timing: Timing,
    /// Every attempt when it was bought; the successful one is last.
    pub attempts: Vec<Attempt>,
    /// Whether the answer came from the store.
    pub from_store: bool,
    /// Whether it did because an equal request of this run had just been bought.
    pub single_flight: bool,
    /// What its calls cost when they were bought, every attempt; `None` is unknown.
    pub cost: Option<Usd>,
    /// What was paid for it now; `None` is unknown.
    pub spend: Option<Usd>,
    /// Why a closed loop was ended before an answer without calls, where it was.
    pub ended: Option<Ended>,
}

/// When an answer was given, and how fast; `None` is unknown.
#[derive(Debug, Default)]
pub struct Timing {
    /// Of the successful attempt, to its last byte, in milliseconds.
    pub latency_ms: Option<u64>,
    /// To the first visible output, in milliseconds.
    pub first_token_ms: Option<u64>,
    /// In milliseconds since 1970 (UTC).
    pub bought_at: Option<i64>,
    /// The recording it belongs to; answers of different ones met different load.
    pub recording: Option<String>,
}

impl Timing {
    fn of(exchange: &Exchange) -> Self {
        Self {
            latency_ms: Some(exchange.latency_ms),
            first_token_ms: exchange.first_token_ms,
            bought_at: Some(exchange.bought_at),
            recording: Some(exchange.recording.clone()),
        }
    }
}

/// Why the replay itself cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The store does not work, or an entry is damaged where it cannot be bought anew.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The dataset changed.
    #[error("{0}")]
    Dataset(Box<Problem>),
    /// A request has no canonical form.
    #[error("the request of case `{case}` cannot be hashed: {source}")]
    Key {
        /// The case.
        case: String,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// A step of a closed loop is not stored, and nothing may be bought.
    #[error("the answer to step {step} of case `{case}` ({arm}, repeat {repeat}) is not in the store")]
    Miss {
        /// The case.
        case: String,
        /// The arm.
        arm: String,
        /// The repeat, from 0.
        repeat: u32,
        /// The step, from 1.
        step: u32,
    },
}

/// Replays the trials of a job, in the order in which they finish. Once the job's `stop` is set, no new trial
/// begins; those in flight are finished and handed over.
pub fn replay<'scope>(
    job: &'scope Job<'_>,
    scope: &'scope std::thread::Scope<'scope, '_>,
) -> impl Stream<Item = Result<Done, ReplayError>> {
    ahead::begin(job, scope)
        .take_while(|_| ready(job.stop.reason().is_none()))
        .map(move |ready| trial(job, ready))
        .buffer_unordered(job.slots.trials())
        .filter_map(|result| ready(result.transpose()))
}

/// The trials whose answers the store lacks, of any recording. Of a closed loop that is known of the first step alone.
///
/// # Errors
/// The dataset or the store cannot be read.
pub fn missing(
    dataset: &Dataset,
    arms: &[Arm],
    shelf: &Shelf,
    trials: &[Planned],
) -> Result<Vec<Planned>, ReplayError> {
    let lacks = |planned: &Planned| match prepared::of_trial(dataset, arms, *planned)? {
        Some(prepared) => Ok(!shelf.store().map_or(Ok(false), |store| store.contains(&prepared.key))?),
        None => Ok(false),
    };
    trials.iter().filter_map(|planned| lacks(planned).map(|lacks| lacks.then_some(*planned)).transpose()).collect()
}

/// The key of a trial's request, and the fields that enter it; `None` for an arm that asks nobody.
///
/// # Errors
/// The dataset cannot be read, or the request cannot be hashed.
pub fn asked(dataset: &Dataset, arms: &[Arm], trial: Planned) -> Result<Option<(Key, Fields)>, ReplayError> {
    let Some(prepared) = prepared::of_trial(dataset, arms, trial)? else { return Ok(None) };
    let key = |source| ReplayError::Key { case: dataset.entries[trial.case].id.to_string(), source };
    Ok(Some((prepared.key, prepared::fields(&prepared).map_err(key)?)))
}

/// The most that calls of these trials can have cost, at so many attempts a call and steps a closed loop at most; `None`
/// when a price is unknown.
///
/// # Errors
/// The dataset cannot be read.
pub fn worst_case(
    dataset: &Dataset,
    arms: &[Arm],
    most: (Retry, u32),
    trials: &[Planned],
) -> Result<Option<Usd>, ReplayError> {
    let of = |planned: &Planned| {
        let Source::Live(live) = &arms[planned.arm].source else { return Ok(Some(Usd::ZERO)) };
        let case = prepared::read(dataset, *planned)?;
        let first = prepared::of_case(dataset, live, *planned, &case)?.bound;
        Ok(conversation::worst_case(&arms[planned.arm], &case, first, most))
    };
    trials.iter().map(of).collect::<Result<Vec<_>, _>>().map(|costs| costs.into_iter().sum())
}

/// One trial; `None` when it was stopped before it was sent.
async fn trial(job: &Job<'_>, ready: Result<Ready<'_>, ReplayError>) -> Result<Option<Done>, ReplayError> {
    let ready = ready?;
    match &job.arms[ready.planned.arm].source {
        Source::Live(live) if ready.case.is_closed_loop() => conversation::trial(job, live, ready).await,
        Source::Live(_) | Source::Recorded => request(job, ready).await,
    }
}

/// One request; `None` when it was stopped before it was sent.
async fn request(job: &Job<'_>, ready: Ready<'_>) -> Result<Option<Done>, ReplayError> {
    let Ready { planned, case, request } = ready;
    let arm = &job.arms[planned.arm];
    let (prepared, seen) = match (request, &arm.source) {
        (_, Source::Recorded) => return Ok(recorded::trial(arm, planned, case)),
        (Some(request), Source::Live(_)) => request,
        (None, Source::Live(live)) => (prepared::of_case(job.dataset, live, planned, &case)?, Seen::Unknown),
    };
    let key = prepared.key;
    let mut seen = match seen {
        Seen::Answer(exchange) => return from_store(job, &prepared, case, *exchange).map(Some),
        Seen::Nothing => true,
        Seen::Unknown => false,
    };
    // Equal requests take turns: the first buys, the others find its answer in the store. Without one they would not.
    let takes_turns = job.mode != Mode::Replay && job.shelf.store().is_some();
    let turn = if takes_turns { Some(job.turns.take(key).await) } else { None };
    let waited = turn.as_ref().is_some_and(|turn| turn.waited);
    loop {
        // Where nothing was seen and somebody has bought it since, the claim says so.
        let is_missing = std::mem::take(&mut seen) && !waited;
        let found = if is_missing { Stored::Missing } else { stored(job, &key)? };
        let anew = match found {
            Stored::Found(exchange) => {
                let done = from_store(job, &prepared, case, *exchange)?;
                return Ok(Some(Done { single_flight: waited, ..done }));
            }
            Stored::Missing => job.mode == Mode::Record,
            Stored::Damaged => true,
        };
        let buy::Bought { result, attempts, cost } = match buy::buy(job, &prepared, anew).await? {
            buy::Buying::Stopped => return Ok(None),
            buy::Buying::Elsewhere => continue,
            buy::Buying::Bought(bought) => *bought,
        };
        let (result, timing) = match result {
            Ok(exchange) => {
                let timing = Timing::of(&exchange);
                (Ok(exchange.reply), timing)
            }
            Err(failure) => (Err(failure), Timing::default()),
        };
        return Ok(Some(Done {
            planned,
            case,
            key: Some(key),
            result,
            timing,
            attempts,
            from_store: false,
            single_flight: false,
            cost,
            spend: cost,
            ended: None,
        }));
    }
}

/// A trial whose answer is in the store. This run has paid for it only where it bought it before it was killed.
fn from_store(
    job: &Job<'_>,
    prepared: &Prepared<'_>,
    case: Arc<Case>,
    exchange: Exchange,
) -> Result<Done, ReplayError> {
    let &Prepared { planned, key, .. } = prepared;
    let cost = buy::cost(&job.arms[planned.arm], Some(&exchange.reply), &exchange.attempts);
    let spend = match job.shelf.store().filter(|_| job.goes_on) {
        Some(store) => store.cost_of(&key, job.recording)?,
        None => Some(Usd::ZERO),
    };
    let timing = Timing::of(&exchange);
    let Exchange { reply, attempts, .. } = exchange;
    Ok(Done {
        planned,
        case,
        key: Some(key),
        result: Ok(reply),
        timing,
        attempts,
        from_store: true,
        single_flight: false,
        cost,
        spend,
        ended: None,
    })
}

/// What the store has for a key.
enum Stored {
    Found(Box<Exchange>),
    Missing,
    /// Something that does not match its hash, and can be bought anew.
    Damaged,
}

/// The stored answer to a key. A damaged one counts as missing where it can be bought anew.
fn stored(job: &Job<'_>, key: &Key) -> Result<Stored, ReplayError> {
    let Some(store) = job.shelf.store() else { return Ok(Stored::Missing) };
    match store.get(key, (job.mode == Mode::Record).then_some(job.recording)) {
        Err(StoreError::Damaged { key, why }) if job.mode != Mode::Replay => {
            (job.on_event)(Event::Damaged { key, why });
            Ok(Stored::Damaged)
        }
        Ok(found) => Ok(found.map_or(Stored::Missing, |exchange| Stored::Found(Box::new(exchange)))),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mode_finds_its_own_row() {
        for (index, (mode, name)) in MODES.iter().enumerate() {
            assert_eq!((*mode as usize, mode.name()), (index, *name));
        }
    }
}
