//! The replay of a run: every answer is scored and appended before it is counted.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::StreamExt as _;

use super::CommandError;
use super::record::record;
use super::run::{Inputs, total};
use super::signals::{self, Signals};
use crate::domain::Usd;
use crate::exit::Exit;
use crate::replay::{
    Budget, Done, Event, Job, Mode, Planned, ReplayError, Stop, StopReason, Transport, Turns, replay, worst_case,
};
use crate::run_dir::RunDir;
use crate::terminal::{Progress, Step, Terminal};

/// How often to see whether a line of progress is due.
const TICK: Duration = Duration::from_secs(1);

/// Replays what is still to do. Gives back why it ended early, when it did.
pub(super) fn buy(
    inputs: &Inputs<'_>,
    run: &mut RunDir,
    goes_on: bool,
    terminal: &Terminal,
) -> Result<Option<StopReason>, CommandError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(buy_all(inputs, run, goes_on, terminal))
}

async fn buy_all(
    inputs: &Inputs<'_>,
    run: &mut RunDir,
    goes_on: bool,
    terminal: &Terminal,
) -> Result<Option<StopReason>, CommandError> {
    let settings = &inputs.suite.replay;
    let transport = match inputs.mode {
        Mode::Replay => None,
        Mode::Auto | Mode::Record => Some(Transport::new(settings.timeouts)?),
    };
    let budget = settings.budget.map(|cap| Ok::<_, CommandError>(Budget::new(cap, spent(inputs, run)?))).transpose()?;
    let stop = Stop::default();
    let (events, mut happened) = tokio::sync::mpsc::unbounded_channel();
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
        concurrency: settings.concurrency,
        retry: settings.retry,
        budget: budget.as_ref(),
        stop: &stop,
        turns: Turns::default(),
        on_event: &on_event,
    };
    let mut progress = Progress::new(*terminal, &totals(&job));
    let mut signals = Signals::listen()?;
    let mut tick = tokio::time::interval(TICK);
    let mut broken = None;
    let mut finished = std::pin::pin!(replay(&job));
    loop {
        tokio::select! {
            next = finished.next() => {
                let Some(done) = next else { break };
                match keep(done, inputs, run) {
                    Ok(counted) => progress.step(counted),
                    Err(error) => {
                        // What is in flight is paid for: it is finished and kept before the error is told.
                        broken.get_or_insert(error);
                        stop.stop(StopReason::Interrupted);
                    }
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
    let complete = run.done() == total(inputs);
    Ok(stop
        .reason()
        .filter(|reason| !complete || matches!(reason, StopReason::Refused { .. } | StopReason::Overshot { .. }))
        .cloned())
}

/// Scores and appends a finished trial.
fn keep(done: Result<Done, ReplayError>, inputs: &Inputs<'_>, run: &mut RunDir) -> Result<Step, CommandError> {
    let done = done?;
    let arm = done.planned.arm;
    let record = record(done, &inputs.arms.arms[arm], &inputs.suite.scorers);
    run.append(&record)?;
    Ok(Step { arm, from_store: record.from_store, failed: record.failure.is_some(), spend: record.spend })
}

/// What to say of a run that ended early, and its exit code.
pub(super) fn stopped(reason: &StopReason, run: &RunDir, planned: usize) -> CommandError {
    let saved = format!("{} of {planned} trials are saved in {}", run.done(), run.path.display());
    let (exit, message, help) = match reason {
        StopReason::Interrupted | StopReason::Terminated => {
            (signals::exit(reason), format!("stopped: {saved}"), "the same command goes on".to_owned())
        }
        StopReason::Refused { arm, failure } => (
            Exit::Refused,
            format!("no call of `{arm}` can succeed: {failure}; {saved}"),
            "check the address, the key, the model's name and the quota; the same command goes on".to_owned(),
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

/// What an earlier attempt at the run has spent, as far as it is known, and at most where it is not.
fn spent(inputs: &Inputs<'_>, run: &RunDir) -> Result<Usd, CommandError> {
    let mut times: BTreeMap<(&str, &str, u32), usize> = BTreeMap::new();
    for (case, arm, repeat) in run.spent_unknown() {
        *times.entry((case, arm, *repeat)).or_default() += 1;
    }
    let (dataset, arms) = (inputs.dataset, &inputs.arms.arms);
    let times_of = |planned: &Planned| {
        let place = (&*dataset.entries[planned.case].id, &*arms[planned.arm].name, planned.repeat);
        times.get(&place).copied().unwrap_or(0)
    };
    let unknown: Vec<Planned> =
        inputs.plan.trials.iter().flat_map(|planned| std::iter::repeat_n(*planned, times_of(planned))).collect();
    // A suite with a budget has every price, so the sum is known.
    let worst_case = worst_case(dataset, arms, inputs.suite.replay.retry, &unknown)?;
    let journal = run.spent().plus(worst_case.unwrap_or(Usd::ZERO));
    // The ledger knows of calls that were on the way at a kill; the journal also of those in another store.
    let ledger = inputs.store.spent(&run.manifest.run)?;
    Ok(journal.max(ledger.known.plus(ledger.uncertain.unwrap_or(Usd::ZERO))))
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
