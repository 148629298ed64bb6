//! Trials made ready ahead of the replay, on threads of their own: read, encoded, hashed and looked up.
//!
//! What is ready is a few chunks ahead at most, so that memory does not grow with the run.

use std::sync::Arc;

use futures_util::stream::{self, Stream, StreamExt as _};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::prepared::{self, Prepared};
use super::{Job, Mode, Planned, ReplayError, Source};
use crate::domain::{Case, Exchange};
use crate::store::StoreError;

/// Threads that make trials ready: each takes the next chunk in turn.
const WORKERS: usize = 2;
/// Trials that are looked up and handed over together.
const CHUNK: usize = 32;
/// Bytes of requests after which a chunk is handed over all the same: images are large.
const LARGE: usize = 1 << 20;
/// Parts in a row of which the store had nothing, after which a thread looks at one in as many: what is there all
/// the same is found when it is claimed.
const COLD: usize = 8;
/// Chunks of a thread that wait to be taken.
const WAITING: usize = 2;

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

/// Trials that follow each other in the plan.
struct Chunk<'a> {
    trials: Vec<Result<Ready<'a>, ReplayError>>,
    /// Whether the next trials are another thread's.
    ends_turn: bool,
}

/// Begins to make the trials of a job ready, in their order. The threads end with the trials, at an error, or when the
/// stream is dropped.
pub(super) fn begin<'scope>(
    job: &'scope Job<'_>,
    scope: &'scope std::thread::Scope<'scope, '_>,
) -> impl Stream<Item = Result<Ready<'scope>, ReplayError>> {
    let mut receivers: [Receiver<Chunk<'_>>; WORKERS] = std::array::from_fn(|worker| {
        let (sender, receiver) = channel(WAITING);
        scope.spawn(move || prepare(job, worker, &sender));
        receiver
    });
    let mut turn = 0;
    // A thread is done when nothing is left at its turn: then so are the others, whose trials come after.
    let chunks = stream::poll_fn(move |context| {
        receivers[turn].poll_recv(context).map(|chunk| {
            chunk.map(|Chunk { trials, ends_turn }| {
                turn = if ends_turn { (turn + 1) % WORKERS } else { turn };
                trials
            })
        })
    });
    chunks.flat_map(stream::iter)
}

/// Makes every chunk of a thread ready. One with large requests is handed over in parts.
fn prepare<'a>(job: &'a Job<'_>, worker: usize, chunks: &Sender<Chunk<'a>>) {
    let mut last = None;
    let mut cold = 0;
    for turn in job.todo.chunks(CHUNK).skip(worker).step_by(WORKERS) {
        let mut todo = turn.iter().copied().peekable();
        while todo.peek().is_some() {
            let (mut ready, mut broken) = part(job, &mut todo, &mut last);
            if let Err(error) = look_up(job, &mut ready, &mut cold) {
                ready.clear();
                broken = Some(error.into());
            }
            let is_last = broken.is_some();
            let trials = ready.into_iter().map(Ok).chain(broken.map(Err)).collect();
            if chunks.blocking_send(Chunk { trials, ends_turn: !is_last && todo.peek().is_none() }).is_err() || is_last
            {
                return;
            }
        }
    }
}

/// Makes the next trials ready, but for looking them up, until they are large together; and what broke after them.
fn part<'a>(
    job: &'a Job<'_>,
    todo: &mut impl Iterator<Item = Planned>,
    last: &mut Option<(usize, Arc<Case>)>,
) -> (Vec<Ready<'a>>, Option<ReplayError>) {
    let (mut part, mut bytes) = (Vec::with_capacity(CHUNK), 0);
    for planned in todo {
        match ready(job, planned, last) {
            Ok(ready) => {
                bytes += ready.request.as_ref().map_or(0, |(prepared, _)| prepared.request.body.len());
                part.push(ready);
            }
            Err(error) => return (part, Some(error)),
        }
        if bytes >= LARGE {
            break;
        }
    }
    (part, None)
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

/// Looks trials up together. A recording looks for itself: only what it has bought itself counts there. What is
/// damaged is left to the trial, which can buy it anew. `cold` counts the parts in a row of which nothing was found.
fn look_up(job: &Job<'_>, part: &mut [Ready<'_>], cold: &mut usize) -> Result<(), StoreError> {
    let Some(store) = job.shelf.store().filter(|_| job.mode != Mode::Record) else { return Ok(()) };
    let asking: Vec<&mut (Prepared<'_>, Seen)> = part.iter_mut().filter_map(|ready| ready.request.as_mut()).collect();
    if asking.is_empty() {
        return Ok(());
    }
    // What is stored needs no room in a budget: there it is looked for in any case.
    if job.mode == Mode::Auto && job.budget.is_none() && *cold >= COLD && !cold.is_multiple_of(COLD) {
        *cold += 1;
        asking.into_iter().for_each(unseen);
        return Ok(());
    }
    let keys: Vec<_> = asking.iter().map(|(prepared, _)| prepared.key).collect();
    let found = store.get_all(&keys)?;
    *cold = if found.iter().all(|found| matches!(found, Ok(None))) { *cold + 1 } else { 0 };
    for (asking, found) in asking.into_iter().zip(found) {
        match found {
            Ok(Some(exchange)) => asking.1 = Seen::Answer(Box::new(exchange)),
            Ok(None) => unseen(asking),
            Err(StoreError::Damaged { .. }) => asking.1 = Seen::Unknown,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// No answer was seen. What was asked will be kept beside it: this thread has the time.
fn unseen((prepared, seen): &mut (Prepared<'_>, Seen)) {
    prepared.fields();
    *seen = Seen::Nothing;
}
