//! The replay of a run: every answer is scored and appended before it is counted.

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
        store: inputs.store,
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
        let keeper = Keeper { inputs, run, watch: watch.as_mut(), terminal };
        runtime.block_on(keep_all(finished, happened, &job, keeper))
    })
    .map(|ended| Bought { ended, stopped_at: watch.as_ref().and_then(Watch::stopped_at) })
}

/// Where finished trials go.
struct Keeper<'a, 'w> {
    inputs: &'a Inputs<'a>,
    run: &'a mut RunDir,
    watch: Option<&'a mut Watch<'w>>,
    terminal: &'a Terminal,
}

async fn keep_all(
    finished: impl Stream<Item = Vec<Result<Done, ReplayError>>>,
    mut happened: UnboundedReceiver<Event>,
    job: &Job<'_>,
    Keeper { inputs, run, mut watch, terminal }: Keeper<'_, '_>,
) -> Result<Option<StopReason>, CommandError> {
    let stop = job.stop;
    let mut progress = Progress::new(*terminal, &totals(job));
    let mut signals = Signals::listen()?;
    let mut tick = tokio::time::interval(TICK);
    let mut broken = None;
    let mut finished = std::pin::pin!(finished);
    loop {
        tokio::select! {
            next = finished.next() => {
                let Some(done) = next else { break };
                match keep(done, inputs, run, watch.as_deref_mut()) {
                    Ok(steps) => steps.into_iter().for_each(|step| progress.step(step)),
                    Err(error) => {
                        // What is in flight is paid for: it is finished and kept before the error is told.
                        broken.get_or_insert(error);
                        stop.stop(StopReason::Interrupted);
                    }
                }
                if watch.as_ref().is_some_and(|watch| watch.stopped_at().is_some()) {
                    stop.stop(StopReason::Decided);
                }
            }
            reason = signals.next() => {
                if stop.reason().is_some() {
                    progress.finish();
                    return Ok(Some(reason));
                }
                progress.note("finishing the calls in flight; once more to stop at once (their answers may be paid for and lost)");
                stop.stop(reason);
            }
            Some(event) = happened.recv() => match event {
                Event::Retrying { arm, .. } => progress.retry(arm),
                Event::Pace { lane, news } => progress.note(&format!("{lane}: {news}")),
                Event::Damaged { key, why } => {
                    progress.note(&format!("the stored answer {key} is damaged ({why}); it is bought anew"));
                }
            },
            _ = tick.tick() => progress.tick(),
        }
    }
    if let Some(error) = broken {
        return Err(error);
    }
    progress.finish();
    // A stop cuts the wait for another attempt short: such a call was handed over as failed, but is not finished.
    let complete = todo(inputs, run).is_empty();
    Ok(stop
        .reason()
        .filter(|reason| **reason != StopReason::Decided)
        .filter(|reason| !complete || matches!(reason, StopReason::Refused { .. } | StopReason::Overshot { .. }))
        .cloned())
}

/// Scores and appends finished trials. Those before an error are kept.
fn keep(
    finished: Vec<Result<Done, ReplayError>>,
    inputs: &Inputs<'_>,
    run: &mut RunDir,
    watch: Option<&mut Watch<'_>>,
) -> Result<Vec<Step>, CommandError> {
    let mut records = Vec::with_capacity(finished.len());
    let mut steps = Vec::with_capacity(finished.len());
    let mut places = Vec::with_capacity(finished.len());
    let mut broken = None;
    for done in finished {
        match done {
            Ok(done) => {
                let arm = done.planned.arm;
                places.push(done.planned);
                let record = record(done, &inputs.arms.arms[arm], inputs.scorers);
                let Record { from_store, spend, .. } = record;
                steps.push(Step { arm, from_store, failed: record.failure.is_some(), spend });
                records.push(record);
            }
            Err(error) => {
                broken.get_or_insert(error);
            }
        }
    }
    run.append(&records)?;
    if let Some(watch) = watch {
        for (planned, record) in places.into_iter().zip(&records) {
            watch.add(planned, &record.trial());
        }
    }
    broken.map_or(Ok(steps), |error| Err(error.into()))
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
        let ledger = inputs.store.spent(name)?;
        Ok::<_, CommandError>(ledger.known.plus(ledger.uncertain.unwrap_or(Usd::ZERO)))
    };
    let others = inputs.spenders.iter().map(|name| of_run(name)).sum::<Result<Usd, _>>()?;
    // A run and its judges share one budget.
    let judges = of_run(&judging::recording(&run.manifest.run))?;
    Ok(journal.max(of_run(&run.manifest.run)?).plus(others).plus(judges))
}

/// The trials that are not done yet.
fn todo(inputs: &Inputs<'_>, run: &RunDir) -> Vec<Planned> {
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
