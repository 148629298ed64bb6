//! Trials made ready ahead of the replay, on a thread of their own: read, encoded, hashed and looked up.
//!
//! What is ready is a few chunks ahead at most, so that memory does not grow with the run.

use std::sync::Arc;

use futures_util::stream::{self, Stream, StreamExt as _};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::prepared::{self, Prepared};
use super::{Job, Mode, Planned, ReplayError, Source};
use crate::domain::{Case, Exchange};
use crate::store::StoreError;

/// Trials that are looked up and handed over together.
const CHUNK: usize = 32;
/// Bytes of requests after which a chunk is handed over all the same: images are large.
const LARGE: usize = 1 << 20;
/// Chunks that wait to be taken.
const WAITING: usize = 4;

/// A trial that can begin.
pub(super) struct Ready<'a> {
    pub(super) planned: Planned,
    pub(super) case: Arc<Case>,
    /// `None` where nobody is asked, and where image files are: they are read when the call is due.
    pub(super) request: Option<(Prepared<'a>, Seen)>,
}

/// What the store had when the trial was made ready.
pub(super) enum Seen {
    /// The answer.
    Answer(Box<Exchange>),
    /// No answer.
    Nothing,
    /// Nobody looked, or what was there is damaged.
    Unknown,
}

type Chunk<'a> = Vec<Result<Ready<'a>, ReplayError>>;

/// Begins to make the trials of a job ready, in their order. The thread ends with the trials, at an error, or when the
/// stream is dropped.
pub(super) fn begin<'scope>(
    job: &'scope Job<'_>,
    scope: &'scope std::thread::Scope<'scope, '_>,
) -> impl Stream<Item = Result<Ready<'scope>, ReplayError>> {
    let (sender, mut receiver): (_, Receiver<Chunk<'_>>) = channel(WAITING);
    scope.spawn(move || prepare(job, &sender));
    stream::poll_fn(move |context| receiver.poll_recv(context)).flat_map(stream::iter)
}

fn prepare<'a>(job: &'a Job<'_>, chunks: &Sender<Chunk<'a>>) {
    let mut todo = job.todo.iter().copied();
    let mut last = None;
    loop {
        let mut chunk = Vec::with_capacity(CHUNK);
        let mut bytes = 0;
        let mut broken = None;
        for planned in todo.by_ref().take(CHUNK) {
            match ready(job, planned, &mut last) {
                Ok(ready) => {
                    bytes += ready.request.as_ref().map_or(0, |(prepared, _)| prepared.request.body.len());
                    chunk.push(ready);
                }
                Err(error) => {
                    broken = Some(error);
                    break;
                }
            }
            if bytes >= LARGE {
                break;
            }
        }
        if chunk.is_empty() && broken.is_none() {
            return;
        }
        if let Err(error) = look_up(job, &mut chunk) {
            chunk.clear();
            broken = Some(error.into());
        }
        let is_last = broken.is_some();
        let chunk = chunk.into_iter().map(Ok).chain(broken.map(Err)).collect();
        if chunks.blocking_send(chunk).is_err() || is_last {
            return;
        }
    }
}

/// Makes one trial ready, but for looking it up. The arms of a case follow each other: it is read once.
fn ready<'a>(
    job: &'a Job<'_>,
    planned: Planned,
    last: &mut Option<(usize, Arc<Case>)>,
) -> Result<Ready<'a>, ReplayError> {
    let case = match last {
        Some((place, case)) if *place == planned.case => Arc::clone(case),
        _ => {
            let case = Arc::new(prepared::read(job.dataset, planned)?);
            *last = Some((planned.case, Arc::clone(&case)));
            case
        }
    };
    let request = match &job.arms[planned.arm].source {
        Source::Live(_) if prepared::has_files(&case) => None,
        Source::Live(live) => Some((prepared::of_case(job.dataset, live, planned, &case)?, Seen::Unknown)),
        Source::Recorded => None,
    };
    Ok(Ready { planned, case, request })
}

/// Looks the trials of a chunk up. A recording looks for itself: only what it has bought itself counts there. What is
/// damaged is left to the trial, which can buy it anew.
fn look_up(job: &Job<'_>, chunk: &mut [Ready<'_>]) -> Result<(), StoreError> {
    if job.mode == Mode::Record {
        return Ok(());
    }
    let asking: Vec<&mut (Prepared<'_>, Seen)> = chunk.iter_mut().filter_map(|ready| ready.request.as_mut()).collect();
    let keys: Vec<_> = asking.iter().map(|(prepared, _)| prepared.key).collect();
    for ((prepared, seen), found) in asking.into_iter().zip(job.store.get_all(&keys)?) {
        *seen = match found {
            Ok(Some(exchange)) => Seen::Answer(Box::new(exchange)),
            Ok(None) => {
                // They will be kept beside the answer: this thread has the time.
                prepared.fields();
                Seen::Nothing
            }
            Err(StoreError::Damaged { .. }) => Seen::Unknown,
            Err(error) => return Err(error),
        };
    }
    Ok(())
}
