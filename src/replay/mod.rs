//! The only async code: a plan becomes exchanges, from the store where it has them, from the provider where not.
//!
//! One stream, bounded by the concurrency: read the case, encode, look up, buy on a miss, save, hand over. What is
//! handed over is already in the store.

mod arm;
mod budget;
mod buy;
mod event;
mod plan;
mod recorded;
mod retry;
mod secret;
mod stop;
mod transport;
mod turns;

use futures_util::stream::{self, Stream, StreamExt};

use crate::dataset::Dataset;
use crate::domain::{Attempt, Case, Exchange, Failure, ImageSource, Reply, Request, Tool, Usd};
use crate::problem::Problem;
use crate::provider::HttpRequest;
use crate::store::{Key, KeyFields, Store, StoreError};

pub use arm::{Arm, Live, Secrets, Source};
pub use budget::Budget;
pub use buy::now_ms;
pub use event::Event;
pub use plan::{Plan, Planned};
pub use retry::Retry;
pub use secret::Secret;
pub use stop::{Stop, StopReason};
pub use transport::{Called, Timeouts, Transport, TransportError};
pub use turns::Turns;

/// More than any provider counts for one image: the patches of the largest picture, times the dearest multiplier.
const IMAGE_TOKENS: u64 = 32_768;

/// More than providers put into the prompt for what one search finds.
const SEARCH_TOKENS: u64 = 65_536;

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
    /// The key of its answer; a recorded answer has none.
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
}

/// A request ready to be looked up or sent.
struct Prepared {
    request: HttpRequest,
    key: Key,
    bound: Bound,
}

/// The most that a call can use, but for its answer.
#[derive(Debug, Clone, Copy)]
struct Bound {
    input_tokens: u64,
    /// Searches by the provider's own tools.
    searches: u64,
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
    let lacks = |planned: &Planned| match prepare(dataset, arms, *planned)? {
        Some(prepared) => Ok(!store.contains(&prepared.key)?),
        None => Ok(false),
    };
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
    let of = |planned: &Planned| match prepare(dataset, arms, *planned)? {
        Some(prepared) => Ok(buy::worst_case(&arms[planned.arm], prepared.bound, retry)),
        None => Ok(Some(Usd::ZERO)),
    };
    trials.iter().map(of).collect::<Result<Vec<_>, _>>().map(|costs| costs.into_iter().sum())
}

/// One trial; `None` when it was stopped before it was sent.
async fn trial(job: &Job<'_>, planned: Planned) -> Result<Option<Done>, ReplayError> {
    let arm = &job.arms[planned.arm];
    let case = read(job.dataset, planned)?;
    let Source::Live(live) = &arm.source else { return Ok(recorded::trial(arm, planned, case)) };
    let prepared = prepare_case(job.dataset, live, planned, &case)?;
    let key = prepared.key;
    // Equal requests take turns: the first buys, the others find its answer in the store.
    let turn = if job.mode == Mode::Replay { None } else { Some(job.turns.take(key).await) };
    if let Some(exchange) = stored(job, &key)? {
        let cost = buy::cost(arm, Some(&exchange.reply), &exchange.attempts);
        let timing = Timing::of(&exchange);
        let Exchange { reply, attempts, .. } = exchange;
        return Ok(Some(Done {
            planned,
            case,
            key: Some(key),
            result: Ok(reply),
            timing,
            attempts,
            from_store: true,
            single_flight: turn.is_some_and(|turn| turn.waited),
            cost,
            spend: Some(Usd::ZERO),
        }));
    }
    let Some(bought) = buy::buy(job, planned, live, &prepared).await else { return Ok(None) };
    let buy::Bought { result, attempts, cost } = bought;
    let (result, timing) = match result {
        Ok(exchange) => {
            save(job.store, key, &exchange).await?;
            let timing = Timing::of(&exchange);
            (Ok(exchange.reply), timing)
        }
        Err(failure) => (Err(failure), Timing::default()),
    };
    Ok(Some(Done {
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
    }))
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

fn read(dataset: &Dataset, planned: Planned) -> Result<Case, ReplayError> {
    dataset.read(planned.case).map_err(|problem| ReplayError::Dataset(Box::new(problem)))
}

/// The request of a trial; `None` for an arm that asks nobody.
fn prepare(dataset: &Dataset, arms: &[Arm], planned: Planned) -> Result<Option<Prepared>, ReplayError> {
    let Source::Live(live) = &arms[planned.arm].source else { return Ok(None) };
    prepare_case(dataset, live, planned, &read(dataset, planned)?).map(Some)
}

fn prepare_case(dataset: &Dataset, live: &Live, planned: Planned, case: &Case) -> Result<Prepared, ReplayError> {
    let messages = dataset.to_send(planned.case, case).map_err(|problem| ReplayError::Dataset(Box::new(problem)))?;
    let neutral = live.request(case, messages.into_owned());
    let request = (live.endpoint.protocol.encode)(&neutral, &live.endpoint);
    let key =
        key(live, &request, planned.repeat).map_err(|source| ReplayError::Key { case: case.id.clone(), source })?;
    let bound = bound(&neutral, request.body.len() as u64, live.max_searches);
    Ok(Prepared { request, key, bound })
}

/// Every byte of a request's text is at most one token, and every image at most [`IMAGE_TOKENS`], however many bytes
/// it has. What a search finds is input too.
fn bound(request: &Request, body: u64, max_searches: Option<u64>) -> Bound {
    let images = request.images().map(|source| match source {
        ImageSource::Base64 { data, .. } => data.len() as u64,
        ImageSource::Url(_) | ImageSource::File(_) => 0,
    });
    let (count, bytes) = images.fold((0_u64, 0_u64), |(count, bytes), image| (count + 1, bytes + image));
    let searches = if request.tools.contains(&Tool::WebSearch) { max_searches.unwrap_or(0) } else { 0 };
    let found = searches.saturating_mul(SEARCH_TOKENS);
    let input_tokens = body.saturating_sub(bytes).saturating_add(count * IMAGE_TOKENS).saturating_add(found);
    Bound { input_tokens, searches }
}

fn key(live: &Live, request: &HttpRequest, repeat: u32) -> Result<Key, serde_json::Error> {
    let (host, path) = host_and_path(&request.url);
    let body = serde_json::from_slice(&request.body)?;
    let protocol = live.endpoint.protocol.name;
    let fields =
        KeyFields { protocol, host, path, headers: &request.headers, body: &body, salt: live.salt.as_deref(), repeat };
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
