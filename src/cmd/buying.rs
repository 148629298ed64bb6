//! The replay of a run: every answer is scored and appended before it is counted.

use std::thread::Scope;

use futures_util::{Stream, StreamExt as _};
use tokio::sync::mpsc::UnboundedReceiver;

use super::CommandError;
use super::early::Watch;
use super::judging;
use super::record::record;
use super::run::Inputs;
use super::signals::{self, Signals};
use crate::domain::Usd;
use crate::exit::Exit;
use crate::replay::{
    Budget, Done, Event, GiveUp, Job, Mode, Planned, ReplayError, Slots, Stop, StopReason, Transport, Turns, lane,
    replay, worst_case,
};
use crate::run_dir::{Record, RunDir};
use crate::terminal::{Progress, Step, TICK, Terminal};

/// Answers that may wait for a slow scorer, before the sends wait with them.
const MOST_WAITING: usize = 4096;

/// Trials that are kept together at most, of those that are finished at one moment.
const TOGETHER: usize = 64;

/// How a replay went.
pub(super) struct Bought {
    /// Why it ended before it had what it was to have, when it did.
    pub(super) ended: Option<StopReason>,
    /// After how many cases of the order the rules were decided, where that was before the last.
    pub(super) stopped_at: Option<usize>,
}

/// Replays what is still to do.
pub(super) fn buy(
    inputs: &Inputs<'_>,
    run: &mut RunDir,
    goes_on: bool,
    terminal: &Terminal,
) -> Result<Bought, CommandError> {
    let mut watch = inputs.order.map(|order| Watch::go_on(inputs, order, run)).transpose()?;
    if let Some(stopped_at) = watch.as_ref().and_then(Watch::stopped_at) {
        return Ok(Bought { ended: None, stopped_at: Some(stopped_at) });
    }
    let settings = &inputs.suite.replay;
    let transport = match inputs.mode {
        Mode::Replay => None,
        Mode::Auto | Mode::Record => Some(Transport::new(settings.timeouts, &inputs.arms.arms)?),
    };
    let budget = settings.budget.map(|cap| Ok::<_, CommandError>(Budget::new(cap, spent(inputs, run)?))).transpose()?;
    let stop = Stop::default();
    let (events, happened) = tokio::sync::mpsc::unbounded_channel();
    // The receiver lives as long as the job.
    let on_event = move |event: Event| drop(events.send(event));
    let recording = run.manifest.run.clone();
    let job = Job {
        dataset: inputs.dataset,
        arms: &inputs.arms.arms,
        todo: todo(inputs, run),
        shelf: inputs.shelf,
        transport: transport.as_ref(),
        mode: inputs.mode,
        recording: &recording,
        goes_on,
        slots: Slots::new(settings.concurrency),
        lanes: lane::of_arms(&inputs.arms.arms, settings.concurrency, settings.max_wait),
        retry: settings.retry,
        max_steps: settings.max_steps,
        budget: budget.as_ref(),
        stop: &stop,
        turns: Turns::default(),
        on_event: &on_event,
    };
    // One thread for all that waits: many would wake each other for every answer.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::scope(|scope| {
        let finished = replay(&job, scope).ready_chunks(TOGETHER);
        // A program takes its time: nothing that is in flight waits for it.
        let aside = inputs.scorers.iter().any(|scorer| scorer.scorer.program().is_some());
        let aside = aside.then(|| Aside::start(scope, inputs));
        let keeper = Keeper { inputs, run, watch: watch.as_mut(), aside, terminal };
        runtime.block_on(keep_all(finished, happened, &job, keeper))
    })
    .map(|ended| Bought { ended, stopped_at: watch.as_ref().and_then(Watch::stopped_at) })
}

/// Where finished trials go.
struct Keeper<'a, 'w> {
    inputs: &'a Inputs<'a>,
    run: &'a mut RunDir,
    watch: Option<&'a mut Watch<'w>>,
    /// Where answers are scored, when not at once.
    aside: Option<Aside>,
    terminal: &'a Terminal,
}

/// What is kept of a finished trial, and its place.
type Scored = (Planned, Record);

/// A thread that scores one answer after another, in the order in which they come.
struct Aside {
    /// Gone when no more will come.
    finished: Option<std::sync::mpsc::Sender<Done>>,
    scored: UnboundedReceiver<Scored>,
    waiting: usize,
}

impl Aside {
    fn start<'scope>(scope: &'scope Scope<'scope, '_>, inputs: &'scope Inputs<'scope>) -> Self {
        let (finished, coming) = std::sync::mpsc::channel();
        let (sender, scored) = tokio::sync::mpsc::unbounded_channel();
        scope.spawn(move || {
            for done in coming {
                // After a second signal nobody listens any more.
                if sender.is_closed() || sender.send(score(done, inputs)).is_err() {
                    break;
                }
            }
        });
        Self { finished: Some(finished), scored, waiting: 0 }
    }

    /// Hands over what is finished; with the last of it, says that no more will come.
    fn take(&mut self, done: Vec<Done>, is_last: bool) {
        if let Some(finished) = &self.finished {
            for one in done {
                self.waiting += usize::from(finished.send(one).is_ok());
            }
        }
        if is_last {
            self.finished = None;
        }
    }

    /// The next scored answers; never, where none is being scored.
    async fn next(&mut self) -> Vec<Scored> {
        let mut scored = Vec::new();
        let count = self.scored.recv_many(&mut scored, TOGETHER).await;
        self.waiting -= count;
        scored
    }
}

