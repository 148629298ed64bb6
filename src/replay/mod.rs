//! The only async code: a plan becomes exchanges, from the store where it has them, from the provider where not.
//!
//! One stream, bounded by the concurrency: read the case, encode, look up, buy on a miss, save, hand over. What is
//! handed over is already in the store.

mod arm;
mod budget;
mod buy;
mod event;
mod plan;
mod retry;
mod stop;
mod transport;
mod turns;

use futures_util::stream::{self, Stream, StreamExt};

use crate::dataset::Dataset;
use crate::domain::{Attempt, Case, Exchange, Failure, Usd};
use crate::problem::Problem;
use crate::provider::HttpRequest;
use crate::store::{Key, KeyFields, Store, StoreError};

pub use arm::Arm;
pub use budget::Budget;
pub use buy::now_ms;
pub use event::Event;
pub use plan::{Plan, Planned};
pub use retry::Retry;
pub use stop::{Stop, StopReason};
pub use transport::{Secret, Timeouts, Transport, TransportError};
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
    pub store: &'a Store,
    /// How to reach providers; `None` in replay mode.
    pub transport: Option<&'a Transport>,
    /// Where answers may come from.
    pub mode: Mode,
    /// The name of the recording that bought answers belong to.
    pub recording: &'a str,
    /// Trials in flight at most.
    pub concurrency: usize,
    /// When to ask again.
    pub retry: Retry,
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
    pub case: Case,
    /// The key of its answer.
    pub key: Key,
    /// What came of it.
    pub result: Result<Exchange, Failure>,
    /// Every attempt when it was bought; the successful one is last.
    pub attempts: Vec<Attempt>,
    /// Whether the answer came from the store.
    pub from_store: bool,
    /// What its calls cost when they were bought, every attempt; `None` is unknown.
    pub cost: Option<Usd>,
    /// What was paid for it now; `None` is unknown.
    pub spend: Option<Usd>,
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
}

/// A request ready to be looked up or sent.
struct Prepared {
    case: Case,
    request: HttpRequest,
    key: Key,
}

/// Replays the trials of a job, in the order in which they finish. Once the job's `stop` is set, no new trial
/// begins; those in flight are finished and handed over.
pub fn replay<'a>(job: &'a Job<'a>) -> impl Stream<Item = Result<Done, ReplayError>> + 'a {
    let begin = job.todo.iter().take_while(|_| job.stop.reason().is_none());
    stream::iter(begin).map(|planned| trial(job, *planned)).buffer_unordered(job.concurrency).filter_map(
        |result| async move {
            match result {
                Ok(done) => done.map(Ok),
                Err(error) => Some(Err(error)),
            }
        },
    )
}

/// The trials whose answers the store lacks, of any recording.
///
/// # Errors
/// The dataset or the store cannot be read.
pub fn missing(
    dataset: &Dataset,
    arms: &[Arm],
    store: &Store,
    trials: &[Planned],
) -> Result<Vec<Planned>, ReplayError> {
    let lacks = |planned: &Planned| Ok(!store.contains(&prepare(dataset, arms, *planned)?.key)?);
    trials.iter().filter_map(|planned| lacks(planned).map(|lacks| lacks.then_some(*planned)).transpose()).collect()
}

/// The most that calls of these trials can have cost; `None` when a price is unknown.
///
/// # Errors
/// The dataset cannot be read.
pub fn worst_case(
    dataset: &Dataset,
    arms: &[Arm],
    retry: Retry,
    trials: &[Planned],
) -> Result<Option<Usd>, ReplayError> {
    let of =
        |planned: &Planned| Ok(buy::worst_case(&arms[planned.arm], &prepare(dataset, arms, *planned)?.request, retry));
    trials.iter().map(of).collect::<Result<Vec<_>, _>>().map(|costs| costs.into_iter().sum())
}

/// One trial; `None` when it was stopped before it was sent.
async fn trial(job: &Job<'_>, planned: Planned) -> Result<Option<Done>, ReplayError> {
    let Prepared { case, request, key } = prepare(job.dataset, job.arms, planned)?;
    // Equal requests take turns: the first buys, the others find its answer in the store.
    let _turn = if job.mode == Mode::Replay { None } else { Some(job.turns.take(key).await) };
    if let Some(exchange) = stored(job, &key)? {
        let attempts = exchange.attempts.clone();
        let cost = buy::cost(&job.arms[planned.arm], Some(&exchange), &attempts);
        let (result, spend) = (Ok(exchange), Some(Usd::ZERO));
        return Ok(Some(Done { planned, case, key, result, attempts, from_store: true, cost, spend }));
    }
    let Some(bought) = buy::buy(job, planned, &request, &key).await else { return Ok(None) };
    if let Ok(exchange) = &bought.result {
        save(job.store, key, exchange).await?;
    }
    let buy::Bought { result, attempts, cost } = bought;
    Ok(Some(Done { planned, case, key, result, attempts, from_store: false, cost, spend: cost }))
}

/// The stored answer to a key. A damaged one counts as missing where it can be bought anew.
fn stored(job: &Job<'_>, key: &Key) -> Result<Option<Exchange>, ReplayError> {
    match job.store.get(key, (job.mode == Mode::Record).then_some(job.recording)) {
        Err(StoreError::Damaged { key, why }) if job.mode != Mode::Replay => {
            (job.on_event)(Event::Damaged { key, why });
            Ok(None)
        }
        other => Ok(other?),
    }
}

fn prepare(dataset: &Dataset, arms: &[Arm], planned: Planned) -> Result<Prepared, ReplayError> {
    let case = dataset.read(planned.case).map_err(|problem| ReplayError::Dataset(Box::new(problem)))?;
    let arm = &arms[planned.arm];
    let request = (arm.endpoint.protocol.encode)(&arm.request(&case), &arm.endpoint);
    let key =
        key(arm, &request, planned.repeat).map_err(|source| ReplayError::Key { case: case.id.clone(), source })?;
    Ok(Prepared { case, request, key })
}

fn key(arm: &Arm, request: &HttpRequest, repeat: u32) -> Result<Key, serde_json::Error> {
    let (host, path) = host_and_path(&request.url);
    let body = serde_json::from_slice(&request.body)?;
    let protocol = arm.endpoint.protocol.name;
    let fields =
        KeyFields { protocol, host, path, headers: &request.headers, body: &body, salt: arm.salt.as_deref(), repeat };
    fields.key()
}

/// Splits `https://host:port/path?query` after its host and port.
fn host_and_path(url: &str) -> (&str, &str) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split_at(rest.find('/').unwrap_or(rest.len()))
}

async fn save(store: &Store, key: Key, exchange: &Exchange) -> Result<(), StoreError> {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    // Nobody listens any more only when this future was dropped, and then nobody waits for the answer.
    store.put(key, exchange, move |saved| drop(sender.send(saved)));
    receiver.await.unwrap_or(Err(StoreError::Closed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_splits_after_host_and_port() {
        let rows = [
            ("https://api.openai.com/v1/chat/completions", ("api.openai.com", "/v1/chat/completions")),
            ("http://127.0.0.1:8080/v1/x?alt=sse", ("127.0.0.1:8080", "/v1/x?alt=sse")),
            ("http://127.0.0.1:8080", ("127.0.0.1:8080", "")),
        ];
        for (url, parts) in rows {
            assert_eq!(host_and_path(url), parts);
        }
    }

    #[test]
    fn every_mode_finds_its_own_row() {
        for (index, (mode, name)) in MODES.iter().enumerate() {
            assert_eq!((*mode as usize, mode.name()), (index, *name));
        }
    }
}