#[expect(clippy::too_many_lines, reason = "one loop over all that may happen")]
async fn keep_all(
    finished: impl Stream<Item = Vec<Result<Done, ReplayError>>>,
    mut happened: UnboundedReceiver<Event>,
    job: &Job<'_>,
    Keeper { inputs, run, mut watch, mut aside, terminal }: Keeper<'_, '_>,
) -> Result<Option<StopReason>, CommandError> {
    let stop = job.stop;
    let mut progress = Progress::new(*terminal, &totals(job));
    let mut signals = Signals::listen()?;
    let mut tick = tokio::time::interval(TICK);
    let mut broken = None;
    let mut finished = std::pin::pin!(finished);
    let mut ended = false;
    loop {
        let waiting = aside.as_ref().map_or(0, |aside| aside.waiting);
        if ended && waiting == 0 {
            break;
        }
        let scored = tokio::select! {
            next = finished.next(), if !ended && waiting < MOST_WAITING => {
                ended = next.is_none();
                let mut done = Vec::new();
                for one in next.into_iter().flatten() {
                    match one {
                        Ok(one) => done.push(one),
                        Err(error) => {
                            // What is in flight is paid for: it is finished and kept before the error is told.
                            broken.get_or_insert(error.into());
                            stop.stop(StopReason::Interrupted);
                        }
                    }
                }
                match &mut aside {
                    None => done.into_iter().map(|done| score(done, inputs)).collect(),
                    Some(aside) => {
                        aside.take(done, ended);
                        continue;
                    }
                }
            }
            scored = next_scored(&mut aside), if waiting > 0 => scored,
            reason = signals.next() => {
                if stop.reason().is_some() {
                    progress.finish();
                    return Ok(Some(reason));
                }
                progress.note("finishing the calls in flight; once more to stop at once (their answers may be paid for and lost)");
                stop.stop(reason);
                continue;
            }
            Some(event) = happened.recv() => {
                match event {
                    Event::Retrying { arm, .. } => progress.retry(arm),
                    Event::Pace { lane, news } => progress.note(&format!("{lane}: {news}")),
                    Event::Damaged { key, why } => {
                        progress.note(&format!("the stored answer {key} is damaged ({why}); it is bought anew"));
                    }
                }
                continue;
            }
            _ = tick.tick() => {
                progress.tick();
                continue;
            }
        };
        match keep(scored, run, watch.as_deref_mut()) {
            Ok(steps) => steps.into_iter().for_each(|step| progress.step(step)),
            Err(error) => {
                broken.get_or_insert(error);
                stop.stop(StopReason::Interrupted);
            }
        }
        if watch.as_ref().is_some_and(|watch| watch.stopped_at().is_some()) {
            stop.stop(StopReason::Decided);
        }
    }
    if let Some(error) = broken {
        return Err(error);
    }
    progress.finish();
    // A stop cuts the wait for another attempt short: such a call was handed over as failed, but is not finished.
    let ends = |reason: &&StopReason| match reason {
        StopReason::Decided => false,
        StopReason::Refused { .. } | StopReason::Overshot { .. } => true,
        _ => !todo(inputs, run).is_empty(),
    };
    Ok(stop.reason().filter(ends).cloned())
}

/// What is scored next by the thread beside.
async fn next_scored(aside: &mut Option<Aside>) -> Vec<Scored> {
    match aside {
        Some(aside) => aside.next().await,
        None => Vec::new(),
    }
}

/// Scores a finished trial.
fn score(done: Done, inputs: &Inputs<'_>) -> Scored {
    let planned = done.planned;
    (planned, record(done, &inputs.arms.arms[planned.arm], inputs.scorers))
}

/// Appends scored trials.
fn keep(scored: Vec<Scored>, run: &mut RunDir, watch: Option<&mut Watch<'_>>) -> Result<Vec<Step>, CommandError> {
    let (places, records): (Vec<Planned>, Vec<Record>) = scored.into_iter().unzip();
    run.append(&records)?;
    if let Some(watch) = watch {
        for (planned, record) in places.iter().zip(&records) {
            watch.add(*planned, &record.trial());
        }
    }
    let step = |(planned, record): (&Planned, &Record)| Step {
        arm: planned.arm,
        from_store: record.from_store,
        failed: record.failure.is_some(),
        spend: record.spend,
    };
    Ok(places.iter().zip(&records).map(step).collect())
}

/// What to say of a run that ended early, and its exit code.
pub(super) fn stopped(reason: &StopReason, run: &RunDir, planned: usize) -> CommandError {
    let saved = format!("{} of {planned} trials are saved in {}", run.done(), run.path.display());
    let (exit, message, help) = match reason {
        // What is decided is no reason to end without a report.
        StopReason::Interrupted | StopReason::Terminated | StopReason::Decided => {
            (signals::exit(reason), format!("stopped: {saved}"), "the same command goes on".to_owned())
        }
        StopReason::Refused { arm, failure } => (
            Exit::Refused,
            format!("no call of `{arm}` can succeed: {failure}; {saved}"),
            "check the address, the key, the model's name and the quota; the same command goes on".to_owned(),
        ),
        StopReason::GaveUp { lane, why, failure } => (
            Exit::Refused,
            format!("{lane} {}: {failure}; {saved}", given_up(*why)),
            "wait, and the same command goes on; `max_wait_s` in [replay] says how long a run waits by itself"
                .to_owned(),
        ),
        StopReason::Budget { worst_case, left, fits } => (
            Exit::Stopped,
            format!(
                "the budget has ${:.6} left, and the next call may cost up to ${:.6}; {saved}",
                left.dollars(),
                worst_case.dollars()
            ),
            match fits {
                Some(tokens) => format!(
                    "raise `budget_usd` in [replay], and the same command goes on; with `max_output_tokens = {tokens}` \
                     that call would fit, in a run of its own"
                ),
                None => "raise `budget_usd` in [replay]; the same command goes on".to_owned(),
            },
        ),
        StopReason::Overshot { arm, reserved, billed } => (
            Exit::Stopped,
            format!(
                "a call of `{arm}` was billed ${:.6}, more than the ${:.6} that it can cost by what was sent; {saved}",
                billed.dollars(),
                reserved.dollars()
            ),
            "check the price, `max_output_tokens` and `max_searches`; the same command goes on".to_owned(),
        ),
    };
    CommandError::with_help(exit, message, help)
}

/// What a provider did that was given up.
fn given_up(why: GiveUp) -> String {
    match why {
        GiveUp::Dead => "can answer no call".to_owned(),
        GiveUp::Asked { wait } => format!("asks to wait {:.0} s, which is too long", wait.as_secs_f64().ceil()),
        GiveUp::Refused { waited } => format!("refuses every call, also after waits of {:.1} s", waited.as_secs_f64()),
        GiveUp::Broken { calls, probes, waited } => format!(
            "answers nothing: {calls} calls failed in a row, {probes} of them after waits of {:.1} s",
            waited.as_secs_f64()
        ),
    }
}

/// What an earlier attempt at the run has spent, as far as it is known, and at most where it is not.
fn spent(inputs: &Inputs<'_>, run: &RunDir) -> Result<Usd, CommandError> {
    let (dataset, arms) = (inputs.dataset, &inputs.arms.arms);
    let times_of = |planned: &Planned| {
        run.times_unknown(&dataset.entries[planned.case].id, &arms[planned.arm].name, planned.repeat)
    };
    let unknown: Vec<Planned> =
        inputs.plan.trials.iter().flat_map(|planned| std::iter::repeat_n(*planned, times_of(planned))).collect();
    // A suite with a budget has every price, so the sum is known.
    let settings = &inputs.suite.replay;
    let worst_case = worst_case(dataset, arms, (settings.retry, settings.max_steps), &unknown)?;
    let journal = run.spent().plus(worst_case.unwrap_or(Usd::ZERO));
    // The ledger knows of calls that were on the way at a kill; the journal also of those in another store.
    let of_run = |name: &str| {
        // A suite with a budget is refused where there is no store.
        let Some(store) = inputs.shelf.store() else { return Ok(Usd::ZERO) };
        let ledger = store.spent(name)?;
        Ok::<_, CommandError>(ledger.known.plus(ledger.uncertain.unwrap_or(Usd::ZERO)))
    };
    let others = inputs.spenders.iter().map(|name| of_run(name)).sum::<Result<Usd, _>>()?;
    // A run and its judges share one budget.
    let judges = of_run(&judging::recording(&run.manifest.run))?;
    Ok(journal.max(of_run(&run.manifest.run)?).plus(others).plus(judges))
}

/// The trials that are not done yet.
fn todo(inputs: &Inputs<'_>, run: &RunDir) -> Vec<Planned> {
    if run.done() == 0 {
        return inputs.plan.trials.clone();
    }
    let is_done = |planned: &Planned| {
        let (case, arm) = (&inputs.dataset.entries[planned.case].id, &inputs.arms.arms[planned.arm].name);
        run.is_done(case, arm, planned.repeat)
    };
    inputs.plan.trials.iter().filter(|planned| !is_done(planned)).copied().collect()
}

/// Every arm with its number of trials to do.
fn totals(job: &Job<'_>) -> Vec<(String, usize)> {
    let count = |arm| job.todo.iter().filter(|planned| planned.arm == arm).count();
    job.arms.iter().enumerate().map(|(index, arm)| (arm.name.to_string(), count(index))).collect()
}
